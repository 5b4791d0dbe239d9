/*
 * Every feature against stored values of tests/fixtures/features.py, which
 * computes in double what librosa 0.10 does.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"

#include "dsp/feature.h"
#include "dsp/npy.h"
#include "dsp/tuning.h"

#include "tests/lib/signal.h"

#define RATE 22050.0
#define N 33000

/* features.py's signal(). */
static void
make_signal(float *x)
{
	static const double voices[2][3] = { { 224.0, 30.0, 0.2 },
	    { 564.0, -80.0, 0.1 } };
	uint32_t state = 1;

	for (size_t i = 0; i < N; i++) {
		const double t = (double)i / RATE;
		double sum = 0.0;

		for (size_t v = 0; v < 2; v++)
			for (int h = 1; h < 9; h++)
				sum += voices[v][2] / h * sin(2.0 *
				    acos(-1.0) * h * (voices[v][0] * t +
				    voices[v][1] * t * t));
		state = 1664525u * state + 1013904223u;
		x[i] = (float)(sum + 0.02 * ((double)state / 4294967296.0 -
		    0.5));
	}
}

/* Put a sound in blocks; returns how many rows there were. */
static size_t
put(struct feature *f, const float *x, size_t n, size_t block, float *out,
    size_t n_values)
{
	const float *rows;
	size_t n_rows, n_all = 0;

	for (size_t i = 0; i < n; i += block) {
		n_rows = feature_put(f, x + i, n - i < block ? n - i : block,
		    &rows);
		memcpy(out + n_all * n_values, rows, n_rows * n_values *
		    sizeof *out);
		n_all += n_rows;
	}
	n_rows = feature_finish(f, &rows);
	memcpy(out + n_all * n_values, rows, n_rows * n_values *
	    sizeof *out);
	return n_all + n_rows;
}

/* All rows of a sound. */
static float *
run(struct feature *f, const struct feature_options *o, const float *x,
    size_t n, size_t block, struct arena *a)
{
	const size_t n_values = feature_n_columns(o) *
	    (o->kind == FEATURE_STFT ? 2 : 1);
	float *out = arena_alloc(a, (n / o->n_hop + 1) * n_values,
	    sizeof *out);

	assert_non_null(out);
	if (feature_listens_first(f)) {
		assert_int_equal(feature_begin(f, true, NULL), 0);
		assert_int_equal(put(f, x, n, block, out, n_values), 0);
	}
	assert_int_equal(feature_begin(f, false, NULL), 0);
	assert_int_equal(put(f, x, n, block, out, n_values),
	    n / o->n_hop + 1);
	return out;
}

/*
 * Tolerances of dsp/feature.h.  Rows of chroma are at most 1; what a float can
 * tell of a power is 1e-7 of the largest of its frame.
 */
static void
test_stored(void **state)
{
	static const double tolerances[FEATURE_N_KINDS] = { 0.0, 1e-3, 1e-3,
	    1e-3, 1e-5, 1e-5, 1e-5, 1e-5 };
	struct arena *a = arena_new();
	float *x = arena_alloc(a, N, sizeof *x);

	(void)state;
	make_signal(x);
	for (int kind = FEATURE_MEL; kind < FEATURE_N_KINDS; kind++) {
		const struct feature_options o = feature_defaults(
		    (enum feature_kind)kind);
		struct feature *f = feature_new(&o, RATE, NULL);
		size_t n_rows, n_columns;
		char path[80];
		float *want;

		assert_non_null(f);
		snprintf(path, sizeof path, "tests/fixtures/features/%s.npy",
		    feature_kind_name(o.kind));
		assert_int_equal(npy_read(path, a, &want, &n_rows, &n_columns,
		    NULL), 0);
		assert_int_equal(n_rows, N / o.n_hop + 1);
		assert_int_equal(n_columns, feature_n_columns(&o));
		assert_true(signal_is_near(want, run(f, &o, x, N, 4096, a),
		    n_rows * n_columns, tolerances[kind], 0.0));
		feature_free(f);
	}
	arena_free(a);
}

/* A frame of the STFT is the sum of its definition. */
static void
test_stft(void **state)
{
	struct feature_options o = feature_defaults(FEATURE_STFT);
	struct arena *a = arena_new();
	float *x = arena_alloc(a, N, sizeof *x), *rows;
	struct feature *f;

	(void)state;
	make_signal(x);
	o.n_fft = 128;
	o.n_window = 100;
	o.n_hop = 1000;
	f = feature_new(&o, RATE, NULL);
	assert_non_null(f);
	rows = run(f, &o, x, N, 4096, a);
	for (size_t b = 0; b <= 64; b++) {
		double re = 0.0, im = 0.0;

		for (size_t i = 0; i < 128; i++) {
			const double w = i < 14 || i >= 114 ? 0.0 : 0.5 - 0.5 *
			    cos(2.0 * acos(-1.0) * (double)(i - 14) / 100.0);
			const double phase = 2.0 * acos(-1.0) *
			    (double)(b * i % 128) / 128.0;

			re += w * (double)x[3000 + i - 64] * cos(phase);
			im -= w * (double)x[3000 + i - 64] * sin(phase);
		}
		assert_true(fabs(re - (double)rows[3 * 130 + 2 * b]) < 1e-5);
		assert_true(fabs(im - (double)rows[3 * 130 + 2 * b + 1]) <
		    1e-5);
	}
	feature_free(f);
	arena_free(a);
}

