/* Verdicts written as lists and read again are the same; what is broken is
 * told and the rest taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "exchange/verdict_list.h"
#include "tests/lib/flagged.h"
#include "tests/lib/temp_folder.h"

static const char *const reviews[] = {
	"{\"group_id\":\"w0\",\"fragment_id\":\"f0\",\"review\":{\"reviewer\":"
	    "\"ann\",\"verdict\":\"accept\",\"note\":\"a \\\"b\\\",\\nc\","
	    "\"interval\":[1.25,9.5],\"reasons\":[\"key\",\"tempo\"],"
	    "\"spent_sec\":3.5,\"at\":1000}}",
	"{\"group_id\":\"w0\",\"fragment_id\":\"f0\",\"review\":{\"reviewer\":"
	    "\"zoe\",\"verdict\":\"unsure\",\"role\":\"adjudicator\"}}",
	"{\"group_id\":\"w0\",\"fragment_id\":\"f1\",\"review\":{\"reviewer\":"
	    "\"b@x\",\"verdict\":\"accept\",\"original_interval\":"
	    "[24.5,36.0]}}",
};

static struct catalogue *
make(size_t n_reviews)
{
	struct catalogue *c = flagged_open(":memory:");

	flagged_add(c, 0, 1, 2, "flag");
	for (size_t i = 0; i < n_reviews; i++)
		flagged_add_text(c, reviews[i]);
	return c;
}

/* The list as text; free it. */
static char *
text_of(struct catalogue *c, enum verdict_list_format format)
{
	struct error err = { ERROR_NONE, "" };
	char *text = NULL;
	size_t n_bytes;
	FILE *out = open_memstream(&text, &n_bytes);

	assert_non_null(out);
	if (verdict_list_write(c, format, out, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void
refuse(void *context, const char *where, const struct error *why)
{
	char *places = context;

	assert_true(strlen(why->text) > 0);
	(void)snprintf(places + strlen(places), 200 - strlen(places), "%s;",
	    where);
}

static size_t
import(struct catalogue *c, const char *text, char places[200])
{
	struct error err = { ERROR_NONE, "" };
	char path[64];
	size_t n;

	places[0] = '\0';
	(void)snprintf(path, sizeof(path), "%s/list", temp_folder);
	assert_int_equal(file_write(path, text, strlen(text), &err), 0);
	if (verdict_list_import(c, path, "me", 1, refuse, places, &n,
	    &err) != 0)
		fail_msg("%s", err.text);
	return n;
}

static void
test_round_trip(void **state)
{
	struct catalogue *c = make(3);
	char *wanted = text_of(c, VERDICT_LIST_JSONL);
	char places[200];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct catalogue *other = make(0);
		char *text = text_of(c, i == 0 ? VERDICT_LIST_JSONL :
		    VERDICT_LIST_CSV), *again;

		assert_int_equal(import(other, text, places), 3);
		assert_string_equal(places, "");
		again = text_of(other, VERDICT_LIST_JSONL);
		assert_string_equal(again, wanted);
		free(text);
		free(again);
		catalogue_close(other);
	}
	free(wanted);
	catalogue_close(c);
}

/* Tasks carry all but the role, the reasons and the time. */
static void
test_tasks(void **state)
{
	static const char export[] = "[{\"data\":{\"group_id\":\"w0\","
	    "\"fragment_id\":\"f1\",\"interval\":[20,30],"
	    "\"original_interval\":[25,35],\"before_sec\":2,"
	    "\"original_before_sec\":1.5},\"annotations\":[{\"completed_by\":"
	    "7,\"lead_time\":12.5,\"was_cancelled\":false,\"result\":["
	    "{\"from_name\":\"fragment\",\"value\":{\"start\":3,\"end\":12,"
	    "\"labels\":[\"fragment\"]}},{\"from_name\":\"original_fragment\","
	    "\"value\":{\"start\":1.5,\"end\":11.5}},{\"from_name\":"
	    "\"verdict\",\"value\":{\"choices\":[\"accept\"]}},{\"from_name\":"
	    "\"note\",\"value\":{\"text\":[\"hm\"]}}]},{\"completed_by\":8,"
	    "\"was_cancelled\":true,\"result\":[]},{\"completed_by\":9,"
	    "\"result\":[]}]},{\"data\":{},\"annotations\":[{\"result\":[]}]}"
	    "]";
	struct catalogue *c = make(3), *other = make(0);
	char *text = text_of(c, VERDICT_LIST_TASKS), *lines;
	char places[200];

	(void)state;
	assert_int_equal(import(other, text, places), 3);
	assert_string_equal(places, "");
	free(text);
	lines = text_of(other, VERDICT_LIST_JSONL);
	assert_non_null(strstr(lines, "\"verdict\":\"accept\",\"note\":"
	    "\"a \\\"b\\\",\\nc\",\"interval\":[1.25,9.5],\"spent_sec\":3.5"));
	assert_non_null(strstr(lines, "\"reviewer\":\"zoe\",\"verdict\":"
	    "\"unsure\"}"));
	assert_non_null(strstr(lines, "\"original_interval\":[24.5,36.0]"));
	free(lines);
	/* As Label Studio gives back what chad-store has exported. */
	assert_int_equal(import(other, export, places), 1);
	assert_string_equal(places, "task 2;");
	lines = text_of(other, VERDICT_LIST_JSONL);
	assert_non_null(strstr(lines, "\"reviewer\":\"label-studio-7\","
	    "\"verdict\":\"accept\",\"note\":\"hm\",\"interval\":[21.0,30.0],"
	    "\"spent_sec\":12.5}"));
	free(lines);
	catalogue_close(c);
	catalogue_close(other);
}

static void
test_broken(void **state)
{
	struct catalogue *c = make(0);
	char text[1024], places[200];
	struct error err = { ERROR_NONE, "" };
	size_t n;

	(void)state;
	(void)snprintf(text, sizeof(text), "%s\n{\n\n{\"a\":1}\n%s", reviews[0],
	    reviews[1]);
	assert_int_equal(import(c, text, places), 2);
	assert_string_equal(places, "line 2;line 4;");
	assert_int_equal(import(c, "group_id,fragment_id,review.reviewer,"
	    "review.verdict,review.interval\nw0,f0,x,accept,\"[1,2\"\n"
	    "w0,f0,y,reject\r\nw0,f9,y,reject,\n", places), 1);
	assert_string_equal(places, "line 2;line 4;");
	/* A quote that is not closed costs its line, not the list. */
	assert_int_equal(import(c, "group_id,fragment_id,review.reviewer,"
	    "review.verdict,review.note\nw0,f0,z,accept,\"oh\n"
	    "w0,f0,v,reject,\n", places), 1);
	assert_string_equal(places, "line 2;");
	(void)snprintf(text, sizeof(text), "%s/list", temp_folder);
	assert_int_equal(file_write(text, "group_id,\"a\nb", 13, &err), 0);
	assert_int_equal(verdict_list_import(c, text, "me", 1, refuse, places,
	    &n, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	assert_int_equal(file_write(text, "[{]", 3, &err), 0);
	assert_int_equal(verdict_list_import(c, text, "me", 1, refuse, places,
	    &n, &err), -1);
	catalogue_close(c);
}

static int
add_label(void *context, struct json *label, struct error *err)
{
	struct arena *a = arena_new();
	const char *text = json_text(label, a, err);

	assert_non_null(text);
	assert_true(strlen(context) + strlen(text) < 2000);
	memcpy((char *)context + strlen(context), text, strlen(text) + 1);
	arena_free(a);
	return 0;
}

static void
test_labels(void **state)
{
	struct catalogue *c = make(1);
	char text[2000] = "";

	(void)state;
	assert_int_equal(verdict_list_labels(c, add_label, text, NULL), 0);
	assert_string_equal(text, "{\"recording\":\"o\",\"interval\":"
	    "[5.0,15.0],\"label\":\"accept ann: f0\"}{\"recording\":\"c\","
	    "\"interval\":[1.25,9.5],\"label\":\"accept ann: f0\"}");
	catalogue_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_tasks),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, temp_folder_set_up,
	    temp_folder_tear_down);
}
