/*
 * Verdicts given and taken back, adjudicated and settled; the audit trail; and
 * several processes at once, some of them killed.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/random.h"
#include "mine/verdicts.h"
#include "store/review_claims.h"
#include "store/fragments.h"
#include "store/gold.h"
#include "store/inspect.h"
#include "store/judgements.h"
#include "store/merge.h"
#include "store/review_log.h"
#include "store/reviews.h"
#include "store/rounds.h"
#include "store/sql.h"
#include "tests/lib/flagged.h"
#include "tests/lib/temp_folder.h"

#define N_PROCESSES 8
#define N_EACH 12	/* verdicts of one process */

static const struct queue_rules rules = { 2, 0, 900 };
static const struct queue_filter flagged = { .low = 0, .high = 1 };

static enum judgements_outcome
judge(struct catalogue *c, const struct people_person *person,
    const char *fragment_id, const char *said, const char *request_id,
    int64_t now)
{
	struct error err = { ERROR_NONE, "" };
	enum judgements_outcome outcome;
	struct json *review;
	char text[512];

	(void)snprintf(text, sizeof(text), "{\"group_id\":\"w0\","
	    "\"fragment_id\":\"%s\",\"review\":{\"verdict\":%s}}",
	    fragment_id, said);
	review = json_parse(text, strlen(text), &err);
	assert_non_null(review);
	if (judgements_put(c, person, &rules, request_id, review, now,
	    &outcome, &err) != 0)
		fail_msg("%s", err.text);
	json_free(review);
	return outcome;
}

static enum judgements_outcome
undo(struct catalogue *c, const struct people_person *person,
    const char *request_id, int64_t now)
{
	struct arena *a = arena_new();
	enum judgements_outcome outcome;
	struct queue_name name;
	const char *taken;

	assert_int_equal(judgements_undo(c, person, &rules, request_id, now,
	    a, &name, &taken, &outcome, NULL), 0);
	if (outcome <= JUDGEMENTS_REPEATED) {
		assert_string_equal(name.group_id, "w0");
		assert_non_null(strstr(taken, "\"verdict\""));
	}
	arena_free(a);
	return outcome;
}

static char *
keep_text(char *text, size_t n_bytes, sqlite3_stmt *row)
{
	(void)snprintf(text, n_bytes, "%s",
	    (const char *)sqlite3_column_text(row, 0));
	return text;
}

/* The first column of the first row, as text; "" without a row. */
static const char *
ask(struct catalogue *c, const char *sql)
{
	static char text[512];
	sqlite3_stmt *row;

	assert_int_equal(sqlite3_prepare_v2(c->db, sql, -1, &row, NULL),
	    SQLITE_OK);
	text[0] = '\0';
	if (sqlite3_step(row) == SQLITE_ROW &&
	    sqlite3_column_type(row, 0) != SQLITE_NULL)
		(void)keep_text(text, sizeof(text), row);
	(void)sqlite3_finalize(row);
	return text;
}

#define SAYS(name) "SELECT verdict FROM reviews WHERE reviewer = '" name "'"

