#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/random.h"
#include "base/stored.h"

#include "dsp/npy.h"
#include "dsp/track.h"
#include "manifests/record.h"

#include "embed/index_file.h"
#include "embed/melody_key.h"
#include "embed/song_index.h"
#include "embed/song_search.h"

#include "tests/lib/signal.h"

#define N_SONGS 30
#define N_WINDOWS 40
#define D 16

/* Songs of drawn unit vectors and of a pitch track, as chad-embed leaves. */
struct fixture {
	struct arena *arena;
	char folder[64];
	struct json *records[N_SONGS];
	float *songs[N_SONGS];
};

static const char *
path_of(struct fixture *f, const char *name)
{
	const char *path = arena_printf(f->arena, "%s/%s", f->folder, name);

	assert_non_null(path);
	return path;
}

static void
write_song(struct fixture *f, size_t i, struct random *r)
{
	struct npy_writer *w;
	struct track t;
	struct error err;
	const char *npy = path_of(f, arena_printf(f->arena, "%zu.npy", i));
	const char *csv = path_of(f, arena_printf(f->arena, "%zu.csv", i));
	const char *id = arena_printf(f->arena, "s%zu", i);
	struct json *j;

	f->songs[i] = arena_alloc(f->arena, N_WINDOWS * D, sizeof(float));
	signal_unit_rows(f->songs[i], N_WINDOWS, D, r);
	assert_non_null(w = npy_writer_open(npy, STORED_FLOAT32, D, &err));
	assert_int_equal(npy_writer_put(w, f->songs[i], N_WINDOWS, &err), 0);
	assert_int_equal(npy_writer_commit(w, &err), 0);
	assert_int_equal(track_init(&t, 2000, 0.01, f->arena, &err), 0);
	for (size_t k = 0; k < t.n_frames; k++) {
		if (k % 50 == 0)
			t.f0_hz[k] = (float)(220 * exp2(floor(random_range(r,
			    0, 12)) / 12));
		else
			t.f0_hz[k] = t.f0_hz[k - 1];
		t.confidence[k] = 1;
	}
	assert_int_equal(track_write(csv, &t, TRACK_CREPE, &err), 0);
	assert_non_null(j = json_new_object(&err));
	assert_int_equal(json_put_string(j, "id", id, &err), 0);
	/* Two recordings a work. */
	assert_int_equal(json_put_string(j, "group_id",
	    arena_printf(f->arena, "w%zu", i / 2), &err), 0);
	assert_int_equal(json_put_string(j, "embed.path", npy, &err), 0);
	assert_int_equal(json_put_string(j, "embed.model_sha256", "m", &err),
	    0);
	assert_int_equal(json_put_number(j, "embed.hop_sec", 0.5, &err), 0);
	assert_int_equal(json_put_string(j, "f0.path", csv, &err), 0);
	f->records[i] = j;
}

static int
setup(void **state)
{
	static struct fixture f = { .folder = "/tmp/chad-index-XXXXXX" };
	struct random r;

	random_init(&r, 1);
	assert_non_null(f.arena = arena_new());
	assert_non_null(mkdtemp(f.folder));
	for (size_t i = 0; i < N_SONGS; i++)
		write_song(&f, i, &r);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	for (size_t i = 0; i < N_SONGS; i++)
		json_free(f->records[i]);
	snprintf(command, sizeof(command), "rm -r %s", f->folder);
	arena_free(f->arena);
	return system(command);		/* lint: allow */
}

static void
init_options(struct song_index_options *o, size_t n_lists, size_t n_parts)
{
	song_index_options_init(o);
	o->n_lists = n_lists;
	o->n_parts = n_parts;
}

/* Add songs first to end - 1; the result is what the change says. */
static void
put(struct fixture *f, const char *path, bool is_new, size_t first,
    size_t end, const struct song_index_options *o,
    struct song_index_result *result)
{
	const struct stream_list list = { .records = f->records + first,
	    .n_records = end - first };
	const struct song_index_change c = { .is_new = is_new,
	    .added = &list, .n_added = 1 };
	struct error err = { ERROR_NONE, "" };

