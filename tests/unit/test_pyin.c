#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/random.h"
#include "dsp/activations.h"
#include "pitch/pitch_decode.h"
#include "pitch/pyin.h"
#include "pitch/yin.h"

#include "tests/lib/signal.h"

#define N ACTIVATIONS_N_BINS
#define N_THRESHOLDS 2000

static int
set_up(void **state)
{
	struct error err;

	*state = yin_new(&err);
	return *state == NULL;
}

static int
tear_down(void **state)
{
	yin_free(*state);
	return 0;
}

/* A frame of harmonics and noise; other numbers, other sounds. */
static void
make_frame(float frame[YIN_FRAME], size_t number)
{
	float noise[YIN_FRAME];

	signal_harmonics(frame, YIN_FRAME, YIN_RATE_HZ,
	    80.0 * pow(1.13, (double)number), 6, 0.3);
	signal_noise(noise, YIN_FRAME, number, 0.01 * (double)number);
	signal_mix(frame, noise, YIN_FRAME, 1.0);
}

/* The function of the paper's equations 6 and 8, sample by sample. */
static void
plain_difference(const float *frame, double normal[YIN_MAX_LAG + 1])
{
	double sum = 0.0;

	normal[0] = 1.0;
	for (size_t lag = 1; lag <= YIN_MAX_LAG; lag++) {
		double d = 0.0;

		for (size_t i = 0; i + lag < YIN_FRAME; i++)
			d += ((double)frame[i] - (double)frame[i + lag]) *
			    ((double)frame[i] - (double)frame[i + lag]);
		d /= (double)(YIN_FRAME - lag);
		sum += d;
		normal[lag] = d * (double)lag / sum;
	}
}

static void
dips_are_those_of_the_plain_difference(void **state)
{
	float frame[YIN_FRAME];
	double normal[YIN_MAX_LAG + 1];
	struct yin_dip dips[YIN_MAX_DIPS];

	for (size_t f = 0; f < 20; f++) {
		size_t n, i = 0;

		make_frame(frame, f);
		plain_difference(frame, normal);
		n = yin_dips(*state, frame, dips);
		for (size_t lag = 2; lag < YIN_MAX_LAG; lag++) {
			if (!(normal[lag] < normal[lag - 1] &&
			    normal[lag] <= normal[lag + 1]))
				continue;
			assert_true(i < n);
			assert_true(fabs(dips[i].lag - (double)lag) <= 1.5);
			/* Transforms of floats; between samples deeper. */
			assert_true(dips[i].depth < normal[lag] + 1e-4);
			if (lag > 40)
				assert_true(dips[i].depth >
				    normal[lag] - 1e-4);
			i++;
		}
		assert_int_equal(i, n);
	}
}

/* Section 2.1 as it is written, threshold by threshold: plain twin. */
static void
plain_chances(const struct yin_dip *dips, size_t n, double *chance)
{
	size_t deepest = 0;
	double sum = 0.0;

	for (size_t i = 0; i < n; i++) {
		chance[i] = 0.0;
		if (dips[i].depth < dips[deepest].depth)
			deepest = i;
	}
	for (size_t t = 0; t < N_THRESHOLDS; t++) {
		const double s = ((double)t + 0.5) / N_THRESHOLDS;

		sum += s * pow(1.0 - s, 17.0);
	}
	for (size_t t = 0; t < N_THRESHOLDS; t++) {
		const double s = ((double)t + 0.5) / N_THRESHOLDS;
		const double prior = s * pow(1.0 - s, 17.0) / sum;
		size_t i = 0;

		while (i < n && !(dips[i].depth < s))
			i++;
		chance[i < n ? i : deepest] += (i < n ? 1.0 : 0.01) * prior;
	}
}

static void
chances_are_those_of_many_thresholds(void **state)
{
	float frame[YIN_FRAME], row[N];

	for (size_t f = 0; f < 20; f++) {
		struct yin_dip dips[YIN_MAX_DIPS];
		double chance[YIN_MAX_DIPS], want[N] = { 0.0 };
		double voiced = 0.0, got;
		size_t n;

		make_frame(frame, f);
		n = yin_dips(*state, frame, dips);
		assert_true(n > 0);
		plain_chances(dips, n, chance);
		for (size_t i = 0; i < n; i++) {
			const double bin = (activations_hz_to_cents(
			    YIN_RATE_HZ / dips[i].lag) -
			    ACTIVATIONS_FIRST_CENTS) / ACTIVATIONS_BIN_CENTS;

			if (dips[i].lag < YIN_MIN_LAG - 0.5)
				continue;
			for (size_t b = 0; b < N; b++)
				want[b] += chance[i] * fmax(0.0,
				    1.0 - fabs((double)b - bin));
			voiced += chance[i];
		}
		got = pyin_frame(*state, frame, row);
		/* One threshold of 2000 near the mode weighs 0.004. */
		assert_true(fabs(got - voiced) < 0.005);
		for (size_t b = 0; b < N; b++)
			assert_true(fabs((double)row[b] - want[b]) < 0.005);
	}
}

static void
the_mean_of_two_bins_is_the_pitch(void **state)
{
	float frame[YIN_FRAME], row[N];

	for (double hz = 60.0; hz < 1200.0; hz *= 1.077) {
		signal_harmonics(frame, YIN_FRAME, YIN_RATE_HZ, hz, 8, 0.3);
		assert_true(pyin_frame(*state, frame, row) > 0.9);
		/*
		 * Parabolas and interpolation; multiples of the period are
		 * octaves away and not within the mean.
		 */
		assert_true(fabs(1200.0 * log2(pitch_decode_hz(row,
		    pitch_decode_peak(row)) / hz)) < 5.0);
	}
}

static void
sounds_out_of_the_range_have_no_candidate(void **state)
{
	static const double tones_hz[] = { 20, 40, 1400, 2500, 5000, 7500 };
	float frame[YIN_FRAME] = { 0.0f }, row[N];

	assert_true(pyin_frame(*state, frame, row) == 0.0);
	for (size_t i = 0; i < sizeof(tones_hz) / sizeof(*tones_hz); i++) {
		signal_tone(frame, YIN_FRAME, YIN_RATE_HZ, tones_hz[i], 0.5);
		assert_true(pyin_frame(*state, frame, row) < 0.05);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dips_are_those_of_the_plain_difference),
		cmocka_unit_test(chances_are_those_of_many_thresholds),
		cmocka_unit_test(the_mean_of_two_bins_is_the_pitch),
		cmocka_unit_test(sounds_out_of_the_range_have_no_candidate),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
