/*
 * Claims that are renewed without another one: they hold on, what had expired
 * is had again where there is room, and nothing else is given.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/review_claims.h"
#include "store/sql.h"
#include "tests/lib/flagged.h"

#define CLAIM_SEC 900

static const struct queue_rules rules = { 1, 0, CLAIM_SEC };
static const struct queue_filter flagged = { .low = 0, .high = 1 };
static const struct queue_name have[] = { { "w2", "f0" }, { "w1", "f0" } };

static int64_t
ask(struct catalogue *c, const char *sql)
{
	struct error err = { ERROR_NONE, "" };
	int64_t n;

	if (sql_integer(c, &n, &err, sql, "") != 0)
		fail_msg("%s", err.text);
	return n;
}

static void
renew(struct catalogue *c, const char *person, size_t n_have, int64_t now)
{
	struct error err = { ERROR_NONE, "" };

	if (review_claims_renew(c, person, &rules, have, n_have, now,
	    &err) != 0)
		fail_msg("%s", err.text);
}

static void
claims_hold_on_and_no_more_are_given(void **state)
{
	struct catalogue *c = flagged_open(":memory:");
	const struct people_person ann = flagged_person(c, "ann",
	    PEOPLE_ANNOTATOR);
	struct error err = { ERROR_NONE, "" };
	struct json *item;

	(void)state;
	flagged_add(c, 0, 3, 1, "flag");
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(review_claims_next(c, &ann, &flagged, &rules,
		    have, i, 100, &item, &err), 0);
		assert_non_null(item);
		json_free(item);
	}
	renew(c, "ann", 2, 500);
	assert_int_equal(ask(c, "SELECT count(*) FROM claims"), 2);
	assert_int_equal(ask(c, "SELECT min(expires_at) FROM claims"),
	    500 + CLAIM_SEC);
	/* What the page names no more runs out. */
	renew(c, "ann", 1, 1000);
	renew(c, "ann", 1, 1500);
	assert_int_equal(ask(c, "SELECT count(*) FROM claims"), 1);
	assert_int_equal(review_claims_renew(c, "ann", &rules, have,
	    REVIEW_CLAIMS_MAX_HAVE + 1, 1500, &err), -1);
	assert_int_equal(err.code, ERROR_LIMIT);
	catalogue_close(c);
}

static void
an_expired_claim_is_had_again_where_there_is_room(void **state)
{
	struct catalogue *c = flagged_open(":memory:");

	(void)state;
	(void)flagged_person(c, "ann", PEOPLE_ANNOTATOR);
	(void)flagged_person(c, "bob", PEOPLE_ANNOTATOR);
	flagged_add(c, 2, 1, 1, "flag");
	renew(c, "ann", 1, 100);
	assert_int_equal(ask(c, "SELECT count(*) FROM claims"
	    " WHERE person = 'ann'"), 1);
	renew(c, "bob", 1, 200);
	assert_int_equal(ask(c, "SELECT count(*) FROM claims"), 1);
	renew(c, "bob", 1, 100 + CLAIM_SEC);
	renew(c, "ann", 1, 200 + CLAIM_SEC);
	assert_int_equal(ask(c, "SELECT count(*) FROM claims"
	    " WHERE person = 'bob'"), 1);
	assert_int_equal(ask(c, "SELECT count(*) FROM claims"), 1);
	catalogue_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(claims_hold_on_and_no_more_are_given),
		cmocka_unit_test(
		    an_expired_claim_is_had_again_where_there_is_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