/*
 * Blocks of any size give the same bits, and what a sound gives does not depend
 * on the one before; silence gives no NaN.
 */
static void
test_blocks(void **state)
{
	static const size_t lengths[] = { N, 0, 1, 511, 5000 };
	struct arena *a = arena_new();
	float *x = arena_alloc(a, N, sizeof *x);

	(void)state;
	make_signal(x);
	memset(x, 0, 4000 * sizeof *x);
	for (int kind = 0; kind < FEATURE_N_KINDS; kind++) {
		const struct feature_options o = feature_defaults(
		    (enum feature_kind)kind);
		struct feature *f = feature_new(&o, RATE, NULL);

		assert_non_null(f);
		for (size_t i = 0; i < sizeof lengths / sizeof lengths[0];
		    i++) {
			const size_t n_values = (lengths[i] / o.n_hop + 1) *
			    feature_n_columns(&o);
			float *one = run(f, &o, x, lengths[i], 4096, a);
			float *two = run(f, &o, x, lengths[i], 301, a);

			assert_memory_equal(one, two, n_values * sizeof *one);
			for (size_t k = 0; k < n_values; k++)
				assert_true(isfinite(one[k]));
		}
		feature_free(f);
	}
	arena_free(a);
}

/* A tone that is out of tune by a known part of a bin. */
static void
test_tuning(void **state)
{
	static const double deviations[] = { -0.37, 0.0, 0.21, 0.48 };
	struct arena *a = arena_new();
	float *x = arena_alloc(a, N, sizeof *x);
	struct tuning *t = tuning_new(RATE, 2048, 12, NULL);
	struct feature_options o = feature_defaults(FEATURE_STFT);
	struct feature *f = feature_new(&o, RATE, NULL);

	(void)state;
	assert_non_null(t);
	assert_non_null(f);
	assert_true(tuning_estimate(t) == 0.0);
	for (size_t i = 0; i < 4; i++) {
		float *rows, power[1025];

		signal_tone(x, N, RATE, 880.0 * exp2(deviations[i] / 12.0),
		    0.5);
		rows = run(f, &o, x, N, 4096, a);
		tuning_reset(t);
		for (size_t k = 8; k < 50; k++) {
			const float *row = rows + k * 2050;

			for (size_t b = 0; b < 1025; b++)
				power[b] = hypotf(row[2 * b], row[2 * b + 1]);
			tuning_put(t, power);
		}
		/* A parabola is off by up to 2 cents at these bins. */
		assert_true(fabs(tuning_estimate(t) - deviations[i]) < 0.03);
	}
	feature_free(f);
	tuning_free(t);
	arena_free(a);
}

static void
refuse(struct feature_options o, double rate_hz, const char *text)
{
	struct error err = { ERROR_NONE, "" };

	assert_null(feature_new(&o, rate_hz, &err));
	assert_non_null(strstr(err.text, text));
}

static void
test_limits(void **state)
{
	struct feature_options o = feature_defaults(FEATURE_MFCC);
	enum feature_kind kind;
	struct error err = { ERROR_NONE, "" };

	(void)state;
	o.n_mfcc = 129;
	refuse(o, RATE, "as many as there are mel bands");
	o.n_mfcc = 20;
	o.mel.fmin_hz = 5000.0;
	refuse(o, 8000.0, "they must end above");
	o = feature_defaults(FEATURE_CHROMA_CQT);
	o.n_classes = 7;
	refuse(o, RATE, "must be a multiple");
	o = feature_defaults(FEATURE_CHROMA_CENS);
	o.n_smooth = 40;
	refuse(o, RATE, "must be odd");
	o = feature_defaults(FEATURE_STFT);
	o.n_fft = 1 << 20;
	o.n_hop = 1;
	refuse(o, RATE, "take a longer hop");
	o.n_fft = 2047;
	refuse(o, RATE, "must be even");
	assert_int_equal(feature_kind_find("cens", &kind, &err), -1);
	assert_non_null(strstr(err.text, "chroma_cens"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stored),
		cmocka_unit_test(test_stft),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_tuning),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
