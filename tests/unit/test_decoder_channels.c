/* Two channels out of the decoder, from files of one, two and more. */
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

#include "audio/clip.h"
#include "audio/decoder.h"

#include "tests/lib/encoding.h"
#include "tests/lib/temp_folder.h"
#include "tests/lib/signal.h"

#define RATE_HZ 44100
#define N 60011			/* samples of the files that are written */
#define MAX_OUT 200000

/* What a file became: [n][n_channels], freed by the caller. */
struct decoded {
	float *x;
	size_t n;
	struct decoder_facts facts;
};

static const char *
path_of(const char *name, char path[256])
{
	(void)snprintf(path, 256, "%s/%s", temp_folder, name);
	return path;
}

/* Write channels [n_channels][n] as float WAV of RATE_HZ. */
static void
write_wav(const char *path, const float *const *channels, size_t n_channels,
    size_t n)
{
	float *x = calloc(n * n_channels, sizeof *x);
	struct error err = { ERROR_NONE, "" };
	struct clip_writer *w;

	assert_non_null(x);
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < n_channels; c++)
			x[i * n_channels + c] = channels[c][i];
	w = clip_writer_open_channels(path, CLIP_WAV_FLOAT, RATE_HZ,
	    n_channels, &err);
	assert_non_null(w);
	assert_int_equal(clip_writer_put(w, x, n, &err), 0);
	assert_int_equal(clip_writer_commit(w, &err), 0);
	free(x);
}

static void
encode(const char *in, const char *words, const char *out)
{
	struct error err = { ERROR_NONE, "" };

	if (encoding_make(in, words, out, &err) != 0)
		fail_msg("%s", err.text);
}

/* Decode in blocks of no round number.  -1 with the message in err. */
static int
try_decode(const char *path, const struct decoder_options *o,
    struct decoded *d, struct error *err)
{
	struct decoder *decoder = decoder_open(path, o, err);
	const size_t n_channels = o->n_channels;
	size_t got;
	int status = -1;

	*d = (struct decoded){ .n = 0 };
	if (decoder == NULL)
		return -1;
	d->x = calloc(MAX_OUT * n_channels, sizeof *d->x);
	assert_non_null(d->x);
	do {
		assert_true(d->n + 997 <= MAX_OUT);
		status = decoder_get(decoder, d->x + d->n * n_channels, 997,
		    &got, err);
		d->n += got;
	} while (status == 0 && got == 997);
	d->facts = decoder_facts(decoder);
	decoder_close(decoder);
	if (status != 0)
		free(d->x);
	return status;
}

static struct decoded
decode(const char *path, const struct decoder_options *o)
{
	struct error err = { ERROR_NONE, "" };
	struct decoded d;

	if (try_decode(path, o, &d, &err) != 0)
		fail_msg("%s", err.text);
	return d;
}

/* One channel of two. */
static float *
channel(const struct decoded *d, size_t c)
{
	float *x = calloc(d->n + 1, sizeof *x);

	assert_non_null(x);
	for (size_t i = 0; i < d->n; i++)
		x[i] = d->x[2 * i + c];
	return x;
}

/*
 * A tone on the left and another on the right: at the file's rate they come
 * back to the bit, at another each is, to the bit, what the mono file of it
 * becomes.
 */
static void
test_apart(void **state)
{
	static const unsigned rates_hz[] = { RATE_HZ, 16000, 48000 };
	float *tones[2] = { calloc(N, sizeof(float)),
	    calloc(N, sizeof(float)) };
	const float *channels[2] = { tones[0], tones[1] };
	char path[256];

	(void)state;
	signal_tone(tones[0], N, RATE_HZ, 440.0, 0.5);
	signal_tone(tones[1], N, RATE_HZ, 1000.0, 0.25);
	for (size_t k = 0; k < 3; k++) {
		const unsigned rate_hz = rates_hz[k];
		struct decoder_options o = { .rate_hz = rate_hz,
		    .n_channels = 2 };
		struct decoded both, one;

		write_wav(path_of("both.wav", path), channels, 2, N);
		both = decode(path, &o);
		assert_int_equal(both.n, lround((double)N * rate_hz / RATE_HZ));
		assert_int_equal(both.facts.n_samples, both.n);
		assert_int_equal(both.facts.source.n_channels, 2);
		o.n_channels = 1;
		for (size_t c = 0; c < 2; c++) {
			float *x = channel(&both, c);

			write_wav(path_of("one.wav", path), channels + c, 1,
			    N);
			one = decode(path, &o);
			assert_int_equal(one.n, both.n);
			assert_memory_equal(x, one.x, both.n * sizeof *x);
			if (rate_hz == RATE_HZ)
				assert_memory_equal(x, tones[c], N * sizeof *x);
			free(one.x);
			free(x);
		}
		free(both.x);
	}
	free(tones[0]);
	free(tones[1]);
}

