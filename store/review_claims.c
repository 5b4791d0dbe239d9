#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

#include "store/review_claims.h"
#include "store/queue_sql.h"
#include "store/schema.h"

#define MAX_CLAIMS 16	/* that one person holds */

/* Conditions of what person ?5 may be given at ?6. */
#define NOT_JUDGED \
	" AND NOT EXISTS (SELECT 1 FROM reviews AS r" \
	" WHERE r.group_id = f.group_id AND r.fragment_id = f.fragment_id" \
	" AND r.reviewer = ?5)"
#define HAS_ROOM " AND f.n_judged +" QUEUE_SQL_OTHERS " < ?7"
#define WHAT "SELECT f.group_id, f.fragment_id, " QUEUE_SQL_DOUBT
#define BY_NAME ", f.group_id, f.fragment_id"

#define NEXT_QUEUED \
	WHAT " FROM fragments AS f INDEXED BY fragments_queued WHERE" \
	QUEUE_SQL_IN " AND f.n_judged = ?8 AND f.is_heard = ?9" \
	QUEUE_SQL_FILTER NOT_JUDGED HAS_ROOM \
	" ORDER BY " QUEUE_SQL_DOUBT BY_NAME
#define NEXT_DISPUTED \
	WHAT " FROM fragments AS f INDEXED BY fragments_disputed WHERE" \
	QUEUE_SQL_DISPUTED QUEUE_SQL_FILTER NOT_JUDGED \
	" AND" QUEUE_SQL_OTHERS " < ?7 ORDER BY " QUEUE_SQL_DOUBT BY_NAME
/* What is decided is looked at from one half on, upwards and downwards. */
#define NEXT_DECIDED(side, order) \
	WHAT " FROM fragments AS f INDEXED BY fragments_by_probability" \
	" WHERE f.probability " side " AND" QUEUE_SQL_OTHER \
	" AND (?8 IS NULL OR " SCHEMA_DECISION " = ?8)" QUEUE_SQL_FILTER \
	NOT_JUDGED HAS_ROOM " ORDER BY f.probability" order BY_NAME

/* The fragments of a work are few enough to be sorted. */
#define NEXT_OF_WORK \
	WHAT " FROM fragments AS f WHERE f.group_id = ?1 AND" \
	QUEUE_SQL_OTHER " AND (?8 IS NULL OR " SCHEMA_DECISION " = ?8)" \
	QUEUE_SQL_FILTER NOT_JUDGED HAS_ROOM \
	" ORDER BY " QUEUE_SQL_DOUBT BY_NAME

/* A search for the next item: what it must be, and the best until now. */
struct search {
	struct catalogue *c;
	struct arena *a;
	const char *person;
	struct queue_sql q;
	const struct queue_rules *rules;
	const struct queue_name *have;
	size_t n_have;
	int64_t now;
	bool found;
	struct queue_name best;
	double doubt;
};

static bool
is_had(const struct search *s, const char *group_id, const char *fragment_id)
{
	for (size_t i = 0; i < s->n_have; i++)
		if (strcmp(s->have[i].group_id, group_id) == 0 &&
		    strcmp(s->have[i].fragment_id, fragment_id) == 0)
			return true;
	return false;
}

