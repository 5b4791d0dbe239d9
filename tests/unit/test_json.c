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

static struct json *
parse(const char *text)
{
	struct error err = { ERROR_NONE, "" };
	struct json *j = json_parse(text, strlen(text), &err);

	if (j == NULL)
		fail_msg("%s: %s", text, err.text);
	return j;
}

static void
assert_text(const struct json *j, const char *want)
{
	struct arena *a = arena_new();
	struct error err = { ERROR_NONE, "" };
	char *text = json_text(j, a, &err);

	assert_non_null(text);
	assert_string_equal(text, want);
	arena_free(a);
}

/* Lines that come out as they went in: order, types, escapes. */
static void
text_survives_reading_and_writing(void **state)
{
	static const char *const lines[] = {
		"{}", "[]", "null", "true", "\"x\"", "12",
		"{\"z\":1,\"a\":2,\"m\":{\"q\":[],\"b\":{}}}",
		"[0.1,1e+300,-2.5e-07,3.0,-0.0,9007199254740993,1.1]",
		"{\"quote\":\"\\\"\\\\\\n\\t\\u0001\"}",
		"{\"\xc3\xbc\":\"\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x8e\xb5\"}",
		"[-9223372036854775808,9223372036854775807]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct json *j = parse(lines[i]);

		assert_text(j, lines[i]);
		json_free(j);
	}
}

static void
what_is_no_json_is_refused(void **state)
{
	static const char *const lines[] = { "", " ", "{", "{\"a\":1,}", "nul",
		"[1 2]", "{} {}", "NaN", "[Infinity]", "1e999", "\"\\u0000\"",
		"{\"a\":1,\"a\":2}", "99999999999999999999", "\"\xff\"",
		"\"\xc0\xaf\"", "\"\\ud800\"", "{'a':1}", "\xef\xbb\xbf{}" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct error err = { ERROR_NONE, "" };

		if (json_parse(lines[i], strlen(lines[i]), &err) != NULL)
			fail_msg("taken: %s", lines[i]);
		assert_int_equal(err.code, ERROR_FORMAT);
	}
}

static void
nesting_is_limited(void **state)
{
	char text[3000];
	struct error err = { ERROR_NONE, "" };
	struct json *j;

	(void)state;
	for (size_t depth = 60; depth < 70; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		j = json_parse(text, 2 * depth, &err);
		assert_true((j != NULL) == (depth <= 64));
		json_free(j);
	}
	memset(text, '[', 1400);
	memset(text + 1400, ']', 1400);
	assert_null(json_parse(text, 2800, &err));
	assert_int_equal(err.code, ERROR_LIMIT);
	/* Beyond what Jansson itself follows. */
	memset(text, '[', sizeof(text));
	assert_null(json_parse(text, sizeof(text), &err));
}

static void
paths_lead_to_values(void **state)
{
	struct json *j = parse("{\"f0\":{\"path\":\"x\",\"n\":[{\"k\":7},8]},"
	    "\"flag\":true,\"zero\":3.0,\"neg\":-1,\"half\":0.5}");
	struct error err = { ERROR_NONE, "" };
	const char *text;
	double number;
	size_t size;
	bool flag;

	(void)state;
	assert_int_equal(json_want_string(j, "f0.path", &text, &err), 0);
	assert_string_equal(text, "x");
	assert_int_equal(json_want_size(j, "f0.n.0.k", &size, &err), 0);
	assert_int_equal(size, 7);
	assert_int_equal(json_want_number(j, "f0.n.1", &number, &err), 0);
	assert_true(number == 8.0);
	assert_int_equal(json_want_size(j, "zero", &size, &err), 0);
	assert_int_equal(size, 3);
	assert_int_equal(json_get_bool(j, "flag", false, &flag, &err), 0);
	assert_true(flag);
	assert_null(json_at(j, "f0.n.2"));
	assert_null(json_at(j, "f0.n.x"));
	assert_null(json_at(j, "f0.n.99999999999999999999999"));
	assert_null(json_at(j, "f0.path.deeper"));
	assert_null(json_at(j, ".f0"));
	assert_ptr_equal(json_at(j, ""), j);
	assert_int_equal(json_want_size(j, "neg", &size, &err), -1);
	assert_int_equal(json_want_size(j, "half", &size, &err), -1);
	assert_int_equal(json_want_string(j, "flag", &text, &err), -1);
	assert_string_equal(err.text, "\"flag\" must be a text");
	assert_int_equal(json_want_string(j, "no", &text, &err), -1);
	assert_string_equal(err.text, "there is no \"no\"");
	assert_int_equal(json_get_string(j, "no", "else", &text, &err), 0);
	assert_string_equal(text, "else");
	assert_int_equal(json_get_string(j, "flag", "else", &text, &err), -1);
	assert_int_equal(json_get_bool(j, "zero", false, &flag, &err), -1);
	assert_int_equal(json_get_size(j, "no", 9, &size, &err), 0);
	assert_int_equal(size, 9);
	assert_int_equal(json_get_number(j, "no", 1.5, &number, &err), 0);
	assert_true(number == 1.5);
	json_free(j);
}

