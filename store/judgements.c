#include <string.h>

#include "store/judgements.h"
#include "store/member.h"
#include "store/review_log.h"
#include "store/review_row.h"
#include "store/sql.h"

#define MAX_REQUEST_BYTES 64
#define PAST_END_SEC 0.1	/* lengths are told in frames of a codec */

/* One request on its way through its transaction. */
struct judging {
	struct catalogue *c;
	const struct people_person *person;
	const struct queue_rules *rules;
	const char *request_id;
	int64_t now;
	struct arena *a;
	enum judgements_outcome outcome;
};

static int
check_request(const char *request_id, struct error *err)
{
	const size_t n_bytes = strlen(request_id);

	if (n_bytes >= 1 && n_bytes <= MAX_REQUEST_BYTES)
		return 0;
	return error_set(err, ERROR_FORMAT, "\"request_id\" must have 1 to %d "
	    "bytes", MAX_REQUEST_BYTES);
}

/* Where the words on the fragment are kept. */
static int
find_table(const struct judging *j, const struct queue_name *name,
    enum review_row_table *table, struct error *err)
{
	int64_t is_gold;

	if (sql_integer(j->c, &is_gold, err, "SELECT count(*) FROM gold"
	    " WHERE group_id = ?1 AND fragment_id = ?2", "tt",
	    name->group_id, name->fragment_id) != 0)
		return -1;
	*table = is_gold > 0 ? REVIEW_ROW_GOLD : REVIEW_ROW_REVIEWS;
	return 0;
}

/* A text that is handed on. */
struct kept {
	struct arena *a;
	const char *text;
};

static int
keep_text(void *context, struct json *rec, struct error *err)
{
	struct kept *kept = context;

	kept->text = json_text(rec, kept->a, err);
	return kept->text == NULL ? -1 : 0;
}

#define OF_PERSON \
	" WHERE group_id = ?1 AND fragment_id = ?2 AND reviewer = ?3"

/* What the person says of the fragment now, as JSON; NULL: nothing. */
static int
find_word(const struct judging *j, const struct queue_name *name,
    enum review_row_table table, const char **text, struct error *err)
{
	struct kept kept = { j->a, NULL };
	struct member_reader reader = { review_row_restore, NULL, keep_text,
	    &kept };
	const int status = member_each(j->c, sql_query(j->c, err,
	    table == REVIEW_ROW_GOLD ? "SELECT " REVIEW_ROW_COLUMNS
	    " FROM gold_reviews" OF_PERSON : "SELECT " REVIEW_ROW_COLUMNS
	    " FROM reviews" OF_PERSON, "ttt", name->group_id,
	    name->fragment_id, j->person->name), &reader, err);

	*text = kept.text;
	return status;
}

/*
 * Whether the person may speak: he has spoken before, or decides for others,
 * or holds a claim, or not as many as are asked have spoken.
 */
static int
check_room(const struct judging *j, const struct queue_name *name,
    bool *has_room, struct error *err)
{
	int64_t value;
	const int status = sql_integer(j->c, &value, err, "SELECT EXISTS"
	    " (SELECT 1 FROM claims WHERE group_id = ?1 AND fragment_id = ?2"
	    " AND person = ?3 AND expires_at > ?4) OR n_judged < ?5"
	    " FROM fragments WHERE group_id = ?1 AND fragment_id = ?2",
	    "tttii", name->group_id, name->fragment_id, j->person->name,
	    j->now, (int64_t)j->rules->people_per_item);

	*has_room = value != 0;
	return status;
}

static int
end_claim(const struct judging *j, const struct queue_name *name,
    struct error *err)
{
	return sql_run(j->c, err, "DELETE FROM claims WHERE group_id = ?1"
	    " AND fragment_id = ?2 AND person = ?3", "ttt", name->group_id,
	    name->fragment_id, j->person->name);
}

/*
 * The row to be written, from the members that people give; those of the place
 * count only with "accept".
 */
static int
read_review(const struct judging *j, const struct json *review,
    struct json **own, struct review_row *r, struct error *err)
{
	const char *verdict;