/* A request that comes twice, a third person, a claim that expired. */
static void
test_outcomes(void **state)
{
	struct catalogue *c = flagged_open(":memory:");
	const struct people_person ann = flagged_person(c, "ann",
	    PEOPLE_ANNOTATOR), bob = flagged_person(c, "bob",
	    PEOPLE_ANNOTATOR), cy = flagged_person(c, "cy",
	    PEOPLE_ANNOTATOR);
	struct json *item;
	size_t n;

	(void)state;
	flagged_add(c, 0, 1, 1, "flag");
	assert_int_equal(judge(c, &ann, "f0", "\"accept\",\"interval\":[1,9],"
	    "\"reasons\":[\"key\"],\"spent_sec\":12.5,\"at\":4,\"role\":"
	    "\"adjudicator\"", "1", 100), JUDGEMENTS_DONE);
	assert_int_equal(judge(c, &ann, "f0", "\"reject\"", "1", 101),
	    JUDGEMENTS_REPEATED);
	assert_string_equal(ask(c, "SELECT group_concat(verdict || start_sec"
	    " || reasons || spent_sec || at || coalesce(role, '-'))"
	    " FROM reviews"), "accept1.0[\"key\"]12.5100-");
	assert_int_equal(judge(c, &ann, "f9", "\"reject\"", "2", 101),
	    JUDGEMENTS_UNKNOWN);
	/* cy's claim expires; bob is given the fragment and judges it. */
	assert_int_equal(review_claims_next(c, &cy, &flagged, &rules, NULL, 0,
	    200, &item, NULL), 0);
	assert_non_null(item);
	json_free(item);
	assert_int_equal(review_claims_next(c, &bob, &flagged, &rules, NULL, 0,
	    300, &item, NULL), 0);
	assert_null(item);
	assert_int_equal(review_claims_next(c, &bob, &flagged, &rules, NULL,
	    0, 1100, &item, NULL), 0);
	assert_non_null(item);
	json_free(item);
	/* Places count only with "accept". */
	assert_int_equal(judge(c, &bob, "f0", "\"reject\",\"interval\":"
	    "[1,9]", "1", 1101), JUDGEMENTS_DONE);
	assert_int_equal(judge(c, &cy, "f0", "\"accept\"", "1", 1102),
	    JUDGEMENTS_TAKEN);
	/* Who has judged may change his mind. */
	assert_int_equal(judge(c, &ann, "f0", "\"reject\"", "3", 1103),
	    JUDGEMENTS_DONE);
	assert_string_equal(ask(c, "SELECT verdict FROM fragments"), "drop");
	assert_string_equal(ask(c, "SELECT count(*) FROM claims"), "0");
	assert_int_equal(queue_done(c, "ann", 1000, &n, NULL), 0);
	assert_int_equal(n, 1);
	catalogue_close(c);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {
		"{}", "{\"group_id\":\"w0\",\"fragment_id\":\"f0\"}",
		"{\"group_id\":\"w0\",\"fragment_id\":\"f0\",\"review\":"
		    "{\"verdict\":\"same\"}}",
		"{\"group_id\":\"w0\",\"fragment_id\":\"f0\",\"review\":"
		    "{\"verdict\":\"accept\",\"interval\":[5,4]}}",
		"{\"group_id\":\"w0\",\"fragment_id\":\"f0\",\"review\":"
		    "{\"verdict\":\"accept\",\"interval\":[5,4e12]}}",
		"{\"group_id\":\"w0\",\"fragment_id\":\"f0\",\"review\":"
		    "{\"verdict\":\"accept\",\"reasons\":[\"dull\"]}}",
		"{\"group_id\":\"w0\",\"fragment_id\":\"f0\",\"review\":"
		    "{\"verdict\":\"accept\",\"reasons\":\"key\"}}",
		"{\"group_id\":\"w0\",\"fragment_id\":\"f0\",\"review\":"
		    "{\"verdict\":\"accept\",\"spent_sec\":-1}}",
		"{\"group_id\":\"w0\",\"fragment_id\":\"f0\",\"review\":"
		    "{\"verdict\":\"accept\",\"note\":7}}",
	};
	struct catalogue *c = flagged_open(":memory:");
	const struct people_person ann = flagged_person(c, "ann",
	    PEOPLE_ANNOTATOR);
	enum judgements_outcome outcome;

	(void)state;
	flagged_add(c, 0, 1, 1, "flag");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error err = { ERROR_NONE, "" };
		struct json *review = json_parse(bad[i], strlen(bad[i]), &err);

		assert_non_null(review);
		assert_int_equal(judgements_put(c, &ann, &rules, "r", review,
		    1, &outcome, &err), -1);
		assert_true(err.code == ERROR_FORMAT ||
		    err.code == ERROR_LIMIT);
		assert_int_equal(judgements_put(c, &ann, &rules, "", review,
		    1, &outcome, &err), -1);
		json_free(review);
	}
	assert_string_equal(ask(c, "SELECT count(*) FROM reviews"), "0");
	catalogue_close(c);
}

