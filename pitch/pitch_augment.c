#include <math.h>
#include <string.h>

#include "pitch/pitch_augment.h"
#include "pitch/pitch_tone.h"
#include "pitch/recorder.h"

#define N PITCH_AUGMENT_SEGMENT
#define CENTRE (PITCH_AUGMENT_LEAD + PITCH_NET_FRAME / 2)
#define N_REFLECTIONS 24
#define MIN_DELAY 60		/* samples: 4 ms */
#define MAX_DELAY 1600		/* 100 ms */

int
pitch_augment_read(struct pitch_augment *o, const struct json *recipe,
    struct error *err)
{
	static const struct {
		const char *name;
		size_t offset;
		double fallback, low, high;
	} members[] = {
#define MEMBER(name, fallback, low, high) \
	{ #name, offsetof(struct pitch_augment, name), fallback, low, high }
		MEMBER(p_empty, 0.07, 0, 1),
		MEMBER(p_tone, 0, 0, 1),
		MEMBER(p_speed, 0.6, 0, 1),
		MEMBER(max_semitones, 5, 0, 12),
		MEMBER(p_reverb, 0.3, 0, 1),
		MEMBER(p_band, 0.35, 0, 1),
		MEMBER(min_band_db, -5, -40, 80),
		MEMBER(max_band_db, 30, -40, 80),
		MEMBER(p_noise, 0.5, 0, 1),
		MEMBER(min_noise_db, 0, -40, 80),
		MEMBER(max_noise_db, 40, -40, 80),
		MEMBER(p_telephone, 0.25, 0, 1),
		MEMBER(p_8_bit, 0.15, 0, 1),
		MEMBER(p_clip, 0, 0, 1),
#undef MEMBER
	};
	const size_t n_members = sizeof(members) / sizeof(*members);
	const struct json *given = json_at(recipe, "augmentation");

	for (size_t i = 0; i < n_members; i++) {
		double *value = (double *)((char *)o + members[i].offset);

		*value = members[i].fallback;
		if (given != NULL && json_get_number(given, members[i].name,
		    members[i].fallback, value, err) != 0)
			return -1;
		if (!(*value >= members[i].low && *value <= members[i].high))
			return error_set(err, ERROR_FORMAT, "recipe: "
			    "augmentation.%s must lie within %g and %g",
			    members[i].name, members[i].low, members[i].high);
	}
	for (size_t k = 0; given != NULL && k < json_count(given); k++) {
		const char *name = json_member_name(given, k);
		size_t i = 0;

		while (i < n_members && strcmp(name, members[i].name) != 0)
			i++;
		if (i == n_members)
			return error_set(err, ERROR_FORMAT,
			    "recipe: unknown member augmentation.%s", name);
	}
	return 0;
}

/*
 * The segment whose frame is centred on sample "centre", at "speed" times the
 * original's: cubic interpolation (Catmull-Rom).
 */
static void
cut(const struct pitch_sound *s, double centre, double speed, float *x)
{
	const double first = centre - speed * CENTRE;

	for (size_t i = 0; i < N; i++) {
		const double at = first + speed * (double)i;
		const int64_t k = (int64_t)floor(at);
		const float t = (float)(at - (double)k);
		const float a = pitch_pool_sample(s, k - 1);
		const float b = pitch_pool_sample(s, k);
		const float c = pitch_pool_sample(s, k + 1);
		const float d = pitch_pool_sample(s, k + 2);

		x[i] = b + 0.5f * t * (c - a + t * (2.0f * a - 5.0f * b +
		    4.0f * c - d + t * (3.0f * (b - c) + d - a)));
	}
}

/* Reflections with random delays that fade over a random time. */
static void
reverberate(float *x, struct random *r)
{
	const double fade = random_range(r, 0.2, 1.0) * MAX_DELAY;
	const double wet = recorder_gain_of_db(random_range(r, -16.0, -4.0)) /
	    sqrt(N_REFLECTIONS / 3.0);
	size_t delay[N_REFLECTIONS];
	float gain[N_REFLECTIONS];

	for (size_t j = 0; j < N_REFLECTIONS; j++) {
		delay[j] = MIN_DELAY + random_below(r, MAX_DELAY - MIN_DELAY);
		gain[j] = (float)(wet * 3.0 * exp(-3.0 * (double)delay[j] /
		    fade) * (random_uniform(r) < 0.5 ? -1.0 : 1.0));
	}
	/* From the end on, so that only the direct sound is reflected. */
	for (size_t i = N; i-- > 0;)
		for (size_t j = 0; j < N_REFLECTIONS && i >= MAX_DELAY; j++)
			x[i] += gain[j] * x[i - delay[j]];
}

/* Add "level" of an accompaniment from a random place. */
static void
add_band(const struct pitch_pool *bands, double level, struct random *r,
    float *x)
{
	const struct pitch_sound *s;
	size_t first;

	if (bands->n_sounds == 0)
		return;
	s = &bands->sounds[random_below(r, bands->n_sounds)];
	if (s->n_samples <= N || !(s->level > 0.0))
		return;
	first = random_below(r, s->n_samples - N);
	for (size_t i = 0; i < N; i++)
		x[i] += (float)(level / s->level) *
		    pitch_pool_sample(s, (int64_t)(first + i));
}

double
pitch_augment_frame(const struct pitch_augment *o,
    const struct pitch_sound *voice, size_t k,
    const struct pitch_pool *bands, struct random *r,
    float x[PITCH_AUGMENT_SEGMENT])
{
	const double centre = ((double)k * PITCH_POOL_HOP_SEC +
	    voice->shift_sec) * PITCH_NET_RATE_HZ;
	const int is_empty = random_uniform(r) < o->p_empty;
	double level = voice->level > 0.0 ? voice->level : 0.05;
	double speed = 1.0, f0_hz = 0.0;

	memset(x, 0, N * sizeof(*x));
	if (random_uniform(r) < o->p_speed)
		speed = exp2(random_range(r, -o->max_semitones,
		    o->max_semitones) / 12.0);
	if (!is_empty && random_uniform(r) < o->p_tone) {
		f0_hz = pitch_tone_draw(r, N, CENTRE, x);
		level = recorder_level(x, N);
	} else if (!is_empty) {
		cut(voice, centre, speed, x);
		f0_hz = (double)voice->f0_hz[k] * speed;
	}
	if (random_uniform(r) < o->p_reverb)
		reverberate(x, r);
	if (random_uniform(r) < o->p_band)
		add_band(bands, level / recorder_gain_of_db(random_range(r,
		    o->min_band_db, o->max_band_db)), r, x);
	if (random_uniform(r) < o->p_noise)
		recorder_add_noise(x, N, PITCH_NET_RATE_HZ, level /
		    recorder_gain_of_db(random_range(r, o->min_noise_db,
		    o->max_noise_db)), r);
	if (random_uniform(r) < o->p_clip)
		recorder_clip(x, N, r);
	if (random_uniform(r) < o->p_telephone)
		recorder_narrow(x, N, PITCH_NET_RATE_HZ, r);
	level = fmax(level, recorder_level(x, N));
	if (random_uniform(r) < o->p_8_bit)
		recorder_quantise(x, N, level, r);
	return f0_hz;
}
