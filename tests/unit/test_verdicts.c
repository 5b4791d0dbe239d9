/* What people said holds for the fragment, and for one found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "mine/verdicts.h"
#include "store/catalogue.h"

static const char *const records[] = {
	"{\"group_id\":\"w\",\"fragment_id\":\"f1\",\"id\":\"c\","
	    "\"audio_type\":\"cover\",\"original_id\":\"o\","
	    "\"interval\":[10,20],\"original_interval\":[30,40]}",
	"{\"group_id\":\"w\",\"fragment_id\":\"f2\",\"id\":\"c\","
	    "\"audio_type\":\"cover\",\"original_id\":\"o\","
	    "\"interval\":[50,60],\"original_interval\":[70,80]}",
	"{\"group_id\":\"w\",\"fragment_id\":\"f1\",\"review\":"
	    "{\"reviewer\":\"ann\",\"verdict\":\"reject\"}}",
	"{\"group_id\":\"w\",\"fragment_id\":\"f1\",\"review\":"
	    "{\"reviewer\":\"bob\",\"verdict\":\"reject\"}}",
	"{\"group_id\":\"w\",\"fragment_id\":\"f1\",\"review\":"
	    "{\"reviewer\":\"cy\",\"verdict\":\"accept\"}}",
	"{\"group_id\":\"w\",\"fragment_id\":\"f2\",\"review\":"
	    "{\"reviewer\":\"ann\",\"verdict\":\"accept\"}}",
};
static const char moved[] =
	"{\"group_id\":\"w\",\"fragment_id\":\"f2\",\"review\":"
	    "{\"reviewer\":\"ann\",\"verdict\":\"accept\","
	    "\"interval\":[51,58]}}";

static void
add_all(struct catalogue *c, size_t n)
{
	struct error err = { ERROR_NONE, "" };

	assert_int_equal(catalogue_begin(c, &err), 0);
	for (size_t i = 0; i < n; i++) {
		struct json *rec = json_parse(records[i], strlen(records[i]),
		    &err);

		assert_non_null(rec);
		if (catalogue_add(c, rec, &err) != 0)
			fail_msg("%s", err.text);
		json_free(rec);
	}
	assert_int_equal(catalogue_commit(c, &err), 0);
}

static void
add_text(struct catalogue *c, const char *text)
{
	struct json *rec = json_parse(text, strlen(text), NULL);

	assert_non_null(rec);
	assert_int_equal(catalogue_begin(c, NULL), 0);
	assert_int_equal(catalogue_add(c, rec, NULL), 0);
	assert_int_equal(catalogue_commit(c, NULL), 0);
	json_free(rec);
}

/* A fragment of "seconds" from these places on. */
static struct json *
fragment_of(const char *fragment_id, double from, double original_from,
    double seconds, const char *decision)
{
	char text[512];
	struct json *rec;

	(void)snprintf(text, sizeof(text), "{\"group_id\":\"w\","
	    "\"fragment_id\":\"%s\",\"id\":\"c\",\"original_id\":\"o\","
	    "\"interval\":[%g,%g],\"original_interval\":[%g,%g],"
	    "\"decision\":\"%s\"}", fragment_id, from, from + seconds,
	    original_from, original_from + seconds, decision);
	rec = json_parse(text, strlen(text), NULL);
	assert_non_null(rec);
	return rec;
}