/* Undo restores what was said before, once for a request, for an hour. */
static void
test_undo(void **state)
{
	struct catalogue *c = flagged_open(":memory:");
	const struct people_person ann = flagged_person(c, "ann",
	    PEOPLE_ANNOTATOR);

	(void)state;
	flagged_add(c, 0, 1, 3, "flag");
	assert_int_equal(undo(c, &ann, "u0", 99), JUDGEMENTS_NOTHING);
	assert_int_equal(judge(c, &ann, "f0", "\"accept\",\"note\":\"x\","
	    "\"interval\":[1.5,9],\"reasons\":[\"key\"]", "1", 100),
	    JUDGEMENTS_DONE);
	assert_int_equal(judge(c, &ann, "f0", "\"reject\"", "2", 101),
	    JUDGEMENTS_DONE);
	assert_int_equal(judge(c, &ann, "f1", "\"unsure\"", "3", 102),
	    JUDGEMENTS_DONE);
	assert_int_equal(undo(c, &ann, "u1", 103), JUDGEMENTS_DONE);
	assert_int_equal(undo(c, &ann, "u1", 103), JUDGEMENTS_REPEATED);
	assert_string_equal(ask(c, "SELECT count(*) FROM reviews"), "1");
	assert_string_equal(ask(c, "SELECT person || fragment_id ||"
	    " expires_at FROM claims"), "annf11003");
	assert_int_equal(undo(c, &ann, "u2", 104), JUDGEMENTS_DONE);
	assert_string_equal(ask(c, "SELECT verdict || note || start_sec ||"
	    " reasons || at FROM reviews"), "acceptx1.5[\"key\"]100");
	assert_int_equal(undo(c, &ann, "u3", 105), JUDGEMENTS_DONE);
	assert_string_equal(ask(c, "SELECT count(*) FROM reviews"), "0");
	assert_int_equal(undo(c, &ann, "u4", 106), JUDGEMENTS_NOTHING);
	assert_string_equal(ask(c, "SELECT count(*) FROM fragments"
	    " WHERE verdict IS NULL AND standing IS NULL AND n_judged = 0"
	    " AND is_heard = 0"), "3");
	/* The verdict that was sent before comes late, again: it is undone. */
	assert_int_equal(judge(c, &ann, "f1", "\"unsure\"", "3", 107),
	    JUDGEMENTS_REPEATED);
	assert_int_equal(judge(c, &ann, "f2", "\"accept\"", "4", 200),
	    JUDGEMENTS_DONE);
	assert_int_equal(undo(c, &ann, "u5", 200 + JUDGEMENTS_UNDO_SEC),
	    JUDGEMENTS_NOTHING);
	/* Somebody has imported another word of hers meanwhile. */
	flagged_add_text(c, "{\"group_id\":\"w0\",\"fragment_id\":\"f2\","
	    "\"review\":{\"reviewer\":\"ann\",\"verdict\":\"unsure\"}}");
	assert_int_equal(undo(c, &ann, "u6", 201), JUDGEMENTS_NOTHING);
	assert_string_equal(ask(c, SAYS("ann")), "unsure");
	catalogue_close(c);
}

static int
write_row(void *context, struct json *row, struct error *err)
{
	const char *what, *at;
	FILE *out = context;

	assert_int_equal(json_want_string(row, "what", &what, err), 0);
	assert_int_equal(json_want_string(row, "at", &at, err), 0);
	(void)fprintf(out, "%s %s\n", at, what);
	return 0;
}

/* Who did what stands in the trail, which only grows. */
static void
test_trail(void **state)
{
	struct catalogue *c = flagged_open(":memory:");
	const struct people_person ann = flagged_person(c, "ann",
	    PEOPLE_ANNOTATOR);
	char *text = NULL;
	size_t n_bytes, n_settled, n_open;
	FILE *out = open_memstream(&text, &n_bytes);

	(void)state;
	flagged_add(c, 0, 1, 1, "flag");
	assert_int_equal(judge(c, &ann, "f0", "\"accept\"", "1", 86400),
	    JUDGEMENTS_DONE);
	assert_int_equal(undo(c, &ann, "u", 86401), JUDGEMENTS_DONE);
	assert_int_equal(judgements_settle(c, 2, "me", 86402, &n_settled,
	    &n_open, NULL), 0);
	assert_int_equal(people_retire(c, "ann", "me", 86403, NULL), 0);
	assert_int_equal(review_log_each(c, write_row, out, NULL), 0);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, "1970-01-01T00:00:01Z invite\n"
	    "1970-01-02T00:00:00Z verdict\n1970-01-02T00:00:01Z undo\n"
	    "1970-01-02T00:00:02Z settle\n1970-01-02T00:00:03Z retire\n");
	free(text);
	assert_string_equal(ask(c, "SELECT coalesce(a.before, '-') ||"
	    " (a.after = b.before) || coalesce(b.after, '-')"
	    " FROM review_log AS a JOIN review_log AS b ON b.undoes = a.n"),
	    "-1-");
	assert_int_equal(sqlite3_exec(c->db, "UPDATE review_log SET at = 0",
	    NULL, NULL, NULL), SQLITE_CONSTRAINT);
	assert_int_equal(sqlite3_exec(c->db, "DELETE FROM review_log", NULL,
	    NULL, NULL), SQLITE_CONSTRAINT);
	assert_string_equal(ask(c, "SELECT count(*) FROM review_log"), "5");
	catalogue_close(c);
}

