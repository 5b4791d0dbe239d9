#include <math.h>

#include "synth/band.h"
#include "synth/noise.h"
#include "synth/rendition.h"

#define PEAK 0.9f		/* mixtures louder than this are turned down */
#define SINGER_PITCH 60.0	/* middle of where singers sing */
#define HUM_PITCH 53.5		/* median of the hums of MIR-QBSH */
#define HUM_SPREAD 5.0
#define PHRASE_REST_SEC 0.25	/* rests before which a hum may begin */
#define LEAST_REST_SEC 4.0	/* that a hum leaves of the tune behind it */

static bool
chance(struct random *r, double p)
{
	return random_uniform(r) < p;
}

/* Pitch of the tune, each note as long as it lasts. */
static double
mean_pitch(const struct tune *t)
{
	double sum = 0, sec = 1e-9;

	for (size_t i = 0; i < t->n_notes; i++) {
		sum += t->notes[i].pitch * t->notes[i].duration_sec;
		sec += t->notes[i].duration_sec;
	}
	return sum / sec;
}

/* Whole octaves that bring a pitch next to another. */
static double
octaves(double from_pitch, double to_pitch)
{
	return 12.0 * rint((to_pitch - from_pitch) / 12.0);
}

/* True when a phrase begins with this note. */
static bool
begins_phrase(const struct tune *t, size_t i)
{
	const struct tune_note *n = &t->notes[i];

	return i == 0 || n->start_sec - n[-1].start_sec - n[-1].duration_sec >=
	    PHRASE_REST_SEC;
}

/* Let the hum begin at the tune's start or at a phrase that leaves enough. */
static void
choose_part(const struct tune *t, double length_sec, struct random *r,
    struct performance_style *s)
{
	double latest = t->duration_sec - fmax(length_sec, LEAST_REST_SEC);
	size_t n = 0, wanted;

	for (size_t i = 0; i < t->n_notes; i++)
		n += begins_phrase(t, i) && t->notes[i].start_sec <= latest;
	wanted = n > 0 && !chance(r, 0.2) ? random_below(r, n) : 0;
	s->from_sec = t->n_notes > 0 ? t->notes[0].start_sec : 0;
	for (size_t i = 0, k = 0; i < t->n_notes; i++)
		if (begins_phrase(t, i) && k++ == wanted)
			s->from_sec = t->notes[i].start_sec;
	s->to_sec = fmin(s->from_sec + length_sec, t->duration_sec);
}

static void
draw_hum(const struct tune *t, const struct rendition_options *o,
    struct random *r, struct rendition *d)
{
	double u = random_uniform(r);
	double pitch = HUM_PITCH + HUM_SPREAD * random_normal(r);
	double from = mean_pitch(t);

	performance_style_hum(&d->style, r);
	if (o->poor > 0 && chance(r, o->poor))
		performance_style_spoil(&d->style, r);
	d->voice = u < 0.5 ? VOICE_SUNG : u < 0.92 ? VOICE_HUMMED :
	    VOICE_WHISTLED;
	d->style.transposition = fmin(fmax(pitch, 44), 68) - from;
	if (d->voice == VOICE_WHISTLED)
		d->style.transposition += 22.0;
	choose_part(t, o->hum_sec / d->style.tempo_ratio, r, &d->style);
	d->has_band = false;
	d->snr_db = random_range(r, 15, 45);
}

int
rendition_make(const struct tune *t, const struct rendition_options *o,
    struct random *r, struct arena *a, struct rendition *d,
    struct error *err)
{
	double to_singer = octaves(mean_pitch(t), SINGER_PITCH);

	*d = (struct rendition){ .kind = o->kind, .has_band = o->has_band,
	    .voice = VOICE_SUNG, .sound_seed = random_next(r) };
	d->snr_db = random_range(r, o->min_snr_db, o->max_snr_db);
	if (o->kind == RENDITION_HUM)
		draw_hum(t, o, r, d);
	else if (o->kind == RENDITION_COVER) {
		double fold;

		performance_style_cover(&d->style, r);
		/* A few sing an octave from where the original lies. */
		fold = chance(r, 0.2) ? 12.0 * (d->style.transposition > 0 ?
		    -1.0 : 1.0) : 0;
		d->style.transposition += to_singer + fold;
	} else {
		performance_style_original(&d->style, r);
		d->style.transposition += to_singer;
	}
	return performance_make(t, &d->style, r, a, &d->performance, err);
}

static double
rms(const float *x, size_t n, const float *where)
{
	double sum = 0, count = 0;

	for (size_t i = 0; i < n; i++) {
		if (where != NULL && where[i] == 0)
			continue;
		sum += (double)x[i] * (double)x[i];
		count++;
	}
	return sqrt(sum / fmax(count, 1));
}

/* Scale what accompanies the voice to the wanted ratio and add the voice. */
static void
mix(const struct rendition *d, struct rendition_sound *s)
{
	size_t n = s->n_samples;
	double voice = rms(s->voice, n, s->voice);
	double other = rms(s->mixture, n, NULL);
	float gain = other > 0 && voice > 0 ?
	    (float)(voice / other * pow(10.0, -d->snr_db / 20.0)) : 0;
	float peak = 0, turn;

	for (size_t i = 0; i < n; i++) {
		s->mixture[i] = s->voice[i] + gain * s->mixture[i];
		peak = fmaxf(peak, fmaxf(fabsf(s->mixture[i]),
		    fabsf(s->voice[i])));
	}
	if (peak <= PEAK)
		return;
	turn = PEAK / peak;
	for (size_t i = 0; i < n; i++) {
		s->mixture[i] *= turn;
		s->voice[i] *= turn;
	}
}

/* The noise of a quiet room. */
static void
add_room(struct random *r, double rate_hz, float *x, size_t n)
{
	struct noise_band band;
	double f_hz = random_range(r, 200, 2000);

	noise_band_init(&band, f_hz, 0.3, rate_hz);
	noise_add(&band, 0.05, 0.05, r, x, n);
}

int
rendition_sound(const struct tune *t, const struct rendition *d,
    unsigned rate_hz, struct arena *a, struct rendition_sound *s,
    struct error *err)
{
	struct random r;
	struct voice v;

	s->n_samples = (size_t)(d->performance.duration_sec * rate_hz);
	s->voice = arena_need(a, s->n_samples, sizeof *s->voice, "samples",
	    err);
	s->mixture = arena_need(a, s->n_samples, sizeof *s->mixture,
	    "samples", err);
	if (s->voice == NULL || s->mixture == NULL)
		return -1;
	random_init(&r, d->sound_seed);
	voice_draw(&v, d->voice, &r);
	if (voice_sing(&v, &d->performance, rate_hz, &r, a, s->voice,
	    s->n_samples, err) != 0)
		return -1;
	if (d->has_band) {
		if (band_play(t, &d->performance, d->style.transposition,
		    rate_hz, &r, a, s->mixture, s->n_samples, err) != 0)
			return -1;
	} else if (d->kind == RENDITION_HUM)
		add_room(&r, rate_hz, s->mixture, s->n_samples);
	mix(d, s);
	return 0;
}