	if ((*own = json_clone(review, err)) == NULL)
		return -1;
	if (json_put_string(*own, "review.reviewer", j->person->name,
	    err) != 0 ||
	    json_want_string(*own, "review.verdict", &verdict, err) != 0)
		return -1;
	if (strcmp(verdict, "accept") != 0) {
		json_remove(*own, "review.interval");
		json_remove(*own, "review.original_interval");
	}
	json_remove(*own, "review.at");
	json_remove(*own, "review.role");
	if (j->person->role != PEOPLE_ANNOTATOR && json_put_string(*own,
	    "review.role", "adjudicator", err) != 0)
		return -1;
	if (review_row_read(j->c, *own, r, err) != 0)
		return -1;
	r->at_value = j->now;
	r->at = &r->at_value;
	return 0;
}

static int
is_known(struct catalogue *c, const struct review_row *r, bool *known,
    struct error *err)
{
	int64_t n;
	const int status = sql_integer(c, &n, err, "SELECT count(*)"
	    " FROM versions WHERE group_id = ?1 AND fragment_id = ?2"
	    " AND part = 'other'", "tt", r->group_id, r->fragment_id);

	*known = n > 0;
	return status;
}

/* An end that was moved lies in its recording, where its length is known. */
static int
check_end(const struct judging *j, const struct review_row *r,
    const char *part, const double *end_sec, struct error *err)
{
	int64_t is_beyond;

	if (end_sec == NULL)
		return 0;
	if (sql_integer(j->c, &is_beyond, err, "SELECT EXISTS (SELECT 1"
	    " FROM versions AS v JOIN recordings AS x"
	    " ON x.group_id = v.group_id"
	    " AND x.id = coalesce(v.recording_id, v.id)"
	    " WHERE v.group_id = ?1 AND v.fragment_id = ?2 AND v.part = ?3"
	    " AND ?4 > coalesce(json_extract(x.extra,"
	    " '$.decode.duration_sec'), x.duration_sec) + ?5)", "tttDD",
	    r->group_id, r->fragment_id, part, end_sec,
	    &(double){ PAST_END_SEC }) != 0)
		return -1;
	return is_beyond == 0 ? 0 : error_set(err, ERROR_FORMAT, "the "
	    "fragment ends at %.2f s, behind the end of the %s: move it back",
	    *end_sec, strcmp(part, "other") == 0 ? "recording" : "original");
}

/* Write what is allowed. */
static int
write_review(const struct judging *j, const struct queue_name *name,
    enum review_row_table table, const struct review_row *r,
    const char *before, struct error *err)
{
	struct review_log_row row = { .at = j->now, .who = j->person->name,
	    .what = "verdict", .group_id = name->group_id,
	    .fragment_id = name->fragment_id, .verdict = r->verdict,
	    .before = before, .request_id = j->request_id };

	if (review_row_put(j->c, table, r, err) != 0 ||
	    find_word(j, name, table, &row.after, err) != 0 ||
	    end_claim(j, name, err) != 0)
		return -1;
	/* What was begun stays in the queue, whatever a round makes of it. */
	if (table == REVIEW_ROW_REVIEWS && sql_run(j->c, err,
	    "UPDATE fragments SET is_asked = 1 WHERE group_id = ?1"
	    " AND fragment_id = ?2 AND decision = 'flag'"
	    " AND is_asked IS NULL", "tt", name->group_id,
	    name->fragment_id) != 0)
		return -1;
	return review_log_put(j->c, &row, err);
}

static int
judge(struct judging *j, const struct review_row *r, struct error *err)
{
	const struct queue_name name = { r->group_id, r->fragment_id };
	enum review_row_table table;
	const char *before;
	int64_t n_same;
	bool known, has_room;

	if (sql_integer(j->c, &n_same, err, "SELECT count(*) FROM review_log"
	    " WHERE who = ?1 AND what = 'verdict' AND request_id = ?2", "tt",
	    j->person->name, j->request_id) != 0)
		return -1;
	j->outcome = JUDGEMENTS_REPEATED;
	if (n_same > 0)
		return 0;
	j->outcome = JUDGEMENTS_UNKNOWN;
	if (is_known(j->c, r, &known, err) != 0)
		return -1;
	if (!known)
		return 0;
	if (find_table(j, &name, &table, err) != 0 ||
	    find_word(j, &name, table, &before, err) != 0 ||
	    check_room(j, &name, &has_room, err) != 0)
		return -1;
	j->outcome = JUDGEMENTS_TAKEN;
	if (table == REVIEW_ROW_REVIEWS && before == NULL && !has_room &&
	    j->person->role == PEOPLE_ANNOTATOR)
		return 0;
	if (check_end(j, r, "other", r->moved[1], err) != 0 ||
	    check_end(j, r, "original", r->moved[3], err) != 0)
		return -1;
	j->outcome = JUDGEMENTS_DONE;
	return write_review(j, &name, table, r, before, err);
}

