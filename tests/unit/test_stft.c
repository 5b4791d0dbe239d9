/*
 * The transforms against a slow sum in double, and the STFT there and back.
 */
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
#include "base/random.h"

#include "dsp/fft.h"
#include "dsp/stft.h"

#define N_WINDOW 1024
#define N_HOP 256
#define N_BINS (N_WINDOW / 2 + 1)

static float *
noise(struct arena *a, size_t n)
{
	float *x = arena_alloc(a, n, sizeof *x);
	struct random r;

	assert_non_null(x);
	random_init(&r, n);
	for (size_t i = 0; i < n; i++)
		x[i] = (float)random_range(&r, -1.0, 1.0);
	return x;
}

/* 10 log10 of signal over error. */
static double
snr_db(const float *want, const float *got, size_t n)
{
	double signal = 0.0, error = 1e-30;

	for (size_t i = 0; i < n; i++) {
		double e = (double)want[i] - (double)got[i];

		signal += (double)want[i] * (double)want[i];
		error += e * e;
	}
	return 10.0 * log10(signal / error);
}

/* The definition, in double. */
static void
naive_dft(const float *x, size_t n, float *spectrum)
{
	const double step = 2.0 * acos(-1.0) / (double)n;

	for (size_t b = 0; b <= n / 2; b++) {
		double re = 0.0, im = 0.0;

		for (size_t i = 0; i < n; i++) {
			double angle = step * (double)(b * i % n);

			re += (double)x[i] * cos(angle);
			im -= (double)x[i] * sin(angle);
		}
		spectrum[2 * b] = (float)re;
		spectrum[2 * b + 1] = (float)im;
	}
}

/* Float has 24 bits, 144 dB; 120 leaves room for log2(n) roundings. */
static void
test_fft(void **state)
{
	static const size_t sizes[] = { 2, 6, 16, 90, 320, 1024 };
	struct arena *a = arena_new();

	(void)state;
	assert_non_null(a);
	for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
		size_t n = sizes[k];
		struct fft *f = fft_new(n, NULL);
		float *x = noise(a, n + 1);	/* + 1: an unaligned start */
		float *back = arena_alloc(a, n, sizeof *back);
		float *want = arena_alloc(a, n + 2, sizeof *want);
		float *got = arena_alloc(a, n + 2, sizeof *got);

		assert_non_null(f);
		naive_dft(x + 1, n, want);
		fft_forward(f, x + 1, got);
		assert_true(snr_db(want, got, n + 2) > 120.0);
		fft_backward(f, got, back);
		assert_true(snr_db(x + 1, back, n) > 120.0);
		fft_free(f);
	}
	assert_null(fft_new(0, NULL));
	assert_null(fft_new(7, NULL));
	arena_free(a);
}

/* Analyse n samples in blocks; returns the number of frames. */
static size_t
analyse(const struct stft *s, const float *x, size_t n, size_t block,
    float *frames)
{
	struct stft_analysis *a = stft_analysis_new(s, NULL);
	size_t n_frames = 0;

	assert_non_null(a);
	for (size_t i = 0; i < n; i += block)
		n_frames += stft_analysis_put(a, x + i,
		    n - i < block ? n - i : block,
		    frames + n_frames * 2 * stft_n_bins(s));
	n_frames += stft_analysis_finish(a,
	    frames + n_frames * 2 * stft_n_bins(s));
	stft_analysis_free(a);
	return n_frames;
}

/* A frame is the windowed samples around its centre, zeros outside. */
static void
test_frames(void **state)
{
	const size_t n = 5000;
	struct arena *a = arena_new();
	struct stft *s = stft_new(N_WINDOW, N_HOP, NULL);
	float *x = noise(a, n);
	float *frames = arena_alloc(a, 64 * 2 * N_BINS, sizeof *frames);
	size_t n_frames = analyse(s, x, n, 333, frames);

	(void)state;
	assert_int_equal(n_frames, n / N_HOP + 1);
	assert_int_equal(n_frames, stft_n_frames(s, n));
	for (size_t k = 0; k < n_frames; k += 3) {
		float *windowed = arena_alloc(a, N_WINDOW, sizeof *windowed);
		float *want = arena_alloc(a, 2 * N_BINS, sizeof *want);

		for (size_t i = 0; i < N_WINDOW; i++) {
			long at = (long)(k * N_HOP + i) - N_WINDOW / 2;
			double w = 0.5 - 0.5 * cos(2.0 * acos(-1.0) *
			    (double)i / N_WINDOW);

			windowed[i] = at < 0 || at >= (long)n ? 0.0f :
			    (float)(w * (double)x[at]);
		}
		naive_dft(windowed, N_WINDOW, want);
		assert_true(snr_db(want, frames + k * 2 * N_BINS,
		    2 * N_BINS) > 110.0);
	}
	stft_free(s);
	arena_free(a);
}

