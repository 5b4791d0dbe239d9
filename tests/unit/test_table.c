/* Rows of JSON as text in columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/table.h"

static void
check_with(const char *(*make)(const struct json *, struct arena *,
    struct error *), const char *rows_text, const char *want)
{
	struct arena *a = arena_new();
	struct error err;
	struct json *rows = json_parse(rows_text, strlen(rows_text), &err);
	const char *text;

	assert_non_null(a);
	assert_non_null(rows);
	text = make(rows, a, &err);
	assert_non_null(text);
	assert_string_equal(text, want);
	json_free(rows);
	arena_free(a);
}

static void
check(const char *rows_text, const char *want)
{
	check_with(table_text, rows_text, want);
}

static void
columns_line_up(void **state)
{
	(void)state;
	check("[]", "");
	check("[{\"name\":\"a\",\"n\":1},{\"name\":\"longer\",\"n\":0.25}]",
	    "name    n\n"
	    "a       1\n"
	    "longer  0.25\n");
	check("[{\"x\":1,\"y\":\"b\"},{\"x\":2}]",
	    "x  y\n"
	    "1  b\n"
	    "2\n");
}

static void
intervals(void **state)
{
	const struct bootstrap_interval i = { 0.51239, 0.25, 0.75 };
	struct error err;
	struct json *row = json_new_object(&err);
	double mean;

	(void)state;
	assert_non_null(row);
	assert_int_equal(table_put_interval(row, "p", &i, &err), 0);
	assert_int_equal(json_want_number(row, "p.mean", &mean, &err), 0);
	assert_true(mean == 0.5124);
	json_free(row);
	check("[{\"p\":{\"mean\":0.5,\"low\":0.25,\"high\":0.75}}]",
	    "p\n"
	    "0.500 (0.250-0.750)\n");
}

static void
turned_tables_have_a_line_a_member(void **state)
{
	(void)state;
	check_with(table_turned_text, "[]", "");
	check_with(table_turned_text, "[{\"n\":1,\"longer\":0.25}]",
	    "score   mean\n"
	    "n       1\n"
	    "longer  0.25\n");
	check_with(table_turned_text, "[{\"of\":\"a\",\"n\":1,\"m\":2},"
	    "{\"of\":\"b\",\"n\":3,\"m\":4}]",
	    "score  a  b\n"
	    "n      1  3\n"
	    "m      2  4\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_line_up),
		cmocka_unit_test(intervals),
		cmocka_unit_test(turned_tables_have_a_line_a_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
