#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/signal.h"

#define N 4000
#define RATE_HZ 8000.0
#define TWO_PI 6.283185307179586476925286766559

/* Frequency by the phase step of the analytic signal near sample i. */
static double
hz_at(const float *x, size_t i, double near_hz)
{
	const size_t n = 64;
	double turns[2];

	for (size_t k = 0; k < 2; k++) {
		double re = 0.0, im = 0.0;

		for (size_t t = 0; t < n; t++) {
			const double at = (double)(i + k + t);
			const double w = 1.0 - cos(TWO_PI * ((double)t + 0.5) /
			    (double)n);

			re += w * (double)x[i + k + t] *
			    cos(TWO_PI * near_hz * at / RATE_HZ);
			im -= w * (double)x[i + k + t] *
			    sin(TWO_PI * near_hz * at / RATE_HZ);
		}
		turns[k] = atan2(im, re) / TWO_PI;
	}
	turns[0] = turns[1] - turns[0];
	turns[0] -= floor(turns[0] + 0.5);
	return near_hz + turns[0] * RATE_HZ;
}

static void
tones_have_their_frequency(void **state)
{
	static float x[N];

	(void)state;
	signal_tone(x, N, RATE_HZ, 1000.0, 0.5);
	/* 1000 Hz at 8000 Hz: every second sample is a multiple of 45 deg. */
	for (size_t i = 0; i < N; i++)
		assert_true(fabs((double)x[i] - 0.5 *
		    sin(TWO_PI * (double)(i % 8) / 8.0)) < 1e-7);
	/* A sine's RMS is its amplitude over the root of 2. */
	assert_true(fabs(signal_rms(x, N) - 0.5 / sqrt(2.0)) < 1e-6);
}

static void
glides_and_chirps_go_where_they_say(void **state)
{
	static float x[N];

	(void)state;
	signal_glide(x, N, RATE_HZ, 600.0, 1200.0, 1.0);
	assert_true(fabs(signal_glide_hz(N / 2, N, 600.0, 1200.0) -
	    600.0 * sqrt(2.0)) < 1e-9);
	for (size_t i = 500; i < 3500; i += 250) {
		const double want = signal_glide_hz((double)i + 32.5, N, 600.0,
		    1200.0);

		/* The window is 8 ms long, the glide 0.17 % in that time. */
		assert_true(fabs(hz_at(x, i, want) / want - 1.0) < 2e-3);
	}
	signal_chirp(x, N, RATE_HZ, 600.0, 1200.0, 1.0);
	for (size_t i = 500; i < 3500; i += 250) {
		const double want = 600.0 + 600.0 * ((double)i + 32.5) / N;

		assert_true(fabs(hz_at(x, i, want) / want - 1.0) < 2e-3);
	}
}

static void
harmonics_stay_below_half_the_rate(void **state)
{
	static float x[N], y[N];

	(void)state;
	signal_harmonics(x, N, RATE_HZ, 1500.0, 8, 1.0);
	signal_tone(y, N, RATE_HZ, 3000.0, -0.5);
	signal_mix(x, y, N, 1.0);
	signal_tone(y, N, RATE_HZ, 1500.0, 1.0);
	assert_true(signal_is_near(y, x, N, 1e-6, 0.0));
}

static void
nearness_is_measured(void **state)
{
	static float x[N], y[N];

	(void)state;
	signal_noise(x, N, 1, 0.1);
	signal_noise(y, N, 1, 0.1);
	assert_memory_equal(x, y, sizeof(x));
	assert_true(signal_snr_db(x, y, N) >= 300.0);
	/* 4000 values: the standard error of the RMS is 1.1 per cent. */
	assert_true(fabs(signal_rms(x, N) / 0.1 - 1.0) < 0.05);
	for (size_t i = 0; i < N; i++)
		y[i] = x[i] * 0.9f;
	assert_true(fabs(signal_snr_db(x, y, N) - 20.0) < 1e-3);
	y[7] = x[7] + 1.0f;
	assert_true(fabs(signal_max_difference(x, y, N) - 1.0) < 1e-6);
	y[0] = NAN;
	assert_false(signal_is_near(x, y, 1, 1e9, 1e9));
}

static void
lags_are_found(void **state)
{
	static float x[N + 40], clicks[N];

	(void)state;
	signal_noise(x, N + 40, 2, 1.0);
	assert_int_equal(signal_best_lag(x + 17, x, N, 30), 17);
	assert_int_equal(signal_best_lag(x, x + 9, N, 30), -9);
	signal_clicks(clicks, N, 3, 100);
	assert_true(signal_max_difference(clicks, clicks, N) <= 0.0);
	assert_true(fabs(signal_rms(clicks, N) - 0.1) < 1e-6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tones_have_their_frequency),
		cmocka_unit_test(glides_and_chirps_go_where_they_say),
		cmocka_unit_test(harmonics_stay_below_half_the_rate),
		cmocka_unit_test(nearness_is_measured),
		cmocka_unit_test(lags_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
