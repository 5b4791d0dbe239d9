/*
 * Who is given what: the queue against a slow and obvious one, gold, and
 * the plans of the statements.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/file.h"
#include "base/random.h"
#include "store/gold.h"
#include "store/judgements.h"
#include "store/review_claims.h"
#include "store/review_log.h"
#include "store/sql.h"
#include "tests/lib/flagged.h"
#include "tests/lib/temp_folder.h"

#define N_PEOPLE 5
#define N_STEPS 600

static const struct queue_rules rules = { 2, 0, 900 };
static const struct queue_filter flagged = { .low = 0, .high = 1 };

static const char *
member(const struct json *j, const char *name)
{
	const char *text;

	assert_int_equal(json_want_string(j, name, &text, NULL), 0);
	return text;
}

/* Claim the next; NULL when there is none. */
static struct json *
next(struct catalogue *c, const struct people_person *person,
    const struct queue_filter *filter, int64_t now)
{
	struct error err = { ERROR_NONE, "" };
	struct json *item;

	if (review_claims_next(c, person, filter, &rules, NULL, 0, now, &item,
	    &err) != 0)
		fail_msg("%s", err.text);
	return item;
}

static enum judgements_outcome
judge_with(struct catalogue *c, const struct people_person *person,
    const struct queue_rules *with, const char *group_id,
    const char *fragment_id, const char *verdict, const char *request_id,
    int64_t now)
{
	struct error err = { ERROR_NONE, "" };
	struct json *review = json_new_object(&err);
	enum judgements_outcome outcome;

	assert_int_equal(json_put_string(review, "group_id", group_id, &err) |
	    json_put_string(review, "fragment_id", fragment_id, &err) |
	    json_put_string(review, "review.verdict", verdict, &err), 0);
	if (judgements_put(c, person, with, request_id, review, now, &outcome,
	    &err) != 0)
		fail_msg("%s", err.text);
	json_free(review);
	return outcome;
}

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

/*
 * What the person should be given at best, as rank: 0 to 1 of works that nobody
 * has heard, 1 to 2 of others; -1 for nothing.  No index, no columns of ours.
 */
static double
best_rank(struct catalogue *c, const char *person, int64_t now)
{
	char sql[1024];

	(void)snprintf(sql, sizeof(sql), "SELECT coalesce((SELECT"
	    " EXISTS (SELECT 1 FROM reviews AS r WHERE r.group_id ="
	    " f.group_id) + abs(probability - 0.5) AS rank"
	    " FROM fragments AS f NOT INDEXED WHERE decision = 'flag'"
	    " AND NOT EXISTS (SELECT 1 FROM reviews AS r"
	    " WHERE r.group_id = f.group_id AND"
	    " r.fragment_id = f.fragment_id AND r.reviewer = '%s')"
	    " AND (SELECT count(*) FROM (SELECT reviewer FROM reviews AS r"
	    " WHERE r.group_id = f.group_id AND"
	    " r.fragment_id = f.fragment_id UNION SELECT person FROM claims"
	    " AS k WHERE k.group_id = f.group_id AND k.fragment_id ="
	    " f.fragment_id AND k.person <> '%s' AND k.expires_at > %lld))"
	    " < 2 ORDER BY rank LIMIT 1), -1)", person, person,
	    (long long)now);
	return ask(c, sql);
}

static double
rank_of(struct catalogue *c, const struct json *item)
{
	char sql[512];

	(void)snprintf(sql, sizeof(sql), "SELECT EXISTS (SELECT 1"
	    " FROM reviews WHERE group_id = '%s') + abs(probability - 0.5)"
	    " FROM fragments WHERE group_id = '%s' AND fragment_id = '%s'",
	    member(item, "g"), member(item, "g"), member(item, "f"));
	return ask(c, sql);
}

