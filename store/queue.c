#include <stdbool.h>
#include <string.h>

#include "store/member.h"
#include "store/queue.h"
#include "store/queue_sql.h"
#include "store/schema.h"

/* Where fragments of each status are found, in their order. */
#define FROM_QUEUED \
	" FROM fragments AS f INDEXED BY fragments_queued WHERE" QUEUE_SQL_IN \
	" AND f.n_judged < ?7" QUEUE_SQL_FILTER
#define FROM_DISPUTED \
	" FROM fragments AS f INDEXED BY fragments_disputed WHERE" \
	QUEUE_SQL_DISPUTED QUEUE_SQL_FILTER
#define FROM_DECIDED \
	" FROM fragments AS f WHERE" QUEUE_SQL_OTHER QUEUE_SQL_FILTER \
	" AND " SCHEMA_DECISION " = ?8"
#define FROM_ANY \
	" FROM fragments AS f WHERE" QUEUE_SQL_OTHER QUEUE_SQL_FILTER
#define FROM_WORK \
	" FROM fragments AS f WHERE f.group_id = ?1 AND" QUEUE_SQL_OTHER \
	QUEUE_SQL_FILTER " AND (?8 IS NULL OR " SCHEMA_DECISION " = ?8)"
/* The index of probabilities, where these are asked for. */
#define FROM_PROBABLE \
	" FROM fragments AS f INDEXED BY fragments_by_probability WHERE" \
	" f.probability BETWEEN ?2 AND ?3 AND" QUEUE_SQL_OTHER \
	QUEUE_SQL_FILTER " AND (?8 IS NULL OR " SCHEMA_DECISION " = ?8)"

#define END_ID(part) \
	"(SELECT v.id FROM versions AS v WHERE v.group_id = f.group_id" \
	" AND v.fragment_id = f.fragment_id AND v.part = '" part "')"
#define ITEM_COLUMNS \
	"SELECT f.group_id AS g, f.fragment_id AS f, " END_ID("other") \
	" AS id, " END_ID("original") " AS original_id," \
	" (SELECT title FROM works AS w WHERE w.group_id = f.group_id)" \
	" AS title, f.probability, (SELECT v.correlation FROM versions AS v" \
	" WHERE v.group_id = f.group_id AND v.fragment_id = f.fragment_id" \
	" AND v.part = 'other') AS correlation, " SCHEMA_DECISION \
	" AS decision, f.n_judged," QUEUE_SQL_OTHERS " > 0"
#define COUNT "SELECT count(*)"
#define PAGE " LIMIT ?9 OFFSET ?10"
/* So that every statement has all parameters. */
#define ALL " AND ?5 IS NOT 0 AND ?6 IS NOT '' AND ?7 IS NOT ''" \
	" AND ?8 IS NOT 0 AND ?9 IS NOT '' AND ?10 IS NOT ''"

enum from { QUEUED, DISPUTED, DECIDED, ANY, OF_WORK, PROBABLE };

static const struct {
	const char *list, *count;
} statements[] = {
	[QUEUED] = { ITEM_COLUMNS FROM_QUEUED ALL " ORDER BY f.n_judged,"
	    " f.is_heard, " QUEUE_SQL_DOUBT ", f.group_id, f.fragment_id"
	    PAGE, COUNT FROM_QUEUED ALL },
	[DISPUTED] = { ITEM_COLUMNS FROM_DISPUTED ALL " ORDER BY "
	    QUEUE_SQL_DOUBT ", f.group_id, f.fragment_id" PAGE,
	    COUNT FROM_DISPUTED ALL },
	[DECIDED] = { ITEM_COLUMNS FROM_DECIDED ALL " ORDER BY f.group_id,"
	    " f.fragment_id" PAGE, COUNT FROM_DECIDED ALL },
	[ANY] = { ITEM_COLUMNS FROM_ANY ALL " ORDER BY f.group_id,"
	    " f.fragment_id" PAGE, COUNT FROM_ANY ALL },
	[OF_WORK] = { ITEM_COLUMNS FROM_WORK ALL " ORDER BY f.fragment_id"
	    PAGE, COUNT FROM_WORK ALL },
	[PROBABLE] = { ITEM_COLUMNS FROM_PROBABLE ALL " ORDER BY"
	    " f.probability, f.group_id, f.fragment_id" PAGE,
	    COUNT FROM_PROBABLE ALL },
};

