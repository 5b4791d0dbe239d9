/*
 * Real music through Vorbis and Opus in Ogg: as long as what was encoded, to
 * the sample, with no silence put in, and sample by sample what the ffmpeg
 * program decodes.  Pulses and chirps (test_decoder_codecs.c) have too few
 * changes between long and short Vorbis blocks to show a clock taken for right
 * that is a guess.
 */
#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

#include "audio/decoder.h"

#include "tests/lib/encoding.h"
#include "tests/lib/temp_folder.h"

#define LENGTH_SEC 30
#define MAX_VALUES ((size_t)48000 * 2 * (LENGTH_SEC + 1))

struct sound {
	float *x;		/* [n][n_channels] */
	size_t n, n_channels;
	struct decoder_facts facts;
};

static const char *
path_of(const char *name, char path[256])
{
	(void)snprintf(path, 256, "%s/%s", temp_folder, name);
	return path;
}

/* The file at its own rate and with its own channels, one or two. */
static struct sound
decode(const char *path, unsigned rate_hz, size_t n_channels)
{
	const struct decoder_options options = { .rate_hz = rate_hz,
		.n_channels = n_channels };
	struct error err = { ERROR_NONE, "" };
	struct decoder *d = decoder_open(path, &options, &err);
	struct sound s = { .x = calloc(MAX_VALUES, sizeof(float)),
		.n_channels = n_channels };

	assert_non_null(s.x);
	if (d == NULL || decoder_get(d, s.x, MAX_VALUES / n_channels, &s.n,
	    &err) != 0)
		fail_msg("%s", err.text);
	s.facts = decoder_facts(d);
	assert_int_equal(s.facts.source.rate_hz, rate_hz);
	assert_int_equal(s.facts.source.n_channels, n_channels);
	decoder_close(d);
	return s;
}

static void
make(const char *in, const char *words, const char *out)
{
	struct error err = { ERROR_NONE, "" };

	if (encoding_make(in, words, out, &err) != 0)
		fail_msg("%s", err.text);
}

static double
largest_difference(const struct sound *a, const struct sound *b)
{
	double most = 0.0;

	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n * a->n_channels; i++)
		most = fmax(most, fabs((double)a->x[i] - (double)b->x[i]));
	return most;
}

/*
 * Encoded from samples, or from the song itself: its packets' times, which
 * ffmpeg guesses, then become those of the new file, and its length too.
 */
static void
check(const char *song, bool from_song, const char *codec,
    const char *suffix, unsigned rate_hz, size_t n_channels)
{
	char original[256], name[32], packed[256], again[256];
	char form[128], words[256];
	const size_t n_before = (size_t)rate_hz * LENGTH_SEC;
	struct sound before, after, twin;

	(void)snprintf(form, sizeof(form), "-vn -af aresample=%u,atrim="
	    "end_sample=%zu -ac %zu", rate_hz, n_before, n_channels);
	(void)snprintf(words, sizeof(words), "%s -c:a pcm_s16le", form);
	make(song, words, path_of("original.wav", original));
	(void)snprintf(words, sizeof(words), "%s %s", form, codec);
	(void)snprintf(name, sizeof(name), "packed.%s", suffix);
	make(from_song ? song : original, words, path_of(name, packed));
	make(packed, "-c:a pcm_f32le", path_of("again.wav", again));
	before = decode(original, rate_hz, n_channels);
	after = decode(packed, rate_hz, n_channels);
	twin = decode(again, rate_hz, n_channels);
	assert_int_equal(before.n, n_before);
	assert_int_equal(after.n, from_song ? twin.n : n_before);
	assert_true(after.facts.filled_sec == 0.0);
	assert_int_equal(after.facts.source.n_errors, 0);
	/* The same library decodes; its float rounding may differ. */
	assert_true(largest_difference(&after, &twin) < 1e-5);
	free(before.x);
	free(after.x);
	free(twin.x);
}

static void
test_music_through_ogg(void **state)
{
	const char *data = getenv("CHAD_DATA");
	char pattern[512];
	glob_t songs;

	(void)state;
	(void)snprintf(pattern, sizeof(pattern), "%s/audio/*.ogg",
	    data != NULL ? data : "../shared/data");
	if (glob(pattern, 0, NULL, &songs) != 0) {
		print_message("skipped: no %s (set CHAD_DATA)\n", pattern);
		skip();
	}
	for (size_t i = 0; i < songs.gl_pathc; i++) {
		const char *song = songs.gl_pathv[i];

		check(song, true, "-c:a libvorbis -q:a 3", "ogg", 44100, 2);
		check(song, false, "-c:a libvorbis -q:a 0", "ogg", 22050, 1);
		check(song, true, "-c:a libopus -b:a 24k", "ogg", 48000, 1);
		check(song, false, "-c:a libopus -b:a 64k", "opus", 48000, 2);
	}
	globfree(&songs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_music_through_ogg),
	};

	return cmocka_run_group_tests(tests, temp_folder_set_up,
	    temp_folder_tear_down);
}
