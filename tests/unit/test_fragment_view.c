/* Views of a made-up pair whose alignment is known, and their preparation. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "audio/clip.h"
#include "dsp/npy.h"
#include "dsp/track.h"
#include "store/catalogue.h"
#include "store/fragments.h"
#include "store/recordings.h"
#include "store/rounds.h"
#include "tests/lib/signal.h"
#include "tests/lib/temp_folder.h"

#include "review/drift.h"
#include "review/fragment_view.h"
#include "review/prepare.h"
#include "review/print_list.h"
#include "review/sound_copy.h"

#define RATE_HZ 16000
#define SEC 60.0
#define HOP_SEC 0.01
#define N_DIMS 16
#define WINDOW_SEC 2.0
#define PRINT_HOP_SEC 0.5
#define N_PRINTS 117
#define TEMPO 1.1		/* cover seconds per original second */
#define KEY 3.0			/* semitones */
#define C0_HZ 16.3516

/* Where the fragment truly lies: the cover's 3 s is the original's 12 s. */
static const double other_from = 3.0, original_from = 12.0;

static struct arena *arena;
static struct catalogue *catalogue;
static const char *catalogue_path, *cache;
static struct error err;

static const char *
path_of(const char *name)
{
	const char *path = arena_printf(arena, "%s/%s", temp_folder, name);

	assert_non_null(path);
	return path;
}

/* The melody, cents at work time w; a breath every 4 s. */
static double
melody_cents(double w)
{
	return w < 0.0 || fmod(w, 4.0) < 0.3 ? (double)NAN : 4500.0 +
	    400.0 * sin(2.1 * w) + 300.0 * sin(0.9 * w * w / 10.0 + 1.0);
}

/* Work time of the cover's moment. */
static double
work_time(double t)
{
	return original_from + (t - other_from) / TEMPO;
}

static void
write_track(const char *name, bool is_cover)
{
	struct track t;

	assert_int_equal(track_init(&t, (size_t)(SEC / HOP_SEC), HOP_SEC,
	    arena, &err), 0);
	for (size_t k = 0; k < t.n_frames; k++) {
		const double sec = (double)k * HOP_SEC;
		const double cents = is_cover ? 100.0 * KEY +
		    melody_cents(work_time(sec)) : melody_cents(sec);

		t.f0_hz[k] = isnan(cents) ? 0.0f :
		    (float)(C0_HZ * exp2(cents / 1200.0));
		t.confidence[k] = 1.0f;
	}
	assert_int_equal(track_write(path_of(name), &t, TRACK_CREPE, &err),
	    0);
}

/* Window k points in direction k % N_DIMS; window 30 is of no voice. */
static void
write_prints(const char *name)
{
	struct npy_writer *w = npy_writer_open(path_of(name), STORED_FLOAT32,
	    N_DIMS, &err);

	assert_non_null(w);
	for (size_t k = 0; k < N_PRINTS; k++) {
		float row[N_DIMS] = { 0.0f };

		row[k % N_DIMS] = k == 30 ? 0.0f : 1.0f;
		assert_int_equal(npy_writer_put(w, row, 1, &err), 0);
	}
	assert_int_equal(npy_writer_commit(w, &err), 0);
}

/* Sound, pitch and fingerprints, and the record that names them. */
static struct json *
make_recording(const char *id, const char *audio_type)
{
	const size_t n = (size_t)(SEC * RATE_HZ);
	float *x = arena_alloc(arena, n, sizeof(*x));
	struct json *rec = json_new_object(&err);
	const char *f0 = arena_printf(arena, "%s.f0.csv", id);
	const char *wav = arena_printf(arena, "%s.flac", id);
	const char *npy = arena_printf(arena, "%s.npy", id);

	assert_true(x != NULL && rec != NULL && npy != NULL);
	/* Half of full scale from 10 s on. */
	signal_tone(x, n, RATE_HZ, 440.0, 0.5);
	memset(x, 0, 10 * RATE_HZ * sizeof(*x));
	assert_int_equal(clip_write(path_of(wav), CLIP_FLAC16, RATE_HZ, x, n,
	    &err), 0);
	write_track(f0, strcmp(audio_type, "cover") == 0);
	write_prints(npy);
	assert_true(json_put_string(rec, "group_id", "w", &err) == 0 &&
	    json_put_string(rec, "id", id, &err) == 0 &&
	    json_put_string(rec, "audio_type", audio_type, &err) == 0 &&
	    json_put_string(rec, "audio_filepath", path_of(wav), &err) == 0 &&
	    json_put_string(rec, "decode.path", path_of(wav), &err) == 0 &&
	    json_put_number(rec, "decode.duration_sec", SEC, &err) == 0 &&
	    json_put_string(rec, "f0.path", path_of(f0), &err) == 0);
	assert_int_equal(recordings_put(catalogue, rec, &err), 0);
	assert_true(json_put_string(rec, "embed.path", path_of(npy),
	    &err) == 0 &&
	    json_put_number(rec, "embed.window_sec", WINDOW_SEC, &err) == 0 &&
	    json_put_number(rec, "embed.hop_sec", PRINT_HOP_SEC, &err) == 0);
	return rec;
}

