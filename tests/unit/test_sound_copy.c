/* Copies decoded link by link, against the recording they were made of. */
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
#include "base/json.h"
#include "audio/clip.h"
#include "audio/decoder.h"
#include "audio/media.h"
#include "audio/opus_file.h"
#include "tests/lib/signal.h"
#include "tests/lib/temp_folder.h"

#include "review/sound_copy.h"

#define RATE_HZ SOUND_COPY_RATE_HZ
#define MAX_BYTES ((size_t)1 << 28)

static struct arena *arena;
static struct error err;

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new();
	err.code = ERROR_NONE;
	return arena == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static const char *
path_of(const char *name)
{
	const char *path = arena_printf(arena, "%s/%s", temp_folder, name);

	assert_non_null(path);
	return path;
}

/* A tune with breaths, and a click in each second. */
static void
make_sound(float *x, size_t n, unsigned rate_hz)
{
	float *clicks = arena_alloc(arena, n, sizeof(*clicks));

	assert_non_null(clicks);
	signal_harmonics(x, n, rate_hz, 220.0, 12, 0.15);
	for (size_t i = 0; i < n; i++)
		x[i] *= (float)(0.6 + 0.4 * sin((double)i / rate_hz * 5.0));
	signal_clicks(clicks, n, rate_hz / 2, rate_hz);
	signal_mix(x, clicks, n, 0.8);
}

/* A file of the sound in every channel, and the record of it. */
static struct json *
make_file(const char *name, unsigned rate_hz, size_t n_channels, double sec)
{
	const size_t n = (size_t)(sec * rate_hz);
	float *x = arena_alloc(arena, n, sizeof(*x));
	float *y = arena_alloc(arena, n * n_channels, sizeof(*y));
	const char *path = path_of(name);
	struct clip_writer *w;
	struct json *rec = json_new_object(&err);

	assert_true(x != NULL && y != NULL && rec != NULL);
	make_sound(x, n, rate_hz);
	for (size_t i = 0; i < n * n_channels; i++)
		y[i] = x[i / n_channels];
	w = clip_writer_open_channels(path, CLIP_FLAC16, rate_hz, n_channels,
	    &err);
	assert_non_null(w);
	assert_int_equal(clip_writer_put(w, y, n, &err), 0);
	assert_int_equal(clip_writer_commit(w, &err), 0);
	assert_int_equal(json_put_string(rec, "id", name, &err), 0);
	assert_int_equal(json_put_string(rec, "audio_filepath", path, &err),
	    0);
	return rec;
}

static struct sound_source
find(const struct json *rec)
{
	struct sound_source s;

	if (sound_source_find(rec, SOUND_SOURCE_MIX, arena, &s, &err) != 0)
		fail_msg("%s", err.text);
	return s;
}

static const char *
make_copy(const struct sound_source *s, const char *folder, size_t n_threads)
{
	const struct sound_copy_options o = { .folder = path_of(folder),
	    .n_threads = n_threads };
	char key[HASH_HEX_BYTES];

	if (sound_copy_make(s, &o, &err) != 0)
		fail_msg("%s", err.text);
	assert_true(sound_copy_is_done(s, o.folder));
	sound_copy_key(s, key);
	return sound_copy_path(o.folder, key, "opus", arena, &err);
}

/* The recording as chad-decode hears it, at the copy's rate. */
static float *
decode_source(const struct sound_source *s, size_t *n)
{
	struct decoder *d = sound_source_open(s, RATE_HZ, 0.0, 0.0, &err);
	const size_t n_max = 120 * RATE_HZ;
	float *x = arena_alloc(arena, n_max, sizeof(*x));

	assert_true(d != NULL && x != NULL);
	assert_int_equal(decoder_get(d, x, n_max, n, &err), 0);
	assert_true(*n < n_max);
	decoder_close(d);
	return x;
}

/* All samples of one link, by FFmpeg's own Ogg reader and Opus decoder. */
static size_t
decode_link(const unsigned char *bytes, size_t n_bytes, float *x,
    size_t n_max)
{
	const char *path = path_of("link.opus");
	struct media_block block;
	struct media *m;
	size_t n = 0;

	assert_int_equal(file_write_soon(path, bytes, n_bytes, &err), 0);
	m = media_open(path, 1, 0, &err);
	assert_non_null(m);
	assert_int_equal(media_facts(m)->rate_hz, RATE_HZ);
	do {
		assert_int_equal(media_get(m, &block, &err), 0);
		assert_true(n + block.n_samples <= n_max);
		memcpy(x + n, block.samples, block.n_samples * sizeof(*x));
		n += block.n_samples;
	} while (block.n_samples > 0);
	media_close(m);
	return n;
}

