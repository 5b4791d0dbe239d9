/* What is made ahead: asked for, as a list, failed, killed and stopped. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "store/rounds.h"
#include "tests/lib/view_pair.h"

#include "review/prepare.h"
#include "review/sound_copy.h"

static struct view_pair pair;
static struct error err;

static int
set_up(void **state)
{
	(void)state;
	view_pair_init(&pair);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	view_pair_release(&pair);
	return 0;
}

static double
number(const struct json *j, const char *at)
{
	double value;

	if (json_want_number(j, at, &value, &err) != 0)
		fail_msg("%s", err.text);
	return value;
}

static enum prepare_state
wait_for(struct prepare *p, const char *fragment_id, struct json **view)
{
	const struct timespec step = { 0, 5000000 };
	enum prepare_state state;

	for (int i = 0; i < 12000; i++) {
		state = prepare_get(p, pair.c, "w", fragment_id, pair.a,
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
	struct prepare *p = prepare_open(pair.path,
	    view_pair_path(&pair, "ahead"), 3, &err);
	struct json *view;

	(void)state;
	assert_non_null(p);
	assert_int_equal(prepare_want(p, "w", "late", &err), 0);
	assert_int_equal(prepare_want(p, "w", "right", &err), 0);
	assert_int_equal(prepare_want(p, "w", "late", &err), 0);
	assert_int_equal(wait_for(p, "right", &view), PREPARE_READY);
	assert_true(number(view, "original.mix.n_samples") ==
	    VIEW_PAIR_SEC * 48000.0);
	assert_true(json_is_null(json_at(view, "original.voice")));
	assert_true(json_has(view, "original.why"));
	json_free(view);
	assert_int_equal(wait_for(p, "late", &view), PREPARE_READY);
	json_free(view);
	assert_int_equal(wait_for(p, "nothing", &view), PREPARE_MISSING);
	/* Without any sound of the cover there is a view all the same. */
	assert_int_equal(wait_for(p, "bare", &view), PREPARE_READY);
	json_free(view);
	prepare_close(p);
	/* A new one finds it all there. */
	p = prepare_open(pair.path, view_pair_path(&pair, "ahead"), 1, &err);
	assert_non_null(p);
	assert_int_equal(prepare_get(p, pair.c, "w", "right", pair.a, &view,
	    &err), PREPARE_READY);
	json_free(view);
	prepare_close(p);
}

/* A round that is done, and left the manifest. */
static void
add_round(const char *key, size_t number, const char *manifest)
{
	struct rounds_step step = { "embed", key, manifest, "" };

	assert_int_equal(catalogue_begin(pair.c, &err), 0);
	assert_int_equal(rounds_open(pair.c, key, number, "{}", NULL, &err),
	    0);
	assert_int_equal(rounds_put_step(pair.c, key, &step, &err), 0);
	assert_int_equal(rounds_close(pair.c, key, NULL, NULL, "", &err), 0);
	assert_int_equal(catalogue_commit(pair.c, &err), 0);
}

static bool
has_similarity(struct prepare *p)
{
	struct json *view;
	bool has;

	assert_int_equal(wait_for(p, "right", &view), PREPARE_READY);
	has = json_is_object(json_at(view, "similarity"));
	json_free(view);
	return has;
}

/* Fingerprints are those of the newest round, without a new start. */
static void
test_renew(void **state)
{
	const char *none = view_pair_path(&pair, "none.jsonl");
	struct prepare *p = prepare_open(pair.path,
	    view_pair_path(&pair, "ahead"), 2, &err);

	(void)state;
	assert_non_null(p);
	assert_int_equal(file_write(none, "", 0, &err), 0);
	assert_true(has_similarity(p));
	add_round("k2", 2, none);
	assert_true(has_similarity(p));
	assert_int_equal(prepare_renew(p, pair.c, &err), 0);
	assert_false(has_similarity(p));
	assert_int_equal(prepare_renew(p, pair.c, &err), 0);
	add_round("k3", 3, view_pair_path(&pair, "embed.jsonl"));
	assert_int_equal(prepare_renew(p, pair.c, &err), 0);
	assert_true(has_similarity(p));
	prepare_close(p);
}

static void
test_prepare_fails(void **state)
{
	struct prepare *p;
	struct json *view;

	(void)state;
	/* There is a file where the folder should be. */
	assert_int_equal(file_write(view_pair_path(&pair, "plain"), "x", 1,
	    &err), 0);
	p = prepare_open(pair.path, view_pair_path(&pair, "plain"), 1, &err);
	assert_non_null(p);
	/* Told once, and tried again when asked again. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(wait_for(p, "right", &view),
		    PREPARE_FAILED);
		assert_non_null(strstr(err.text, "plain"));
	}
	prepare_close(p);
	assert_null(prepare_open(view_pair_path(&pair, "no.sqlite"),
	    pair.cache, 1, &err));
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
	const struct prepare_list list = { .catalogue_path = pair.path,
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
	    view_pair_path(&pair, "o.flac"), &err) == 0);
	assert_int_equal(sound_source_find(rec, SOUND_SOURCE_MIX, pair.a, &s,
	    &err), 0);
	assert_true(sound_copy_is_done(&s, folder));
	sound_copy_key(&s, key);
	assert_int_equal(hash_file(sound_copy_path(folder, key, "opus",
	    pair.a, &err), hex, &err), 0);
	json_free(rec);
}

/* Killed at any moment, what is there is whole and the rest is made. */
static void
test_killed(void **state)
{
	char whole[HASH_HEX_BYTES], after[HASH_HEX_BYTES];

	(void)state;
	make_list(view_pair_path(&pair, "undisturbed"), 2);
	hash_copy(view_pair_path(&pair, "undisturbed"), whole);
	for (int i = 0; i < 8; i++) {
		const struct timespec wait = { 0, 60000000L * (i + 1) };
		int status;
		pid_t child = fork();

		if (child == 0) {
			make_list(view_pair_path(&pair, "killed"), 2);
			_exit(0);
		}
		assert_true(child > 0);
		(void)nanosleep(&wait, NULL);
		(void)kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
	}
	make_list(view_pair_path(&pair, "killed"), 1);
	hash_copy(view_pair_path(&pair, "killed"), after);
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
	const struct prepare_list list = { .catalogue_path = pair.path,
	    .folder = view_pair_path(&pair, "stopped"), .n_threads = 1,
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
		cmocka_unit_test(test_prepare),
		cmocka_unit_test(test_renew),
		cmocka_unit_test(test_prepare_fails),
		cmocka_unit_test(test_killed), cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