/* 22 s of the cover; the original's interval begins late by late_sec. */
static void
put_fragment(const char *id, const char *other_id, double late_sec)
{
	char text[512];
	struct json *rec;

	(void)snprintf(text, sizeof(text), "{\"group_id\":\"w\","
	    "\"fragment_id\":\"%s\",\"id\":\"%s\",\"audio_type\":\"cover\","
	    "\"original_id\":\"o\",\"interval\":[%.4f,%.4f],"
	    "\"original_interval\":[%.4f,%.4f],\"correlation\":0.5,"
	    "\"transposition_semitones\":%.1f,\"decision\":\"flag\"}", id,
	    other_id, other_from, other_from + 20.0 * TEMPO,
	    original_from + late_sec, original_from + 20.0 + late_sec, KEY);
	rec = json_parse(text, strlen(text), &err);
	assert_non_null(rec);
	if (fragments_put(catalogue, rec, "k1", &err) != 0)
		fail_msg("%s", err.text);
	json_free(rec);
}

/* The catalogue with a round that made fingerprints of both. */
static int
set_up(void **state)
{
	struct rounds_step step = { "embed", "key", NULL, "" };
	char *text;

	if (temp_folder_set_up(state) != 0 || (arena = arena_new()) == NULL)
		return -1;
	step.path = path_of("embed.jsonl");
	catalogue_path = path_of("chad.sqlite");
	cache = path_of("cache");
	catalogue = catalogue_open(catalogue_path, CATALOGUE_CREATE, 1000,
	    &err);
	assert_non_null(catalogue);
	assert_int_equal(catalogue_begin(catalogue, &err), 0);
	assert_int_equal(rounds_open(catalogue, "k1", 1, "{}", NULL, &err),
	    0);
	text = arena_printf(arena, "%s\n%s\n",
	    json_text(make_recording("o", "original"), arena, &err),
	    json_text(make_recording("c", "cover"), arena, &err));
	assert_int_equal(file_write(step.path, text, strlen(text), &err), 0);
	assert_int_equal(rounds_put_step(catalogue, "k1", &step, &err), 0);
	put_fragment("right", "c", 0.0);
	put_fragment("late", "c", -0.2);
	put_fragment("bare", "missing", 0.0);
	assert_int_equal(rounds_close(catalogue, "k1", NULL, NULL, "", &err),
	    0);
	assert_int_equal(catalogue_commit(catalogue, &err), 0);
	return 0;
}

static int
tear_down(void **state)
{
	catalogue_close(catalogue);
	arena_free(arena);
	return temp_folder_tear_down(state);
}

static double
number(const struct json *j, const char *at)
{
	double value;

	if (json_want_number(j, at, &value, &err) != 0)
		fail_msg("%s", err.text);
	return value;
}

/* Item i of the array, NAN for null. */
static double
item(const struct json *j, const char *array, size_t i)
{
	char at[64];

	(void)snprintf(at, sizeof(at), "%s.%zu", array, i);
	return json_is_null(json_at(j, at)) ? (double)NAN : number(j, at);
}

/* base64, by looking each digit up. */
static unsigned char *
bytes_of(const struct json *j, const char *at, size_t *n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0, n_bits = 0;
	unsigned char *bytes;
	const char *text;

	assert_int_equal(json_want_string(j, at, &text, &err), 0);
	bytes = arena_alloc(arena, strlen(text), 1);
	assert_non_null(bytes);
	*n = 0;
	for (; *text != '\0' && *text != '='; text++) {
		bits = bits << 6 | (unsigned)(strchr(digits, *text) - digits);
		if ((n_bits += 6) >= 8)
			bytes[(*n)++] = (unsigned char)(bits >>
			    (n_bits -= 8));
	}
	return bytes;
}