static enum from
from_of(const struct queue_sql *q)
{
	if (q->status == QUEUE_SQL_FLAG)
		return QUEUED;
	if (q->status == QUEUE_SQL_DISAGREEMENT)
		return DISPUTED;
	if (q->group_id != NULL)
		return OF_WORK;
	if (q->low != NULL)
		return PROBABLE;
	return q->decision == NULL ? ANY : DECIDED;
}

/* from: whether neither scores nor what others made of them are shown. */
static struct json *
restore(void *from, sqlite3_stmt *row, struct error *err)
{
	static const char template[] = "{\"g\":null,\"f\":null,\"id\":null,"
	    "\"original_id\":null,\"title\":null,\"probability\":null,"
	    "\"correlation\":null,\"decision\":null}";
	struct json *rec = json_parse(template, sizeof(template) - 1, err);
	const bool *is_blind = from;

	if (rec == NULL)
		return NULL;
	for (int i = 0; i < 8; i++)
		if ((i == 5 || i == 6 ? member_put_number(rec,
		    json_member_name(rec, (size_t)i), row, i, err) :
		    member_put_text(rec, json_member_name(rec, (size_t)i),
		    row, i, err)) != 0)
			goto fail;
	if (*is_blind && (json_put_null(rec, "probability", err) != 0 ||
	    json_put_null(rec, "correlation", err) != 0 ||
	    json_put_string(rec, "decision", "flag", err) != 0))
		goto fail;
	if (json_put_size(rec, "n_verdicts",
	    (size_t)sqlite3_column_int64(row, 8), err) == 0 &&
	    json_put_bool(rec, "is_claimed",
	    sqlite3_column_int(row, 9) != 0, err) == 0)
		return rec;
fail:
	json_free(rec);
	return NULL;
}

static int
append_item(void *context, struct json *rec, struct error *err)
{
	return json_append(context, "items", rec, err);
}

struct json *
queue_list(struct catalogue *c, const struct people_person *person,
    const struct queue_filter *filter, const struct queue_rules *rules,
    size_t offset, size_t limit, int64_t now, struct error *err)
{
	struct json *list = json_parse("{\"n\":0,\"items\":[]}", 18, err);
	bool is_blind = person != NULL &&
	    person->role == PEOPLE_ANNOTATOR;
	struct member_reader reader = { restore, &is_blind, append_item,
	    list };
	struct queue_sql q;
	int64_t n;

	if (limit > QUEUE_MAX_LIST)
		limit = QUEUE_MAX_LIST;
	if (offset > INT32_MAX)
		offset = INT32_MAX;
	if (list == NULL || queue_sql_read(filter, &q, err) != 0)
		goto fail;
	/* Claims of anybody: nobody is called "". */
	if (sql_integer(c, &n, err, statements[from_of(&q)].count,
	    "tDDttiitii", q.group_id, q.low, q.high, q.model, "", now,
	    (int64_t)rules->people_per_item, q.decision, (int64_t)0,
	    (int64_t)0) == 0 && json_put_size(list, "n", (size_t)n,
	    err) == 0 && member_each(c, sql_query(c, err,
	    statements[from_of(&q)].list, "tDDttiitii", q.group_id, q.low,
	    q.high, q.model, "", now, (int64_t)rules->people_per_item,
	    q.decision, (int64_t)limit, (int64_t)offset), &reader, err) == 0)
		return list;
fail:
	json_free(list);
	return NULL;
}

/* Those that the person has judged, of the same fragments. */
#define OWN(condition) \
	"SELECT count(*) FROM reviews AS r CROSS JOIN fragments AS f" \
	" ON f.group_id = r.group_id AND f.fragment_id = r.fragment_id" \
	" WHERE r.reviewer = ?5 AND" condition QUEUE_SQL_FILTER