int
judgements_put(struct catalogue *c, const struct people_person *person,
    const struct queue_rules *rules, const char *request_id,
    const struct json *review, int64_t now,
    enum judgements_outcome *outcome, struct error *err)
{
	struct judging j = { c, person, rules, request_id, now, NULL,
	    JUDGEMENTS_DONE };
	struct json *own = NULL;
	struct review_row r;
	int status = -1;

	if (check_request(request_id, err) != 0)
		return -1;
	if ((j.a = arena_new()) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (read_review(&j, review, &own, &r, err) == 0 &&
	    catalogue_begin(c, err) == 0)
		status = sql_end(c, judge(&j, &r, err), err);
	*outcome = j.outcome;
	json_free(own);
	arena_free(j.a);
	return status;
}

/* A line of the audit trail that an undo is about. */
struct line {
	struct arena *a;
	int64_t n;		/* 0: none */
	struct queue_name name;
	const char *before, *after;
};

static int
take_line(void *context, sqlite3_stmt *row, struct error *err)
{
	struct line *line = context;
	const char **const texts[] = { &line->name.group_id,
	    &line->name.fragment_id, &line->before, &line->after };

	line->n = sqlite3_column_int64(row, 0);
	for (int i = 0; i < 4; i++) {
		*texts[i] = NULL;
		if (sql_has(row, i + 1) && (*texts[i] = arena_strdup(line->a,
		    sql_text(row, i + 1))) == NULL)
			return error_set(err, ERROR_NOMEM, "out of memory");
	}
	return 0;
}

/* Put back what was said before, or nothing. */
static int
restore_word(const struct judging *j, const struct line *line,
    enum review_row_table table, struct error *err)
{
	struct json *rec;
	struct review_row r;
	int status;

	if (line->before == NULL)
		return sql_run(j->c, err, table == REVIEW_ROW_GOLD ?
		    "DELETE FROM gold_reviews" OF_PERSON :
		    "DELETE FROM reviews" OF_PERSON, "ttt",
		    line->name.group_id, line->name.fragment_id,
		    j->person->name);
	rec = json_parse(line->before, strlen(line->before), err);
	if (rec == NULL)
		return -1;
	status = review_row_read(j->c, rec, &r, err);
	if (status == 0)
		status = review_row_put(j->c, table, &r, err);
	json_free(rec);
	return status;
}

/* Take back the verdict of the line, if it is still what the person says. */
static int
take_back(struct judging *j, const struct line *line, struct error *err)
{
	const struct review_log_row row = { .at = j->now,
	    .who = j->person->name, .what = "undo",
	    .group_id = line->name.group_id,
	    .fragment_id = line->name.fragment_id, .before = line->after,
	    .after = line->before, .request_id = j->request_id,
	    .undoes = line->n };
	enum review_row_table table;
	const char *now;

	if (find_table(j, &line->name, &table, err) != 0 ||
	    find_word(j, &line->name, table, &now, err) != 0)
		return -1;
	if (now == NULL || line->after == NULL ||
	    strcmp(now, line->after) != 0)
		return 0;
	j->outcome = JUDGEMENTS_DONE;
	if (restore_word(j, line, table, err) != 0 ||
	    sql_run(j->c, err, "INSERT INTO claims VALUES (?1, ?2, ?3, ?4)"
	    " ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at",
	    "ttti", line->name.group_id, line->name.fragment_id,
	    j->person->name, j->now + j->rules->claim_sec) != 0)
		return -1;
	return review_log_put(j->c, &row, err);
}

#define LINE "SELECT n, group_id, fragment_id, before, after" \
	" FROM review_log AS l WHERE who = ?1"

static int
undo(struct judging *j, struct line *line, struct error *err)
{
	if (sql_each(j->c, sql_query(j->c, err, LINE " AND what = 'undo'"
	    " AND request_id = ?2", "tt", j->person->name, j->request_id),
	    take_line, line, err) != 0)
		return -1;
	j->outcome = JUDGEMENTS_REPEATED;
	if (line->n != 0)
		return 0;
	if (sql_each(j->c, sql_query(j->c, err, LINE " AND what = 'verdict'"
	    " AND at > ?2 AND NOT EXISTS (SELECT 1 FROM review_log AS u"
	    " WHERE u.undoes = l.n) ORDER BY at DESC, n DESC LIMIT 1", "ti",
	    j->person->name, j->now - JUDGEMENTS_UNDO_SEC), take_line, line,
	    err) != 0)
		return -1;
	j->outcome = JUDGEMENTS_NOTHING;
	return line->n == 0 ? 0 : take_back(j, line, err);
}

int
judgements_undo(struct catalogue *c, const struct people_person *person,
    const struct queue_rules *rules, const char *request_id, int64_t now,
    struct arena *a, struct queue_name *name, const char **taken,
    enum judgements_outcome *outcome, struct error *err)
{
	struct judging j = { c, person, rules, request_id, now, a,
	    JUDGEMENTS_NOTHING };
	struct line line = { .a = a };
	int status;

