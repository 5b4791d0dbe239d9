/* What a poor recorder does to a sound, effect by effect. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

#include "pitch/recorder.h"

#define RATE_HZ 16000
#define N (RATE_HZ * 2)
#define PI 3.14159265358979323846

static float x[N], y[N];

static void
tone(double f_hz, double level)
{
	for (size_t i = 0; i < N; i++)
		x[i] = (float)(sqrt(2.0) * level *
		    sin(2.0 * PI * f_hz * (double)i / RATE_HZ));
}

/* The noise is as loud as asked for, whatever its colour. */
static void
test_noise(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct random r;

		random_init(&r, seed);
		memset(x, 0, sizeof x);
		recorder_add_noise(x, N, RATE_HZ, 0.1, &r);
		/*
		 * Nearly brown noise of 2 s is a few hundred independent
		 * values; the band's share of white noise is an estimate that
		 * leaves out what lies beyond half the rate.
		 */
		assert_true(recorder_level(x, N) > 0.06);
		assert_true(recorder_level(x, N) < 0.14);
	}
}

/* A tone above the telephone's band is gone, one within it stays. */
static void
test_narrow(void **state)
{
	struct random r;

	(void)state;
	for (uint64_t seed = 0; seed < 10; seed++) {
		random_init(&r, seed);
		tone(1000.0, 0.1);
		recorder_narrow(x, N, RATE_HZ, &r);
		assert_true(fabs(recorder_level(x, N) / 0.1 - 1.0) < 0.1);
		tone(7000.0, 0.1);
		recorder_narrow(x, N, RATE_HZ, &r);
		assert_true(recorder_level(x, N) < 0.005);
	}
}

static void
test_clip(void **state)
{
	struct random r;
	size_t n_cut = 0;
	float peak = 0.0f;

	(void)state;
	random_init(&r, 1);
	tone(220.0, 0.3);
	recorder_clip(x, N, &r);
	for (size_t i = 0; i < N; i++)
		peak = fmaxf(peak, fabsf(x[i]));
	for (size_t i = 0; i < N; i++)
		n_cut += fabsf(x[i]) == peak;
	assert_true(peak < 0.81f * sqrtf(2.0f) * 0.3f);
	assert_true(n_cut > N / 3);
}

/* Eight bits have at most 256 values. */
static void
test_quantise(void **state)
{
	struct random r;
	size_t n_values = 0;

	(void)state;
	random_init(&r, 1);
	tone(220.0, 0.3);
	recorder_quantise(x, N, 0.3, &r);
	for (size_t i = 0; i < N && n_values <= 256; i++) {
		size_t k = 0;

		while (k < n_values && y[k] != x[i])
			k++;
		if (k == n_values)
			y[n_values++] = x[i];
	}
	assert_true(n_values > 2 && n_values <= 256);
}

/* One seed, one sound, within full scale; the next seed, another. */
static void
test_spoil(void **state)
{
	struct random r;

	(void)state;
	for (uint64_t seed = 0; seed < 32; seed++) {
		float peak = 0.0f;

		tone(300.0, 0.2);
		random_init(&r, seed);
		assert_int_equal(recorder_spoil(x, N, RATE_HZ, &r, NULL), 0);
		memcpy(y, x, sizeof x);
		tone(300.0, 0.2);
		random_init(&r, seed);
		assert_int_equal(recorder_spoil(x, N, RATE_HZ, &r, NULL), 0);
		assert_memory_equal(x, y, sizeof x);
		for (size_t i = 0; i < N; i++)
			peak = fmaxf(peak, fabsf(x[i]));
		assert_true(peak > 0.03f && peak < 0.9f);
		tone(300.0, 0.2);
		random_init(&r, seed + 1);
		assert_int_equal(recorder_spoil(x, N, RATE_HZ, &r, NULL), 0);
		assert_memory_not_equal(x, y, sizeof x);
	}
}

/* Silence and nothing at all are no division by zero. */
static void
test_silence(void **state)
{
	struct random r;

	(void)state;
	for (uint64_t seed = 0; seed < 32; seed++) {
		memset(x, 0, sizeof x);
		random_init(&r, seed);
		assert_int_equal(recorder_spoil(x, N, RATE_HZ, &r, NULL), 0);
		for (size_t i = 0; i < N; i++)
			assert_true(x[i] == 0.0f);
	}
	random_init(&r, 1);
	assert_int_equal(recorder_spoil(x, 0, RATE_HZ, &r, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_clip),
		cmocka_unit_test(test_quantise),
		cmocka_unit_test(test_spoil),
		cmocka_unit_test(test_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
