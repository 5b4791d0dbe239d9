/*
 * Frame by frame the weights of the harmonics follow from the tract's shape
 * and the loudness; between frames everything moves linearly.  The harmonics
 * keep fixed phases, those of a tract at rest, so that the moving formants
 * neither delay the sound nor bend its pitch, as filters would.
 */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "synth/harmonics.h"
#include "synth/noise.h"
#include "synth/tract.h"
#include "synth/voice.h"

#define SUNG_RMS 0.19		/* at full loudness: peaks of about 0.5 */
#define VOWEL_SEC 0.05		/* how fast the tract changes its shape */
#define RADIATION_DB 6.0	/* an octave, from the lips */
#define NEUTRAL_VOWEL 2
#define REST_SEC 0.5		/* rests in which one breathes in */

struct singer {
	const struct voice *voice;
	const struct performance *performance;
	struct random *random;
	struct random noise_random;
	float *level;			/* [n_frames], loudness with dips */
	struct tract tract, target;
	struct harmonics weights[2];	/* of this frame and the next */
	float turn_sin[HARMONICS_MAX], turn_cos[HARMONICS_MAX];
	struct noise_band breath;
	double phase;
	double shimmer, wobble;		/* slow roughness of level and pitch */
	double rate_hz;
	float *samples;
	size_t n_samples;
};

static bool
chance(struct random *r, double p)
{
	return random_uniform(r) < p;
}

void
voice_draw(struct voice *v, enum voice_kind kind, struct random *r)
{
	v->kind = kind;
	v->tract = random_range(r, 0.9, 1.22);
	v->breath = random_range(r, 0.0, 0.6);
	v->roughness = random_range(r, 0.0, 0.5);
	v->tilt_db = random_range(r, -13.0, -8.0);
	v->consonants = random_range(r, 0.5, 0.95);
	if (kind == VOICE_HUMMED) {
		v->tilt_db = random_range(r, -16.0, -10.0);
		v->consonants = random_range(r, 0.0, 0.4);
	} else if (kind == VOICE_WHISTLED) {
		v->breath = random_range(r, 0.2, 1.0);
		v->consonants = 0;
	}
}

/* Mean pitch of the contour, for the resting phases. */
static double
mean_f0_hz(const struct performance *p)
{
	double sum = 0, n = 0;

	for (size_t k = 0; k < p->n_frames; k++)
		if (p->f0_hz[k] > 0) {
			sum += log((double)p->f0_hz[k]);
			n++;
		}
	return n > 0 ? exp(sum / n) : 200.0;
}

static size_t
frame_sample(const struct singer *s, size_t frame)
{
	double at = ceil((double)frame * PERFORMANCE_HOP_SEC * s->rate_hz -
	    1e-6);

	return at < (double)s->n_samples ? (size_t)at : s->n_samples;
}

/* Weights of the harmonics of frame k. */
static void
weigh(struct singer *s, size_t k, double f0_hz, struct harmonics *w)
{
	const struct voice *v = s->voice;
	double level = (double)s->level[k] * (1.0 + s->shimmer);
	double limit_hz = 0.49 * s->rate_hz, power = 0, scale;
	/* A soft voice is duller. */
	double slope = (v->tilt_db + RADIATION_DB - 4.0 * (1.0 - level)) /
	    6.0206;
	struct tract t = s->tract;
	size_t n = 0, n_before = w->n;

	t.hz[0] = fmax(t.hz[0], f0_hz);	/* singers open up for high notes */
	for (; n < HARMONICS_MAX; n++) {
		double f_hz = (double)(n + 1) * f0_hz, gain;

		if (f_hz >= limit_hz || (v->kind == VOICE_WHISTLED && n == 2))
			break;
		gain = v->kind == VOICE_WHISTLED ? (n == 0 ? 1.0 : 0.03) :
		    tract_gain(&t, f_hz) * pow((double)(n + 1), slope);
		/* Fade near the limit, so that none appears at once. */
		gain *= fmin((limit_hz - f_hz) / (0.1 * limit_hz), 1.0);
		power += 0.5 * gain * gain;
		w->a[n] = (float)gain * s->turn_cos[n];
		w->b[n] = (float)gain * s->turn_sin[n];
	}
	scale = power > 0 ? SUNG_RMS * level / sqrt(power) : 0;
	for (size_t h = 0; h < n; h++) {
		w->a[h] *= (float)scale;
		w->b[h] *= (float)scale;
	}
	for (size_t h = n; h < n_before; h++)
		w->a[h] = w->b[h] = 0;
	w->n = n;
}

