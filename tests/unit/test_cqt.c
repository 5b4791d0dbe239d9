/*
 * Halving the rate against the definition, and the constant-Q transform against
 * its closed form and a plain sum.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

#include "dsp/cqt.h"
#include "dsp/halver.h"

#include "tests/lib/signal.h"

#define RATE 16000.0

/* Halve n samples in blocks; heap memory of (n + 1) / 2. */
static float *
halve(const float *x, size_t n, size_t block)
{
	struct halver *h = halver_new(NULL);
	float *out = malloc((n / 2 + 1) * sizeof *out);
	const float *ready;
	size_t n_out = 0, n_ready;

	assert_non_null(h);
	assert_non_null(out);
	for (int again = 0; again < 2; again++) {
		n_out = 0;
		halver_reset(h);
		for (size_t i = 0; i < n; i += block) {
			n_ready = halver_put(h, x + i, n - i < block ? n - i :
			    block, &ready);
			memcpy(out + n_out, ready, n_ready * sizeof *out);
			n_out += n_ready;
		}
		n_ready = halver_finish(h, &ready);
		memcpy(out + n_out, ready, n_ready * sizeof *out);
		n_out += n_ready;
		assert_int_equal(n_out, (n + 1) / 2);
	}
	halver_free(h);
	return out;
}

/*
 * The largest difference from the tone at half the rate, or from silence, away
 * from the ends.
 */
static double
error_at(double share_of_new_nyquist, double gain)
{
	enum { N = 6000 };
	static float x[N], want[N / 2];
	const double hz = share_of_new_nyquist * RATE / 4.0;
	double most = 0.0;
	float *got;

	signal_tone(x, N, RATE, hz, 1.0);
	signal_tone(want, N / 2, RATE / 2.0, hz, gain);
	got = halve(x, N, 1000);
	for (size_t i = 200; i < N / 2 - 200; i++)
		most = fmax(most, fabs((double)got[i] - (double)want[i]));
	free(got);
	return most;
}

/* 126 dB are 5e-7; floats of 389 terms add as much. */
static void
test_halver_bands(void **state)
{
	(void)state;
	assert_true(error_at(0.01, 1.0) < 2e-6);
	assert_true(error_at(0.5, 1.0) < 2e-6);
	assert_true(error_at(0.913, 1.0) < 2e-6);
	assert_true(error_at(1.0, 0.0) < 2e-6);
	assert_true(error_at(1.3, 0.0) < 2e-6);
	assert_true(error_at(1.99, 0.0) < 2e-6);
	/* Midway is -6 dB: the band is no narrower than said. */
	assert_true(error_at(0.95681, 1.0) > 0.4);
}

static void
test_halver_blocks(void **state)
{
	static const size_t lengths[] = { 1, 2, 193, 194, 195, 388, 389, 390,
	    5001 };
	static float x[5001];

	(void)state;
	signal_noise(x, 5001, 3, 0.2);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		const size_t n = lengths[i];
		float *one = halve(x, n, 1), *two = halve(x, n, 4096);

		assert_memory_equal(one, two, (n + 1) / 2 * sizeof *one);
		free(one);
		free(two);
	}
}

/* All frames, heap memory; *n_frames of them. */
static float *
transform(const struct cqt_options *o, double rate_hz, const float *x,
    size_t n, size_t block, size_t *n_frames)
{
	struct cqt *c = cqt_new(o, rate_hz, NULL);
	float *frames = malloc((n / o->n_hop + 1) * o->n_bins *
	    sizeof *frames);
	const float *rows;
	size_t n_rows;

	assert_non_null(c);
	assert_non_null(frames);
	for (int again = 0; again < 2; again++) {
		cqt_reset(c);
		*n_frames = 0;
		for (size_t i = 0; i <= n; i += block) {
			n_rows = i + block > n ? 0 : cqt_put(c, x + i, block,
			    &rows);
			memcpy(frames + *n_frames * o->n_bins, rows, n_rows *
			    o->n_bins * sizeof *frames);
			*n_frames += n_rows;
		}
		n_rows = n % block == 0 ? 0 : cqt_put(c, x + n - n % block,
		    n % block, &rows);
		memcpy(frames + *n_frames * o->n_bins, rows, n_rows *
		    o->n_bins * sizeof *frames);
		*n_frames += n_rows;
		n_rows = cqt_finish(c, &rows);
		memcpy(frames + *n_frames * o->n_bins, rows, n_rows *
		    o->n_bins * sizeof *frames);
		*n_frames += n_rows;
		assert_int_equal(*n_frames, n / o->n_hop + 1);
	}
	cqt_free(c);
	return frames;
}

/* The length of a bin's filter at 12 bins an octave. */
static double
length(double rate_hz, double hz)
{
	const double square = exp2(1.0 / 6.0);

	return (square + 1.0) / (square - 1.0) * rate_hz / hz;
}