/* What the person still has to do, counted slowly. */
static size_t
slow_left(struct catalogue *c, const char *person)
{
	char sql[512];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM fragments AS f"
	    " WHERE decision = 'flag' AND (SELECT count(*) FROM reviews AS r"
	    " WHERE r.group_id = f.group_id AND"
	    " r.fragment_id = f.fragment_id) < 2 AND NOT EXISTS (SELECT 1"
	    " FROM reviews AS r WHERE r.group_id = f.group_id AND"
	    " r.fragment_id = f.fragment_id AND r.reviewer = '%s')", person);
	return (size_t)ask(c, sql);
}

/* What one of the people does with the item he was given. */
static void
do_something(struct catalogue *c, const struct people_person *person,
    struct json *item, struct random *random, size_t step, int64_t now)
{
	static const char *const verdicts[] = { "accept", "reject",
	    "unsure" };
	const struct queue_name name = { member(item, "g"),
	    member(item, "f") };
	enum judgements_outcome outcome;
	const char *taken;
	struct queue_name undone;
	struct arena *a = arena_new();
	char request[32];

	(void)snprintf(request, sizeof(request), "r%zu", step);
	switch (random_below(random, 8)) {
	case 0:		/* goes away; the claim expires */
		break;
	case 1:
		assert_int_equal(review_claims_release(c, person->name, &name,
		    NULL), 0);
		break;
	case 2:
		assert_int_equal(judgements_undo(c, person, &rules, request,
		    now, a, &undone, &taken, &outcome, NULL), 0);
		break;
	default:
		assert_int_equal(judge_with(c, person, &rules, name.group_id,
		    name.fragment_id, verdicts[random_below(random, 3)],
		    request, now), JUDGEMENTS_DONE);
		break;
	}
	arena_free(a);
}

/* Five people at random, each step held against the slow queue. */
static void
test_order(void **state)
{
	static const char *const names[N_PEOPLE] = { "ann", "bob", "cy",
	    "dee", "eve" };
	struct catalogue *c = flagged_open(":memory:");
	struct people_person people[N_PEOPLE];
	struct random random;
	int64_t now = 1000;
	size_t n_given = 0, n_left;

	(void)state;
	random_init(&random, 7);
	flagged_add(c, 0, 20, 7, "flag");
	flagged_add(c, 40, 5, 7, "keep");
	for (size_t i = 0; i < N_PEOPLE; i++)
		people[i] = flagged_person(c, names[i], PEOPLE_ANNOTATOR);
	for (size_t i = 0; i < N_STEPS; i++, now += 37) {
		const struct people_person *p =
		    &people[random_below(&random, N_PEOPLE)];
		const double best = best_rank(c, p->name, now);
		struct json *item;

		assert_int_equal(queue_left(c, p->name, &flagged, &rules,
		    &n_left, NULL), 0);
		assert_int_equal(n_left, slow_left(c, p->name));
		item = next(c, p, &flagged, now);
		assert_true((item == NULL) == (best < 0));
		if (item == NULL)
			continue;
		n_given++;
		assert_true(fabs(rank_of(c, item) - best) < 1e-9);
		do_something(c, p, item, &random, i, now);
		json_free(item);
	}
	assert_true(n_given > 300);
	assert_true(ask(c, "SELECT count(*) FROM (SELECT 1 FROM reviews"
	    " GROUP BY group_id, fragment_id HAVING count(*) > 2)") == 0);
	assert_true(ask(c, "SELECT count(*) FROM reviews") > 200);
	/* What the triggers keep is what it should be. */
	assert_true(ask(c, "SELECT count(*) FROM fragments AS f"
	    " WHERE n_judged <> (SELECT count(*) FROM reviews AS r"
	    " WHERE r.group_id = f.group_id"
	    " AND r.fragment_id = f.fragment_id) OR is_heard <> EXISTS"
	    " (SELECT 1 FROM reviews AS r WHERE r.group_id = f.group_id)"
	    " OR standing IS NOT (SELECT CASE WHEN count(*) = 0 THEN NULL"
	    " WHEN count(DISTINCT verdict) = 1 AND max(verdict) <> 'unsure'"
	    " THEN 'agreed' ELSE 'disputed' END FROM reviews AS r"
	    " WHERE r.group_id = f.group_id"
	    " AND r.fragment_id = f.fragment_id)") == 0);
	catalogue_close(c);
}

