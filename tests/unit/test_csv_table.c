/* Columns of numbers from text, and texts that are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/csv_table.h"

static int
parse(struct arena *a, const char *text, struct csv_table *t,
    struct error *err)
{
	char *copy = arena_strdup(a, text);

	assert_non_null(copy);
	return csv_table_parse(copy, strlen(text), a, t, err);
}

static void
columns_are_read(void **state)
{
	struct arena *a = arena_new();
	const struct csv_table_column *score;
	struct csv_table t;
	struct error err;

	(void)state;
	assert_non_null(a);
	assert_int_equal(parse(a, "step,loss,score\r\n1,4.5,\n2,-3e-1,0.5",
	    &t, &err), 0);
	assert_int_equal(t.n_columns, 3);
	assert_int_equal(t.n_rows, 2);
	score = csv_table_find(&t, "score");
	assert_non_null(score);
	assert_false(score->has_value[0]);
	assert_true(score->has_value[1] && score->values[1] == 0.5);
	assert_true(csv_table_find(&t, "loss")->values[1] == -0.3);
	assert_null(csv_table_find(&t, "los"));
	assert_int_equal(parse(a, "a\n", &t, &err), 0);
	assert_int_equal(t.n_rows, 0);
	arena_free(a);
}

static void
bad_text_is_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "empty" },
		{ "a,b\n1,2\n1\n", "line 3: 1 fields" },
		{ "a,b\n1,2,3\n", "line 2: more fields" },
		{ "a\n1x\n", "line 2: \"1x\" is not a number" },
		{ "a\nnan\n", "line 2" },
		{ "a\n1e999\n", "line 2" },
	};
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	assert_non_null(a);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = { ERROR_NONE, "" };
		struct csv_table t;

		assert_int_equal(parse(a, cases[i].text, &t, &err), -1);
		assert_non_null(strstr(err.text, cases[i].message));
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_read),
		cmocka_unit_test(bad_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