	if (song_index_change(path, &c, o, result, &err) != 0)
		fail_msg("%s", err.text);
}

static void
take_out(const char *path, const char *const *ids, size_t n,
    const struct song_index_options *o, struct song_index_result *result)
{
	const struct song_index_change c = { .removed = ids, .n_removed = n };
	struct error err;

	assert_int_equal(song_index_change(path, &c, o, result, &err), 0);
}

static void
assert_same_files(const char *a, const char *b)
{
	char x[HASH_HEX_BYTES], y[HASH_HEX_BYTES];
	struct error err;

	assert_int_equal(hash_file(a, x, &err), 0);
	assert_int_equal(hash_file(b, y, &err), 0);
	assert_string_equal(x, y);
}

/* Song i of the file is song "from" of the fixture, windows and line. */
static void
assert_song(const struct fixture *f, const struct index_file *file,
    size_t i, size_t from)
{
	struct index_song song;
	struct melody_line line;
	struct track t;
	struct error err;
	const char *csv;

	index_file_song(file, i, &song);
	assert_string_equal(song.id, record_id(f->records[from]));
	assert_int_equal(song.n_windows, N_WINDOWS);
	assert_memory_equal(song.fingerprints, f->songs[from],
	    N_WINDOWS * D * sizeof(float));
	assert_int_equal(json_want_string(f->records[from], "f0.path", &csv,
	    &err), 0);
	assert_int_equal(track_read(csv, f->arena, &t, &err), 0);
	assert_int_equal(melody_line_make(&t, false, f->arena, &line, &err),
	    0);
	assert_true(line.n > 0);
	assert_int_equal(song.line.n, line.n);
	assert_memory_equal(song.line.pitch, line.pitch, line.n *
	    sizeof(float));
	assert_true(song.line.start_sec == line.start_sec);
}

/* Adding and removing ends where building what is left would. */
static void
test_changes(void **state)
{
	static const char *const ids[] = { "s3", "s11", "s4", "nothing" };
	struct fixture *f = *state;
	const char *a = path_of(f, "a.chad"), *b = path_of(f, "b.chad");
	struct song_index_options o;
	struct song_index_result r;
	struct index_file *file;
	struct error err;

	init_options(&o, 0, 0);
	put(f, a, true, 0, 10, &o, &r);
	assert_int_equal(r.n_added, 10);
	put(f, a, false, 10, 20, &o, &r);
	assert_int_equal(r.facts.n_songs, 20);
	assert_int_equal(r.facts.n_windows, 20 * N_WINDOWS);
	put(f, b, true, 0, 20, &o, &r);
	assert_same_files(a, b);
	take_out(a, ids, 4, &o, &r);
	assert_int_equal(r.n_removed, 3);
	assert_int_equal(r.n_refused, 1);
	assert_non_null(file = index_file_open(a, 2, &err));
	assert_int_equal(index_file_facts(file)->n_songs, 17);
	for (size_t i = 0, from = 0; from < 20; from++)
		if (from != 3 && from != 4 && from != 11)
			assert_song(f, file, i++, from);
	index_file_close(file);
	/* What is there is replaced, not doubled. */
	put(f, a, false, 0, 20, &o, &r);
	assert_int_equal(r.n_replaced, 17);
	assert_int_equal(r.facts.n_songs, 20);
	assert_same_files(a, b);
}

