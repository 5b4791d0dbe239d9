#include <math.h>
#include <string.h>

#include "dsp/reverb.h"

#include "separate/mixture.h"
#include "separate/separate_net.h"

#define RATE_HZ ((double)SEPARATE_NET_RATE_HZ)

/* Root mean square of an accompaniment in the mixture. */
#define LEVEL 0.1

int
mixture_options_read(const struct json *recipe, struct mixture_options *o,
    struct error *err)
{
	const struct {
		const char *path;
		double fallback, low, high;
		double *value;
	} numbers[] = {
		{ "augmentation.p_same_song", 0.4, 0, 1, &o->p_same_song },
		{ "augmentation.p_no_voice", 0.05, 0, 1, &o->p_no_voice },
		{ "augmentation.p_no_accompaniment", 0.05, 0, 1,
		    &o->p_no_accompaniment },
		{ "augmentation.p_second_accompaniment", 0.15, 0, 1,
		    &o->p_second_accompaniment },
		{ "augmentation.max_speed", 1.2, 1, 2, &o->max_speed },
		{ "augmentation.max_gain_db", 9, 0, 40, &o->max_gain_db },
		{ "augmentation.max_eq_db", 8, 0, 40, &o->max_eq_db },
		{ "augmentation.p_reverb", 0, 0, 1, &o->p_reverb },
	};

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		if (json_get_number(recipe, numbers[i].path,
		    numbers[i].fallback, numbers[i].value, err) != 0)
			return -1;
		if (!(*numbers[i].value >= numbers[i].low &&
		    *numbers[i].value <= numbers[i].high))
			return error_set(err, ERROR_LIMIT,
			    "\"%s\" must be %g to %g", numbers[i].path,
			    numbers[i].low, numbers[i].high);
	}
	return 0;
}

/* A stretch of a song: where it begins and how fast it is read. */
struct stretch {
	double start, step;		/* samples of the stem */
};

/* Anywhere in the stem so that at least half of the stretch is in it. */
static struct stretch
draw_stretch(const struct stem *stem, double max_speed, size_t n_samples,
    struct random *r)
{
	double most = log(max_speed);
	struct stretch s;
	double length, room;

	s.step = exp(random_range(r, -most, most));
	length = s.step * (double)n_samples;
	room = (double)stem->n_samples - length;
	s.start = room > 0.0 ? random_range(r, 0.0, room) :
	    random_range(r, room, 0.0) / 2.0;
	return s;
}

static float
sample_at(const struct stem *stem, long i)
{
	return i < 0 || i >= (long)stem->n_samples ? 0.0f :
	    (float)stem->samples[i] / 32767.0f;
}

/* Add gain times the stretch; cubic interpolation between samples (Hermite). */
static void
add_stretch(const struct stem *stem, const struct stretch *s, double gain,
    float *out, size_t n_samples)
{
	for (size_t i = 0; i < n_samples; i++) {
		double at = s->start + s->step * (double)i;
		long k = (long)floor(at);
		float t = (float)(at - (double)k);
		float a = sample_at(stem, k - 1), b = sample_at(stem, k);
		float c = sample_at(stem, k + 1), d = sample_at(stem, k + 2);
		float slope_b = 0.5f * (c - a), slope_c = 0.5f * (d - b);
		float c2 = 3.0f * (c - b) - 2.0f * slope_b - slope_c;
		float c3 = 2.0f * (b - c) + slope_b + slope_c;

		out[i] += (float)gain * (b + t * (slope_b + t * (c2 + t * c3)));
	}
}

/* A peaking filter (R. Bristow-Johnson's cookbook), in place. */
static void
equalise(float *x, size_t n, double f_hz, double q, double gain_db)
{
	double amplitude = pow(10.0, gain_db / 40.0);
	double w = 2.0 * acos(-1.0) * f_hz / RATE_HZ;
	double alpha = sin(w) / (2.0 * q);
	double a0 = 1.0 + alpha / amplitude;
	double b0 = (1.0 + alpha * amplitude) / a0;
	double b1 = -2.0 * cos(w) / a0;
	double b2 = (1.0 - alpha * amplitude) / a0;
	double a2 = (1.0 - alpha / amplitude) / a0;
	double z1 = 0.0, z2 = 0.0;

	for (size_t i = 0; i < n; i++) {
		double in = (double)x[i];
		double y = b0 * in + z1;

		z1 = b1 * (in - y) + z2;
		z2 = b2 * in - a2 * y;
		x[i] = (float)y;
	}
}

