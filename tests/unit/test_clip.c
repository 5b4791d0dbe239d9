/* Clips written and read again, whole, in parts and in blocks. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/random.h"

#include "audio/clip.h"
#include "audio/resampler.h"

#define RATE_HZ 16000
#define N 20011

static char folder[] = "/tmp/test_clip.XXXXXX";
static char path[64];

/* Noise of the values that 16 bits can hold, both ends included. */
static float *
make_noise(struct arena *a)
{
	float *x = arena_alloc(a, N, sizeof *x);
	struct random r;

	assert_non_null(x);
	random_init(&r, 7);
	for (size_t i = 0; i < N; i++)
		x[i] = (float)((double)random_below(&r, 65536) - 32768.0) /
		    32768.0f;
	x[0] = -1.0f;
	x[1] = 32767.0f / 32768.0f;
	return x;
}

static void
test_round_trip(void **state)
{
	static const enum clip_format formats[] = { CLIP_FLAC16, CLIP_WAV16,
	    CLIP_WAV_FLOAT };
	struct arena *a = arena_new();
	float *x = make_noise(a);
	struct error err = { ERROR_NONE, "" };
	struct clip clip;

	(void)state;
	for (size_t f = 0; f < 3; f++) {
		assert_int_equal(clip_write(path, formats[f], RATE_HZ, x, N,
		    &err), 0);
		assert_int_equal(clip_load(path, RATE_HZ, 0.0, 0.0, a, &clip,
		    &err), 0);
		assert_int_equal(clip.n_samples, N);
		assert_int_equal(clip.rate_hz, RATE_HZ);
		assert_memory_equal(clip.samples, x, N * sizeof *x);

		assert_int_equal(clip_load(path, RATE_HZ, 0.25, 0.5, a, &clip,
		    &err), 0);
		assert_int_equal(clip.n_samples, RATE_HZ / 2);
		assert_memory_equal(clip.samples, x + RATE_HZ / 4,
		    clip.n_samples * sizeof *x);

		assert_int_equal(clip_load(path, RATE_HZ, 1.25, 9.0, a, &clip,
		    &err), 0);
		assert_int_equal(clip.n_samples, N - RATE_HZ * 5 / 4);

		assert_int_equal(clip_load(path, CLIP_ANY_RATE, 0.25, 0.5, a,
		    &clip, &err), 0);
		assert_int_equal(clip.rate_hz, RATE_HZ);
		assert_int_equal(clip.n_samples, RATE_HZ / 2);
		assert_int_equal(clip.n_channels, 1);
	}
	arena_free(a);
}

static void
test_blocks(void **state)
{
	struct arena *a = arena_new();
	float *x = make_noise(a);
	float *y = arena_alloc(a, N, sizeof *y);
	struct error err = { ERROR_NONE, "" };
	struct clip_writer *w;
	struct clip_reader *r;
	size_t n = 0, got;

	(void)state;
	assert_non_null(y);
	w = clip_writer_open(path, CLIP_FLAC16, RATE_HZ, &err);
	assert_non_null(w);
	for (size_t i = 0; i < N; i += 999)
		assert_int_equal(clip_writer_put(w, x + i,
		    N - i < 999 ? N - i : 999, &err), 0);
	assert_int_equal(clip_writer_commit(w, &err), 0);
	r = clip_reader_open(path, RATE_HZ, &err);
	assert_non_null(r);
	assert_int_equal(clip_reader_n_samples(r), N);
	do {
		assert_int_equal(clip_reader_get(r, y + n,
		    N - n < 7001 ? N - n : 7001, &got, &err), 0);
		n += got;
	} while (got > 0);
	clip_reader_close(r);
	assert_int_equal(n, N);
	assert_memory_equal(x, y, N * sizeof *x);
	arena_free(a);
}

/* Write x, [n][n_channels], in blocks that fit nothing. */
static void
write_channels(enum clip_format format, unsigned rate_hz, size_t n_channels,
    const float *x, size_t n)
{
	struct error err = { ERROR_NONE, "" };
	struct clip_writer *w;

	w = clip_writer_open_channels(path, format, rate_hz, n_channels, &err);
	assert_non_null(w);
	for (size_t i = 0; i < n; i += 1999)
		assert_int_equal(clip_writer_put(w, x + i * n_channels,
		    n - i < 1999 ? n - i : 1999, &err), 0);
	assert_int_equal(clip_writer_commit(w, &err), 0);
}

/*
 * Channels come back as they went, at any rate; read as one they are what
 * they average to.
 */