static int
count_queued(struct catalogue *c, const char *person,
    const struct queue_sql *q, const struct queue_rules *rules, int64_t *n,
    struct error *err)
{
	const int64_t limit = (int64_t)rules->people_per_item;
	int64_t n_own;

	if (sql_integer(c, n, err, statements[QUEUED].count, "tDDttiitii",
	    q->group_id, q->low, q->high, q->model, person, (int64_t)0,
	    limit, NULL, (int64_t)0, (int64_t)0) != 0 ||
	    sql_integer(c, &n_own, err, OWN(QUEUE_SQL_IN
	    " AND f.n_judged < ?6"), "tDDtti", q->group_id, q->low, q->high,
	    q->model, person, limit) != 0)
		return -1;
	*n -= n_own;
	return 0;
}

static int
count_disputed(struct catalogue *c, const char *person,
    const struct queue_sql *q, const struct queue_rules *rules, int64_t *n,
    struct error *err)
{
	int64_t n_own;

	if (sql_integer(c, n, err, statements[DISPUTED].count, "tDDttiitii",
	    q->group_id, q->low, q->high, q->model, person, (int64_t)0,
	    (int64_t)rules->people_per_item, NULL, (int64_t)0,
	    (int64_t)0) != 0 ||
	    sql_integer(c, &n_own, err, OWN(QUEUE_SQL_DISPUTED), "tDDtt",
	    q->group_id, q->low, q->high, q->model, person) != 0)
		return -1;
	*n -= n_own;
	return 0;
}

#define LEFT(from) \
	COUNT " FROM (SELECT 1" from " AND f.n_judged < ?7" \
	" AND NOT EXISTS (SELECT 1 FROM reviews AS r" \
	" WHERE r.group_id = f.group_id AND r.fragment_id = f.fragment_id" \
	" AND r.reviewer = ?5)" ALL " LIMIT ?9)"

int
queue_left(struct catalogue *c, const char *person,
    const struct queue_filter *filter, const struct queue_rules *rules,
    size_t *n, struct error *err)
{
	static const char *const left[] = { [DECIDED] = LEFT(FROM_DECIDED),
	    [ANY] = LEFT(FROM_ANY), [OF_WORK] = LEFT(FROM_WORK),
	    [PROBABLE] = LEFT(FROM_PROBABLE) };
	struct queue_sql q;
	int64_t value = 0;
	int status;

	*n = 0;
	if (queue_sql_read(filter, &q, err) != 0)
		return -1;
	switch (q.status) {
	case QUEUE_SQL_FLAG:
		status = count_queued(c, person, &q, rules, &value, err);
		break;
	case QUEUE_SQL_DISAGREEMENT:
		status = count_disputed(c, person, &q, rules, &value, err);
		break;
	default:
		status = sql_integer(c, &value, err, left[from_of(&q)],
		    "tDDttiitii", q.group_id, q.low, q.high, q.model, person,
		    (int64_t)0, (int64_t)rules->people_per_item, q.decision,
		    (int64_t)QUEUE_MAX_LEFT, (int64_t)0);
		break;
	}
	/* Between the two counts another process may have written. */
	*n = value > 0 ? (size_t)value : 0;
	return status;
}

/* Verdicts less undone ones, of ?1 since ?2. */
#define DONE \
	"(SELECT count(*) FROM review_log AS l WHERE l.who = ?1" \
	" AND l.what = 'verdict' AND l.at >= ?2) - (SELECT count(*)" \
	" FROM review_log AS l WHERE l.who = ?1 AND l.what = 'undo'" \
	" AND l.at >= ?2)"

int
queue_done(struct catalogue *c, const char *person, int64_t since, size_t *n,
    struct error *err)
{
	int64_t value;
	const int status = sql_integer(c, &value, err, "SELECT " DONE, "ti",
	    person, since);

	*n = value > 0 ? (size_t)value : 0;
	return status;
}

