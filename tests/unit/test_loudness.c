/*
 * Loudness and true peak: EBU Tech 3341's tones, and libebur128's own true
 * peak as the plain twin of ours.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* The library calls an enum what we call a struct. */
#define error ebur128_error
#include <ebur128.h>
#undef error

#include "base/error.h"

#include "audio/loudness.h"
#include "audio/true_peak.h"

#include "tests/lib/signal.h"

#define PI 3.14159265358979323846
#define SEC 20

static const enum media_place places[6] = { MEDIA_FRONT, MEDIA_FRONT,
    MEDIA_FRONT, MEDIA_LOW, MEDIA_SIDE, MEDIA_SIDE };

/* Loudness of the same tone on the channels whose gain is not 0. */
static struct loudness_result
measure(size_t n_channels, const double *gains_db)
{
	const size_t n = 48000 * SEC;
	float *tone = calloc(n, sizeof *tone);
	float *x = calloc(n * n_channels, sizeof *x);
	struct error err = { ERROR_NONE, "" };
	struct loudness *l = loudness_new(48000, places, n_channels, &err);
	struct loudness_result r;

	assert_non_null(tone);
	assert_non_null(x);
	assert_non_null(l);
	signal_tone(tone, n, 48000, 1000.0, 1.0);
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < n_channels; c++)
			x[i * n_channels + c] = tone[i] *
			    (float)pow(10.0, gains_db[c] / 20.0);
	for (size_t i = 0; i < n; i += 1000)
		assert_int_equal(loudness_put(l, x + i * n_channels, 1000,
		    &err), 0);
	r = loudness_get(l);
	loudness_free(l);
	free(tone);
	free(x);
	return r;
}

/* EBU Tech 3341, cases 1, 2 and 6: within 0.1 LU. */
static void
test_tones(void **state)
{
	const double first[2] = { -23.0, -23.0 };
	const double second[2] = { -33.0, -33.0 };
	const double surround[6] = { -28.0, -28.0, -24.0, -200.0, -30.0,
	    -30.0 };
	const double low[6] = { -200.0, -200.0, -200.0, -10.0, -200.0,
	    -200.0 };
	struct loudness_result r;

	(void)state;
	r = measure(2, first);
	assert_true(r.is_known && fabs(r.integrated_lufs + 23.0) < 0.1);
	assert_true(fabs(r.true_peak_dbtp + 23.0) < 0.1);
	assert_true(r.range_lu < 0.1);
	r = measure(2, second);
	assert_true(r.is_known && fabs(r.integrated_lufs + 33.0) < 0.1);
	r = measure(6, surround);
	assert_true(r.is_known && fabs(r.integrated_lufs + 23.0) < 0.1);
	r = measure(6, low);
	assert_false(r.is_known);
}

/*
 * The library's true peak; single precision and another order of sums leave
 * 1e-5 of it.
 */
static void
test_true_peak(void **state)
{
	static const unsigned rates_hz[] = { 8000, 44100, 96000, 192000 };
	const size_t n = 30011;
	float *x = calloc(n * 2, sizeof *x);
	float *y = calloc(n, sizeof *y);
	struct error err = { ERROR_NONE, "" };

	(void)state;
	assert_non_null(x);
	assert_non_null(y);
	for (size_t k = 0; k < 8; k++) {
		const unsigned rate_hz = rates_hz[k / 2];
		ebur128_state *s = ebur128_init(2, rate_hz,
		    EBUR128_MODE_TRUE_PEAK);
		struct true_peak *t = true_peak_new(rate_hz, 2, &err);
		double left, right, want;

		assert_non_null(s);
		assert_non_null(t);
		/* A quarter of the rate between samples, or noise. */
		signal_noise(y, n, k + 1, 0.1);
		for (size_t i = 0; i < n; i++) {
			double phase = PI * (0.5 * (double)i + 0.25);

			x[2 * i] = k % 2 == 0 ? y[i] : (float)(0.7 *
			    sin(phase) * sin(1e-4 * (double)i));
			x[2 * i + 1] = 0.5f * y[n - 1 - i];
		}
		assert_int_equal(ebur128_add_frames_float(s, x, n), 0);
		for (size_t i = 0; i < n; i += 333)
			true_peak_put(t, x + 2 * i, n - i < 333 ? n - i : 333);
		assert_int_equal(ebur128_true_peak(s, 0, &left), 0);
		assert_int_equal(ebur128_true_peak(s, 1, &right), 0);
		want = fmax(left, right);
		if (fabs(true_peak_get(t) - want) > 1e-5 * want)
			fail_msg("%u Hz: %.7f instead of %.7f", rate_hz,
			    true_peak_get(t), want);
		true_peak_free(t);
		ebur128_destroy(&s);
	}
	free(x);
	free(y);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tones),
		cmocka_unit_test(test_true_peak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
