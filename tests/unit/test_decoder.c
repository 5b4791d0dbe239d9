/*
 * What a decoded file is: parts, damage, refusals.  Where each codec's sound
 * comes back is in test_decoder_codecs.c, parts of each in
 * test_decoder_parts.c.
 */
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

#define RATE_HZ 16000
#define LENGTH_SEC 2.7
#define MAX_OUT (RATE_HZ * 10)

static const double pulse_sec[] = { 0.05, 0.4, 0.913, 1.5, 2.2, 2.61 };
#define N_PULSES (sizeof pulse_sec / sizeof pulse_sec[0])

/* Where the file "name" of the test lies. */
static const char *
path_of(const char *name, char path[256])
{
	(void)snprintf(path, 256, "%s/%s", temp_folder, name);
	return path;
}

/*
 * Write pulses of a Gaussian form, 0.2 ms wide (so that they lie below
 * 3 kHz and pass every codec), as float WAV.
 */
static void
write_pulses(const char *path, unsigned rate_hz)
{
	size_t n = (size_t)lround(LENGTH_SEC * rate_hz);
	float *x = calloc(n, sizeof *x);
	struct error err;

	assert_non_null(x);
	for (size_t p = 0; p < N_PULSES; p++)
		for (size_t i = 0; i < n; i++) {
			double t = ((double)i / rate_hz - pulse_sec[p]) / 2e-4;

			if (fabs(t) < 6.0)
				x[i] += (float)(0.7 * exp(-0.5 * t * t));
		}
	assert_int_equal(clip_write(path, CLIP_WAV_FLOAT, rate_hz, x, n, &err),
	    0);
	free(x);
}

static void
encode(const char *in, const char *words, const char *out)
{
	struct error err = { ERROR_NONE, "" };

	if (encoding_make(in, words, out, &err) != 0)
		fail_msg("%s", err.text);
}

/* Decode the whole file; the samples are freed by the caller. */
static float *
decode(const char *path, const struct decoder_options *o, size_t block,
    size_t *n, struct decoder_facts *facts, struct error *err)
{
	struct decoder *d = decoder_open(path, o, err);
	float *x = calloc(MAX_OUT, sizeof *x);
	size_t got;

	assert_non_null(x);
	*n = 0;
	if (d == NULL) {
		free(x);
		return NULL;
	}
	do {
		assert_true(*n + block <= MAX_OUT);
		if (decoder_get(d, x + *n, block, &got, err) != 0) {
			free(x);
			decoder_close(d);
			return NULL;
		}
		*n += got;
	} while (got == block);
	if (facts != NULL)
		*facts = decoder_facts(d);
	decoder_close(d);
	return x;
}

/* The time of the largest value within 60 ms of "sec". */
static double
peak_near(const float *x, size_t n, double sec)
{
	long middle = lround(sec * RATE_HZ);
	long best = middle;
	float most = -1.0f;

	for (long i = middle - 960; i <= middle + 960; i++)
		if (i >= 0 && i < (long)n && x[i] > most) {
			most = x[i];
			best = i;
		}
	assert_true(most > 0.2f);
	return (double)best / RATE_HZ;
}

/* Any number of samples asked for at a time gives the same samples. */
static void
test_blocks(void **state)
{
	const struct decoder_options o = { .rate_hz = RATE_HZ };
	char in[256], out[256];
	struct error err = { ERROR_NONE, "" };
	size_t n, n_again;
	float *x, *y;

	(void)state;
	write_pulses(path_of("in.wav", in), 44100);
	encode(in, "-c:a libvorbis", path_of("blocks.ogg", out));
	x = decode(out, &o, 7777, &n, NULL, &err);
	y = decode(out, &o, 1, &n_again, NULL, &err);
	assert_non_null(x);
	assert_non_null(y);
	assert_int_equal(n, n_again);
	assert_memory_equal(x, y, n * sizeof *x);
	free(x);
	free(y);
}