/* A record that is refused leaves its song as it was. */
static void
test_refused_records(void **state)
{
	struct fixture *f = *state;
	const char *a = path_of(f, "r.chad");
	struct json *other, *twice[2] = { f->records[5], f->records[5] };
	const struct stream_list lists[2] = { { .records = &other,
	    .n_records = 1 }, { .records = twice, .n_records = 2 } };
	const struct song_index_change c = { .added = lists, .n_added = 2 };
	struct song_index_options o;
	struct song_index_result r;
	struct index_file *file;
	struct error err;

	init_options(&o, 0, 0);
	put(f, a, true, 0, 3, &o, &r);
	assert_non_null(other = json_clone(f->records[1], &err));
	assert_int_equal(json_put_string(other, "embed.model_sha256",
	    "another", &err), 0);
	assert_int_equal(song_index_change(a, &c, &o, &r, &err), 0);
	json_free(other);
	assert_int_equal(r.n_added, 1);
	assert_int_equal(r.n_refused, 2);
	assert_non_null(file = index_file_open(a, 1, &err));
	assert_int_equal(index_file_facts(file)->n_songs, 4);
	assert_song(f, file, 0, 0);
	assert_song(f, file, 1, 2);
	assert_song(f, file, 2, 5);
	assert_song(f, file, 3, 1);
	index_file_close(file);
}

/* A hum of song "song": its windows from "place" on, with noise. */
static void
hum(const struct fixture *f, size_t song, size_t place, struct random *r,
    float *rows, struct embedded_hum *h)
{
	memset(h, 0, sizeof(*h));
	for (size_t k = 0; k < 5 * D; k++)
		rows[k] = f->songs[song][place * D + k] +
		    0.1f * (float)random_normal(r);
	h->views[0] = (struct retrieval_view){ 1, rows, 5 };
	h->e.model_sha256 = "m";
	h->query = (struct retrieval_query){ .views = h->views,
	    .n_views = 1, .dimension = D, .hop_sec = 0.5 };
}

/*
 * Whatever lists an index has and however it came about, hums are found where
 * they are and with the score that the exact search gives.
 */
