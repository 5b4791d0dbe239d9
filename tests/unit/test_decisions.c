/*
 * What the catalogue says of a fragment: reviews outrank scores, a fragment
 * has the two ends it was given last, and nothing is lost on the way through
 * a table or a round that was given up.
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

#include "base/arena.h"
#include "store/catalogue.h"
#include "store/fragments.h"
#include "store/inspect.h"
#include "store/merge.h"
#include "store/recordings.h"
#include "store/rounds.h"

#define FRAGMENT(fragment_id, id, decision) \
	"{\"group_id\":\"w\",\"fragment_id\":\"" fragment_id "\"," \
	"\"id\":\"" id "\",\"audio_type\":\"cover\",\"original_id\":\"o\"," \
	"\"rate_hz\":16000,\"interval_samples\":[16000,176000]," \
	"\"interval\":[1.0,11.0]," \
	"\"original_interval_samples\":[32000,192000]," \
	"\"original_interval\":[2.0,12.0],\"decision\":\"" decision "\"}"
#define REVIEW(fragment_id, reviewer, verdict) \
	"{\"group_id\":\"w\",\"fragment_id\":\"" fragment_id "\"," \
	"\"review\":{\"reviewer\":\"" reviewer "\",\"verdict\":\"" verdict \
	"\"}}"

struct place {
	char folder[64];
	char path[128];
	struct catalogue *c;
};

static int
set_up(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	(void)snprintf(p->folder, sizeof(p->folder), "/tmp/chad-store-XXXXXX");
	if (mkdtemp(p->folder) == NULL)
		return -1;
	(void)snprintf(p->path, sizeof(p->path), "%s/c.sqlite", p->folder);
	p->c = catalogue_open(p->path, CATALOGUE_CREATE, 0, &err);
	*state = p;
	return p->c == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	catalogue_close(p->c);	/* takes the -wal and -shm files away */
	(void)unlink(p->path);
	(void)rmdir(p->folder);
	free(p);
	return 0;
}

static struct json *
parse(const char *text)
{
	struct error err = { ERROR_NONE, "" };
	struct json *rec = json_parse(text, strlen(text), &err);

	if (rec == NULL)
		fail_msg("%s", err.text);
	return rec;
}

static void
add(struct catalogue *c, const char *text)
{
	struct error err = { ERROR_NONE, "" };
	struct json *rec = parse(text);

	if (catalogue_add(c, rec, &err) != 0)
		fail_msg("%s", err.text);
	json_free(rec);
}

/* Store a fragment as found by a round. */
static void
find(struct catalogue *c, const char *round_key, const char *text)
{
	struct error err = { ERROR_NONE, "" };
	struct json *rec = parse(text);

	if (fragments_put(c, rec, round_key, &err) != 0)
		fail_msg("%s", err.text);
	json_free(rec);
}

static int
count_one(void *context, struct json *rec, struct error *err)
{
	(void)rec;
	(void)err;
	++*(size_t *)context;
	return 0;
}

static void
check_count(struct catalogue *c, const char *decision, size_t n_fragments,
    size_t n_rows)
{
	const struct fragments_filter some = { .decision = decision };
	size_t n = 0;

	assert_int_equal(fragments_each(c, &some, count_one, &n, NULL), 0);
	assert_int_equal(n, n_fragments);
	n = 0;
	assert_int_equal(fragments_each_row(c, &some, count_one, &n, NULL),
	    0);
	assert_int_equal(n, n_rows);
}

/* A rejected fragment of an earlier round is not kept, whatever it scored. */
static void
test_reviews_outrank(void **state)
{
	const struct place *p = *state;

	add(p->c, FRAGMENT("f1", "c", "keep"));
	add(p->c, FRAGMENT("f2", "c", "flag"));
	check_count(p->c, "keep", 1, 2);
	add(p->c, REVIEW("f1", "ann", "reject"));
	add(p->c, REVIEW("f2", "ann", "accept"));
	add(p->c, REVIEW("f2", "bob", "accept"));
	add(p->c, REVIEW("f2", "cy", "reject"));
	check_count(p->c, "keep", 1, 2);
	check_count(p->c, "drop", 1, 2);
	check_count(p->c, "flag", 0, 0);
	add(p->c, REVIEW("f1", "bob", "accept"));
	check_count(p->c, "flag", 1, 2);
	add(p->c, REVIEW("f1", "bob", "unsure"));
	check_count(p->c, "drop", 1, 2);
}