static void
draw_equaliser(float *x, size_t n, double max_db, struct random *r)
{
	for (int band = 0; band < 2; band++) {
		double f_hz = 120.0 * exp(random_range(r, 0.0, log(50.0)));
		double q = random_range(r, 0.4, 1.2);

		equalise(x, n, f_hz, q, random_range(r, -max_db, max_db));
	}
}

/* From a small dry room to a hall; the voice stays in front of its echoes. */
static int
draw_room(float *x, size_t n, struct random *r, struct error *err)
{
	double fade_sec = 0.2 * exp(random_range(r, 0.0, log(10.0)));
	double level = pow(10.0, random_range(r, -24.0, -6.0) / 20.0);
	double size = random_range(r, 0.6, 1.4);

	return reverb_add(x, n, RATE_HZ, fade_sec, level, size, err);
}

/* A song that has such a stem, or NULL after a hundred blind picks. */
static const struct stems_song *
pick(const struct stems *stems, int want_voice, struct random *r)
{
	for (int i = 0; i < 100; i++) {
		const struct stems_song *song =
		    &stems->songs[random_below(r, stems->n_songs)];
		const struct stem *stem = want_voice ? &song->voice :
		    &song->accompaniment;

		if (stem->samples != NULL && stem->rms > 0.0)
			return song;
	}
	return NULL;
}

/* One accompaniment at LEVEL; "along" is the voice's stretch, or NULL. */
static void
add_accompaniment(const struct mixture_options *o,
    const struct stems_song *song, const struct stretch *along,
    struct random *r, float *out, size_t n)
{
	struct stretch s;

	if (song == NULL)
		return;
	s = along != NULL ? *along :
	    draw_stretch(&song->accompaniment, o->max_speed, n, r);
	add_stretch(&song->accompaniment, &s, LEVEL / song->accompaniment.rms,
	    out, n);
}

int
mixture_draw(const struct mixture_options *o, const struct stems *stems,
    struct random *r, float *voice, float *accompaniment, size_t n_samples,
    struct error *err)
{
	double gain_db = random_range(r, -o->max_gain_db, o->max_gain_db);
	int has_voice = random_uniform(r) >= o->p_no_voice;
	int has_band = !has_voice ||
	    random_uniform(r) >= o->p_no_accompaniment;
	const struct stems_song *singer = pick(stems, 1, r);
	const struct stems_song *band = pick(stems, 0, r);
	struct stretch sung = { 0.0, 1.0 };
	int is_same = 0;

	memset(voice, 0, n_samples * sizeof *voice);
	memset(accompaniment, 0, n_samples * sizeof *accompaniment);
	if (has_voice && singer != NULL) {
		sung = draw_stretch(&singer->voice, o->max_speed, n_samples,
		    r);
		add_stretch(&singer->voice, &sung, LEVEL *
		    pow(10.0, gain_db / 20.0) / singer->voice.rms, voice,
		    n_samples);
		draw_equaliser(voice, n_samples, o->max_eq_db, r);
		if (random_uniform(r) < o->p_reverb &&
		    draw_room(voice, n_samples, r, err) != 0)
			return -1;
		is_same = singer->accompaniment.samples != NULL &&
		    singer->accompaniment.rms > 0.0 &&
		    random_uniform(r) < o->p_same_song;
	}
	if (!has_band)
		return 0;
	add_accompaniment(o, is_same ? singer : band, is_same ? &sung : NULL,
	    r, accompaniment, n_samples);
	if (random_uniform(r) < o->p_second_accompaniment)
		add_accompaniment(o, pick(stems, 0, r), NULL, r,
		    accompaniment, n_samples);
	draw_equaliser(accompaniment, n_samples, o->max_eq_db, r);
	return 0;
}