/* The links joined as the page joins them; checks what the index says. */
static float *
decode_copy(const struct sound_source *s, const char *folder,
    const char *path, size_t *n)
{
	struct json *index = sound_copy_load(s, path_of(folder), &err);
	const size_t n_max = SOUND_COPY_LINK + SOUND_COPY_LEAD;
	float *link = arena_alloc(arena, n_max, sizeof(*link));
	size_t n_bytes, n_links, from, to, n_samples;
	const unsigned char *bytes = file_read(path, MAX_BYTES, arena,
	    &n_bytes, &err);
	float *x;

	assert_true(index != NULL && link != NULL && bytes != NULL);
	n_links = json_count(json_at(index, "offsets")) - 1;
	assert_int_equal(json_want_size(index, "n_samples", &n_samples,
	    &err), 0);
	assert_int_equal(n_links, (n_samples + SOUND_COPY_LINK - 1) /
	    SOUND_COPY_LINK);
	x = arena_alloc(arena, n_samples, sizeof(*x));
	assert_non_null(x);
	*n = 0;
	for (size_t k = 0; k < n_links; k++) {
		const size_t lead = k == 0 ? 0 : SOUND_COPY_LEAD;
		const size_t left = n_samples - k * SOUND_COPY_LINK;
		const size_t wanted = left < SOUND_COPY_LINK ? left :
		    SOUND_COPY_LINK;
		char at[32];

		(void)snprintf(at, sizeof(at), "offsets.%zu", k);
		assert_int_equal(json_want_size(index, at, &from, &err), 0);
		(void)snprintf(at, sizeof(at), "offsets.%zu", k + 1);
		assert_int_equal(json_want_size(index, at, &to, &err), 0);
		assert_true(from < to && to <= n_bytes);
		assert_int_equal(decode_link(bytes + from, to - from, link,
		    n_max), wanted + lead);
		memcpy(x + *n, link + lead, wanted * sizeof(*x));
		*n += wanted;
	}
	assert_int_equal(to, n_bytes);
	assert_int_equal(*n, n_samples);
	json_free(index);
	return x;
}

/* The largest difference in [from, to). */
static double
worst(const float *x, const float *y, size_t from, size_t to)
{
	return signal_max_difference(x + from, y + from, to - from);
}

static void
check_copy(struct json *rec, const char *folder)
{
	const struct sound_source s = find(rec);
	const char *path = make_copy(&s, folder, 2);
	size_t n, n_copy, n_quiet = RATE_HZ / 20;
	float *x = decode_source(&s, &n);
	float *y = decode_copy(&s, folder, path, &n_copy);

	assert_int_equal(n_copy, n);
	/* What 64 kbit/s leave of such a sound. */
	assert_true(signal_snr_db(x, y, n) > 18.0);
	/* Every link lies where it should, to the sample. */
	for (size_t from = 0; from < n; from += SOUND_COPY_LINK)
		assert_int_equal(signal_best_lag(x + from, y + from,
		    n - from < SOUND_COPY_LINK ? n - from : SOUND_COPY_LINK,
		    20), 0);
	/* Each click is where it was: no other sample is as large. */
	for (size_t c = RATE_HZ / 2; c + n_quiet < n; c += RATE_HZ) {
		size_t in_x = c - n_quiet, in_y = c - n_quiet;

		for (size_t i = c - n_quiet; i < c + n_quiet; i++) {
			in_x = fabsf(x[i]) > fabsf(x[in_x]) ? i : in_x;
			in_y = fabsf(y[i]) > fabsf(y[in_y]) ? i : in_y;
		}
		assert_true(in_x <= in_y + 1 && in_y <= in_x + 1);
	}
	/* Around a seam it is no further off than elsewhere without clicks. */
	for (size_t seam = SOUND_COPY_LINK; seam + n_quiet < n;
	    seam += SOUND_COPY_LINK)
		assert_true(worst(x, y, seam - 480, seam + 480) <
		    2.0 * worst(x, y, seam - 8000, seam - 960) + 0.01);
	json_free(rec);
}

static void
test_stereo(void **state)
{
	(void)state;
	check_copy(make_file("stereo.flac", 44100, 2, 12.3), "cache");
}

static void
test_mono_16_khz(void **state)
{
	(void)state;
	check_copy(make_file("mono.flac", 16000, 1, 22.001), "cache");
}

/* Of one link; and of whole links, with nothing and little behind them. */
static void
test_lengths(void **state)
{
	static const double lengths[] = { 1.7, 0.12, 5.0, 10.0, 10.04, 5.001 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "length-%zu.flac", i);
		check_copy(make_file(name, 48000, 1, lengths[i]), "cache");
	}
}

static void
test_part(void **state)
{
	struct json *rec = make_file("part.flac", 44100, 1, 12.0);
	struct sound_source whole = find(rec), part;
	size_t n, n_part;
	float *x, *y;

	(void)state;
	assert_int_equal(json_put_number(rec, "offset", 2.5, &err), 0);
	assert_int_equal(json_put_number(rec, "duration", 7.0, &err), 0);
	part = find(rec);
	assert_string_not_equal(part.key, whole.key);
	x = decode_source(&whole, &n);
	y = decode_copy(&part, "cache", make_copy(&part, "cache", 1),
	    &n_part);
	assert_int_equal(n_part, 7 * RATE_HZ);
	assert_int_equal(signal_best_lag(x + 5 * RATE_HZ / 2, y, n_part, 20),
	    0);
	json_free(rec);
}