/* A part starts at its first sample and has its own length. */
static void
test_part(void **state)
{
	struct decoder_options o = { .rate_hz = RATE_HZ, .offset_sec = 0.9,
	    .duration_sec = 1.0 };
	char in[256], out[256];
	struct error err = { ERROR_NONE, "" };
	size_t n;
	float *x;

	(void)state;
	write_pulses(path_of("in.wav", in), 44100);
	encode(in, "-c:a libmp3lame", path_of("part.mp3", out));
	x = decode(out, &o, 1000, &n, NULL, &err);
	assert_non_null(x);
	assert_int_equal(n, RATE_HZ);
	assert_true(fabs(peak_near(x, n, 0.013) - 0.013) <= 0.001);
	assert_true(fabs(peak_near(x, n, 0.6) - 0.6) <= 0.001);
	free(x);

	o.offset_sec = 2.5;	/* 0.2 s are left */
	assert_null(decode(out, &o, 1000, &n, NULL, &err));
	assert_non_null(strstr(err.text, "is not in it"));
	o.duration_sec = 0.0;
	x = decode(out, &o, 1000, &n, NULL, &err);
	assert_non_null(x);
	assert_true(labs((long)n - RATE_HZ / 5) <= 16);
	free(x);
	o.offset_sec = 100.0;
	assert_null(decode(out, &o, 1000, &n, NULL, &err));
	assert_non_null(strstr(err.text, "has nothing at 100.000 s"));
	o.offset_sec = NAN;
	assert_null(decode(out, &o, 1000, &n, NULL, &err));
}

/* The mean of the channels; a channel and its opposite cancel. */
static void
test_downmix(void **state)
{
	const struct decoder_options o = { .rate_hz = RATE_HZ };
	char in[256], out[256];
	struct error err = { ERROR_NONE, "" };
	size_t n;
	float *x;

	(void)state;
	write_pulses(path_of("in.wav", in), RATE_HZ);
	encode(in, "-c:a pcm_f32le -af pan=stereo|c0=c0|c1=0*c0",
	    path_of("left.wav", out));
	x = decode(out, &o, 1000, &n, NULL, &err);
	assert_non_null(x);
	assert_true(fabsf(x[(size_t)(1.5 * RATE_HZ)] - 0.35f) < 1e-5f);
	free(x);
	encode(in, "-c:a pcm_f32le -af pan=stereo|c0=c0|c1=-1*c0", out);
	x = decode(out, &o, 1000, &n, NULL, &err);
	assert_non_null(x);
	for (size_t i = 0; i < n; i++)
		assert_true(x[i] == 0.0f);
	free(x);
}

/* Read a whole file of the test into memory that the arena keeps. */
static unsigned char *
slurp(const char *path, struct arena *a, size_t *n)
{
	unsigned char *bytes = file_read(path, (size_t)1 << 24, a, n, NULL);

	assert_non_null(bytes);
	return bytes;
}

/* A file that breaks off is refused, or let through when asked for. */
static void
test_truncated(void **state)
{
	static const struct { const char *name, *words; } kinds[] = {
		{ "cut.flac", "-c:a flac" },
		{ "cut.wav", "-c:a pcm_s16le" },
		{ "cut.mp3", "-c:a libmp3lame" },
		{ "cut.m4a", "-c:a aac -movflags +faststart" },
	};
	struct arena *a = arena_new();
	char in[256], out[256];

	(void)state;
	assert_non_null(a);
	write_pulses(path_of("in.wav", in), 44100);
	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		struct decoder_options o = { .rate_hz = RATE_HZ };
		struct decoder_facts facts;
		struct error err = { ERROR_NONE, "" };
		unsigned char *bytes;
		size_t n;
		float *x;

		encode(in, kinds[k].words, path_of(kinds[k].name, out));
		bytes = slurp(out, a, &n);
		assert_int_equal(file_write(out, bytes, n * 7 / 10, &err), 0);
		x = decode(out, &o, 1000, &n, NULL, &err);
		if (x != NULL || strstr(err.text, "is cut off") == NULL)
			fail_msg("%s: %s", kinds[k].name, err.text);
		o.accept_truncated = true;
		x = decode(out, &o, 1000, &n, &facts, &err);
		if (x == NULL)
			fail_msg("%s: %s", kinds[k].name, err.text);
		assert_true(facts.is_truncated);
		assert_true(fabs(peak_near(x, n, 0.05) - 0.05) <= 0.001);
		free(x);
	}
	arena_free(a);
}