static struct json *
view_of(const char *fragment_id)
{
	struct print_list *prints = print_list_load(catalogue, &err);
	struct fragment_view v;
	struct json *view;
	bool found;

	assert_non_null(prints);
	assert_int_equal(fragment_view_init(&v, catalogue, prints, "w",
	    fragment_id, &found, &err), 0);
	assert_true(found);
	if (fragment_view_make(&v, cache, arena, &err) != 0)
		fail_msg("%s", err.text);
	assert_true(fragment_view_is_made(&v, cache, arena));
	view = fragment_view_load(&v, cache, arena, &err);
	assert_non_null(view);
	fragment_view_release(&v);
	print_list_free(prints);
	return view;
}

/* The cover's pitch lies on the original's, by the alignment and the key. */
static void
check_pitch(const struct json *view)
{
	const double a[2] = { number(view, "alignment.0.0"),
	    number(view, "alignment.0.1") };
	const double b[2] = { number(view, "alignment.1.0"),
	    number(view, "alignment.1.1") };
	const size_t n = json_count(json_at(view, "other.f0.cents"));
	size_t n_voiced = 0;

	assert_int_equal(n, 1750);	/* 0 to 35 s */
	for (size_t i = 0; i < n; i++) {
		const double t = number(view, "other.f0.start") +
		    (double)i * number(view, "other.f0.step");
		const double there = a[1] + (t - a[0]) * (b[1] - a[1]) /
		    (b[0] - a[0]);
		const double cents = item(view, "other.f0.cents", i);
		const double truth = melody_cents(there) + 100.0 * KEY;

		/* Edges of breaths fall on one frame or the next. */
		if (isnan(cents) || isnan(truth))
			continue;
		n_voiced++;
		assert_true(fabs(cents - truth) < 10.0);
	}
	assert_true(n_voiced > 1000);
}

static void
test_pitch_and_windows(void **state)
{
	struct json *view = view_of("right");

	(void)state;
	assert_true(number(view, "other.window.0") == 0.0);
	assert_true(number(view, "other.window.1") == 35.0);
	assert_true(number(view, "original.window.0") == 2.0);
	assert_true(number(view, "original.window.1") == 42.0);
	assert_true(number(view, "original.duration") == SEC);
	assert_int_equal(json_count(json_at(view, "original.f0.cents")),
	    2000);
	assert_true(isnan(item(view, "original.f0.cents", 105)));
	assert_true(number(view, "transposition_semitones") == KEY);
	check_pitch(view);
	json_free(view);
}

static void
test_peaks(void **state)
{
	struct json *view = view_of("right");
	size_t n;
	unsigned char *peaks = bytes_of(view, "original.peaks.mix", &n);

	(void)state;
	assert_int_equal(n, 2 * 2000);
	for (size_t i = 0; i < n / 2; i++) {
		const double sec = 2.0 + (double)i * 0.02;
		const int low = (int8_t)peaks[2 * i];
		const int high = (int8_t)peaks[2 * i + 1];

		/* 127 / 2, of a tone of many samples a period. */
		assert_true(sec < 9.99 ? low == 0 && high == 0 :
		    low <= -62 && low >= -64 && high >= 62 && high <= 64);
	}
	assert_true(json_is_null(json_at(view, "original.peaks.voice")));
	json_free(view);
}

static void
check_drift(const char *fragment_id, double truth)
{
	struct json *view = view_of(fragment_id);
	const size_t n = json_count(json_at(view, "drift.sec"));
	size_t n_known = 0;

	assert_int_equal(n, json_count(json_at(view, "drift.times")));
	for (size_t i = 0; i < n; i++) {
		const double t = item(view, "drift.times", i);
		const double sec = item(view, "drift.sec", i);

		if (isnan(sec) || t < other_from || t > 25.0)
			continue;
		n_known++;
		/* A frame and the moment that it is looked at. */
		assert_true(fabs(sec - truth) < 0.02);
	}
	assert_true(n_known > 80);
	json_free(view);
}

static void
test_drift(void **state)
{
	(void)state;
	check_drift("right", 0.0);
	check_drift("late", 0.2);
}