static void
test_channels(void **state)
{
	static const struct {
		enum clip_format format;
		unsigned rate_hz;
		size_t n_channels;
	} kinds[] = { { CLIP_FLAC16, 44100, 2 }, { CLIP_WAV16, 8000, 3 },
	    { CLIP_WAV_FLOAT, 192000, CLIP_MAX_WRITTEN_CHANNELS },
	    { CLIP_FLAC16, 192000, CLIP_MAX_WRITTEN_CHANNELS },
	    { CLIP_FLAC16, 11025, 1 } };
	struct arena *a = arena_new();
	float *x = make_noise(a);
	float *y = arena_alloc(a, N, sizeof *y);
	struct error err = { ERROR_NONE, "" };
	struct clip clip;

	(void)state;
	assert_non_null(y);
	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		const size_t n_channels = kinds[k].n_channels;
		const size_t n = N / n_channels;
		struct clip_reader *r;
		size_t n_got = 0, got;

		write_channels(kinds[k].format, kinds[k].rate_hz, n_channels,
		    x, n);
		r = clip_reader_open_channels(path, &err);
		assert_non_null(r);
		assert_int_equal(clip_reader_rate_hz(r), kinds[k].rate_hz);
		assert_int_equal(clip_reader_n_channels(r), n_channels);
		assert_int_equal(clip_reader_n_samples(r), n);
		do {
			size_t n_max = n - n_got < 777 ? n - n_got : 777;

			assert_int_equal(clip_reader_get(r,
			    y + n_got * n_channels, n_max, &got, &err), 0);
			n_got += got;
		} while (got > 0);
		clip_reader_close(r);
		assert_int_equal(n_got, n);
		assert_memory_equal(x, y, n * n_channels * sizeof *x);

		assert_int_equal(clip_load(path, kinds[k].rate_hz, 0, 0, a,
		    &clip, &err), 0);
		assert_int_equal(clip.n_channels, n_channels);
		assert_int_equal(clip.n_samples, n);
		for (size_t i = 0; i < n; i++) {
			double sum = 0.0;

			for (size_t c = 0; c < n_channels; c++)
				sum += (double)x[i * n_channels + c];
			assert_true(clip.samples[i] ==
			    (float)(sum / (double)n_channels));
		}
	}
	arena_free(a);
}

/* Each channel is cleaned by itself. */
static void
test_odd_channels(void **state)
{
	const float x[] = { NAN, 0.5f, 3e38f, -INFINITY, -0.25f, -3e38f };
	const float y[] = { 0.0f, 0.5f, 16.0f, 0.0f, -0.25f, -16.0f };
	struct error err = { ERROR_NONE, "" };
	struct clip_reader *r;
	float got[6];
	size_t n;

	(void)state;
	write_channels(CLIP_WAV_FLOAT, 44100, 2, x, 3);
	r = clip_reader_open_channels(path, &err);
	assert_non_null(r);
	assert_int_equal(clip_reader_get(r, got, 3, &n, &err), 0);
	assert_int_equal(n, 3);
	assert_memory_equal(got, y, sizeof y);
	clip_reader_close(r);
	r = clip_reader_open(path, 44100, &err);
	assert_non_null(r);
	assert_int_equal(clip_reader_n_channels(r), 1);
	clip_reader_close(r);
	assert_null(clip_reader_open(path, 16000, &err));
}

/* Rates that FLAC can hold are written, the others refused in words. */
static void
test_flac_rates(void **state)
{
	static const unsigned good[] = { 8001, 65535, 65540, 192000, 655350 };
	static const unsigned bad[] = { 65536, 96001, 655360 };
	const float x[3] = { 0.5f, -0.5f, 0.25f };
	struct arena *a = arena_new();
	struct error err = { ERROR_NONE, "" };
	struct clip clip;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(clip_write(path, CLIP_FLAC16, good[i], x, 3,
		    &err), 0);
		assert_int_equal(clip_load(path, good[i], 0, 0, a, &clip,
		    &err), 0);
		assert_memory_equal(clip.samples, x, sizeof x);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(clip_write(path, CLIP_FLAC16, bad[i], x, 3,
		    &err), -1);
		assert_non_null(strstr(err.text, "multiples of 10"));
	}
	assert_int_equal(clip_write(path, CLIP_WAV16, 65537, x, 3, &err), 0);
	arena_free(a);
}

/* Integer formats clip and round; NaN becomes 0, what is huge is cut. */
static void
test_odd_values(void **state)
{
	const float x[] = { 2.0f, -2.0f, NAN, INFINITY, -INFINITY,
	    0.4f / 32768.0f, 0.6f / 32768.0f };
	const float huge[] = { 3e38f, -3e38f };
	const float y[] = { 32767.0f / 32768.0f, -1.0f, 0.0f,
	    32767.0f / 32768.0f, -1.0f, 0.0f, 1.0f / 32768.0f };
	struct arena *a = arena_new();
	struct error err = { ERROR_NONE, "" };
	struct clip clip;

	(void)state;
	assert_int_equal(clip_write(path, CLIP_FLAC16, RATE_HZ, x, 7, &err),
	    0);
	assert_int_equal(clip_load(path, RATE_HZ, 0, 0, a, &clip, &err), 0);
	assert_int_equal(clip.n_samples, 7);
	assert_memory_equal(clip.samples, y, sizeof y);
	assert_int_equal(clip_write(path, CLIP_WAV_FLOAT, RATE_HZ, x, 7,
	    &err), 0);
	assert_int_equal(clip_load(path, RATE_HZ, 0, 0, a, &clip, &err), 0);
	assert_true(clip.samples[0] == 2.0f);
	for (size_t i = 2; i < 5; i++)
		assert_true(clip.samples[i] == 0.0f);
	assert_int_equal(clip_write(path, CLIP_WAV_FLOAT, RATE_HZ, huge, 2,
	    &err), 0);
	assert_int_equal(clip_load(path, RATE_HZ, 0, 0, a, &clip, &err), 0);
	assert_true(clip.samples[0] == 16.0f && clip.samples[1] == -16.0f);
	arena_free(a);
}

