/*
 * What is asked for often is found by an index: the plans of the statements
 * neither look at all rows nor sort them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/catalogue.h"
#include "store/fragments.h"
#include "store/recordings.h"
#include "store/rounds.h"
#include "store/sql.h"

static const char *const records[] = {
	"{\"id\":\"o\",\"group_id\":\"w\",\"audio_type\":\"original\"}",
	"{\"id\":\"c\",\"group_id\":\"w\",\"audio_type\":\"cover\","
	    "\"error\":\"no\"}",
	"{\"group_id\":\"w\",\"fragment_id\":\"f1\",\"id\":\"c\","
	    "\"audio_type\":\"cover\",\"original_id\":\"o\","
	    "\"interval\":[1.0,11.0],\"original_interval\":[2.0,12.0],"
	    "\"decision\":\"keep\"}",
};

static void
add(struct catalogue *c, const char *text)
{
	struct error err = { ERROR_NONE, "" };
	struct json *rec = json_parse(text, strlen(text), &err);

	assert_non_null(rec);
	if (catalogue_add(c, rec, &err) != 0)
		fail_msg("%s", err.text);
	json_free(rec);
}

static int
count_one(void *context, struct json *rec, struct error *err)
{
	(void)rec;
	(void)err;
	++*(size_t *)context;
	return 0;
}

/* The plan of the statement that is being run must neither scan nor sort. */
static int
check_plan(void *context, struct json *rec, struct error *err)
{
	struct catalogue *c = context;
	sqlite3_stmt *running = NULL;
	sqlite3_stmt *plan;
	char *sql;

	(void)rec;
	(void)err;
	while ((running = sqlite3_next_stmt(c->db, running)) != NULL)
		if (sqlite3_stmt_busy(running))
			break;
	assert_non_null(running);
	sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sqlite3_sql(running));
	assert_int_equal(sqlite3_prepare_v2(c->db, sql, -1, &plan, NULL),
	    SQLITE_OK);
	sqlite3_free(sql);
	while (sqlite3_step(plan) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(plan, 3);

		/* The index of the failed has no others in it. */
		if ((strncmp(step, "SCAN", 4) == 0 &&
		    strstr(step, "recordings_failed") == NULL) ||
		    strstr(step, "TEMP B-TREE FOR ORDER BY") != NULL)
			fail_msg("%s", step);
	}
	(void)sqlite3_finalize(plan);
	return 0;
}

static void
test_plans(void **state)
{
	const size_t round = 1;
	const struct fragments_filter fragments[] = {
		{ .group_id = "w" },
		{ .group_id = "w", .fragment_id = "f1" },
		{ .group_id = "w", .decision = "keep" },
		{ .decision = "keep", .max_fragments = 10 },
		{ .round_key = "k" },
		{ .round = &round, .max_fragments = 10 },
		{ .recording_id = "c", .group_id = "w" },
		{ .has_probability = true, .low = 0.5, .high = 1 },
		{ .has_probability = true, .low = 0.5, .high = 1,
		    .decision = "keep" },
	};
	const struct recordings_filter recordings[] = {
		{ .group_id = "w" }, { .id = "c" }, { .only_failed = true },
		{ .audio_type = "cover" },
	};
	struct error err = { ERROR_NONE, "" };
	struct catalogue *c = catalogue_open(":memory:",
	    CATALOGUE_CREATE, 0, &err);
	size_t n = 0;

	(void)state;
	assert_non_null(c);

	assert_int_equal(rounds_open(c, "k", 1, "{}", NULL, &err), 0);
	for (size_t i = 0; i < 3; i++)
		add(c, records[i]);
	assert_int_equal(sqlite3_exec(c->db, "UPDATE fragments"
	    " SET round_key = 'k', probability = 0.7", NULL, NULL, NULL),
	    SQLITE_OK);
	for (size_t i = 0; i < sizeof(fragments) / sizeof(fragments[0]); i++) {
		assert_int_equal(fragments_each(c, &fragments[i], check_plan,
		    c, &err), 0);
		assert_int_equal(fragments_each(c, &fragments[i], count_one,
		    &n, &err), 0);
		assert_int_equal(n, i + 1);
	}
	n = 0;
	for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]);
	    i++) {
		assert_int_equal(recordings_each(c, &recordings[i],
		    check_plan, c, &err), 0);
		assert_int_equal(recordings_each(c, &recordings[i],
		    count_one, &n, &err), 0);
	}
	assert_int_equal(n, 5);
	catalogue_close(c);
}

/* What a statement of adding would do, step by step. */
static size_t
count_steps(struct catalogue *c, const char *explain, const char *opcode)
{
	sqlite3_stmt *step;
	size_t n = 0;

	assert_int_equal(sqlite3_prepare_v2(c->db, explain, -1, &step, NULL),
	    SQLITE_OK);
	while (sqlite3_step(step) == SQLITE_ROW)
		if (strcmp((const char *)sqlite3_column_text(step, 1),
		    opcode) == 0)
			n++;
	(void)sqlite3_finalize(step);
	return n;
}

/* Adding a row makes no table on the way, as CHECK (x IN (...)) would. */
static void
test_adding_makes_no_tables(void **state)
{
	static const char *const adding[] = {
		"EXPLAIN INSERT INTO recordings (group_id, id, audio_type,"
		    " extra) VALUES (?1, ?2, ?3, '{}')",
		"EXPLAIN INSERT INTO fragments (group_id, fragment_id,"
		    " decision, extra) VALUES (?1, ?2, ?3, '{}')",
		"EXPLAIN INSERT INTO versions (group_id, fragment_id, id,"
		    " part, audio_type, start_sec, end_sec, extra)"
		    " VALUES (?1, ?2, ?3, ?4, ?5, 0, 1, '{}')",
	};
	struct error err = { ERROR_NONE, "" };
	struct catalogue *c = catalogue_open(":memory:", CATALOGUE_CREATE, 0,
	    &err);

	(void)state;
	assert_non_null(c);
	for (size_t i = 0; i < sizeof(adding) / sizeof(adding[0]); i++) {
		assert_true(count_steps(c, adding[i], "Insert") +
		    count_steps(c, adding[i], "IdxInsert") > 0);
		assert_int_equal(count_steps(c, adding[i], "OpenEphemeral"),
		    0);
	}
	/* The words are still refused that are none of the three. */
	assert_int_equal(sqlite3_exec(c->db, "INSERT INTO works VALUES"
	    " ('w', NULL, NULL); INSERT INTO fragments (group_id,"
	    " fragment_id, decision, extra) VALUES ('w', 'f', 'kept', '{}')",
	    NULL, NULL, NULL), SQLITE_CONSTRAINT);
	catalogue_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_adding_makes_no_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