static void
check_search(struct fixture *f, const char *path)
{
	struct song_search *s;
	struct song_search_options lists, exact;
	struct embedded_hum h;
	struct random r;
	struct error err;
	float rows[5 * D];

	assert_non_null(s = song_search_open(path, 1, &err));
	assert_int_equal(song_search_n_songs(s), N_SONGS);
	assert_int_equal(song_search_n_works(s), N_SONGS / 2);
	song_search_options_init(&lists, false);
	exact = lists;
	exact.is_exact = true;
	lists.n_found = 20;
	lists.n_candidates = 4;
	lists.n_probed = 4;
	random_init(&r, 9);
	for (size_t i = 0; i < N_SONGS; i++) {
		struct retrieval_answer *a, *b;

		hum(f, i, 3 + i, &r, rows, &h);
		assert_int_equal(song_search_run(s, &h, &lists, f->arena, &a,
		    &err), 0);
		assert_int_equal(song_search_run(s, &h, &exact, f->arena, &b,
		    &err), 0);
		assert_string_equal(a[0].id, record_id(f->records[i]));
		assert_string_equal(a[0].work, b[0].work);
		assert_true(a[0].score == b[0].score);
		assert_true(a[0].offset_sec == 0.5 * (double)(3 + i));
		assert_true(a[0].cost < a[1].cost);
		assert_true(a[0].probability > a[1].probability);
	}
	h.e.model_sha256 = "another";
	assert_int_equal(song_search_run(s, &h, &lists, f->arena,
	    &(struct retrieval_answer *){ NULL }, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	song_search_free(s);
}

static void
test_search(void **state)
{
	static const char *const ids[] = { "s7", "s20" };
	struct fixture *f = *state;
	const char *path = path_of(f, "s.chad"), *twin = path_of(f, "t.chad");
	struct song_index_options o;
	struct song_index_result r;

	for (size_t n_parts = 0; n_parts <= 8; n_parts += 8) {
		init_options(&o, 12, n_parts);
		put(f, path, true, 0, N_SONGS, &o, &r);
		assert_true(r.is_trained);
		assert_int_equal(r.facts.shape.n_lists, 12);
		assert_int_equal(r.facts.shape.n_parts, n_parts);
		check_search(f, path);
		o.n_threads = 6;
		put(f, twin, true, 0, N_SONGS, &o, &r);
		assert_same_files(path, twin);
		/* Out and in again, without training. */
		o.n_lists = o.n_parts = SONG_INDEX_CHOOSE;
		take_out(path, ids, 2, &o, &r);
		assert_false(r.is_trained);
		put(f, path, false, 5, 25, &o, &r);
		assert_false(r.is_trained);
		assert_int_equal(r.facts.shape.n_lists, 12);
		check_search(f, path);
	}
	init_options(&o, 0, 0);
	put(f, path, true, 0, N_SONGS, &o, &r);
	check_search(f, path);
	/* Doubled, lists are trained again. */
	init_options(&o, 12, 0);
	put(f, path, true, 0, N_SONGS / 3, &o, &r);
	put(f, path, false, N_SONGS / 3, N_SONGS, &o, &r);
	assert_true(r.is_trained);
	check_search(f, path);
}

/* Each byte that is changed, and each length, is seen. */
static void
test_damage(void **state)
{
	struct fixture *f = *state;
	const char *path = path_of(f, "d.chad");
	struct song_index_options o;
	struct song_index_result result;
	struct index_file *file;
	struct random r;
	struct error err;
	unsigned char *bytes;
	size_t n;

	init_options(&o, 4, 0);
	put(f, path, true, 0, 4, &o, &result);
	assert_non_null(bytes = file_read(path, 1 << 24, f->arena, &n, &err));
	assert_non_null(file = index_file_parse(bytes, n, 1, true, &err));
	index_file_close(file);
	random_init(&r, 4);
	for (size_t i = 0; i < 300; i++) {
		const size_t at = i < INDEX_FILE_HEAD / 4 ? 4 * i :
		    random_below(&r, n);

		bytes[at] ^= 0x10;
		file = index_file_parse(bytes, n, 1, true, &err);
		/* Only the room between the sections is nobody's. */
		if (file != NULL)
			assert_true(at >= INDEX_FILE_HEAD && bytes[at] == 0x10);
		else
			assert_int_equal(err.code, ERROR_FORMAT);
		index_file_close(file);
		assert_null(index_file_parse(bytes, at, 1, true, &err));
		bytes[at] ^= 0x10;
	}
	assert_int_equal(file_write(path, bytes, n - 1, &err), 0);
	assert_null(index_file_open(path, 1, &err));
	assert_non_null(strstr(err.text, "d.chad: damaged or cut short"));
	stored_put_integer(bytes + 8, 4, 9);
	assert_int_equal(file_write(path, bytes, n, &err), 0);
	assert_null(index_file_open(path, 1, &err));
	assert_non_null(strstr(err.text, "version 9"));
}

/* Who comes while another holds the lock waits, or is told. */
static void
test_lock(void **state)
{
	struct fixture *f = *state;
	const char *path = path_of(f, "l.chad");
	struct lock *lock;
	struct error err;
	pid_t child;
	int status;

	assert_non_null(lock = lock_take(path, 0, &err));
	child = fork();
	if (child == 0) {
		struct lock *other = lock_take(path, 50, &err);

		_exit(other == NULL && err.code == ERROR_BUSY ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	lock_free(lock);
	child = fork();
	if (child == 0)
		_exit(lock_take(path, 0, &err) == NULL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* A hum five semitones below and a quarter faster than its song. */
static void
test_key(void **state)
{
	struct fixture *f = *state;
	float song[200], low[60];
	const struct melody_line s = { song, 200, 1.5 };
	const struct melody_line h = { low, 60, 0 };
	double semitones;
	struct error err;

	for (size_t i = 0; i < 200; i++)
		song[i] = (float)(60 + i % 7);
	for (size_t i = 0; i < 60; i++)
		low[i] = song[(size_t)(40 + 1.25 * (double)i + 0.5)] - 5;
	assert_int_equal(melody_key_find(&h, &s, 5.5, 1.25, f->arena,
	    &semitones, &err), 0);
	assert_true(fabs(semitones + 5) < 1e-6);
	assert_int_equal(melody_key_find(&h, &s, 500, 1.25, f->arena,
	    &semitones, &err), 0);
	assert_true(isnan(semitones));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_refused_records),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_key),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