/* A part begins and ends at its samples on both channels. */
static void
test_part(void **state)
{
	const struct decoder_options o = { .rate_hz = RATE_HZ,
	    .n_channels = 2, .offset_sec = 0.25, .duration_sec = 0.5 };
	float *noise[2] = { calloc(N, sizeof(float)),
	    calloc(N, sizeof(float)) };
	const float *channels[2] = { noise[0], noise[1] };
	struct decoded d;
	char path[256];

	(void)state;
	signal_noise(noise[0], N, 1, 0.3);
	signal_noise(noise[1], N, 2, 0.3);
	write_wav(path_of("part.wav", path), channels, 2, N);
	d = decode(path, &o);
	assert_int_equal(d.n, RATE_HZ / 2);
	for (size_t c = 0; c < 2; c++) {
		float *x = channel(&d, c);

		assert_memory_equal(x, noise[c] + RATE_HZ / 4,
		    d.n * sizeof *x);
		free(x);
	}
	free(d.x);
	free(noise[0]);
	free(noise[1]);
}

/* One channel becomes two that are equal to it. */
static void
test_one(void **state)
{
	const struct decoder_options o = { .rate_hz = 16000, .n_channels = 2 };
	const struct decoder_options mono = { .rate_hz = 16000,
	    .n_channels = 1 };
	float *x = calloc(N, sizeof *x);
	const float *channels[1] = { x };
	struct decoded d, one;
	char path[256];

	(void)state;
	signal_noise(x, N, 3, 0.2);
	write_wav(path_of("mono.wav", path), channels, 1, N);
	d = decode(path, &o);
	one = decode(path, &mono);
	assert_int_equal(d.n, one.n);
	assert_int_equal(d.facts.source.n_channels, 1);
	for (size_t c = 0; c < 2; c++) {
		float *y = channel(&d, c);

		assert_memory_equal(y, one.x, d.n * sizeof *y);
		free(y);
	}
	free(one.x);
	free(d.x);
	free(x);
}

/* The middle of an MP3, not its headers, made nonsense. */
static void
hurt(const char *path)
{
	struct arena *a = arena_new();
	struct error err = { ERROR_NONE, "" };
	unsigned char *bytes;
	size_t n;

	assert_non_null(a);
	bytes = file_read(path, (size_t)1 << 24, a, &n, &err);
	assert_non_null(bytes);
	for (size_t i = n / 2; i < n / 2 + 900; i++)
		if (bytes[i] != 0xff && bytes[i - 1] != 0xff &&
		    bytes[i - 2] != 0xff && bytes[i - 3] != 0xff)
			bytes[i] = (unsigned char)(0xA5 ^ (i * 7));
	assert_int_equal(file_write(path, bytes, n, &err), 0);
	arena_free(a);
}

/*
 * Packets that are lost become zeros on both channels and keep the time: the
 * mean of two channels is what the same file is in mono.  1e-6 is what single
 * precision leaves of a mean.
 */
static void
test_gap(void **state)
{
	struct decoder_options o = { .rate_hz = RATE_HZ, .n_channels = 2 };
	float *tones[2] = { calloc(N, sizeof(float)),
	    calloc(N, sizeof(float)) };
	const float *channels[2] = { tones[0], tones[1] };
	struct decoded both, mono;
	char path[256], out[256];
	size_t n_zeros = 0;

	(void)state;
	signal_tone(tones[0], N, RATE_HZ, 440.0, 0.5);
	signal_tone(tones[1], N, RATE_HZ, 1000.0, 0.25);
	write_wav(path_of("tones.wav", path), channels, 2, N);
	encode(path, "-c:a libmp3lame -b:a 128k", path_of("hurt.mp3", out));
	hurt(out);
	both = decode(out, &o);
	o.n_channels = 1;
	mono = decode(out, &o);
	assert_int_equal(both.n, N);
	assert_int_equal(mono.n, N);
	assert_true(both.facts.source.n_errors > 0);
	assert_true(both.facts.filled_sec > 0.02);
	assert_true(both.facts.filled_sec == mono.facts.filled_sec);
	for (size_t i = 0; i < N; i++) {
		const float *v = both.x + 2 * i;

		assert_true(fabsf((v[0] + v[1]) / 2.0f - mono.x[i]) < 1e-6f);
		n_zeros += v[0] == 0.0f && v[1] == 0.0f;
	}
	assert_true(n_zeros >= (size_t)(both.facts.filled_sec * RATE_HZ));
	free(both.x);
	free(mono.x);
	free(tones[0]);
	free(tones[1]);
}