/* Verdicts of the last hour, of everybody or one, as a rate. */
static int
put_rate(struct json *rec, sqlite3_stmt *row, int column, int64_t now,
    double *per_hour, struct error *err)
{
	const double n = sqlite3_column_double(row, column);
	const double span = (double)(now -
	    sqlite3_column_int64(row, column + 1));

	*per_hour = n == 0 ? 0 : n * 3600 / (span < 60 ? 60 : span);
	return json_put_rounded(rec, "per_hour", *per_hour, 1, err);
}

struct pace {
	struct json *progress;
	int64_t now;
};

static int
append_person(void *context, sqlite3_stmt *row, struct error *err)
{
	struct pace *pace = context;
	struct json *rec = json_new_object(err);
	double per_hour;
	int status = -1;

	if (rec == NULL)
		return -1;
	if (member_put_text(rec, "name", row, 0, err) == 0 &&
	    member_put_number(rec, "done", row, 1, err) == 0 &&
	    member_put_number(rec, "today", row, 2, err) == 0 &&
	    put_rate(rec, row, 3, pace->now, &per_hour, err) == 0)
		status = json_append(pace->progress, "people", rec, err);
	json_free(rec);
	return status;
}

static int
put_all(void *context, sqlite3_stmt *row, struct error *err)
{
	struct pace *pace = context;
	const double left = sqlite3_column_double(row, 0);
	double per_hour;

	if (json_put_size(pace->progress, "left", (size_t)left, err) != 0 ||
	    member_put_number(pace->progress, "done", row, 1, err) != 0 ||
	    put_rate(pace->progress, row, 2, pace->now, &per_hour, err) != 0)
		return -1;
	return per_hour == 0 ? 0 : json_put_rounded(pace->progress,
	    "eta_hours", left / per_hour, 2, err);
}

#define OF_PERSON(what, since) \
	"(SELECT count(*) FROM review_log AS l WHERE l.who = p.name" \
	" AND l.what = '" what "' AND l.at >= " since ")"

static int
fill_progress(struct catalogue *c, const char *only, size_t people_per_item,
    int64_t midnight, struct pace *pace, struct error *err)
{
	const int64_t hour_ago = pace->now - 3600;

	if (sql_each(c, sql_query(c, err, "SELECT coalesce((SELECT"
	    " sum(?1 - f.n_judged) FROM fragments AS f"
	    " INDEXED BY fragments_queued WHERE" QUEUE_SQL_IN
	    " AND f.n_judged < ?1), 0), (SELECT count(*) FROM review_log"
	    " WHERE what = 'verdict') - (SELECT count(*) FROM review_log"
	    " WHERE what = 'undo'), count(*), min(at) FROM review_log"
	    " WHERE what = 'verdict' AND at > ?2", "ii",
	    (int64_t)people_per_item, hour_ago), put_all, pace, err) != 0)
		return -1;
	return sql_each(c, sql_query(c, err, "SELECT p.name, "
	    OF_PERSON("verdict", "0") " - " OF_PERSON("undo", "0") ", max(0, "
	    OF_PERSON("verdict", "?2") " - " OF_PERSON("undo", "?2") "), "
	    OF_PERSON("verdict", "?3") ", (SELECT min(l.at)"
	    " FROM review_log AS l WHERE l.who = p.name"
	    " AND l.what = 'verdict' AND l.at >= ?3) FROM people AS p"
	    " WHERE ?1 IS NULL OR p.name = ?1 ORDER BY p.name", "tii", only,
	    midnight, hour_ago), append_person, pace, err);
}

struct json *
queue_progress(struct catalogue *c, const struct people_person *person,
    const struct queue_rules *rules, int64_t midnight, int64_t now,
    struct error *err)
{
	static const char template[] = "{\"left\":0,\"done\":0,\"per_hour\":0,"
	    "\"eta_hours\":null,\"people\":[]}";
	struct json *progress = json_parse(template, sizeof(template) - 1,
	    err);
	struct pace pace = { progress, now };

	if (progress == NULL || fill_progress(c,
	    person->role == PEOPLE_ANNOTATOR ? person->name : NULL,
	    rules->people_per_item, midnight, &pace, err) == 0)
		return progress;
	json_free(progress);
	return NULL;
}