static void
members_are_put_in_their_place(void **state)
{
	struct json *j = parse("{\"a\":1,\"b\":{\"c\":2},\"d\":3}");
	struct json *copy;
	struct error err = { ERROR_NONE, "" };

	(void)state;
	assert_int_equal(json_put_string(j, "a", "new", &err), 0);
	assert_int_equal(json_put_number(j, "f0.hop_sec", 0.01, &err), 0);
	assert_int_equal(json_put_size(j, "b.e", 5, &err), 0);
	assert_int_equal(json_put_bool(j, "b.c", true, &err), 0);
	assert_int_equal(json_append_number(j, "f0.list", 1.25, &err), 0);
	assert_int_equal(json_append_number(j, "f0.list", 2.0, &err), 0);
	assert_text(j, "{\"a\":\"new\",\"b\":{\"c\":true,\"e\":5},\"d\":3,"
	    "\"f0\":{\"hop_sec\":0.01,\"list\":[1.25,2.0]}}");
	copy = json_clone(j, &err);
	assert_non_null(copy);
	json_remove(copy, "f0.list");
	json_remove(copy, "b");
	json_remove(copy, "not.there");
	assert_text(copy, "{\"a\":\"new\",\"d\":3,\"f0\":{\"hop_sec\":0.01}}");
	assert_int_equal(json_put(copy, "all", j, &err), 0);
	assert_int_equal(json_append(copy, "list", j, &err), 0);
	json_free(j);
	assert_int_equal(json_count(copy), 5);
	assert_string_equal(json_member_name(copy, 4), "list");
	assert_null(json_member_name(copy, 5));
	assert_true(json_has(copy, "all.b.c"));
	json_free(copy);
}