/* Silence, another tune, and a note that is held: nothing to go by. */
static void
test_no_drift(void **state)
{
	enum { N = 200 };
	float other[N], original[N + 2 * DRIFT_MAX_STEPS];
	const struct drift d = { 0.02, other, original, N };

	(void)state;
	for (size_t i = 0; i < N + 2 * DRIFT_MAX_STEPS; i++)
		original[i] = i % 2 == 0 ? 4000.0f : 4300.0f;
	for (size_t i = 0; i < N; i++)
		other[i] = NAN;
	assert_true(isnan(drift_at(&d, 100)));
	for (size_t i = 0; i < N; i++)
		other[i] = 4650.0f;
	assert_true(isnan(drift_at(&d, 100)));
	/* An octave is no difference, and of equal moves none is made. */
	for (size_t i = 0; i < N; i++)
		other[i] = 4300.0f;
	for (size_t i = 0; i < N + 2 * DRIFT_MAX_STEPS; i++)
		original[i] = 3100.0f;
	assert_true(drift_at(&d, 100) == 0.0);
	assert_true(drift_at(&d, 0) == 0.0);
	assert_true(drift_at(&d, N - 1) == 0.0);
}

static void
test_similarity(void **state)
{
	struct json *view = view_of("right");
	const size_t n_rows = (size_t)number(view, "similarity.n_rows");
	const size_t n_cols = (size_t)number(view, "similarity.n_cols");
	size_t n;
	unsigned char *cells = bytes_of(view, "similarity.values", &n);

	(void)state;
	/* Middles are k / 2 + 1 s: those in 0..35 s and in 2..42 s. */
	assert_int_equal(n_rows, 69);
	assert_int_equal(n_cols, 81);
	assert_int_equal(n, n_rows * n_cols);
	assert_true(number(view, "similarity.row_start") == 1.0);
	assert_true(number(view, "similarity.col_start") == 2.0);
	assert_true(number(view, "similarity.col_step") == PRINT_HOP_SEC);
	for (size_t i = 0; i < n; i++) {
		const size_t row = i / n_cols, column = i % n_cols + 2;

		assert_int_equal(cells[i], row % N_DIMS == column % N_DIMS &&
		    row != 30 && column != 30 ? 255 : 0);
	}
	json_free(view);
}

/* What is missing of a recording is told, and the rest is there. */
static void
test_bare(void **state)
{
	struct json *view = view_of("bare");
	const char *why;

	(void)state;
	assert_int_equal(json_want_string(view, "other.why", &why, &err), 0);
	assert_non_null(strstr(why, "chad-f0"));
	assert_true(json_is_null(json_at(view, "other.mix")));
	assert_false(json_has(view, "similarity"));
	assert_int_equal(json_want_string(view, "similarity_why", &why,
	    &err), 0);
	assert_int_equal(json_count(json_at(view, "original.f0.cents")),
	    2000);
	json_free(view);
}

/* A pitch track that has changed gives another view. */
static void
test_changed(void **state)
{
	struct json *before = view_of("right"), *after;

	(void)state;
	write_track("o.f0.csv", true);
	after = view_of("right");
	assert_string_not_equal(json_text(before, arena, &err),
	    json_text(after, arena, &err));
	write_track("o.f0.csv", false);
	json_free(before);
	json_free(after);
}

static enum prepare_state
wait_for(struct prepare *p, const char *fragment_id, struct json **view)
{
	const struct timespec step = { 0, 5000000 };
	enum prepare_state state;

	for (int i = 0; i < 12000; i++) {
		state = prepare_get(p, catalogue, "w", fragment_id, arena,
		    view, &err);
		if (state != PREPARE_BEING_MADE)
			return state;
		(void)nanosleep(&step, NULL);
	}
	return state;
}

static void
test_prepare(void **state)
{
	struct prepare *p = prepare_open(catalogue_path, path_of("ahead"), 3,
	    &err);
	struct json *view;

	(void)state;
	assert_non_null(p);
	assert_int_equal(prepare_want(p, "w", "late", &err), 0);
	assert_int_equal(prepare_want(p, "w", "right", &err), 0);
	assert_int_equal(prepare_want(p, "w", "late", &err), 0);
	assert_int_equal(wait_for(p, "right", &view), PREPARE_READY);
	assert_true(number(view, "original.mix.n_samples") == SEC * 48000.0);
	assert_true(json_is_null(json_at(view, "original.voice")));
	assert_true(json_has(view, "original.why"));
	json_free(view);
	assert_int_equal(wait_for(p, "late", &view), PREPARE_READY);
	json_free(view);
	assert_int_equal(wait_for(p, "nothing", &view), PREPARE_MISSING);
	/* What nobody can make fails, and is tried again when asked for. */
	assert_int_equal(wait_for(p, "bare", &view), PREPARE_READY);
	json_free(view);
	prepare_close(p);
	/* A new one finds it all there. */
	p = prepare_open(catalogue_path, path_of("ahead"), 1, &err);
	assert_non_null(p);
	assert_int_equal(prepare_get(p, catalogue, "w", "right", arena, &view,
	    &err), PREPARE_READY);
	json_free(view);
	prepare_close(p);
}