/* What the page has is renewed and not given again; the others come back. */
static void
test_have(void **state)
{
	struct catalogue *c = flagged_open(":memory:");
	const struct people_person ann = flagged_person(c, "ann",
	    PEOPLE_ANNOTATOR);
	struct json *items[3], *again;
	struct queue_name have[2];
	struct error err = { ERROR_NONE, "" };
	double expires_at;

	(void)state;
	flagged_add(c, 0, 3, 1, "flag");
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(review_claims_next(c, &ann, &flagged, &rules,
	    have, i, 100 + (int64_t)i, &items[i], &err), 0);
		assert_non_null(items[i]);
		if (i < 2)
			have[i] = (struct queue_name){ member(items[i], "g"),
			    member(items[i], "f") };
	}
	assert_true(strcmp(member(items[2], "g"), have[0].group_id) != 0 &&
	    strcmp(member(items[2], "g"), have[1].group_id) != 0);
	assert_int_equal(json_want_number(items[2], "expires_at", &expires_at,
	    &err), 0);
	assert_true(expires_at == 102 + 900);
	assert_true(ask(c, "SELECT min(expires_at) FROM claims") == 102 + 900);
	/* After a reload the page has nothing, and is given the first again. */
	again = next(c, &ann, &flagged, 103);
	assert_string_equal(member(again, "g"), have[0].group_id);
	json_free(again);
	/* The claims have expired; what the page has is claimed anew. */
	assert_int_equal(review_claims_next(c, &ann, &flagged, &rules, have,
	    2, 9000, &again, &err), 0);
	assert_non_null(again);
	assert_true(ask(c, "SELECT count(*) FROM claims"
	    " WHERE expires_at = 9900") == 3);
	json_free(again);
	assert_int_equal(people_retire(c, "ann", "me", 1, &err), 0);
	assert_true(ask(c, "SELECT count(*) FROM claims") == 0);
	for (size_t i = 0; i < 3; i++)
		json_free(items[i]);
	catalogue_close(c);
}

/* Annotators see neither scores nor words; adjudicators do. */
static void
test_item(void **state)
{
	struct catalogue *c = flagged_open(":memory:");
	const struct people_person ann = flagged_person(c, "ann",
	    PEOPLE_ANNOTATOR), bob = flagged_person(c, "bob",
	    PEOPLE_ADJUDICATOR);
	const struct queue_name name = { "w0", "f1" }, none = { "w0", "f9" };
	struct json *item;

	(void)state;
	flagged_add_text(c, "{\"group_id\":\"w0\",\"id\":\"o\","
	    "\"audio_type\":\"original\",\"title\":\"T\"}");
	flagged_add_text(c, "{\"group_id\":\"w0\",\"id\":\"c\","
	    "\"audio_type\":\"cover\",\"artist\":\"A\"}");
	flagged_add(c, 0, 1, 2, "flag");
	flagged_add_text(c, "{\"group_id\":\"w0\",\"fragment_id\":\"f1\","
	    "\"review\":{\"reviewer\":\"ann\",\"verdict\":\"accept\","
	    "\"note\":\"n\",\"interval\":[21,29],\"reasons\":[\"offset\"]}}");
	assert_int_equal(review_claims_item(c, &ann, &none, 1, &item, NULL), 0);
	assert_null(item);
	assert_int_equal(review_claims_item(c, &ann, &name, 1, &item, NULL), 0);
	assert_string_equal(member(item, "title"), "T");
	assert_string_equal(member(item, "artist"), "A");
	assert_string_equal(member(item, "decision"), "flag");
	assert_string_equal(member(item, "own.reasons.0"), "offset");
	assert_true(json_is_null(json_at(item, "probability")));
	assert_true(json_is_null(json_at(item, "correlation")));
	assert_true(json_is_null(json_at(item, "expires_at")));
	assert_false(json_has(item, "said"));
	assert_true(json_is_number(json_at(item, "interval.0")));
	json_free(item);
	assert_int_equal(review_claims_item(c, &bob, &name, 1, &item, NULL), 0);
	assert_string_equal(member(item, "said.0.who"), "ann");
	assert_string_equal(member(item, "said.0.note"), "n");
	assert_string_equal(member(item, "decision"), "keep");
	assert_true(json_is_number(json_at(item, "probability")));
	assert_true(json_is_null(json_at(item, "own")));
	json_free(item);
	catalogue_close(c);
}