/* Load what is refused; the message must hold "words". */
static void
expect_refused(double offset_sec, double duration_sec, const char *words)
{
	struct arena *a = arena_new();
	struct error err = { ERROR_NONE, "" };
	struct clip clip;

	assert_int_equal(clip_load(path, RATE_HZ, offset_sec, duration_sec, a,
	    &clip, &err), -1);
	if (strstr(err.text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
	arena_free(a);
}

static void
test_refused(void **state)
{
	struct arena *a = arena_new();
	float *x = make_noise(a);
	struct error err = { ERROR_NONE, "" };
	char *bytes;
	size_t n;

	(void)state;
	assert_int_equal(clip_write(path, CLIP_FLAC16, 44100, x, N, &err), 0);
	expect_refused(0, 0, "run chad-decode first");
	assert_int_equal(clip_write(path, CLIP_FLAC16, RATE_HZ, x, N, &err),
	    0);
	expect_refused(2.0, 0, "has nothing at 2.000 s");
	expect_refused(-1.0, 0, "is not one of");
	expect_refused(0, NAN, "is not one of");
	bytes = file_read(path, 1u << 20, a, &n, &err);
	assert_non_null(bytes);
	assert_int_equal(file_write(path, bytes, n / 2, &err), 0);
	expect_refused(0, 0, "breaks off after");
	assert_int_equal(file_write(path, "RIFF", 4, &err), 0);
	expect_refused(0, 0, "run chad-decode first");
	assert_int_equal(unlink(path), 0);
	expect_refused(0, 0, "No such file");
	arena_free(a);
}

/* A file that is not committed does not appear. */
static void
test_abandon(void **state)
{
	const float x[4] = { 0 };
	struct error err = { ERROR_NONE, "" };
	struct clip_writer *w;

	(void)state;
	w = clip_writer_open(path, CLIP_FLAC16, RATE_HZ, &err);
	assert_non_null(w);
	assert_int_equal(clip_writer_put(w, x, 4, &err), 0);
	clip_writer_abandon(w);
	assert_false(file_exists(path));
	clip_writer_abandon(NULL);
	clip_reader_close(NULL);
}

/*
 * Resample a tone in blocks: as long as it should be, and equal to the tone
 * sampled at the new rate.  55 dB is what the filter's ripple of 0.1 per cent
 * leaves; the ends, where it has half a window, are left out.
 */
static void
check_tone(unsigned from_hz, unsigned to_hz, size_t n, size_t block)
{
	struct error err = { ERROR_NONE, "" };
	struct resampler *r = resampler_new(from_hz, to_hz, 1, &err);
	const double step = 2.0 * acos(-1.0) * 440.0;
	float *x = calloc(n, sizeof *x);
	double noise = 0.0, tone = 0.0;
	size_t n_total = 0, n_out, k = 0;
	const float *out;

	assert_non_null(r);
	assert_non_null(x);
	for (size_t i = 0; i < n; i++)
		x[i] = (float)sin(step * (double)i / from_hz);
	for (size_t i = 0;; i += block) {
		size_t n_now = i >= n ? 0 : n - i < block ? n - i : block;

		assert_int_equal(resampler_put(r, x + (i < n ? i : 0), n_now,
		    &out, &n_out, &err), 0);
		for (size_t j = 0; j < n_out; j++, k++) {
			double t = (double)k / to_hz;
			double want = sin(step * t);

			if (t < 0.01 || t > (double)n / from_hz - 0.01)
				continue;
			noise += pow(want - (double)out[j], 2.0);
			tone += want * want;
		}
		n_total += n_out;
		if (n_now == 0)
			break;
	}
	assert_int_equal(n_total, lround((double)n * to_hz / from_hz));
	assert_true(noise <= tone * pow(10.0, -5.5));
	resampler_free(r);
	free(x);
}

static void
test_resampler(void **state)
{
	(void)state;
	check_tone(44100, 16000, 44100, 1000);
	check_tone(44100, 16000, 30001, 1);
	check_tone(8000, 16000, 8003, 333);
	check_tone(96000, 16000, 96001, 4096);
	check_tone(11025, 16000, 5001, 5001);
	check_tone(16000, 16000, 4000, 77);
	check_tone(44100, 16000, 1, 1);
	check_tone(44100, 16000, 40, 7);
	assert_null(resampler_new(0, 16000, 1, NULL));
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof path, "%s/clip", folder);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_odd_channels),
		cmocka_unit_test(test_flac_rates),
		cmocka_unit_test(test_odd_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_abandon),
		cmocka_unit_test(test_resampler),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