static int
keep_best(struct search *s, sqlite3_stmt *row, struct error *err)
{
	const double doubt = sqlite3_column_double(row, 2);

	if (s->found && s->doubt <= doubt)
		return 0;
	s->best.group_id = arena_strdup(s->a, sql_text(row, 0));
	s->best.fragment_id = arena_strdup(s->a, sql_text(row, 1));
	if (s->best.group_id == NULL || s->best.fragment_id == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	s->doubt = doubt;
	s->found = true;
	return 0;
}

/* Take the first of the rows that the person does not have. */
static int
take_first(struct search *s, sqlite3_stmt *rows, struct error *err)
{
	bool has_row = false;
	int status;

	if (rows == NULL)
		return -1;
	while ((status = sql_next(s->c, rows, &has_row, err)) == 0 && has_row)
		if (!is_had(s, sql_text(rows, 0), sql_text(rows, 1))) {
			status = keep_best(s, rows, err);
			break;
		}
	sql_done(s->c, rows);
	return status;
}

static int
look_among(struct search *s, size_t n_judged, bool is_heard,
    struct error *err)
{
	return take_first(s, sql_query(s->c, err, NEXT_QUEUED, "tDDttiiii",
	    s->q.group_id, s->q.low, s->q.high, s->q.model, s->person, s->now,
	    (int64_t)s->rules->people_per_item, (int64_t)n_judged,
	    (int64_t)is_heard), err);
}

/* What has n_judged verdicts is a stretch of the index, in order of doubt. */
static int
look_in_queue(struct search *s, struct error *err)
{
	if (look_among(s, 0, false, err) != 0)
		return -1;
	if (s->found)
		return 0;
	for (size_t i = 0; i < s->rules->people_per_item; i++)
		if (look_among(s, i, true, err) != 0)
			return -1;
	return 0;
}

static int
look_among_decided(struct search *s, const char *sql, struct error *err)
{
	return take_first(s, sql_query(s->c, err, sql, "tDDttiit",
	    s->q.group_id, s->q.low, s->q.high, s->q.model, s->person, s->now,
	    (int64_t)s->rules->people_per_item, s->q.decision), err);
}

static int
look(struct search *s, struct error *err)
{
	switch (s->q.status) {
	case QUEUE_SQL_FLAG:
		return look_in_queue(s, err);
	case QUEUE_SQL_DISAGREEMENT:
		return take_first(s, sql_query(s->c, err, NEXT_DISPUTED,
		    "tDDttii", s->q.group_id, s->q.low, s->q.high, s->q.model,
		    s->person, s->now, (int64_t)1), err);
	default:
		break;
	}
	if (s->q.group_id != NULL)
		return look_among_decided(s, NEXT_OF_WORK, err);
	if (look_among_decided(s, NEXT_DECIDED(">= 0.5", ""), err) != 0 ||
	    look_among_decided(s, NEXT_DECIDED("< 0.5", " DESC"), err) != 0)
		return -1;
	return s->found ? 0 :
	    look_among_decided(s, NEXT_DECIDED("IS NULL", ""), err);
}

/* Is it gold's turn, at this claim of the person? */
static int
is_gold_due(struct search *s, bool *is_due, struct error *err)
{
	const char *place;
	int64_t n_claims;

	if (sql_integer(s->c, &n_claims, err, "SELECT n_claims FROM people"
	    " WHERE name = ?1", "t", s->person) != 0)
		return -1;
	place = arena_printf(s->a, "%s:%lld", s->person,
	    (long long)n_claims);
	if (place == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	*is_due = (double)(hash_text64(place) >> 11) * 0x1p-53 <
	    s->rules->gold_share;
	return 0;
}

#define GOLD \
	" FROM gold AS g CROSS JOIN fragments AS f" \
	" ON f.group_id = g.group_id AND f.fragment_id = g.fragment_id" \
	" WHERE true" QUEUE_SQL_FILTER NOT_JUDGED \
	" AND NOT EXISTS (SELECT 1 FROM gold_reviews AS r" \
	" WHERE r.group_id = f.group_id AND r.fragment_id = f.fragment_id" \
	" AND r.reviewer = ?5) AND NOT EXISTS (SELECT 1 FROM claims AS k" \
	" WHERE k.group_id = f.group_id AND k.fragment_id = f.fragment_id" \
	" AND k.person = ?5 AND k.expires_at > ?6)"

/* Put one of the gold items the person has not heard in place of the found. */
static int
look_for_gold(struct search *s, struct error *err)
{
	int64_t n;

	if (sql_integer(s->c, &n, err, "SELECT count(*)" GOLD, "tDDtti",
	    s->q.group_id, s->q.low, s->q.high, s->q.model, s->person,
	    s->now) != 0)
		return -1;
	if (n == 0)
		return 0;
	s->found = false;
	return take_first(s, sql_query(s->c, err, WHAT GOLD
	    " ORDER BY g.group_id, g.fragment_id LIMIT 1 OFFSET ?7",
	    "tDDttii", s->q.group_id, s->q.low, s->q.high, s->q.model,
	    s->person, s->now, (int64_t)(hash_text64(s->person) %
	    (uint64_t)n)), err);
}

/* What is claimed already holds on; what had expired, if there is room. */
static int
renew(struct search *s, struct error *err)
{
	const int64_t expires_at = s->now + s->rules->claim_sec;

	if (sql_run(s->c, err, "DELETE FROM claims WHERE expires_at <= ?1",
	    "i", s->now) != 0)
		return -1;
	for (size_t i = 0; i < s->n_have; i++) {
		const struct queue_name *name = &s->have[i];

		if (sql_run(s->c, err, "UPDATE claims SET expires_at = ?4"
		    " WHERE group_id = ?1 AND fragment_id = ?2"
		    " AND person = ?3", "ttti", name->group_id,
		    name->fragment_id, s->person, expires_at) != 0)
			return -1;
		if (sqlite3_changes(s->c->db) > 0)
			continue;
		if (sql_run(s->c, err, "INSERT INTO claims SELECT f.group_id,"
		    " f.fragment_id, ?5, ?3 FROM fragments AS f"
		    " WHERE f.group_id = ?1 AND f.fragment_id = ?2" NOT_JUDGED
		    " AND (f.is_asked IS 0 OR (?4 IS NOT NULL" HAS_ROOM "))",
		    "ttiitii", name->group_id, name->fragment_id, expires_at,
		    (int64_t)0, s->person, s->now,
		    (int64_t)s->rules->people_per_item) != 0)
			return -1;
	}
	return 0;
}

/* The best becomes the person's; of too many claims the oldest go. */
static int
claim(struct search *s, struct error *err)
{
	if (sql_run(s->c, err, "INSERT INTO claims VALUES (?1, ?2, ?3, ?4)"
	    " ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at",
	    "ttti", s->best.group_id, s->best.fragment_id, s->person,
	    s->now + s->rules->claim_sec) != 0 ||
	    sql_run(s->c, err, "UPDATE people SET n_claims = n_claims + 1"
	    " WHERE name = ?1", "t", s->person) != 0)
		return -1;
	return sql_run(s->c, err, "DELETE FROM claims WHERE person = ?1"
	    " AND (group_id, fragment_id) IN (SELECT group_id, fragment_id"
	    " FROM claims WHERE person = ?1 ORDER BY expires_at DESC"
	    " LIMIT -1 OFFSET ?2)", "ti", s->person, (int64_t)MAX_CLAIMS);
}

static int
find_and_claim(struct search *s, const struct people_person *person,
    struct json **item, struct error *err)
{
	bool is_due = false;

	if (renew(s, err) != 0 || look(s, err) != 0)
		return -1;
	if (!s->found)
		return 0;
	if (person->role == PEOPLE_ANNOTATOR &&
	    s->q.status == QUEUE_SQL_FLAG &&
	    is_gold_due(s, &is_due, err) != 0)
		return -1;
	if ((is_due && look_for_gold(s, err) != 0) || claim(s, err) != 0)
		return -1;
	return review_claims_item(s->c, person, &s->best, s->now, item, err);
}

static int
check_have(size_t n_have, struct error *err)
{
	if (n_have > REVIEW_CLAIMS_MAX_HAVE)
		return error_set(err, ERROR_LIMIT, "more than %d fragments "
		    "are claimed at once", REVIEW_CLAIMS_MAX_HAVE);
	return 0;
}

int
review_claims_next(struct catalogue *c, const struct people_person *person,
    const struct queue_filter *filter, const struct queue_rules *rules,
    const struct queue_name *have, size_t n_have, int64_t now,
    struct json **item, struct error *err)
{
	struct search s = { .c = c, .person = person->name, .rules = rules,
	    .have = have, .n_have = n_have, .now = now };
	int status;

	*item = NULL;
	if (check_have(n_have, err) != 0 ||
	    queue_sql_read(filter, &s.q, err) != 0)
		return -1;
	if (s.q.status == QUEUE_SQL_DISAGREEMENT &&
	    person->role == PEOPLE_ANNOTATOR)
		return error_set(err, ERROR_FORMAT, "what people disagree on "
		    "is for adjudicators");
	if ((s.a = arena_new()) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	status = catalogue_begin(c, err);
	if (status == 0)
		status = sql_end(c, find_and_claim(&s, person, item, err),
		    err);
	if (status != 0) {
		json_free(*item);
		*item = NULL;
	}
	arena_free(s.a);
	return status;
}

int
review_claims_renew(struct catalogue *c, const char *person,
    const struct queue_rules *rules, const struct queue_name *have,
    size_t n_have, int64_t now, struct error *err)
{
	struct search s = { .c = c, .person = person, .rules = rules,
	    .have = have, .n_have = n_have, .now = now };

	if (check_have(n_have, err) != 0 || catalogue_begin(c, err) != 0)
		return -1;
	return sql_end(c, renew(&s, err), err);
}

int
review_claims_release(struct catalogue *c, const char *person,
    const struct queue_name *name, struct error *err)
{
	return sql_run(c, err, "DELETE FROM claims WHERE group_id = ?1"
	    " AND fragment_id = ?2 AND person = ?3", "ttt", name->group_id,
	    name->fragment_id, person);
}