static size_t
list(struct catalogue *c, const struct queue_filter *filter, size_t offset,
    struct json **items)
{
	size_t n;

	*items = queue_list(c, filter, &rules, offset, 10, 1, NULL);
	assert_non_null(*items);
	assert_int_equal(json_want_size(*items, "n", &n, NULL), 0);
	return n;
}

/* Filters, in claims and in lists. */
static void
test_filters(void **state)
{
	static const struct {
		struct queue_filter filter;
		const char *group_id;	/* of what is given; NULL: nothing */
		size_t n;
	} cases[] = {
		{ { .high = 1 }, "w0", 40 },
		{ { .group_id = "w2", .high = 1 }, "w2", 10 },
		{ { .group_id = "w5", .high = 1 }, NULL, 0 },
		{ { .status = "keep", .high = 1 }, "w4", 20 },
		{ { .status = "keep", .group_id = "w5", .high = 1 }, "w5",
		    10 },
		{ { .status = "any", .group_id = "w7", .high = 1 }, "w7",
		    10 },
		{ { .status = "drop", .high = 1 }, "w7", 20 },
		{ { .low = 0.71, .high = 1 }, NULL, 0 },
		{ { .status = "any", .low = 0.735, .high = 0.745 }, "w4", 1 },
		{ { .status = "drop", .low = 0.4, .high = 0.42 }, "w6", 5 },
		{ { .model = "m1", .high = 1 }, NULL, 0 },
		{ { .status = "disagreement", .high = 1 }, NULL, 0 },
	};
	struct catalogue *c = flagged_open(":memory:");
	const struct people_person eve = flagged_person(c, "eve",
	    PEOPLE_ADMIN);
	const struct queue_filter bad = { .status = "flagged", .high = 1 };
	struct error err = { ERROR_NONE, "" };
	struct json *item, *items;

	(void)state;
	flagged_add(c, 0, 4, 10, "flag");
	flagged_add(c, 4, 2, 10, "keep");
	flagged_add(c, 6, 2, 10, "drop");
	/* Probabilities that no index of ours orders by itself. */
	assert_int_equal(sqlite3_exec(c->db, "UPDATE fragments SET"
	    " probability = CASE group_id WHEN 'w4' THEN 0.74"
	    " WHEN 'w5' THEN 0.9 WHEN 'w6' THEN 0.41 WHEN 'w7' THEN 0.45"
	    " ELSE probability END WHERE fragment_id > 'f'"
	    " AND NOT (group_id = 'w4' AND fragment_id <> 'f0')"
	    " AND NOT (group_id = 'w6' AND fragment_id > 'f4')", NULL, NULL,
	    NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(c->db, "UPDATE fragments SET"
	    " probability = 0.6 WHERE group_id = 'w4'"
	    " AND fragment_id <> 'f0'; UPDATE fragments SET"
	    " probability = 0.1 WHERE group_id = 'w6' AND"
	    " fragment_id > 'f4'", NULL, NULL, NULL), SQLITE_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n_left;

		assert_int_equal(list(c, &cases[i].filter, 0, &items),
		    cases[i].n);
		assert_int_equal(json_count(json_at(items, "items")),
		    cases[i].n < 10 ? cases[i].n : 10);
		json_free(items);
		assert_int_equal(queue_left(c, "eve", &cases[i].filter,
		    &rules, &n_left, NULL), 0);
		assert_int_equal(n_left, cases[i].n);
		item = next(c, &eve, &cases[i].filter, 1);
		assert_int_equal(item == NULL, cases[i].group_id == NULL);
		if (item != NULL && strcmp(cases[i].group_id, "w0") != 0 &&
		    strcmp(cases[i].group_id, member(item, "g")) != 0)
			fail_msg("case %zu gives %s", i, member(item, "g"));
		json_free(item);
	}
	assert_int_equal(list(c, &flagged, 35, &items), 40);
	assert_int_equal(json_count(json_at(items, "items")), 5);
	json_free(items);
	assert_int_equal(review_claims_next(c, &eve, &bad, &rules, NULL, 0, 1,
	    &item, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	catalogue_close(c);
}

static int
check_gold(void *context, struct json *person, struct error *err)
{
	size_t right, n;

	assert_int_equal(json_want_size(person, "right", &right, err), 0);
	assert_int_equal(json_want_size(person, "n", &n, err), 0);
	assert_string_equal(member(person, "name"), "ann");
	assert_int_equal(n, *(size_t *)context);
	assert_int_equal(right, n);
	return 0;
}

/* One session with gold among the items; a letter an item. */
static void
hear_all(struct catalogue *c, char *kinds, size_t n_max)
{
	const struct queue_rules with_gold = { 2, 0.3, 900 };
	const struct people_person ann = flagged_person(c, "ann",
	    PEOPLE_ANNOTATOR);
	char request[32];
	size_t n = 0;

	for (;;) {
		struct json *item;
		bool is_gold;

		assert_int_equal(review_claims_next(c, &ann, &flagged,
	    &with_gold, NULL, 0, 1, &item, NULL), 0);
		if (item == NULL)
			break;
		assert_true(n < n_max - 1);
		is_gold = strcmp(member(item, "g"), "w9000") == 0;
		kinds[n++] = is_gold ? 'g' : '.';
		(void)snprintf(request, sizeof(request), "%zu", n);
		assert_true(json_is_null(json_at(item, "probability")));
		assert_string_equal(member(item, "decision"), "flag");
		assert_int_equal(judge_with(c, &ann, &with_gold,
		    member(item, "g"), member(item, "f"), "reject", request,
		    1), JUDGEMENTS_DONE);
		json_free(item);
	}
	kinds[n] = '\0';
}

static void
test_gold(void **state)
{
	char kinds[2][200];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct catalogue *c = flagged_open(":memory:");
		struct json *bad, *rec;

		flagged_add(c, 0, 10, 10, "flag");
		flagged_add(c, 9000, 1, 100, "keep");
		rec = json_parse("{\"group_id\":\"w9000\",\"review\":"
		    "{\"verdict\":\"reject\"}}", 50, NULL);
		for (size_t k = 0; k < 100; k++) {
			char id[16];

			(void)snprintf(id, sizeof(id), "f%zu", k);
			assert_non_null(rec);
			assert_int_equal(json_put_string(rec, "fragment_id",
			    id, NULL), 0);
			assert_int_equal(gold_put(c, rec, "me", 1, NULL), 0);
		}
		assert_int_equal(json_put_string(rec, "review.verdict",
		    "unsure", NULL), 0);
		assert_int_equal(gold_put(c, rec, "me", 1, NULL), -1);
		json_free(rec);
		bad = json_parse("{}", 2, NULL);
		assert_int_equal(gold_put(c, bad, "me", 1, NULL), -1);
		json_free(bad);
		hear_all(c, kinds[i], sizeof(kinds[i]));
		n = 0;
		for (const char *s = kinds[i]; *s != '\0'; s++)
			n += *s == 'g';
		assert_int_equal(strlen(kinds[i]) - n, 100);
		/* No round hears of gold, and it is no review. */
		assert_true(ask(c, "SELECT count(*) FROM reviews") == 100);
		assert_true(ask(c, "SELECT count(*) FROM fragments WHERE"
		    " group_id = 'w9000' AND verdict IS NOT NULL") == 0);
		assert_int_equal(gold_each_person(c, check_gold, &n, NULL),
		    0);
		catalogue_close(c);
	}
	/* The same person is given gold at the same places. */
	assert_string_equal(kinds[0], kinds[1]);
	/* 0.3 of 143: 43, four standard deviations of 5.5 on either side. */
	assert_true(n > 20 && n < 65);
}

/* The plans of all statements that a call runs. */
static sqlite3 *explainer;

static int
check_statement(unsigned what, void *context, void *statement, void *text)
{
	const char *sql = sqlite3_sql(statement);
	sqlite3_stmt *plan;
	char *explain;

	(void)what;
	(void)context;
	(void)text;
	if (sql == NULL || (strncmp(sql, "SELECT", 6) != 0 &&
	    strncmp(sql, "UPDATE", 6) != 0 && strncmp(sql, "DELETE", 6) != 0))
		return 0;
	explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
	assert_int_equal(sqlite3_prepare_v2(explainer, explain, -1, &plan,
	    NULL), SQLITE_OK);
	sqlite3_free(explain);
	while (sqlite3_step(plan) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(plan, 3);

		/*
		 * Partial indices hold what is queued, and little else; gold
		 * (g) and rounds (x) are few.
		 */
		if ((strncmp(step, "SCAN", 4) == 0 &&
		    strstr(step, "fragments_queued") == NULL &&
		    strstr(step, "fragments_disputed") == NULL &&
		    strstr(step, "SCAN g") == NULL &&
		    strstr(step, "SCAN x") == NULL &&
		    strstr(step, "SCAN (subquery") == NULL &&
		    strstr(step, "CONSTANT ROW") == NULL) ||
		    (strstr(step, "B-TREE FOR ORDER BY") != NULL &&
		    strstr(sql, "WHERE f.group_id = ?1") == NULL))
			fail_msg("%s: %s", sql, step);
	}
	(void)sqlite3_finalize(plan);
	return 0;
}

static void
test_plans(void **state)
{
	static const struct queue_filter filters[] = {
		{ .high = 1 }, { .status = "disagreement", .high = 1 },
		{ .status = "any", .high = 1, .low = 0.2 },
		{ .status = "keep", .high = 1 },
		{ .group_id = "w1", .high = 1 },
		{ .group_id = "w1", .status = "any", .high = 1 },
	};
	char path[64];
	struct catalogue *c;
	struct people_person ann, eve;
	size_t n;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/plans.sqlite", temp_folder);
	c = flagged_open(path);
	ann = flagged_person(c, "ann", PEOPLE_ANNOTATOR);
	eve = flagged_person(c, "eve", PEOPLE_ADMIN);
	flagged_add(c, 0, 3, 3, "flag");
	flagged_add(c, 3, 3, 3, "keep");
	assert_int_equal(sqlite3_open(path, &explainer), SQLITE_OK);
	assert_int_equal(sqlite3_trace_v2(c->db, SQLITE_TRACE_STMT,
	    check_statement, NULL), SQLITE_OK);
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		json_free(next(c, &eve, &filters[i], 1));
		if (strcmp(filters[i].status == NULL ? "" : filters[i].status,
		    "any") != 0)
			assert_int_equal(queue_left(c, "eve", &filters[i],
			    &rules, &n, NULL), 0);
	}
	assert_int_equal(judge_with(c, &ann, &rules, "w0", "f0", "accept",
	    "1", 1), JUDGEMENTS_DONE);
	assert_int_equal(queue_done(c, "ann", 0, &n, NULL), 0);
	assert_int_equal(n, 1);
	(void)sqlite3_close(explainer);
	catalogue_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_have),
		cmocka_unit_test(test_item),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_gold),
		cmocka_unit_test(test_plans),
	};
	return cmocka_run_group_tests(tests, temp_folder_set_up,
	    temp_folder_tear_down);
}