static void
test_prepare_fails(void **state)
{
	struct prepare *p;
	struct json *view;

	(void)state;
	/* There is a file where the folder should be. */
	assert_int_equal(file_write(path_of("plain"), "x", 1, &err), 0);
	p = prepare_open(catalogue_path, path_of("plain"), 1, &err);
	assert_non_null(p);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(wait_for(p, "right", &view),
		    PREPARE_FAILED);
		assert_non_null(strstr(err.text, "plain"));
	}
	prepare_close(p);
	assert_null(prepare_open(path_of("no.sqlite"), cache, 1, &err));
}

static struct prepare_item list_items[3] = { { "w", "right" },
    { "w", "late" }, { "w", "nothing" } };

static void
count(void *shared, size_t n_done, const struct prepare_item *each,
    const struct error *failure)
{
	assert_int_equal(n_done, ++*(size_t *)shared);
	assert_true((failure != NULL) ==
	    (strcmp(each->fragment_id, "nothing") == 0));
}

static void
make_list(const char *folder, size_t n_threads)
{
	size_t n_told = 0, n_failed;
	const struct prepare_list list = { .catalogue_path = catalogue_path,
	    .folder = folder, .n_threads = n_threads, .items = list_items,
	    .n_items = 3, .done = count, .shared = &n_told };

	if (prepare_run(&list, &n_failed, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(n_told, 3);
	assert_int_equal(n_failed, 1);
}

/* SHA-256 of the copy of the original. */
static void
hash_copy(const char *folder, char hex[HASH_HEX_BYTES])
{
	struct json *rec = json_new_object(&err);
	struct sound_source s;
	char key[HASH_HEX_BYTES];

	assert_true(rec != NULL && json_put_string(rec, "audio_filepath",
	    path_of("o.flac"), &err) == 0);
	assert_int_equal(sound_source_find(rec, SOUND_SOURCE_MIX, arena, &s,
	    &err), 0);
	assert_true(sound_copy_is_done(&s, folder));
	sound_copy_key(&s, key);
	assert_int_equal(hash_file(sound_copy_path(folder, key, "opus",
	    arena, &err), hex, &err), 0);
	json_free(rec);
}

/* Killed at any moment, what is there is whole and the rest is made. */
static void
test_killed(void **state)
{
	char whole[HASH_HEX_BYTES], after[HASH_HEX_BYTES];

	(void)state;
	make_list(path_of("undisturbed"), 2);
	hash_copy(path_of("undisturbed"), whole);
	for (int i = 0; i < 8; i++) {
		const struct timespec wait = { 0, 60000000L * (i + 1) };
		int status;
		pid_t child = fork();

		if (child == 0) {
			make_list(path_of("killed"), 2);
			_exit(0);
		}
		assert_true(child > 0);
		(void)nanosleep(&wait, NULL);
		(void)kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
	}
	make_list(path_of("killed"), 1);
	hash_copy(path_of("killed"), after);
	assert_string_equal(whole, after);
}

static bool
always(void *shared)
{
	(void)shared;
	return true;
}

static void
test_stopped(void **state)
{
	const struct prepare_list list = { .catalogue_path = catalogue_path,
	    .folder = path_of("stopped"), .n_threads = 1,
	    .items = list_items, .n_items = 3, .must_stop = always };
	size_t n_failed;

	(void)state;
	assert_int_equal(prepare_run(&list, &n_failed, &err), -1);
	assert_int_equal(err.code, ERROR_BUSY);
	assert_int_equal(n_failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pitch_and_windows),
		cmocka_unit_test(test_peaks), cmocka_unit_test(test_drift),
		cmocka_unit_test(test_no_drift),
		cmocka_unit_test(test_similarity),
		cmocka_unit_test(test_bare), cmocka_unit_test(test_changed),
		cmocka_unit_test(test_prepare),
		cmocka_unit_test(test_prepare_fails),
		cmocka_unit_test(test_killed), cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
