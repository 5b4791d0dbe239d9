/*
 * The catalogue: adding twice changes nothing, what is put comes back, files
 * that are none are refused, and writers do not harm each other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "store/blocks.h"
#include "store/catalogue.h"
#include "store/fragments.h"
#include "store/inspect.h"
#include "store/merge.h"
#include "store/models.h"
#include "store/recordings.h"
#include "store/reviews.h"
#include "store/rounds.h"

#define BUSY_MS 50
#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char original[] = "{\"id\":\"o\",\"group_id\":\"w\","
    "\"audio_type\":\"original\",\"audio_filepath\":\"w/o.mp3\","
    "\"title\":\"A Song\",\"youtube_id\":\"vvv\",\"mine\":{\"a.b\":[1,2]}}";
static const char cover[] = "{\"id\":\"c\",\"group_id\":\"w\","
    "\"audio_type\":\"cover\",\"audio_filepath\":\"w/c.mp3\"}";
static const char fragment[] = "{\"group_id\":\"w\",\"fragment_id\":\"f1\","
    "\"id\":\"c\",\"audio_type\":\"cover\",\"audio_filepath\":\"w/c.mp3\","
    "\"original_id\":\"o\",\"original_audio_filepath\":\"w/o.mp3\","
    "\"rate_hz\":16000,\"interval_samples\":[16000,176000],"
    "\"interval\":[1.0,11.0],\"original_interval_samples\":[32000,192000],"
    "\"original_interval\":[2.0,12.0],\"offset\":1.0,\"duration\":10.0,"
    "\"correlation\":0.83,\"agreement\":0.7,\"tempo_ratio\":1.0,"
    "\"transposition_semitones\":3.02,\"check_by_crowdsource\":false,"
    "\"decision\":\"keep\",\"other\":true}";

/* A folder of its own for each test, and the catalogue's path in it. */
struct place {
	char folder[64];
	char path[128];
	char other[128];
};

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	(void)snprintf(p->folder, sizeof(p->folder), "/tmp/chad-store-XXXXXX");
	if (mkdtemp(p->folder) == NULL)
		return -1;
	(void)snprintf(p->path, sizeof(p->path), "%s/c.sqlite", p->folder);
	(void)snprintf(p->other, sizeof(p->other), "%s/o.sqlite", p->folder);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	struct place *p = *state;
	char path[160];

	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", p->path,
		    suffixes[i]);
		(void)unlink(path);
		(void)snprintf(path, sizeof(path), "%s%s", p->other,
		    suffixes[i]);
		(void)unlink(path);
	}
	(void)rmdir(p->folder);
	free(p);
	return 0;
}

static struct catalogue *
open_it(const char *path)
{
	struct error err = { ERROR_NONE, "" };
	struct catalogue *c;

	c = catalogue_open(path, CATALOGUE_CREATE, BUSY_MS, &err);
	if (c == NULL)
		fail_msg("%s", err.text);
	return c;
}

static int
add_text(struct catalogue *c, const char *text, struct error *err)
{
	struct json *rec = json_parse(text, strlen(text), err);
	int status;

	assert_non_null(rec);
	status = catalogue_add(c, rec, err);
	json_free(rec);
	return status;
}

/* Add the three records in a transaction of their own. */
static void
add_all(struct catalogue *c)
{
	static const char *const texts[] = { original, cover, fragment };
	struct error err = { ERROR_NONE, "" };

	assert_int_equal(catalogue_begin(c, &err), 0);
	for (size_t i = 0; i < 3; i++)
		if (add_text(c, texts[i], &err) != 0)
			fail_msg("%s", err.text);
	assert_int_equal(catalogue_commit(c, &err), 0);
}