/* A broken value on one channel is counted once and harms no other. */
static void
test_nonfinite(void **state)
{
	struct decoder_options o = { .rate_hz = RATE_HZ, .n_channels = 2 };
	float *x[2] = { calloc(N, sizeof(float)), calloc(N, sizeof(float)) };
	const float *channels[2] = { x[0], x[1] };
	struct error err = { ERROR_NONE, "" };
	struct decoded d;
	char path[256];

	(void)state;
	x[0][100] = 0.5f;
	x[1][100] = NAN;
	x[1][200] = 2.0f;
	write_wav(path_of("nan.wav", path), channels, 2, N);
	assert_int_equal(try_decode(path, &o, &d, &err), -1);
	assert_non_null(strstr(err.text, "1 of its samples are NaN"));
	o.accept_nonfinite = true;
	d = decode(path, &o);
	assert_true(d.x[200] == 0.5f && d.x[201] == 0.0f);
	assert_true(d.x[400] == 0.0f && d.x[401] == 2.0f);
	assert_int_equal(d.facts.source.n_nonfinite, 1);
	assert_int_equal(d.facts.n_clipped, 1);
	free(d.x);
	free(x[0]);
	free(x[1]);
}

/* The file must become noise times "left" and "right"; single precision. */
static void
check_mix(const char *path, const float *noise, double left, double right)
{
	const struct decoder_options o = { .rate_hz = RATE_HZ,
	    .n_channels = 2 };
	struct decoded d = decode(path, &o);

	assert_int_equal(d.n, N);
	for (size_t i = 0; i < N; i++)
		if (fabs((double)d.x[2 * i] - left * (double)noise[i]) > 1e-6 ||
		    fabs((double)d.x[2 * i + 1] -
		    right * (double)noise[i]) > 1e-6)
			fail_msg("%s: %g %g at %zu where the noise is %g",
			    path, (double)d.x[2 * i],
			    (double)d.x[2 * i + 1], i, (double)noise[i]);
	free(d.x);
}

/* More channels are mixed with the weights that the header states. */
static void
test_surround(void **state)
{
	static const double gains[6] = { 0.1, 0.2, 0.3, 0.4, 0.5, 0.6 };
	const double half = sqrt(0.5), least = 1.0 + 2.0 * half;
	float *noise = calloc(N, sizeof *noise);
	float *values = calloc((size_t)6 * N, sizeof *values);
	const float *channels[6], *mono[1] = { noise };
	char path[256], out[256];

	(void)state;
	signal_noise(noise, N, 4, 0.2);
	for (size_t c = 0; c < 6; c++) {
		channels[c] = values + c * N;
		signal_mix(values + c * N, noise, N, gains[c]);
	}
	write_wav(path_of("noise.wav", path), mono, 1, N);
	/* 5.1: front left and right, centre, low, back left and right. */
	encode(path, "-c:a pcm_f32le -af pan=5.1|c0=0.1*c0|c1=0.2*c0|"
	    "c2=0.3*c0|c3=0.4*c0|c4=0.5*c0|c5=0.6*c0",
	    path_of("surround.wav", out));
	check_mix(out, noise, (0.1 + half * 0.3 + half * 0.5) / least,
	    (0.2 + half * 0.3 + half * 0.6) / least);
	/* The same where the file does not say which is which. */
	write_wav(out, channels, 6, N);
	check_mix(out, noise, (0.1 + half * 0.3 + half * 0.5) / least,
	    (0.2 + half * 0.3 + half * 0.6) / least);
	/* All at once are as loud as one, and cannot clip. */
	encode(path, "-c:a pcm_f32le -af pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|"
	    "c4=c0|c5=c0", out);
	check_mix(out, noise, 1.0, 1.0);
	/* Front left without front right: the mean. */
	encode(path, "-c:a pcm_f32le -af pan=FL+FC+BL|c0=0.9*c0|c1=0.6*c0",
	    out);
	check_mix(out, noise, 0.5, 0.5);
	free(values);
	free(noise);
}

static void
test_refused(void **state)
{
	const struct decoder_options o = { .rate_hz = RATE_HZ,
	    .n_channels = 3 };
	float *x = calloc(N, sizeof *x);
	const float *channels[1] = { x };
	struct error err = { ERROR_NONE, "" };
	struct decoded d;
	char path[256];

	(void)state;
	write_wav(path_of("three.wav", path), channels, 1, N);
	assert_int_equal(try_decode(path, &o, &d, &err), -1);
	assert_non_null(strstr(err.text, "1 or 2 channels, not 3"));
	free(x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_nonfinite),
		cmocka_unit_test(test_surround),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, temp_folder_set_up,
	    temp_folder_tear_down);
}