/* An MP3 with a broken middle keeps its time and says what it lost. */
static void
test_broken_middle(void **state)
{
	const struct decoder_options o = { .rate_hz = RATE_HZ };
	struct arena *a = arena_new();
	char in[256], out[256];
	struct decoder_facts facts;
	struct error err = { ERROR_NONE, "" };
	unsigned char *bytes;
	size_t n;
	float *x;

	(void)state;
	assert_non_null(a);
	write_pulses(path_of("in.wav", in), 44100);
	encode(in, "-c:a libmp3lame -b:a 128k", path_of("hurt.mp3", out));
	bytes = slurp(out, a, &n);
	/* Side information, not headers: the frames are there but wrong. */
	for (size_t i = n / 2; i < n / 2 + 900; i++)
		if (bytes[i] != 0xff && bytes[i - 1] != 0xff &&
		    bytes[i - 2] != 0xff && bytes[i - 3] != 0xff)
			bytes[i] = (unsigned char)(0xA5 ^ (i * 7));
	assert_int_equal(file_write(out, bytes, n, &err), 0);
	x = decode(out, &o, 1000, &n, &facts, &err);
	if (x == NULL)
		fail_msg("%s", err.text);
	assert_true(facts.source.n_errors > 0);
	assert_true(facts.filled_sec > 0.02 && facts.filled_sec < 0.1);
	assert_true(fabs(peak_near(x, n, 0.4) - 0.4) <= 0.001);
	assert_true(fabs(peak_near(x, n, 2.2) - 2.2) <= 0.001);
	assert_true(labs((long)n - lround(LENGTH_SEC * RATE_HZ)) <= 16);
	free(x);
	arena_free(a);
}

/* NaN and infinity are refused, or become 0 and are counted. */
static void
test_nonfinite(void **state)
{
	struct decoder_options o = { .rate_hz = RATE_HZ };
	float *wave = calloc(RATE_HZ, sizeof *wave);
	char path[256];
	struct decoder_facts facts;
	struct error err = { ERROR_NONE, "" };
	size_t n;
	float *x;

	(void)state;
	assert_non_null(wave);
	wave[100] = NAN;
	wave[101] = INFINITY;
	wave[102] = -INFINITY;
	wave[200] = 0.5f;
	assert_int_equal(clip_write(path_of("nan.wav", path), CLIP_WAV_FLOAT,
	    RATE_HZ, wave, RATE_HZ, &err), 0);
	assert_null(decode(path, &o, 1000, &n, NULL, &err));
	assert_non_null(strstr(err.text, "3 of its samples are NaN"));
	o.accept_nonfinite = true;
	x = decode(path, &o, 1000, &n, &facts, &err);
	assert_non_null(x);
	assert_int_equal(facts.source.n_nonfinite, 3);
	assert_true(x[100] == 0.0f && x[101] == 0.0f && x[102] == 0.0f);
	assert_true(x[200] == 0.5f);
	free(x);
	free(wave);
}

/* Decode what cannot be decoded; the message must hold "words". */
static void
expect_refused(const char *path, const char *words)
{
	const struct decoder_options o = { .rate_hz = RATE_HZ };
	struct error err = { ERROR_NONE, "" };
	size_t n;
	float *x = decode(path, &o, 1000, &n, NULL, &err);

	if (x != NULL)
		fail_msg("%s was decoded", path);
	if (strstr(err.text, words) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", path, err.text,
		    words);
}

static void
test_refused(void **state)
{
	static const char text[] = "This is no music, whatever its name.\n";
	static const char list[] = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n"
	    "#EXTINF:9,\nin.wav\n#EXT-X-ENDLIST\n";
	static const char concat[] = "ffconcat version 1.0\nfile in.wav\n";
	const float wave[2] = { 0.1f, -0.1f };
	char in[256], path[256];
	char *name = calloc(1, 10001);

	(void)state;
	assert_non_null(name);
	write_pulses(path_of("in.wav", in), RATE_HZ);
	assert_int_equal(file_write(path_of("a.mp3", path), text,
	    sizeof text - 1, NULL), 0);
	expect_refused(path, "a.mp3 is not a sound");
	assert_int_equal(file_write(path, list, sizeof list - 1, NULL), 0);
	expect_refused(path, "a.mp3");
	assert_int_equal(file_write(path, concat, sizeof concat - 1, NULL), 0);
	expect_refused(path, "a.mp3");
	assert_int_equal(file_write(path, "", 0, NULL), 0);
	expect_refused(path, "a.mp3 is empty");
	expect_refused(path_of("none.wav", path), "No such file");
	expect_refused(temp_folder, "is a folder");
	expect_refused("/dev/zero", "is a pipe or a device");
	assert_int_equal(clip_write(path_of("two.wav", path), CLIP_WAV16,
	    44100, wave, 2, NULL), 0);
	expect_refused(path, "at least 0.1 s");
	encode(in, "-f lavfi -i color=size=32x32:rate=10:duration=1 -map 1:v "
	    "-c:v mpeg4", path_of("mute.mp4", path));
	expect_refused(path, "has no sound in it");
	memset(name, 'n', 10000);
	expect_refused(name, "File name too long");
	free(name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_downmix),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_broken_middle),
		cmocka_unit_test(test_nonfinite),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, temp_folder_set_up,
	    temp_folder_tear_down);
}