/* The dump as text; free it. */
static char *
dump(struct catalogue *c)
{
	struct error err = { ERROR_NONE, "" };
	char *text = NULL;
	size_t n_bytes;
	FILE *out = open_memstream(&text, &n_bytes);

	assert_non_null(out);
	assert_int_equal(inspect_dump(c, out, &err), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void
test_twice(void **state)
{
	const struct place *p = *state;
	struct catalogue *c = open_it(p->path);
	char *first, *second;

	add_all(c);
	first = dump(c);
	add_all(c);
	catalogue_close(c);
	c = open_it(p->path);
	second = dump(c);
	assert_string_equal(first, second);
	assert_non_null(strstr(first, "\"title_key\":\"a song\""));
	free(first);
	free(second);
	catalogue_close(c);
}

/* A fragment that is new, and one that a table spoke of before, end alike. */
static void
test_new_or_known(void **state)
{
	static const char row[] = "{\"group_id\":\"w\",\"fragment_id\":"
	    "\"f1\",\"id\":\"x\",\"audio_type\":\"cover\","
	    "\"interval\":[3.0,4.0],\"correlation\":0.5}";
	const char *const texts[] = { fragment, row, fragment };
	const struct place *p = *state;
	char *dumps[2];

	for (size_t i = 0; i < 2; i++) {
		struct catalogue *c = open_it(i == 0 ? p->path : p->other);

		assert_int_equal(add_text(c, texts[i], NULL), 0);
		assert_int_equal(add_text(c, texts[i + 1], NULL), 0);
		dumps[i] = dump(c);
		catalogue_close(c);
	}
	assert_string_equal(dumps[0], dumps[1]);
	assert_non_null(strstr(dumps[0], "\"decision\":\"keep\""));
	free(dumps[0]);
	free(dumps[1]);
}

/* Every member of "text" must be on the record with the same value. */
static int
check_against(void *context, struct json *rec, struct error *err)
{
	const char *text = context;
	struct json *wanted = json_parse(text, strlen(text), err);
	struct arena *a = arena_new();

	assert_non_null(wanted);
	assert_non_null(a);
	for (size_t i = 0; i < json_count(wanted); i++) {
		const char *name = json_member_name(wanted, i);
		char *have, *want;

		if (!json_has(rec, name))
			fail_msg("%s is missing", name);
		have = json_text(json_at(rec, name), a, err);
		want = json_text(json_at(wanted, name), a, err);
		assert_non_null(have);
		assert_non_null(want);
		assert_string_equal(have, want);
	}
	arena_free(a);
	json_free(wanted);
	return 0;
}

static void
test_what_comes_back(void **state)
{
	const struct place *p = *state;
	const struct recordings_filter originals = {
		.audio_type = "original" };
	const struct fragments_filter all = { .group_id = NULL };
	const struct fragments_filter none = { .decision = "drop" };
	struct error err = { ERROR_NONE, "" };
	struct catalogue *c = open_it(p->path);

	add_all(c);
	assert_int_equal(recordings_each(c, &originals, check_against,
	    (void *)(uintptr_t)original, &err), 0);
	assert_int_equal(fragments_each(c, &all, check_against,
	    (void *)(uintptr_t)fragment, &err), 0);
	assert_int_equal(fragments_each(c, &none, check_against,
	    (void *)(uintptr_t)"{\"never\":1}", &err), 0);
	catalogue_close(c);
}

/* Adding what a later stage knows keeps what was known; errors go. */
static void
test_brought_up_to_date(void **state)
{
	const struct place *p = *state;
	const struct recordings_filter covers = { .audio_type = "cover" };
	const struct recordings_filter inputs = { .audio_type = "cover",
	    .inputs_only = true };
	struct error err = { ERROR_NONE, "" };
	struct catalogue *c = open_it(p->path);
	char *text;

	assert_int_equal(catalogue_begin(c, &err), 0);
	assert_int_equal(add_text(c, "{\"id\":\"c\",\"group_id\":\"w\","
	    "\"audio_type\":\"cover\",\"audio_filepath\":\"x.mp3\","
	    "\"error\":\"chad-decode: no\"}", &err), 0);
	assert_int_equal(add_text(c, "{\"id\":\"c\",\"group_id\":\"w\","
	    "\"audio_type\":\"cover\",\"decode\":{\"path\":\"w/k.flac\","
	    "\"key\":\"k\",\"rate_hz\":16000},\"history\":[1]}", &err), 0);
	assert_int_equal(catalogue_commit(c, &err), 0);
	text = dump(c);
	assert_null(strstr(text, "chad-decode"));
	free(text);
	assert_int_equal(recordings_each(c, &covers, check_against,
	    (void *)(uintptr_t)"{\"audio_filepath\":\"x.mp3\",\"decode\":"
	    "{\"key\":\"k\",\"rate_hz\":16000,\"path\":\"w/k.flac\"}}",
	    &err), 0);
	assert_int_equal(recordings_each(c, &inputs, check_against,
	    (void *)(uintptr_t)"{\"audio_filepath\":\"x.mp3\"}", &err), 0);
	catalogue_close(c);
}

static void
test_refused_records(void **state)
{
	static const char *const bad[] = {
		"{\"id\":\"c\",\"audio_type\":\"cover\"}",
		"{\"id\":\"\",\"group_id\":\"w\",\"audio_type\":\"cover\"}",
		"{\"id\":\"c\",\"group_id\":\"w\",\"audio_type\":\"song\"}",
		"{\"id\":\"c\",\"group_id\":\"w\",\"audio_type\":\"cover\","
		    "\"offset\":-1}",
		"{\"group_id\":\"w\",\"fragment_id\":\"f\",\"id\":\"c\","
		    "\"audio_type\":\"cover\",\"interval\":[3,2]}",
		"{\"group_id\":\"w\",\"fragment_id\":\"f\",\"id\":\"c\","
		    "\"audio_type\":\"cover\",\"interval\":3}",
		"{\"group_id\":\"new\",\"fragment_id\":\"f\",\"id\":\"n\","
		    "\"audio_type\":\"cover\",\"original_id\":\"m\","
		    "\"interval\":[1,2],\"original_interval\":[1,2],"
		    "\"decision\":\"perhaps\"}",
		"{\"group_id\":\"w\",\"fragment_id\":\"none\",\"review\":"
		    "{\"reviewer\":\"ann\",\"verdict\":\"accept\"}}",
		"{\"group_id\":\"w\",\"fragment_id\":\"f1\",\"review\":"
		    "{\"reviewer\":\"ann\",\"verdict\":\"maybe\"}}",
	};
	const struct place *p = *state;
	struct error err = { ERROR_NONE, "" };
	struct catalogue *c = open_it(p->path);
	char *before, *after;

	add_all(c);
	before = dump(c);
	assert_int_equal(catalogue_begin(c, &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = (struct error){ ERROR_NONE, "" };
		assert_int_equal(add_text(c, bad[i], &err), -1);
		assert_int_equal(err.code, ERROR_FORMAT);
		assert_true(strlen(err.text) > 0);
	}
	assert_int_equal(catalogue_commit(c, NULL), 0);
	after = dump(c);
	assert_string_equal(before, after);
	free(before);
	free(after);
	catalogue_close(c);
}

static int
count_one(void *context, struct json *rec, struct error *err)
{
	(void)rec;
	(void)err;
	++*(size_t *)context;
	return 0;
}

/* A new round forgets what the last one found, but not what was reviewed. */
static void
test_reviews_stay(void **state)
{
	const struct place *p = *state;
	const struct fragments_filter all = { .group_id = NULL };
	struct error err = { ERROR_NONE, "" };
	struct catalogue *c = open_it(p->path);
	struct json *rec = json_parse(fragment, strlen(fragment), &err);
	size_t n = 0;

	assert_non_null(rec);
	assert_int_equal(catalogue_begin(c, &err), 0);
	assert_int_equal(rounds_open(c, "k1", 1, "{}", NULL, &err), 0);
	assert_int_equal(fragments_put(c, rec, "k1", &err), 0);
	assert_int_equal(json_put_string(rec, "fragment_id", "f2", &err), 0);
	assert_int_equal(fragments_put(c, rec, "k1", &err), 0);
	assert_int_equal(rounds_close(c, "k1", NULL, NULL, "it was better",
	    &err), 0);
	assert_int_equal(add_text(c, "{\"group_id\":\"w\",\"fragment_id\":"
	    "\"f2\",\"review\":{\"reviewer\":\"ann\",\"verdict\":"
	    "\"reject\",\"note\":\"not it\"}}", &err), 0);
	assert_int_equal(fragments_forget_mined(c, &err), 0);
	assert_int_equal(catalogue_commit(c, &err), 0);
	assert_int_equal(fragments_each(c, &all, count_one, &n, &err), 0);
	assert_int_equal(n, 1);
	n = 0;
	assert_int_equal(reviews_each(c, count_one, &n, &err), 0);
	assert_int_equal(n, 1);
	json_free(rec);
	catalogue_close(c);
}

static void
check_blocked(struct catalogue *c, const char *text, bool expected)
{
	struct error err = { ERROR_NONE, "" };
	struct json *rec = json_parse(text, strlen(text), &err);
	bool blocked;

	assert_non_null(rec);
	assert_int_equal(blocks_match(c, rec, &blocked, &err), 0);
	assert_int_equal(blocked, expected);
	json_free(rec);
}

static void
test_blocks(void **state)
{
	const struct place *p = *state;
	struct error err = { ERROR_NONE, "" };
	struct catalogue *c = open_it(p->path);
	struct json *rec = json_parse(original, strlen(original), &err);
	bool blocked;

	assert_non_null(rec);
	add_all(c);
	assert_int_equal(blocks_match_work(c, "w", &blocked, &err), 0);
	assert_false(blocked);
	assert_int_equal(blocks_put(c, rec, "held-out", &err), 0);
	assert_int_equal(blocks_put(c, rec, "held-out", &err), 0);
	json_free(rec);
	check_blocked(c, "{\"group_id\":\"w\"}", true);
	check_blocked(c, "{\"group_id\":\"x\"}", false);
	check_blocked(c, "{\"group_id\":\"x\",\"title\":\"a SONG (live)\"}",
	    true);
	check_blocked(c, "{\"group_id\":\"x\",\"youtube_id\":\"vvv\"}", true);
	check_blocked(c, "{\"group_id\":\"x\",\"title\":\"\"}", false);
	assert_int_equal(blocks_match_work(c, "w", &blocked, &err), 0);
	assert_true(blocked);
	catalogue_close(c);
}

static void
test_rounds(void **state)
{
	const struct place *p = *state;
	const int64_t seed = 7;
	const struct models_entry model = { SHA, "m1", "m1.safetensors", NULL,
	    NULL, &seed };
	const struct rounds_step made = { "align", "key", "a.jsonl", SHA };
	struct rounds_score score = { SHA, "top10", 0.5, true, 0.4, 0.6, 300 };
	struct error err = { ERROR_NONE, "" };
	struct catalogue *c = open_it(p->path);
	struct arena *a = arena_new();
	struct rounds_result result;
	bool found;
	char *text;

	assert_int_equal(rounds_open(c, "old", 1, "{}", NULL, &err), 0);
	assert_int_equal(rounds_put_step(c, "old", &made, &err), 0);
	/* Other inputs: what was begun is forgotten with its steps. */
	assert_int_equal(rounds_open(c, "new", 1, "{}", NULL, &err), 0);
	assert_int_equal(rounds_put_step(c, "old", &made, &err), -1);
	assert_int_equal(rounds_put_step(c, "new", &made, &err), 0);
	assert_int_equal(rounds_open(c, "new", 1, "{}", NULL, &err), 0);
	text = dump(c);
	assert_non_null(strstr(text, "\"round_key\":\"new\",\"name\":"
	    "\"align\",\"key\":\"key\",\"path\":\"a.jsonl\""));
	assert_null(strstr(text, "\"round_key\":\"old\""));
	free(text);

	assert_int_equal(models_put(c, &model, &err), 0);
	assert_int_equal(rounds_put_score(c, "new", &score, &err), 0);
	assert_int_equal(rounds_find(c, 1, a, &result, &found, &err), 0);
	assert_false(found);
	assert_int_equal(rounds_close(c, "new", SHA, SHA, "better", &err), 0);
	assert_int_equal(rounds_find(c, 1, a, &result, &found, &err), 0);
	assert_true(found);
	assert_string_equal(result.model_out_path, "m1.safetensors");
	assert_null(result.model_in);
	score.value = score.low = 0;
	assert_int_equal(rounds_find_score(c, "new", &score, &found, &err),
	    0);
	assert_true(found && score.value == 0.5 && score.low == 0.4);
	assert_int_equal(score.n, 300);
	arena_free(a);
	catalogue_close(c);
}

static void
check_refused(const char *path, enum catalogue_mode mode,
    enum error_code expected)
{
	struct error err = { ERROR_NONE, "" };

	assert_null(catalogue_open(path, mode, BUSY_MS, &err));
	assert_int_equal(err.code, expected);
	assert_non_null(strstr(err.text, path));
}

static void
test_bad_files(void **state)
{
	static const char text[] = "This is not a database, whatever it says. "
	    "It is long enough to have a header of a hundred bytes, as a "
	    "database must have.";
	const struct place *p = *state;
	struct error err = { ERROR_NONE, "" };
	struct catalogue *c;

	check_refused(p->path, CATALOGUE_READ, ERROR_IO);
	check_refused(p->folder, CATALOGUE_CREATE, ERROR_FORMAT);
	assert_int_equal(file_write(p->path, text, sizeof(text), &err), 0);
	check_refused(p->path, CATALOGUE_CREATE, ERROR_FORMAT);
	check_refused(p->path, CATALOGUE_READ, ERROR_FORMAT);
	/* An empty file is an empty catalogue for a writer, no other. */
	assert_int_equal(file_write(p->path, "", 0, &err), 0);
	check_refused(p->path, CATALOGUE_READ, ERROR_FORMAT);
	c = open_it(p->path);
	add_all(c);
	catalogue_close(c);
}

/* Bytes 60 to 63 of a SQLite file are user_version, 68 to 71 its owner. */
static void
change_byte(const char *path, long offset, int value)
{
	FILE *f = fopen(path, "r+b");

	assert_non_null(f);
	assert_int_equal(fseek(f, offset, SEEK_SET), 0);
	assert_int_equal(putc(value, f), value);
	assert_int_equal(fclose(f), 0);
}

static void
test_other_versions(void **state)
{
	const struct place *p = *state;

	catalogue_close(open_it(p->path));
	change_byte(p->path, 63, CATALOGUE_VERSION + 1);
	check_refused(p->path, CATALOGUE_READ, ERROR_FORMAT);
	check_refused(p->path, CATALOGUE_CREATE, ERROR_FORMAT);
	change_byte(p->path, 63, CATALOGUE_VERSION);
	change_byte(p->path, 60, 0xff);		/* a negative number */
	check_refused(p->path, CATALOGUE_READ, ERROR_FORMAT);
	check_refused(p->path, CATALOGUE_CREATE, ERROR_FORMAT);
	change_byte(p->path, 60, 0);
	change_byte(p->path, 71, 0);
	check_refused(p->path, CATALOGUE_WRITE, ERROR_FORMAT);
}

/* While one writes, another waits, then says so; readers see the past. */
static void
test_two_writers(void **state)
{
	const struct place *p = *state;
	struct error err = { ERROR_NONE, "" };
	struct catalogue *one = open_it(p->path);
	struct catalogue *two = open_it(p->path);
	char *before, *during;

	before = dump(two);
	assert_int_equal(catalogue_begin(one, &err), 0);
	assert_int_equal(add_text(one, original, &err), 0);
	assert_int_equal(catalogue_begin(two, &err), -1);
	assert_int_equal(err.code, ERROR_BUSY);
	during = dump(two);
	assert_string_equal(before, during);
	assert_int_equal(catalogue_commit(one, NULL), 0);
	assert_int_equal(catalogue_begin(two, &err), 0);
	assert_int_equal(add_text(two, cover, &err), 0);
	/* Closed without a commit: nothing of it stays. */
	catalogue_close(two);
	free(during);
	during = dump(one);
	assert_null(strstr(during, "\"id\":\"c\""));
	assert_non_null(strstr(during, "\"id\":\"o\""));
	free(before);
	free(during);
	catalogue_close(one);
}

static void
count_problem(void *context, const char *sentence)
{
	assert_true(strlen(sentence) > 0);
	++*(size_t *)context;
}

static void
test_merge_and_verify(void **state)
{
	const struct place *p = *state;
	struct error err = { ERROR_NONE, "" };
	struct catalogue *c = open_it(p->path);
	struct catalogue *other = open_it(p->other);
	size_t n_taken, n_differ, n_problems, n_heard = 0;
	char *mine, *theirs;

	add_all(other);
	theirs = dump(other);
	assert_int_equal(merge_take(c, p->other, &n_taken, &n_differ,
	    &err), 0);
	assert_int_equal(n_taken, 6);
	assert_int_equal(n_differ, 0);
	mine = dump(c);
	assert_string_equal(mine, theirs);
	assert_int_equal(merge_take(c, p->other, &n_taken, &n_differ,
	    &err), 0);
	assert_int_equal(n_taken, 0);

	assert_int_equal(add_text(c, "{\"id\":\"c\",\"group_id\":\"w\","
	    "\"audio_type\":\"humming\",\"decode\":{\"path\":\"no/k.flac\","
	    "\"key\":\"k\"}}", &err), 0);
	assert_int_equal(merge_take(c, p->other, &n_taken, &n_differ,
	    &err), 0);
	assert_int_equal(n_differ, 1);
	assert_int_equal(inspect_verify(c, count_problem, &n_heard,
	    &n_problems, &err), 0);
	assert_int_equal(n_problems, 1);
	assert_int_equal(n_heard, 1);
	free(mine);
	free(theirs);
	catalogue_close(other);
	catalogue_close(c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_twice),
		TEST(test_new_or_known),
		TEST(test_what_comes_back),
		TEST(test_brought_up_to_date),
		TEST(test_refused_records),
		TEST(test_reviews_stay),
		TEST(test_blocks),
		TEST(test_rounds),
		TEST(test_bad_files),
		TEST(test_other_versions),
		TEST(test_two_writers),
		TEST(test_merge_and_verify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
