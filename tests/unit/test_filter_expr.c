/*
 * Expressions: what each wants of one record, against a list by hand, and
 * what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "manifests/filter_expr.h"

static const char record[] = "{\"id\": \"a\", \"audio_type\": \"cover\", "
    "\"duration\": 12.5, \"n\": 3, \"is_available\": true, \"flag\": false, "
    "\"nothing\": null, \"interval\": [1.5, 14.0], \"tags\": {\"artist\": "
    "\"A \\\"B\\\" \\\\ C\", \"genres\": [\"pop\", 7]}, \"not_it\": \"x\"}";

static const struct {
	const char *text;
	bool is_wanted;
} cases[] = {
	{ "duration > 12", true },
	{ "duration>12.5", false },
	{ "duration >= 12.5", true },
	{ "duration < -1e3", false },
	{ "n == 3", true },
	{ "n == 3.0", true },
	{ "n != 3", false },
	{ "3 <= n", true },
	{ "audio_type == \"cover\"", true },
	{ "audio_type == 'cover'", true },
	{ "audio_type != 'cover'", false },
	{ "audio_type < 'd'", true },
	{ "audio_type in ('humming', 'cover')", true },
	{ "audio_type not in ('humming', 'cover')", false },
	{ "audio_type not in ('humming')", true },
	{ "'pop' in tags.genres", true },
	{ "7 in tags.genres", true },
	{ "'7' in tags.genres", false },
	{ "'pop' not in tags.genres", false },
	{ "'pop' in duration", false },
	{ "interval.0 < 2 and interval.1 == 14", true },
	{ "exists duration", true },
	{ "exists nothing", false },
	{ "exists nowhere", false },
	{ "exists tags.artist", true },
	{ "not exists nowhere", true },
	{ "is_available", true },
	{ "flag", false },
	{ "not flag", true },
	{ "id", false },
	{ "flag == false", true },
	{ "is_available == true and not (flag or nothing)", true },
	/* What is missing, or of another type, is different. */
	{ "nowhere == 1", false },
	{ "nowhere != 1", true },
	{ "nowhere < 1", false },
	{ "nowhere == nothing", false },
	{ "n == '3'", false },
	{ "n < '4'", false },
	{ "tags == tags", false },
	/* and binds closer than or, not closer than and. */
	{ "n == 3 or n == 4 and n == 5", true },
	{ "(n == 3 or n == 4) and n == 5", false },
	{ "not n == 4 and n == 3", true },
	{ "not not n == 3", true },
	/* Texts and regular expressions. */
	{ "tags.artist == \"A \\\"B\\\" \\\\ C\"", true },
	{ "tags.artist ~ '^A .B. '", true },
	{ "tags.artist !~ 'X'", true },
	{ "audio_type ~ '^(cover|humming)$'", true },
	{ "audio_type ~ 'o.{2}r$'", true },
	{ "duration ~ '1'", false },
	{ "audio_type ~ 'c\\.'", false },
	/* Names that begin as words do. */
	{ "not_it == 'x'", true },
	{ "exists not_it and not_it ~ 'x'", true },
};

static void
test_wants(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct json *rec = json_parse(record, strlen(record), &err);

	(void)state;
	assert_non_null(rec);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter_expr *e = filter_expr_parse(cases[i].text, &err);

		if (e == NULL)
			fail_msg("%s: %s", cases[i].text, err.text);
		if (filter_expr_wants(e, rec) != cases[i].is_wanted)
			fail_msg("%s is %s", cases[i].text,
			    cases[i].is_wanted ? "not wanted" : "wanted");
		filter_expr_free(e);
	}
	json_free(rec);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "", " ", "and", "a ==", "a = 1",
		"a == 1 b", "(a == 1", "a == 1)", "a in", "a in ()",
		"a in (1", "1", "'x'", "true", "a ~ b", "a ~ '('", "a ~ '[' ",
		"a ~ '\\\\1'", "a ~ '(x{100}){100}'", "a == 'x",
		"a not b", "exists", "exists 1", "not", "a or", "a == 1e999",
		"a == 1x", "\xFF" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error err = { ERROR_NONE, "" };
		struct filter_expr *e = filter_expr_parse(bad[i], &err);

		if (e != NULL)
			fail_msg("%s is taken", bad[i]);
		assert_non_null(strstr(err.text, "place "));
	}
}

/* Levels and length are limited. */
static void
test_limits(void **state)
{
	struct error err = { ERROR_NONE, "" };
	char text[6000];

	(void)state;
	memset(text, '(', 1000);
	text[1000] = '\0';
	assert_null(filter_expr_parse(text, &err));
	memset(text, ' ', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_null(filter_expr_parse(text, &err));
	assert_int_equal(err.code, ERROR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wants),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