/* A fragment that comes again with another cover has not three ends. */
static void
test_replaced(void **state)
{
	const struct place *p = *state;

	add(p->c, FRAGMENT("f1", "c", "keep"));
	add(p->c, FRAGMENT("f1", "d", "keep"));
	check_count(p->c, NULL, 1, 2);
}

/* Nor has one that another catalogue aligned with another cover. */
static void
test_merged(void **state)
{
	const struct place *p = *state;
	struct error err = { ERROR_NONE, "" };
	struct catalogue *other;
	size_t n_taken, n_differ;
	char path[144];

	(void)snprintf(path, sizeof(path), "%s.other", p->path);
	other = catalogue_open(path, CATALOGUE_CREATE, 0, &err);
	assert_non_null(other);
	add(other, FRAGMENT("f1", "d", "keep"));
	add(other, FRAGMENT("f2", "d", "keep"));
	add(p->c, FRAGMENT("f1", "c", "keep"));
	assert_int_equal(merge_take(p->c, path, &n_taken, &n_differ,
	    &err), 0);
	check_count(p->c, NULL, 2, 4);
	assert_int_equal(n_differ, 1);	/* f1 with d */
	catalogue_close(other);
	(void)unlink(path);
}

static int
check_samples(void *context, struct json *rec, struct error *err)
{
	const bool *expected = context;

	(void)err;
	assert_int_equal(json_has(rec, "interval_samples"), *expected);
	assert_true(json_has(rec, "original_interval_samples"));
	return 0;
}

/* Rows of a table about aligned ends leave the alignment in place. */
static void
test_rows_of_aligned(void **state)
{
	const struct place *p = *state;
	const struct fragments_filter all = { .group_id = NULL };
	bool expected = true;

	add(p->c, FRAGMENT("f1", "c", "keep"));
	add(p->c, "{\"group_id\":\"w\",\"fragment_id\":\"f1\",\"id\":\"c\","
	    "\"audio_type\":\"cover\",\"interval\":[1.0,11.0]}");
	check_count(p->c, "keep", 1, 2);
	assert_int_equal(fragments_each(p->c, &all, check_samples, &expected,
	    NULL), 0);
	/* Other times are other samples, which the row does not know. */
	add(p->c, "{\"group_id\":\"w\",\"fragment_id\":\"f1\",\"id\":\"c\","
	    "\"audio_type\":\"cover\",\"interval\":[1.5,11.0]}");
	check_count(p->c, "keep", 1, 2);
	expected = false;
	assert_int_equal(fragments_each(p->c, &all, check_samples, &expected,
	    NULL), 0);
}

/* A round whose inputs changed before it was done leaves only reviews. */
static void
test_round_given_up(void **state)
{
	const struct place *p = *state;
	struct error err = { ERROR_NONE, "" };
	size_t n = 0;

	assert_int_equal(rounds_open(p->c, "k1", 1, "{}", NULL, &err), 0);
	find(p->c, "k1", FRAGMENT("f1", "c", "keep"));
	find(p->c, "k1", FRAGMENT("f2", "c", "flag"));
	add(p->c, REVIEW("f2", "ann", "accept"));
	if (rounds_open(p->c, "k2", 1, "{}", NULL, &err) != 0)
		fail_msg("%s", err.text);
	check_count(p->c, NULL, 1, 2);
	check_count(p->c, "keep", 1, 2);
	assert_int_equal(rounds_each(p->c, count_one, &n, &err), 0);
	assert_int_equal(n, 1);
}

static int
keep_text(void *context, struct json *rec, struct error *err)
{
	struct arena *a = arena_new();
	const char *text;

	assert_non_null(a);
	text = json_text(rec, a, err);
	assert_non_null(text);
	(void)snprintf(context, 512, "%s", text);
	arena_free(a);
	return 0;
}