	if (check_request(request_id, err) != 0 ||
	    catalogue_begin(c, err) != 0)
		return -1;
	status = sql_end(c, undo(&j, &line, err), err);
	*outcome = j.outcome;
	*name = line.name;
	/* The line of an undo holds it the other way round. */
	*taken = j.outcome == JUDGEMENTS_REPEATED ? line.before : line.after;
	return status;
}

#define IS_SETTLED \
	"(f.verdict IS NOT 'flag' AND f.verdict IS NOT NULL" \
	" AND (f.standing = 'final' OR f.n_judged >= ?1" \
	" AND 2 * (SELECT count(*) FROM reviews AS r" \
	" WHERE r.group_id = f.group_id AND r.fragment_id = f.fragment_id" \
	" AND r.verdict = iif(f.verdict = 'keep', 'accept', 'reject'))" \
	" > f.n_judged))"
#define ASKED_ABOUT \
	" (f.decision = 'flag' OR f.verdict IS NOT NULL)" \
	" AND f.is_asked IS NOT 0"

static int
settle(struct catalogue *c, size_t people_per_item, const char *by,
    int64_t now, int64_t *n_settled, int64_t *n_open, struct error *err)
{
	struct review_log_row row = { .at = now, .who = by,
	    .what = "settle" };

	if (sql_run(c, err, "UPDATE versions AS v SET check_by_crowdsource ="
	    " (SELECT NOT " IS_SETTLED " FROM fragments AS f"
	    " WHERE f.group_id = v.group_id"
	    " AND f.fragment_id = v.fragment_id)"
	    " WHERE v.part <> 'original' AND v.audio_type <> 'original'"
	    " AND (v.group_id, v.fragment_id) IN (SELECT f.group_id,"
	    " f.fragment_id FROM fragments AS f WHERE" ASKED_ABOUT ")", "i",
	    (int64_t)people_per_item) != 0 ||
	    sql_integer(c, n_settled, err, "SELECT count(*) FROM fragments"
	    " AS f WHERE" ASKED_ABOUT " AND " IS_SETTLED, "i",
	    (int64_t)people_per_item) != 0 ||
	    sql_integer(c, n_open, err, "SELECT count(*) FROM fragments"
	    " AS f WHERE" ASKED_ABOUT " AND NOT " IS_SETTLED, "i",
	    (int64_t)people_per_item) != 0)
		return -1;
	arena_reset(c->scratch);
	row.verdict = arena_printf(c->scratch, "%zu people: %lld settled, "
	    "%lld open", people_per_item, (long long)*n_settled,
	    (long long)*n_open);
	if (row.verdict == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	return review_log_put(c, &row, err);
}

int
judgements_settle(struct catalogue *c, size_t people_per_item,
    const char *by, int64_t now, size_t *n_settled, size_t *n_open,
    struct error *err)
{
	int64_t settled = 0, open = 0;
	int status;

	if (catalogue_begin(c, err) != 0)
		return -1;
	status = sql_end(c, settle(c, people_per_item, by, now, &settled,
	    &open, err), err);
	*n_settled = (size_t)settled;
	*n_open = (size_t)open;
	return status;
}