/* The bytes do not depend on how many threads there are. */
static void
test_threads(void **state)
{
	struct json *rec = make_file("threads.flac", 44100, 2, 33.3);
	const struct sound_source s = find(rec);
	char one[HASH_HEX_BYTES], five[HASH_HEX_BYTES];

	(void)state;
	assert_int_equal(hash_file(make_copy(&s, "one", 1), one, &err), 0);
	assert_int_equal(hash_file(make_copy(&s, "five", 5), five, &err), 0);
	assert_string_equal(one, five);
	json_free(rec);
}

/* A file that is cut short is told of instead of a copy, and not again. */
static void
test_truncated(void **state)
{
	struct json *rec = make_file("cut.flac", 44100, 1, 8.0);
	const char *path = path_of("cut.flac");
	struct sound_source s;
	struct json *index;
	size_t n_bytes;
	void *bytes = file_read(path, MAX_BYTES, arena, &n_bytes, &err);

	(void)state;
	assert_non_null(bytes);
	assert_int_equal(file_write(path, bytes, n_bytes / 2, &err), 0);
	s = find(rec);
	assert_false(file_exists(make_copy(&s, "cache", 1)));
	index = sound_copy_load(&s, path_of("cache"), &err);
	assert_null(index);
	assert_non_null(strstr(err.text, "cut.flac"));
	/* What chad-decode was told to accept, is. */
	assert_int_equal(json_put_bool(rec, "decode.truncated", true, &err),
	    0);
	s = find(rec);
	assert_true(file_exists(make_copy(&s, "cache", 1)));
	json_free(rec);
}

/* Where the user's file is gone, what chad-decode wrote stands for it. */
static void
test_missing(void **state)
{
	struct json *rec = make_file("gone.flac", 44100, 1, 2.0);
	const char *decoded = path_of("decoded.flac");
	struct sound_source s = find(rec);
	float x[1600];

	(void)state;
	assert_string_equal(s.path, path_of("gone.flac"));
	assert_int_equal(unlink(path_of("gone.flac")), 0);
	assert_int_equal(sound_source_find(rec, SOUND_SOURCE_MIX, arena, &s,
	    &err), -1);
	assert_non_null(strstr(err.text, "gone.flac"));
	signal_tone(x, 1600, 16000, 440.0, 0.5);
	assert_int_equal(clip_write(decoded, CLIP_FLAC16, 16000, x, 1600,
	    &err), 0);
	assert_int_equal(json_put_string(rec, "decode.path", decoded, &err),
	    0);
	s = find(rec);
	assert_string_equal(s.path, decoded);
	assert_int_equal(sound_source_find(rec, SOUND_SOURCE_VOICE, arena,
	    &s, &err), -1);
	assert_non_null(strstr(err.text, "chad-separate"));
	json_free(rec);
}

static bool
stop(void *shared)
{
	return ++*(int *)shared > 1;
}

/* Where somebody has taken the sound away it is made again. */
static void
test_tidied(void **state)
{
	struct json *rec = make_file("tidied.flac", 16000, 1, 3.0);
	const struct sound_source s = find(rec);
	const char *path = make_copy(&s, "tidied", 1);

	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_false(sound_copy_is_done(&s, path_of("tidied")));
	assert_true(file_exists(make_copy(&s, "tidied", 1)));
	json_free(rec);
}

/* Stopped on the way it leaves nothing, and the next call makes it all. */
static void
test_stop(void **state)
{
	struct json *rec = make_file("stop.flac", 16000, 1, 17.0);
	const struct sound_source s = find(rec);
	int n_asked = 0;
	const struct sound_copy_options o = { .folder = path_of("stop"),
	    .n_threads = 1, .must_stop = stop, .shared = &n_asked };

	(void)state;
	assert_int_equal(sound_copy_make(&s, &o, &err), -1);
	assert_int_equal(err.code, ERROR_BUSY);
	assert_false(sound_copy_is_done(&s, o.folder));
	assert_true(file_exists(make_copy(&s, "stop", 1)));
	json_free(rec);
}

static void
test_refused(void **state)
{
	static const float one[1] = { 0.5f };
	struct opus_file f = { one, 0, 0, 0, 64000 };
	size_t n;

	(void)state;
	assert_null(opus_file_encode(&f, arena, &n, &err));
	f.n_samples = 1;
	assert_non_null(opus_file_encode(&f, arena, &n, &err));
	f.bits_per_sec = 100;
	assert_null(opus_file_encode(&f, arena, &n, &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stereo, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_mono_16_khz, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_lengths, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_part, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_threads, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_truncated, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_missing, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_tidied, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_stop, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, temp_folder_set_up,
	    temp_folder_tear_down);
}