/*
 * A tone on a bin gives A / 2 * sqrt(L), at any rate and in any octave: within
 * 0.5 % where nothing is left out, since lengths are rounded to samples.
 */
static void
test_tones(void **state)
{
	enum { N = 48000 };
	static float x[N];
	static const double rates[] = { 11025.0, 16000.0, 48000.0 };
	struct cqt_options o = cqt_defaults();

	(void)state;
	o.n_hop = 640;
	o.sparsity = 0.0;
	for (size_t r = 0; r < 3; r++)
		for (size_t bin = 9; bin < 84; bin += 25) {
			const double hz = CQT_C1_HZ * exp2((double)bin / 12.0);
			size_t n_frames, best = 0;
			float *frames, *row;
			double want;

			signal_tone(x, N, rates[r], hz, 0.4);
			frames = transform(&o, rates[r], x, N, 4096,
			    &n_frames);
			row = frames + n_frames / 2 * 84;
			for (size_t b = 0; b < 84; b++)
				if (row[b] > row[best])
					best = b;
			want = 0.2 * sqrt(length(rates[r], hz));
			assert_int_equal(best, bin);
			assert_true(fabs((double)row[bin] - want) < 0.005 *
			    want);
			free(frames);
		}
}

/*
 * The sum of the definition where no rate is halved, the hop being odd: the
 * fast way is its plain twin in the frequency domain.
 */
static void
test_plain_sum(void **state)
{
	enum { N = 5000, N_BINS = 13, HOP = 801 };
	const double pi = acos(-1.0);
	struct cqt_options o = cqt_defaults();
	static float x[N];
	size_t n_frames;
	float *frames;

	(void)state;
	o.n_hop = HOP;
	o.n_bins = N_BINS;
	o.fmin_hz = 300.0;
	o.sparsity = 0.0;
	signal_noise(x, N, 5, 0.2);
	frames = transform(&o, RATE, x, N, 777, &n_frames);
	for (size_t k = 0; k < n_frames; k++)
		for (size_t b = 0; b < N_BINS; b++) {
			const double hz = 300.0 * exp2((double)b / 12.0);
			const double l = length(RATE, hz);
			const long first = (long)floor(-l / 2.0);
			const long n = (long)floor(l / 2.0) - first;
			double re = 0.0, im = 0.0, sum = 0.0;

			for (long i = 0; i < n; i++) {
				const double w = 0.5 - 0.5 * cos(2.0 * pi *
				    (double)i / (double)n);
				const long at = (long)k * HOP - (first + i);
				const double phase = 2.0 * pi * hz / RATE *
				    (double)(first + i);

				sum += w;
				if (at < 0 || at >= N)
					continue;
				re += w * (double)x[at] * cos(phase);
				im += w * (double)x[at] * sin(phase);
			}
			assert_true(fabs((double)frames[k * N_BINS + b] -
			    sqrt(l) * hypot(re, im) / sum) < 5e-4);
		}
	free(frames);
}

/* Blocks of any size give the same bits, short sounds and long. */
static void
test_cqt_blocks(void **state)
{
	static const size_t lengths[] = { 0, 1, 639, 640, 30000 };
	static float x[30000];
	struct cqt_options o = cqt_defaults();

	(void)state;
	o.n_hop = 640;
	signal_noise(x, 30000, 7, 0.2);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		size_t n_one, n_two;
		float *one = transform(&o, RATE, x, lengths[i], 97, &n_one);
		float *two = transform(&o, RATE, x, lengths[i], 4096, &n_two);

		assert_int_equal(n_one, n_two);
		assert_memory_equal(one, two, n_one * 84 * sizeof *one);
		free(one);
		free(two);
	}
}

/* What cannot be is refused, by what the user can change. */
static void
test_limits(void **state)
{
	struct cqt_options o = cqt_defaults();
	struct error err = { ERROR_NONE, "" };

	(void)state;
	assert_null(cqt_new(&o, 8000.0, &err));
	assert_non_null(strstr(err.text, "take fewer bins or a higher rate"));
	o.fmin_hz = 0.01;
	assert_null(cqt_new(&o, 48000.0, &err));
	assert_non_null(strstr(err.text, "begin higher"));
	o.fmin_hz = 0.0;
	assert_null(cqt_new(&o, 48000.0, &err));
	o = cqt_defaults();
	o.n_bins = 0;
	assert_null(cqt_new(&o, 48000.0, &err));
	o.n_bins = 1000;
	o.bins_per_octave = 100;
	o.fmin_hz = 2.0;
	o.n_hop = 1;
	assert_null(cqt_new(&o, 10000.0, &err));
	assert_non_null(strstr(err.text, "take a longer hop"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_halver_bands),
		cmocka_unit_test(test_halver_blocks),
		cmocka_unit_test(test_tones),
		cmocka_unit_test(test_plain_sum),
		cmocka_unit_test(test_cqt_blocks),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