/* There and back, through odd blocks, for lengths of every kind. */
static void
check_round_trip(size_t n, size_t n_window, size_t n_hop, size_t block)
{
	struct arena *a = arena_new();
	struct stft *s = stft_new(n_window, n_hop, NULL);
	struct stft_synthesis *y = stft_synthesis_new(s, NULL);
	size_t n_values = 2 * stft_n_bins(s);
	float *x = noise(a, n);
	float *back = arena_alloc(a, n + n_window + 2 * n_hop, sizeof *back);
	float *frames = arena_alloc(a, (n / n_hop + 2) * n_values,
	    sizeof *frames);
	size_t n_frames = analyse(s, x, n, block, frames);
	size_t n_back;

	assert_non_null(y);
	for (int again = 0; again < 2; again++) {
		n_back = 0;
		stft_synthesis_reset(y);
		for (size_t k = 0; k < n_frames; k += 3)
			n_back += stft_synthesis_put(y, frames + k * n_values,
			    n_frames - k < 3 ? n_frames - k : 3,
			    back + n_back);
		n_back += stft_synthesis_finish(y, n, back + n_back);
		assert_int_equal(n_back, n);
		assert_true(snr_db(x, back, n) >= 100.0);
	}
	stft_synthesis_free(y);
	stft_free(s);
	arena_free(a);
}

static void
test_round_trip(void **state)
{
	(void)state;
	check_round_trip(16000, N_WINDOW, N_HOP, 1000);
	check_round_trip(16001, N_WINDOW, N_HOP, 1);
	check_round_trip(1, N_WINDOW, N_HOP, 1);
	check_round_trip(255, N_WINDOW, N_HOP, 7);
	check_round_trip(256, N_WINDOW, N_HOP, 256);
	check_round_trip(511, N_WINDOW, N_HOP, 512);
	check_round_trip(512, N_WINDOW, N_HOP, 512);
	check_round_trip(777, N_WINDOW, 512, 100);
	check_round_trip(3000, 320, 80, 3000);
	check_round_trip(501, 90, 7, 11);
}

/* Blocks of any size give the same bits. */
static void
test_blocks(void **state)
{
	const size_t n = 4097;
	struct arena *a = arena_new();
	struct stft *s = stft_new(N_WINDOW, N_HOP, NULL);
	float *x = noise(a, n);
	float *one = arena_alloc(a, 32 * 2 * N_BINS, sizeof *one);
	float *two = arena_alloc(a, 32 * 2 * N_BINS, sizeof *two);

	(void)state;
	assert_int_equal(analyse(s, x, n, 1, one), analyse(s, x, n, n, two));
	assert_memory_equal(one, two, (n / N_HOP + 1) * 2 * N_BINS *
	    sizeof *one);
	assert_null(stft_new(N_WINDOW, N_WINDOW, NULL));
	assert_null(stft_new(15, 4, NULL));
	stft_free(s);
	arena_free(a);
}

/*
 * Frames for analysis alone: windows shorter than the frame or none, hops
 * beyond it, sounds shorter than it.
 */
static void
check_analysis(size_t n, size_t n_window, size_t n_hann, size_t n_hop)
{
	struct arena *a = arena_new();
	struct stft *s = stft_new_analysis(n_window, n_hann, n_hop, NULL);
	float *x = noise(a, n);
	const size_t n_values = n_window + 2;
	float *frames = arena_alloc(a, (n / n_hop + 1) * n_values,
	    sizeof *frames);
	float *windowed = arena_alloc(a, n_window, sizeof *windowed);
	float *want = arena_alloc(a, n_values, sizeof *want);

	assert_int_equal(analyse(s, x, n, 61, frames), n / n_hop + 1);
	for (size_t k = 0; k <= n / n_hop; k++) {
		for (size_t i = 0; i < n_window; i++) {
			const long at = (long)(k * n_hop + i) -
			    (long)n_window / 2;
			const long in = (long)i - (long)(n_window - n_hann) /
			    2;
			double w = n_hann == 0 ? 1.0 : 0.0;

			if (in >= 0 && in < (long)n_hann)
				w = 0.5 - 0.5 * cos(2.0 * acos(-1.0) *
				    (double)in / (double)n_hann);
			windowed[i] = at < 0 || at >= (long)n ? 0.0f :
			    (float)(w * (double)x[at]);
		}
		naive_dft(windowed, n_window, want);
		assert_true(snr_db(want, frames + k * n_values, n_values) >
		    100.0);
	}
	stft_free(s);
	arena_free(a);
}

static void
test_analysis(void **state)
{
	(void)state;
	check_analysis(1000, 64, 64, 64);
	check_analysis(1000, 64, 33, 31);
	check_analysis(1000, 64, 0, 65);
	check_analysis(1001, 32, 0, 250);
	check_analysis(10, 64, 64, 3);
	check_analysis(100, 2, 0, 7);
	assert_null(stft_new_analysis(63, 0, 1, NULL));
	assert_null(stft_new_analysis(64, 65, 1, NULL));
	assert_null(stft_new_analysis(64, 64, 0, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fft),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_analysis),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
