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