static double
rough(double x, double spread, struct random *r)
{
	return 0.5 * x + 0.87 * spread * random_normal(r);
}

/* Move the tract and the roughness on to frame k. */
static void
move_on(struct singer *s, size_t k)
{
	const struct voice *v = s->voice;

	if (s->performance->onset[k] > 0 && v->kind == VOICE_SUNG)
		tract_vowel(&s->target, random_below(s->random,
		    TRACT_N_VOWELS), v->tract);
	tract_move(&s->tract, &s->target,
	    1.0 - exp(-PERFORMANCE_HOP_SEC / VOWEL_SEC));
	s->shimmer = rough(s->shimmer, 0.1 * v->roughness, s->random);
	s->wobble = rough(s->wobble, 0.004 * v->roughness, s->random);
}

/* The sound between frames k and k + 1. */
static void
sing_frame(struct singer *s, size_t k)
{
	const struct performance *p = s->performance;
	size_t first = frame_sample(s, k), end = frame_sample(s, k + 1);
	double from_hz = (double)p->f0_hz[k], to_hz = (double)p->f0_hz[k + 1];
	double before = s->wobble;
	struct harmonics_block block;

	move_on(s, k + 1);
	if (from_hz <= 0 && to_hz <= 0)
		return;
	from_hz = from_hz > 0 ? from_hz : to_hz;
	to_hz = to_hz > 0 ? to_hz : from_hz;
	if (p->f0_hz[k] <= 0 || k == 0)
		weigh(s, k, from_hz, &s->weights[k % 2]);
	weigh(s, k + 1, to_hz, &s->weights[(k + 1) % 2]);
	block = (struct harmonics_block){ &s->weights[k % 2],
	    &s->weights[(k + 1) % 2], from_hz * (1.0 + before),
	    to_hz * (1.0 + s->wobble), 0,
	    1.0 / (PERFORMANCE_HOP_SEC * s->rate_hz), s->rate_hz };
	block.x = (double)first * block.x_step - (double)k;
	harmonics_add(&block, &s->phase, s->samples + first, end - first);
	noise_add(&s->breath, 0.25 * s->voice->breath * SUNG_RMS *
	    (double)s->level[k], 0.25 * s->voice->breath * SUNG_RMS *
	    (double)s->level[k + 1], &s->noise_random, s->samples + first,
	    end - first);
}

/* A burst of noise that ends at end_sec, rising for a part of its length. */
static void
burst(struct singer *s, double end_sec, double length_sec, double f_hz,
    double q, double rms)
{
	double from_sec = fmax(end_sec - length_sec, 0);
	size_t first = (size_t)(from_sec * s->rate_hz);
	size_t end = (size_t)(end_sec * s->rate_hz), middle;
	struct noise_band band;
	/* What a band lets through of white noise, so that rms is heard. */
	double share = fmin(3.14 * f_hz / q / s->rate_hz, 1.0);
	double gain = rms / sqrt(share);

	if (end > s->n_samples)
		end = s->n_samples;
	if (first >= end)
		return;
	middle = first + (end - first) / 3;
	noise_band_init(&band, f_hz, q, s->rate_hz);
	noise_add(&band, 0, gain, &s->noise_random, s->samples + first,
	    middle - first);
	noise_add(&band, gain, 0.3 * gain, &s->noise_random,
	    s->samples + middle, end - middle);
}

