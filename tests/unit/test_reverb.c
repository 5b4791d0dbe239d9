/* The room of a reverberated voice: how loud it is, and how it fades. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

#include "dsp/reverb.h"

#define RATE_HZ 16000
#define N (RATE_HZ * 8)

static double
power(const float *x, size_t n)
{
	double sum = 0.0;

	for (size_t i = 0; i < n; i++)
		sum += (double)x[i] * (double)x[i];
	return sum / (double)n;
}

/* The echoes of a long noise are "level" of it, once the room is filled. */
static void
test_level(void **state)
{
	static float x[N], y[N];
	struct random r;

	(void)state;
	random_init(&r, 3);
	for (size_t i = 0; i < N; i++)
		x[i] = y[i] = (float)random_range(&r, -0.5, 0.5);
	assert_int_equal(reverb_add(y, N, RATE_HZ, 0.8, 0.25, 1.0, NULL), 0);
	for (size_t i = 0; i < N; i++)
		y[i] -= x[i];
	/* Of N / 2 samples of noise through resonances: a few percent. */
	assert_true(fabs(sqrt(power(y + N / 2, N / 2) /
	    power(x + N / 2, N / 2)) / 0.25 - 1.0) < 0.1);
}

/* A click comes through untouched, then fades by 60 dB in the given time. */
static void
test_fade(void **state)
{
	const double fade_sec = 1.0;
	const size_t n = RATE_HZ / 4, later = RATE_HZ / 2;
	static float x[N];
	double db;

	(void)state;
	memset(x, 0, sizeof x);
	x[0] = 1.0f;
	assert_int_equal(reverb_add(x, N, RATE_HZ, fade_sec, 0.5, 1.0, NULL),
	    0);
	assert_true(x[0] == 1.0f);
	for (size_t i = 1; i < (size_t)(0.029 * RATE_HZ); i++)
		assert_true(x[i] == 0.0f);
	db = 10.0 * log10(power(x + n, n) / power(x + n + later, n));
	/* Half the time, half the decibels; the combs beat by one or two. */
	assert_true(fabs(db - 30.0) < 3.0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_fade),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
