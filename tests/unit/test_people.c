/* Accounts: tokens, names, roles and who is out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/people.h"
#include "store/sql.h"
#include "tests/lib/flagged.h"

/* A number of the catalogue. */
static double
ask(struct catalogue *c, const char *sql)
{
	sqlite3_stmt *row;
	double value;

	assert_int_equal(sqlite3_prepare_v2(c->db, sql, -1, &row, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	value = sqlite3_column_double(row, 0);
	(void)sqlite3_finalize(row);
	return value;
}

/* Tokens are not stored; a new one ends the old; who is retired is out. */
static void
test_people(void **state)
{
	const enum people_role admin = PEOPLE_ADMIN;
	struct catalogue *c = flagged_open(":memory:");
	char first[PEOPLE_TOKEN_BYTES], second[PEOPLE_TOKEN_BYTES];
	struct error err = { ERROR_NONE, "" };
	struct people_person p;
	char sql[256];
	size_t n;
	bool found;

	(void)state;
	assert_int_equal(people_invite(c, "Ann \xc3\xa9", &admin, "me", 1,
	    first, &err), 0);
	assert_int_equal(strlen(first), PEOPLE_TOKEN_BYTES - 1);
	assert_int_equal(strspn(first, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij"
	    "klmnopqrstuvwxyz0123456789-_"), strlen(first));
	assert_int_equal(people_find(c, first, &p, &found, &err), 0);
	assert_true(found);
	assert_string_equal(p.name, "Ann \xc3\xa9");
	assert_int_equal(p.role, PEOPLE_ADMIN);
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM people"
	    " WHERE instr(token_sha256, '%s') > 0"
	    " OR length(token_sha256) <> 64", first);
	assert_true(ask(c, sql) == 0);
	assert_int_equal(people_invite(c, "Ann \xc3\xa9", NULL, "me", 2,
	    second, &err), 0);
	assert_string_not_equal(first, second);
	assert_int_equal(people_find(c, first, &p, &found, &err), 0);
	assert_false(found);
	assert_int_equal(people_find(c, second, &p, &found, &err), 0);
	assert_true(found);
	assert_int_equal(p.role, PEOPLE_ADMIN);
	assert_int_equal(people_retire(c, "Ann \xc3\xa9", "me", 3, &err), 0);
	assert_int_equal(people_find(c, second, &p, &found, &err), 0);
	assert_false(found);
	assert_int_equal(people_find(c, "", &p, &found, &err), 0);
	assert_false(found);
	assert_int_equal(people_count(c, &n, &err), 0);
	assert_int_equal(n, 0);
	assert_int_equal(people_retire(c, "nobody", "me", 3, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	assert_true(ask(c, "SELECT count(*) FROM review_log") == 3);
	catalogue_close(c);
}

static void
test_bad_names(void **state)
{
	char longest[PEOPLE_MAX_NAME_BYTES + 2];
	const char *const bad[] = { "", "a\nb", "\x7f", "\xff", "a\xc2\x80",
	    "\xc3", longest };
	struct catalogue *c = flagged_open(":memory:");
	char token[PEOPLE_TOKEN_BYTES];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error err = { ERROR_NONE, "" };

		assert_int_equal(people_invite(c, bad[i], NULL, "me", 1,
		    token, &err), -1);
		assert_int_equal(err.code, ERROR_FORMAT);
	}
	longest[PEOPLE_MAX_NAME_BYTES] = '\0';
	assert_int_equal(people_invite(c, longest, NULL, "me", 1, token,
	    NULL), 0);
	catalogue_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_bad_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