static int
check_place(void *context, struct json *rec, struct error *err)
{
	double start;

	assert_int_equal(json_want_number(rec, "interval.0", &start, err), 0);
	assert_true(start == *(const double *)context);
	return 0;
}

/* What two differ on goes to an adjudicator, whose word stands. */
static void
test_adjudication(void **state)
{
	static const struct queue_filter disputed = {
		.status = "disagreement", .high = 1 };
	const struct fragments_filter all = { .group_id = NULL };
	const double place = 2;
	struct catalogue *c = flagged_open(":memory:");
	const struct people_person ann = flagged_person(c, "ann",
	    PEOPLE_ANNOTATOR), bob = flagged_person(c, "bob",
	    PEOPLE_ANNOTATOR), zoe = flagged_person(c, "zoe",
	    PEOPLE_ADJUDICATOR);
	struct error err = { ERROR_NONE, "" };
	struct verdicts *v;
	struct json *item;
	size_t n, n_settled, n_open;

	(void)state;
	flagged_add(c, 0, 1, 1, "flag");
	assert_int_equal(judge(c, &ann, "f0", "\"reject\"", "1", 1),
	    JUDGEMENTS_DONE);
	assert_int_equal(review_claims_next(c, &zoe, &disputed, &rules, NULL, 0,
	    2, &item, NULL), 0);
	assert_null(item);
	assert_int_equal(judgements_settle(c, 2, "me", 2, &n_settled, &n_open,
	    NULL), 0);
	assert_int_equal(n_open, 1);
	assert_string_equal(ask(c, "SELECT check_by_crowdsource FROM versions"
	    " WHERE part = 'other'"), "1");
	assert_int_equal(judge(c, &bob, "f0", "\"accept\",\"interval\":[1,9]",
	    "1", 2), JUDGEMENTS_DONE);
	assert_string_equal(ask(c, "SELECT verdict || standing"
	    " FROM fragments"), "flagdisputed");
	assert_int_equal(review_claims_next(c, &ann, &disputed, &rules, NULL, 0,
	    2, &item, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	assert_int_equal(queue_left(c, "zoe", &disputed, &rules, &n, NULL),
	    0);
	assert_int_equal(n, 1);
	assert_int_equal(review_claims_next(c, &zoe, &disputed, &rules, NULL, 0,
	    2, &item, NULL), 0);
	assert_int_equal(json_count(json_at(item, "said")), 2);
	json_free(item);
	assert_int_equal(judge(c, &zoe, "f0", "\"accept\",\"interval\":[2,9]",
	    "1", 3), JUDGEMENTS_DONE);
	/* One more who rejects would be the majority, were it one. */
	flagged_add_text(c, "{\"group_id\":\"w0\",\"fragment_id\":\"f0\","
	    "\"review\":{\"reviewer\":\"a\",\"verdict\":\"reject\"}}");
	flagged_add_text(c, "{\"group_id\":\"w0\",\"fragment_id\":\"f0\","
	    "\"review\":{\"reviewer\":\"b\",\"verdict\":\"reject\"}}");
	assert_string_equal(ask(c, "SELECT verdict || standing"
	    " FROM fragments"), "keepfinal");
	assert_int_equal(fragments_each(c, &all, check_place,
	    (void *)(uintptr_t)&place, NULL), 0);
	v = verdicts_load(c, NULL);
	assert_non_null(v);
	assert_int_equal(verdicts_n_accepted(v), 1);
	verdicts_free(v);
	assert_int_equal(judgements_settle(c, 2, "me", 4, &n_settled, &n_open,
	    NULL), 0);
	assert_int_equal(n_settled, 1);
	assert_int_equal(n_open, 0);
	assert_string_equal(ask(c, "SELECT check_by_crowdsource FROM versions"
	    " WHERE part = 'other'"), "0");
	assert_int_equal(queue_left(c, "zoe", &disputed, &rules, &n, NULL),
	    0);
	assert_int_equal(n, 0);
	catalogue_close(c);
}

/*
 * A round that obeys the first verdict does not take the fragment from the
 * second person; what is new in a work that was heard is known to be.
 */
static void
test_next_round(void **state)
{
	struct catalogue *c = flagged_open(":memory:");
	const struct people_person ann = flagged_person(c, "ann",
	    PEOPLE_ANNOTATOR), bob = flagged_person(c, "bob",
	    PEOPLE_ANNOTATOR);
	struct json *item;
	size_t n;

	(void)state;
	flagged_add(c, 0, 1, 1, "flag");
	assert_int_equal(judge(c, &ann, "f0", "\"accept\"", "1", 1),
	    JUDGEMENTS_DONE);
	flagged_add(c, 0, 1, 1, "keep");
	flagged_add(c, 1, 1, 1, "keep");
	assert_int_equal(queue_left(c, "bob", &flagged, &rules, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_int_equal(review_claims_next(c, &bob, &flagged, &rules, NULL, 0,
	    2, &item, NULL), 0);
	assert_non_null(item);
	json_free(item);
	flagged_add(c, 0, 1, 3, "flag");
	assert_string_equal(ask(c, "SELECT sum(is_heard) FROM fragments"),
	    "3");
	catalogue_close(c);
}

/* Gold outlives a round; people, gold and who asked are merged. */
static void
test_gold_stays(void **state)
{
	static const char text[] = "{\"group_id\":\"w0\",\"fragment_id\":"
	    "\"f0\",\"review\":{\"verdict\":\"accept\"}}";
	struct catalogue *c, *other;
	struct json *gold = json_parse(text, strlen(text), NULL);
	size_t n_taken, n_differ;
	char path[64], from[64];

	(void)state;
	(void)snprintf(from, sizeof(from), "%s/from.sqlite", temp_folder);
	(void)snprintf(path, sizeof(path), "%s/to.sqlite", temp_folder);
	c = flagged_open(from);
	(void)flagged_person(c, "ann", PEOPLE_ADMIN);
	flagged_add(c, 0, 1, 2, "keep");
	assert_non_null(gold);
	assert_int_equal(gold_put(c, gold, "me", 1, NULL), 0);
	json_free(gold);
	assert_int_equal(rounds_open(c, "k", 1, "{}", NULL, NULL), 0);
	assert_int_equal(sqlite3_exec(c->db, "UPDATE fragments"
	    " SET round_key = 'k'", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(fragments_forget_mined(c, NULL), 0);
	assert_string_equal(ask(c, "SELECT group_concat(fragment_id)"
	    " FROM fragments"), "f0");
	catalogue_close(c);
	other = flagged_open(path);
	assert_int_equal(catalogue_begin(other, NULL), 0);
	assert_int_equal(merge_take(other, from, &n_taken, &n_differ, NULL),
	    0);
	assert_int_equal(catalogue_commit(other, NULL), 0);
	assert_int_equal(n_differ, 0);
	assert_string_equal(ask(other, "SELECT (SELECT is_asked FROM"
	    " fragments) || (SELECT verdict FROM gold) || (SELECT name ||"
	    " role || (token_sha256 IS NULL) FROM people)"),
	    "0acceptannadmin1");
	catalogue_close(other);
}

/* What one of several processes does, until it is done or killed. */
static void
work(const char *path, const struct people_person *person, size_t n,
    uint64_t seed)
{
	struct catalogue *c = catalogue_open(path, CATALOGUE_WRITE, 60000,
	    NULL);
	struct error err = { ERROR_NONE, "" };
	enum judgements_outcome outcome;
	struct json *item, *review;
	const char *group_id, *fragment_id;
	char request[160];

	if (c == NULL)
		_exit(1);
	for (size_t i = 0; i < n; i++) {
		if (review_claims_next(c, person, &flagged, &rules, NULL, 0,
	    1000, &item, &err) != 0)
			_exit(2);
		if (item == NULL)
			break;
		review = json_new_object(NULL);
		(void)snprintf(request, sizeof(request), "%s-%llu-%zu",
		    person->name, (unsigned long long)seed, i);
		if (json_want_string(item, "g", &group_id, NULL) != 0 ||
		    json_want_string(item, "f", &fragment_id, NULL) != 0 ||
		    json_put_string(review, "group_id", group_id, NULL) != 0 ||
		    json_put_string(review, "fragment_id", fragment_id,
		    NULL) != 0 || json_put_string(review, "review.verdict",
		    "accept", NULL) != 0)
			_exit(3);
		if (judgements_put(c, person, &rules, request, review, 1000,
		    &outcome, &err) != 0 || outcome != JUDGEMENTS_DONE)
			_exit(4);
		json_free(review);
		json_free(item);
	}
	catalogue_close(c);
	_exit(0);
}

/* Nothing is given or judged too often, and the trail has every verdict. */
static void
check_sound(struct catalogue *c)
{
	assert_string_equal(ask(c, "SELECT count(*) FROM (SELECT 1 FROM"
	    " (SELECT group_id, fragment_id, reviewer FROM reviews UNION"
	    " SELECT group_id, fragment_id, person FROM claims)"
	    " GROUP BY group_id, fragment_id HAVING count(*) > 2)"), "0");
	assert_string_equal(ask(c, "SELECT (SELECT count(*) FROM reviews) ="
	    " (SELECT count(*) FROM review_log WHERE what = 'verdict')"),
	    "1");
	assert_string_equal(ask(c, "SELECT count(*) FROM reviews AS r"
	    " WHERE NOT EXISTS (SELECT 1 FROM review_log AS l"
	    " WHERE l.who = r.reviewer AND l.group_id = r.group_id"
	    " AND l.fragment_id = r.fragment_id)"), "0");
	assert_string_equal(ask(c, "PRAGMA integrity_check"), "ok");
}

/* Runs the processes; n_kills of them are killed and begun again. */
static void
run_crowd(const char *path, const struct people_person *people, size_t n_each,
    size_t n_kills)
{
	struct random random;
	pid_t pids[N_PROCESSES];

	random_init(&random, 3);
	for (size_t i = 0; i < N_PROCESSES; i++)
		if ((pids[i] = fork()) == 0)
			work(path, &people[i], n_each, n_kills * 1000);
	for (size_t i = 0; i < n_kills; i++) {
		const size_t k = random_below(&random, N_PROCESSES);
		const struct timespec pause = { 0,
		    (long)(random_uniform(&random) * 3e7) };

		(void)nanosleep(&pause, NULL);
		(void)kill(pids[k], SIGKILL);
		(void)waitpid(pids[k], NULL, 0);
		if ((pids[k] = fork()) == 0)
			work(path, &people[k], n_each, n_kills * 1000 + i + 1);
	}
	for (size_t i = 0; i < N_PROCESSES; i++) {
		int status = -1;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
}

/*
 * Eight processes that claim and judge at once, then the same with some killed.
 * CHAD_CROWD=n: n verdicts each.
 */
static void
test_crowd(void **state)
{
	const char *n_text = getenv("CHAD_CROWD");
	const size_t n_each = n_text == NULL ? N_EACH :
	    (size_t)strtoul(n_text, NULL, 10);
	struct people_person people[N_PROCESSES];
	char path[64], name[16], expected[32];
	struct catalogue *c;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/crowd.sqlite", temp_folder);
	c = flagged_open(path);
	flagged_add(c, 0, n_each, 8, "flag");
	for (size_t i = 0; i < N_PROCESSES; i++) {
		(void)snprintf(name, sizeof(name), "p%zu", i);
		people[i] = flagged_person(c, name, PEOPLE_ANNOTATOR);
	}
	catalogue_close(c);
	run_crowd(path, people, n_each, 0);
	c = flagged_open(path);
	check_sound(c);
	(void)snprintf(expected, sizeof(expected), "%zu",
	    n_each * N_PROCESSES);
	assert_string_equal(ask(c, "SELECT count(*) FROM reviews"), expected);
	assert_string_equal(ask(c, "SELECT count(*) FROM claims"), "0");
	catalogue_close(c);
	run_crowd(path, people, n_each, n_each / 2);
	c = flagged_open(path);
	check_sound(c);
	catalogue_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_undo),
		cmocka_unit_test(test_trail),
		cmocka_unit_test(test_adjudication),
		cmocka_unit_test(test_next_round),
		cmocka_unit_test(test_gold_stays),
		cmocka_unit_test(test_crowd),
	};

	return cmocka_run_group_tests(tests, temp_folder_set_up,
	    temp_folder_tear_down);
}