static void
what_cannot_be_put_is_refused(void **state)
{
	struct json *j = parse("{\"a\":1}");
	struct error err = { ERROR_NONE, "" };
	char deep[400] = "a0";

	(void)state;
	assert_int_equal(json_put_number(j, "x", NAN, &err), -1);
	assert_int_equal(json_put_number(j, "x", INFINITY, &err), -1);
	assert_int_equal(json_put_rounded(j, "x", -INFINITY, 3, &err), -1);
	assert_int_equal(json_append_number(j, "x", NAN, &err), -1);
	assert_int_equal(json_put_string(j, "x", "\xff", &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	assert_int_equal(json_put_string(j, "a.b", "x", &err), -1);
	assert_int_equal(json_put_string(j, "", "x", &err), -1);
	assert_int_equal(json_append_number(j, "a", 1.0, &err), -1);
	for (int i = 1; i < 70; i++)
		strcat(deep, ".b");
	assert_int_equal(json_put_string(j, deep, "x", &err), -1);
	json_remove(j, "a0");
	assert_text(j, "{\"a\":1}");
	json_free(j);
}

/* Doubles are written with the fewest digits that give them back. */
static void
numbers_come_back_the_same(void **state)
{
	static const double values[] = { 0.1, 1.0 / 3.0, 1e21, 5e-324, 123456.0,
		1.7976931348623157e308, 0.30000000000000004, 16000.0, 1e-5 };
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct json *j = json_new_object(&err);
		struct json *again;
		double got;
		char *text;

		assert_int_equal(json_put_number(j, "x", values[i], &err), 0);
		text = json_text(j, a, &err);
		assert_non_null(text);
		again = parse(text);
		assert_int_equal(json_want_number(again, "x", &got, &err), 0);
		assert_true(got == values[i]);
		json_free(again);
		json_free(j);
	}
	arena_free(a);
}

/* Leaving members out is what removing them from a copy gives. */
static void
members_can_be_left_out(void **state)
{
	static const char *const paths[] = { "a", "b.c", "b.d.e", "x.y", "0",
		"l.0", "l.m", "dot.ted", NULL };
	static const char text[] = "{\"a\":1,\"aa\":2,\"b\":{\"a\":3,"
	    "\"c\":4,\"d\":{\"e\":5}},\"c\":6,\"x\":7,\"b.c\":8,"
	    "\"dot.ted\":9,\"l\":[{\"m\":10,\"a\":11}],"
	    "\"dot\":{\"ted\":{\"a\":12}},\"\":{\"a\":13}}";
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	struct json *j = parse(text);
	struct json *copy = json_clone(j, &err);
	const char *without = json_text_without(j, paths, a, &err);

	(void)state;
	for (size_t i = 0; paths[i] != NULL; i++)
		json_remove(copy, paths[i]);
	assert_text(copy, "{\"aa\":2,\"b\":{\"a\":3,\"d\":{}},\"c\":6,"
	    "\"x\":7,\"b.c\":8,\"dot.ted\":9,\"l\":[{\"m\":10,\"a\":11}],"
	    "\"dot\":{},\"\":{\"a\":13}}");
	assert_non_null(without);
	assert_string_equal(without, json_text(copy, a, &err));
	assert_text(j, text);
	json_free(copy);
	json_free(j);
	arena_free(a);
}

static void
rounding_gives_short_texts(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct json *j = json_new_object(&err);

	(void)state;
	assert_int_equal(json_put_rounded(j, "a", 1.0 / 3.0, 3, &err), 0);
	assert_int_equal(json_put_rounded(j, "b", -0.0001, 3, &err), 0);
	assert_int_equal(json_put_rounded(j, "c", 2.0005, 2, &err), 0);
	assert_int_equal(json_put_rounded(j, "d", 1e300, 2, &err), 0);
	assert_text(j, "{\"a\":0.333,\"b\":0.0,\"c\":2.0,\"d\":1e+300}");
	json_free(j);
}

static void
bytes_become_text(void **state)
{
	static const char bytes[] = "a\0b\xff\xc3\xbc\xe4\xbd";
	struct error err = { ERROR_NONE, "" };
	struct json *j = json_new_object(&err);

	(void)state;
	assert_int_equal(json_put_bytes(j, "x", bytes, sizeof(bytes) - 1,
	    &err), 0);
	assert_int_equal(json_put_bytes(j, "y", "", 0, &err), 0);
	assert_text(j, "{\"x\":\"a?b?\xc3\xbc??\",\"y\":\"\"}");
	json_free(j);
}

static void
files_are_loaded(void **state)
{
	static const char text[] = "{\"a\": [1,\n 2]}\n";
	char path[] = "/tmp/test_json_XXXXXX";
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	const int fd = mkstemp(path);
	struct json *j;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(file_write(path, text, strlen(text), &err), 0);
	j = json_load(path, &err);
	assert_non_null(j);
	assert_string_equal(json_text_pretty(j, a, &err),
	    "{\n  \"a\": [\n    1,\n    2\n  ]\n}");
	json_free(j);
	assert_int_equal(file_write(path, "{", 1, &err), 0);
	assert_null(json_load(path, &err));
	assert_non_null(strstr(err.text, path));
	unlink(path);
	assert_null(json_load(path, &err));
	arena_free(a);
}

/* The limits of UTF-8 (RFC 3629), as Jansson's own reader sees them. */
static void
utf8_is_what_the_reader_takes(void **state)
{
	static const uint32_t limits[] = { 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff,
		0xd800, 0xdfff, 0xe000, 0xffff, 0x10000, 0x10ffff, 0x110000 };
	static const char *const bad[] = { "\xc0\x80", "\xe0\x80\x80", "\x80",
		"\xf0\x80\x80\x80", "\xc3", "\xc3(", "\xf8\x88\x80\x80\x80",
		"\xe4\xbd", "\xff", "\xfe" };
	struct error err = { ERROR_NONE, "" };
	struct json *j = json_new_object(&err);

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const uint32_t c = limits[i];
		const bool is_good = c < 0xd800 ||
		    (c > 0xdfff && c < 0x110000);
		char text[8] = "";
		char quoted[16];

		if (c < 0x80)
			text[0] = (char)c;
		else if (c < 0x800)
			(void)snprintf(text, sizeof(text), "%c%c",
			    (int)(0xc0 | c >> 6), (int)(0x80 | (c & 63)));
		else if (c < 0x10000)
			(void)snprintf(text, sizeof(text), "%c%c%c",
			    (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 63)),
			    (int)(0x80 | (c & 63)));
		else
			(void)snprintf(text, sizeof(text), "%c%c%c%c",
			    (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 63)),
			    (int)(0x80 | (c >> 6 & 63)),
			    (int)(0x80 | (c & 63)));
		assert_int_equal(json_put_string(j, "x", text, &err),
		    is_good ? 0 : -1);
		(void)snprintf(quoted, sizeof(quoted), "\"%s\"", text);
		struct json *read = json_parse(quoted, strlen(quoted), &err);
		assert_true((read != NULL) == is_good);
		json_free(read);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(json_put_string(j, "x", bad[i], &err), -1);
	json_free(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_survives_reading_and_writing),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(nesting_is_limited),
		cmocka_unit_test(paths_lead_to_values),
		cmocka_unit_test(members_are_put_in_their_place),
		cmocka_unit_test(what_cannot_be_put_is_refused),
		cmocka_unit_test(numbers_come_back_the_same),
		cmocka_unit_test(members_can_be_left_out),
		cmocka_unit_test(rounding_gives_short_texts),
		cmocka_unit_test(bytes_become_text),
		cmocka_unit_test(utf8_is_what_the_reader_takes),
		cmocka_unit_test(files_are_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