/* What a round starts from is the same after its stages have run. */
static void
test_inputs_stay(void **state)
{
	static const char *const came[] = {
		"{\"group_id\":\"w\",\"id\":\"o\",\"audio_type\":\"original\","
		    "\"audio_filepath\":\"o.wav\",\"x\":null,"
		    "\"y\":{\"a\":null,\"b\":1}}",
		"{\"group_id\":\"w\",\"id\":\"o\",\"audio_type\":\"original\","
		    "\"youtube_id\":\"vvv\"}",
	};
	static const char *const left[] = {
		"{\"group_id\":\"w\",\"id\":\"o\",\"audio_type\":\"original\","
		    "\"audio_filepath\":\"o.wav\",\"x\":null,"
		    "\"y\":{\"a\":null,\"b\":1},\"decode\":{\"key\":\"k\"},"
		    "\"history\":[1]}",
		"{\"group_id\":\"w\",\"id\":\"o\",\"audio_type\":\"original\","
		    "\"youtube_id\":\"vvv\",\"error\":\"chad-decode: no\"}",
	};
	const struct place *p = *state;
	struct error err = { ERROR_NONE, "" };

	for (size_t i = 0; i < 2; i++) {
		const char group_id[] = { 'w', (char)('0' + i), '\0' };
		const struct recordings_filter inputs = {
			.group_id = group_id, .inputs_only = true };
		struct json *before = parse(came[i]);
		struct json *after = parse(left[i]);
		char first[512] = "", second[512] = "";

		assert_int_equal(json_put_string(before, "group_id", group_id,
		    &err), 0);
		assert_int_equal(json_put_string(after, "group_id", group_id,
		    &err), 0);
		assert_int_equal(recordings_put(p->c, before, &err), 0);
		assert_int_equal(recordings_each(p->c, &inputs, keep_text,
		    first, &err), 0);
		assert_int_equal(recordings_put(p->c, after, &err), 0);
		assert_int_equal(recordings_each(p->c, &inputs, keep_text,
		    second, &err), 0);
		assert_string_equal(first, second);
		json_free(before);
		json_free(after);
	}
}

/* What the one fragment says of where it lies, as JSON without spaces. */
static int
keep_place(void *context, struct json *rec, struct error *err)
{
	static const char *const members[] = { "interval",
	    "interval_samples", "original_interval", "tempo_ratio" };
	char *text = context;
	struct arena *a = arena_new();

	assert_non_null(a);
	text[0] = '\0';
	for (size_t i = 0; i < 4; i++) {
		const struct json *j = json_at(rec, members[i]);
		const size_t n = strlen(text);

		if (j != NULL && json_is_array(j))
			(void)snprintf(text + n, 200 - n, "%s ",
			    json_text(j, a, err));
		else if (j != NULL) {
			double value = 0;

			assert_int_equal(json_want_number(rec, members[i],
			    &value, err), 0);
			(void)snprintf(text + n, 200 - n, "%g", value);
		}
	}
	arena_free(a);
	return 0;
}

static void
check_place(struct catalogue *c, const char *want)
{
	const struct fragments_filter all = { .group_id = "w" };
	char text[200];

	assert_int_equal(fragments_each(c, &all, keep_place, text, NULL), 0);
	assert_string_equal(text, want);
}

#define MOVE(reviewer, verdict, intervals) \
	"{\"group_id\":\"w\",\"fragment_id\":\"f1\",\"review\":{" \
	"\"reviewer\":\"" reviewer "\",\"verdict\":\"" verdict "\"" \
	intervals "}}"

/* Where a person moved it is where it lies, in rounds to come as well. */
static void
test_moved(void **state)
{
	const struct place *p = *state;
	struct json *rec = parse(MOVE("cy", "reject",
	    ",\"interval\":[1,2]"));

	add(p->c, FRAGMENT("f1", "c", "flag"));
	check_place(p->c, "[1.0,11.0] [16000,176000] [2.0,12.0] ");
	add(p->c, MOVE("bob", "accept", ",\"interval\":[2,7]"));
	check_place(p->c, "[2.0,7.0] [32000,112000] [2.0,12.0] 0.5");
	/* Each end has the first who moved it. */
	add(p->c, MOVE("ann", "accept", ",\"original_interval\":[3,13]"));
	check_place(p->c, "[2.0,7.0] [32000,112000] [3.0,13.0] 0.5");
	add(p->c, FRAGMENT("f1", "c", "drop"));
	check_place(p->c, "[2.0,7.0] [32000,112000] [3.0,13.0] 0.5");
	/* A last word without times takes them back. */
	add(p->c, MOVE("bob", "accept", ""));
	check_place(p->c, "[1.0,11.0] [16000,176000] [3.0,13.0] 1");
	assert_int_equal(catalogue_add(p->c, rec, NULL), -1);
	json_free(rec);
	rec = parse(MOVE("cy", "accept", ",\"interval\":[2,2]"));
	assert_int_equal(catalogue_add(p->c, rec, NULL), -1);
	json_free(rec);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reviews_outrank),
		TEST(test_replaced),
		TEST(test_merged),
		TEST(test_rows_of_aligned),
		TEST(test_round_given_up),
		TEST(test_inputs_stay),
		TEST(test_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
