#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "synth/rendition.h"
#include "synth/works.h"

static int
set_up(void **state)
{
	*state = arena_new();
	return *state == NULL;
}

static int
tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

static const struct works small = { .seed = 5, .length = { 20, 30 },
    .has_band = true, .min_snr_db = 0, .max_snr_db = 6, .hum_sec = 8 };

static struct work
draw(const struct works *w, size_t number, struct arena *a)
{
	struct error err = { ERROR_NONE, "" };
	struct work work;

	assert_int_equal(works_draw(w, number, a, &work, &err), 0);
	return work;
}

static struct work_version
perform(const struct works *w, const struct work *work,
    enum rendition_kind kind, size_t i, struct arena *a)
{
	struct error err = { ERROR_NONE, "" };
	struct work_version v;

	assert_int_equal(works_perform(w, work, kind, i, a, &v, &err), 0);
	return v;
}

static double
mean_pitch(const struct performance *p)
{
	double sum = 0, n = 1e-9;

	for (size_t k = 0; k < p->n_frames; k++)
		if (p->f0_hz[k] > 0) {
			sum += 69 + 12 * log2((double)p->f0_hz[k] / 440);
			n++;
		}
	return sum / n;
}

/* Any version can be made alone and is the same each time. */
static void
test_versions_are_independent(void **state)
{
	struct work one = draw(&small, 3, *state);
	struct work_version a, b, c;

	assert_string_equal(one.name, "work-00004");
	(void)perform(&small, &one, RENDITION_ORIGINAL, 0, *state);
	a = perform(&small, &one, RENDITION_COVER, 1, *state);
	one = draw(&small, 3, *state);
	b = perform(&small, &one, RENDITION_COVER, 1, *state);
	c = perform(&small, &one, RENDITION_COVER, 2, *state);
	assert_string_equal(a.name, "cover-2");
	assert_int_equal(a.rendition.performance.n_frames,
	    b.rendition.performance.n_frames);
	assert_memory_equal(a.rendition.performance.f0_hz,
	    b.rendition.performance.f0_hz,
	    a.rendition.performance.n_frames * sizeof(float));
	assert_int_equal(a.rendition.sound_seed, b.rendition.sound_seed);
	assert_true(a.rendition.sound_seed != c.rendition.sound_seed);
}

/* The wanted share of covers, and none of the hums, is another tune. */
static void
test_wrong_covers(void **state)
{
	struct works w = small;
	size_t n_wrong = 0;

	w.wrong = 0.25;
	for (size_t i = 0; i < 40; i++) {
		struct work work = draw(&w, i, *state);
		struct work_version h = perform(&w, &work, RENDITION_HUM, 0,
		    *state);

		assert_false(h.is_wrong);
		for (size_t k = 0; k < 5; k++) {
			struct work_version v = perform(&w, &work,
			    RENDITION_COVER, k, *state);

			assert_true(v.is_wrong == (v.tune != &work.tune));
			if (!v.is_wrong)
				continue;
			n_wrong++;
			assert_true(v.tune->n_notes != work.tune.n_notes ||
			    memcmp(v.tune->notes, work.tune.notes,
			    v.tune->n_notes * sizeof v.tune->notes[0]) != 0);
		}
	}
	/* 200 covers: 50 wrong ones, give or take three deviations of 6. */
	assert_in_range(n_wrong, 32, 68);
}

/* Singers sing where people can, hums are as long as was asked for. */
static void
test_range_and_length(void **state)
{
	for (size_t i = 0; i < 40; i++) {
		struct work work = draw(&small, i, *state);
		struct work_version o = perform(&small, &work,
		    RENDITION_ORIGINAL, 0, *state);
		struct work_version c = perform(&small, &work,
		    RENDITION_COVER, 0, *state);
		struct work_version h = perform(&small, &work,
		    RENDITION_HUM, 0, *state);
		double pitch = mean_pitch(&o.rendition.performance);
		double sec = h.rendition.performance.duration_sec;

		assert_true(pitch > 52 && pitch < 68);
		pitch = mean_pitch(&c.rendition.performance);
		assert_true(pitch > 44 && pitch < 76);
		assert_false(h.rendition.has_band);
		/* 8 s, up to 1.6 s of silence around, and the tempo wavers. */
		assert_true(sec > 5 && sec < 12);
	}
}

static double
power(const float *x, const float *less, size_t n, bool only_sung)
{
	double sum = 0, count = 0;

	for (size_t i = 0; i < n; i++) {
		double d = (double)x[i] - (less != NULL ? (double)less[i] : 0);

		if (only_sung && x[i] == 0)
			continue;
		sum += d * d;
		count++;
	}
	return sum / count;
}

/* The voice is in the mixture, as loud over the band as was drawn. */
static void
test_mixture(void **state)
{
	for (size_t i = 0; i < 6; i++) {
		struct error err = { ERROR_NONE, "" };
		struct work work = draw(&small, i, *state);
		struct work_version v = perform(&small, &work,
		    i % 2 == 0 ? RENDITION_COVER : RENDITION_HUM, 0, *state);
		struct rendition_sound s, again;
		double snr_db;

		assert_int_equal(rendition_sound(v.tune, &v.rendition, 16000,
		    *state, &s, &err), 0);
		snr_db = 10 * log10(power(s.voice, NULL, s.n_samples, true) /
		    power(s.mixture, s.voice, s.n_samples, false));
		assert_true(fabs(snr_db - v.rendition.snr_db) < 0.1);
		for (size_t k = 0; k < s.n_samples; k++)
			assert_true(fabsf(s.mixture[k]) <= 0.9001f);
		assert_int_equal(rendition_sound(v.tune, &v.rendition, 16000,
		    *state, &again, &err), 0);
		assert_memory_equal(s.mixture, again.mixture,
		    s.n_samples * sizeof(float));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(test_versions_are_independent),
		TEST(test_wrong_covers),
		TEST(test_range_and_length),
		TEST(test_mixture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