/* f1, of 10..20 and 30..40, was rejected. */
static void
check_parts(const struct verdicts *v)
{
	static const struct {
		double from, seconds;
		const char *decision, *want;
	} cases[] = {
		{ 12, 3, "keep", "drop" },	/* a piece of it */
		{ 18, 3, "keep", "drop" },	/* the most of which is */
		{ 18, 5, "keep", NULL },	/* less than half of which is */
		{ 0, 40, "keep", "flag" },	/* holds all of it */
		{ 0, 40, "drop", NULL },
		{ 15, 30, "keep", "flag" },	/* holds half of it */
		{ 16, 30, "keep", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json *rec = fragment_of("new", cases[i].from,
		    cases[i].from + 20, cases[i].seconds, cases[i].decision);
		const char *word = verdicts_on(v, rec);

		if (cases[i].want == NULL)
			assert_null(word);
		else {
			assert_non_null(word);
			assert_string_equal(word, cases[i].want);
		}
		json_free(rec);
	}
}

/* f2 was accepted; found again it is the one that is in the catalogue. */
static void
check_accepted(const struct verdicts *v, double from, double to)
{
	struct json *rec = fragment_of("again", 52, 72, 7, "drop");
	double at;

	assert_int_equal(verdicts_n_accepted(v), 1);
	assert_int_equal(verdicts_find_accepted(v, rec), 0);
	json_free(rec);
	rec = fragment_of("new", 10, 30, 10, "keep");
	assert_int_equal(verdicts_find_accepted(v, rec), 1);
	json_free(rec);
	assert_int_equal(json_want_number(verdicts_accepted(v, 0),
	    "interval.0", &at, NULL), 0);
	assert_true(at == from);
	assert_int_equal(json_want_number(verdicts_accepted(v, 0),
	    "interval.1", &at, NULL), 0);
	assert_true(at == to);
	assert_int_equal(json_want_number(verdicts_accepted(v, 0),
	    "original_interval.1", &at, NULL), 0);
	assert_true(at == 80);
}

static void
check(const struct verdicts *v, const char *fragment_id, const char *id,
    double from, double original_from, const char *expected)
{
	char text[512];
	struct json *rec;
	const char *word;

	(void)snprintf(text, sizeof(text), "{\"group_id\":\"w\","
	    "\"fragment_id\":\"%s\",\"id\":\"%s\",\"original_id\":\"o\","
	    "\"interval\":[%g,%g],\"original_interval\":[%g,%g]}",
	    fragment_id, id, from, from + 10, original_from,
	    original_from + 10);
	rec = json_parse(text, strlen(text), NULL);
	assert_non_null(rec);
	word = verdicts_on(v, rec);
	if (expected == NULL)
		assert_null(word);
	else {
		assert_non_null(word);
		assert_string_equal(word, expected);
	}
	json_free(rec);
}

static void
test_verdicts(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char folder[] = "/tmp/chad-mine-XXXXXX";
	char path[64], name[80], before[HASH_HEX_BYTES];
	struct catalogue *c;
	struct verdicts *v;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/c.sqlite", folder);
	c = catalogue_open(path, CATALOGUE_CREATE, 0, NULL);
	assert_non_null(c);
	add_all(c, 2);
	v = verdicts_load(c, NULL);
	assert_non_null(v);
	check(v, "f1", "c", 10, 30, NULL);
	(void)snprintf(before, sizeof(before), "%s", verdicts_sha256(v));
	verdicts_free(v);

	add_all(c, sizeof(records) / sizeof(records[0]));
	v = verdicts_load(c, NULL);
	assert_non_null(v);
	assert_string_not_equal(before, verdicts_sha256(v));
	check(v, "f1", "c", 10, 30, "drop");	/* two against one */
	check(v, "f2", "c", 50, 70, "keep");
	check(v, "new", "c", 12, 32, "drop");	/* 8 of 12 s shared */
	check(v, "new", "c", 16, 36, NULL);	/* 4 of 16 s */
	check(v, "new", "c", 12, 70, NULL);	/* in one of the two only */
	check(v, "new", "other", 10, 30, NULL);
	check_parts(v);
	check_accepted(v, 50, 60);
	(void)snprintf(before, sizeof(before), "%s", verdicts_sha256(v));
	verdicts_free(v);

	add_text(c, moved);
	v = verdicts_load(c, NULL);
	assert_non_null(v);
	assert_string_not_equal(before, verdicts_sha256(v));
	check_accepted(v, 51, 58);
	verdicts_free(v);
	catalogue_close(c);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path,
		    suffixes[i]);
		(void)unlink(name);
	}
	(void)rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