/* A voiceless consonant in the gap before an onset. */
static void
voiceless(struct singer *s, double onset_sec, double gap_sec)
{
	static const double hisses_hz[4] = { 6000, 3500, 1800, 4500 };
	struct random *r = s->random;
	bool is_hiss = chance(r, 0.55);
	size_t which = random_below(r, 4);
	double length = is_hiss ? random_range(r, 0.05, 0.14) :
	    random_range(r, 0.012, 0.025);
	double f_hz = is_hiss ? hisses_hz[which] * s->voice->tract :
	    random_range(r, 1000, 4000);
	double rms = random_range(r, 0.01, 0.04);

	burst(s, onset_sec, fmin(length, gap_sec), f_hz,
	    is_hiss ? 2.0 : 1.0, is_hiss ? rms : 2.0 * rms);
}

/* A voiced consonant: the mouth closes for a moment around the onset. */
static void
dip(struct singer *s, size_t onset)
{
	static const float depths[5] = { 0.6f, 0.35f, 0.3f, 0.45f, 0.8f };

	for (size_t i = 0; i < 5; i++)
		if (onset + i >= 3 && onset + i - 3 < s->performance->n_frames)
			s->level[onset + i - 3] *= depths[i];
}

static void
breathe_in(struct singer *s, double onset_sec, double rest_sec)
{
	struct random *r = s->random;
	double length = random_range(r, 0.2, 0.4);
	double f_hz = random_range(r, 1500, 2600);
	double rms = random_range(r, 0.002, 0.008);

	if (chance(r, 0.6))
		burst(s, onset_sec - 0.08, fmin(length, rest_sec - 0.15),
		    f_hz, 0.8, rms * (0.5 + s->voice->breath));
}

static void
articulate(struct singer *s)
{
	const struct performance *p = s->performance;
	size_t n_silent = 0;

	for (size_t k = 0; k < p->n_frames; k++) {
		double onset_sec = (double)k * PERFORMANCE_HOP_SEC;
		double gap_sec = (double)n_silent * PERFORMANCE_HOP_SEC;

		n_silent = p->f0_hz[k] > 0 ? 0 : n_silent + 1;
		if (p->onset[k] <= 0)
			continue;
		if (gap_sec > REST_SEC)
			breathe_in(s, onset_sec, gap_sec);
		if (!chance(s->random, s->voice->consonants))
			continue;
		if (gap_sec < 0.03)
			dip(s, k);
		else if (s->voice->kind == VOICE_SUNG)
			voiceless(s, onset_sec, gap_sec);
	}
}

static void
prepare(struct singer *s)
{
	const struct voice *v = s->voice;
	double f0_hz = mean_f0_hz(s->performance);
	struct tract rest;

	random_init(&s->noise_random, random_next(s->random));
	tract_vowel(&rest, NEUTRAL_VOWEL, v->tract);
	for (size_t h = 0; h < HARMONICS_MAX; h++) {
		double phase = tract_phase(&rest, (double)(h + 1) * f0_hz);

		s->turn_sin[h] = (float)sin(phase);
		s->turn_cos[h] = (float)cos(phase);
	}
	if (v->kind == VOICE_HUMMED)
		tract_hum(&rest, v->tract);
	s->tract = s->target = rest;
	noise_band_init(&s->breath, v->kind == VOICE_WHISTLED ? 1.5 * f0_hz :
	    2200 * v->tract, 0.7, s->rate_hz);
}

int
voice_sing(const struct voice *v, const struct performance *p,
    unsigned rate_hz, struct random *r, struct arena *a, float *samples,
    size_t n_samples, struct error *err)
{
	struct singer *s;

	if (rate_hz < 8000 || rate_hz > 192000)
		return error_set(err, ERROR_LIMIT,
		    "a voice cannot be made at %u Hz", rate_hz);
	if ((s = arena_need(a, 1, sizeof *s, "singer", err)) == NULL)
		return -1;
	s->level = arena_need(a, p->n_frames, sizeof *s->level, "loudness",
	    err);
	if (s->level == NULL)
		return -1;
	if (p->n_frames == 0)
		return 0;
	memcpy(s->level, p->loudness, p->n_frames * sizeof *s->level);
	s->voice = v;
	s->performance = p;
	s->random = r;
	s->rate_hz = rate_hz;
	s->samples = samples;
	s->n_samples = n_samples;
	prepare(s);
	articulate(s);
	for (size_t k = 0; k + 1 < p->n_frames; k++)
		sing_frame(s, k);
	return 0;
}
