#include <string.h>

#include "store/member.h"
#include "store/rounds.h"
#include "store/sql.h"

#define GIVEN_UP \
	"(SELECT key FROM rounds WHERE state = 'running' AND key <> ?1)"

/*
 * Forget the rounds that are open under another key, and what they found; what
 * somebody has reviewed stays, and gold items.
 */
static int
forget_open(struct catalogue *c, const char *key, struct error *err)
{
	if (sql_run(c, err, "DELETE FROM fragments AS f WHERE round_key IN "
	    GIVEN_UP " AND is_asked IS NOT 0"
	    " AND NOT EXISTS (SELECT 1 FROM reviews AS r"
	    " WHERE r.group_id = f.group_id"
	    " AND r.fragment_id = f.fragment_id)", "t", key) != 0 ||
	    sql_run(c, err, "UPDATE fragments SET round_key = NULL"
	    " WHERE round_key IN " GIVEN_UP, "t", key) != 0)
		return -1;
	return sql_run(c, err, "DELETE FROM rounds WHERE state = 'running'"
	    " AND key <> ?1", "t", key);
}

int
rounds_open(struct catalogue *c, const char *key, size_t number,
    const char *settings, const char *model_in, struct error *err)
{
	if (forget_open(c, key, err) != 0)
		return -1;
	return sql_run(c, err, "INSERT INTO rounds (key, number, state,"
	    " settings, model_in) VALUES (?1, ?2, 'running', ?3, ?4)"
	    " ON CONFLICT DO NOTHING", "titt", key, (int64_t)number, settings,
	    model_in);
}

int
rounds_close(struct catalogue *c, const char *key, const char *model_new,
    const char *model_out, const char *reason, struct error *err)
{
	return sql_run(c, err, "UPDATE rounds SET state = 'done',"
	    " model_new = ?2, model_out = ?3, reason = ?4 WHERE key = ?1",
	    "tttt", key, model_new, model_out, reason);
}

/* A copy of the column's text in *text, or NULL for an empty column. */
static int
take_text(sqlite3_stmt *row, int column, struct arena *a, const char **text,
    struct error *err)
{
	*text = NULL;
	if (!sql_has(row, column))
		return 0;
	if ((*text = arena_strdup(a, sql_text(row, column))) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	return 0;
}

int
rounds_find(struct catalogue *c, size_t number, struct arena *a,
    struct rounds_result *result, bool *found, struct error *err)
{
	const char **const texts[] = { &result->key, &result->settings,
	    &result->model_in, &result->model_new, &result->model_out,
	    &result->reason, &result->model_out_path };
	sqlite3_stmt *row;
	int status;

	row = sql_query(c, err, "SELECT key, settings, model_in, model_new,"
	    " model_out, reason, (SELECT path FROM models"
	    " WHERE sha256 = model_out) FROM rounds"
	    " WHERE number = ?1 AND state = 'done' ORDER BY key", "i",
	    (int64_t)number);
	if (row == NULL)
		return -1;
	status = sql_next(c, row, found, err);
	for (int i = 0; i < 7 && status == 0 && *found; i++)
		status = take_text(row, i, a, texts[i], err);
	sql_done(c, row);
	return status;
}

int
rounds_put_step(struct catalogue *c, const char *round_key,
    const struct rounds_step *step, struct error *err)
{
	return sql_run(c, err, "INSERT INTO steps VALUES (?1, ?2, ?3, ?4, ?5)"
	    " ON CONFLICT DO UPDATE SET key = excluded.key,"
	    " path = excluded.path, sha256 = excluded.sha256", "ttttt",
	    round_key, step->name, step->key, step->path, step->sha256);
}

int
rounds_find_step(struct catalogue *c, const char *round_key,
    const char *name, struct arena *a, const char **path, struct error *err)
{
	sqlite3_stmt *row;
	bool found;
	int status;

	*path = NULL;
	row = sql_query(c, err, "SELECT path FROM steps WHERE round_key = ?1"
	    " AND name = ?2", "tt", round_key, name);
	if (row == NULL)
		return -1;
	status = sql_next(c, row, &found, err);
	if (status == 0 && found)
		status = take_text(row, 0, a, path, err);
	sql_done(c, row);
	return status;
}

int
rounds_put_score(struct catalogue *c, const char *round_key,
    const struct rounds_score *score, struct error *err)
{
	return sql_run(c, err, "INSERT INTO scores VALUES (?1, ?2, ?3, ?4,"
	    " ?5, ?6, ?7) ON CONFLICT DO UPDATE SET value = excluded.value,"
	    " low = excluded.low, high = excluded.high, n = excluded.n",
	    "tttdDDi", round_key, score->subject, score->measure,
	    score->value, score->has_interval ? &score->low : NULL,
	    score->has_interval ? &score->high : NULL, (int64_t)score->n);
}

int
rounds_find_score(struct catalogue *c, const char *round_key,
    struct rounds_score *score, bool *found, struct error *err)
{
	sqlite3_stmt *row;
	int status;

	row = sql_query(c, err, "SELECT value, low, high, n FROM scores WHERE"
	    " round_key = ?1 AND subject = ?2 AND measure = ?3", "ttt",
	    round_key, score->subject, score->measure);
	if (row == NULL)
		return -1;
	status = sql_next(c, row, found, err);
	if (status == 0 && *found) {
		score->value = sqlite3_column_double(row, 0);
		score->has_interval = sql_has(row, 1) && sql_has(row, 2);
		score->low = sqlite3_column_double(row, 1);
		score->high = sqlite3_column_double(row, 2);
		score->n = (size_t)sqlite3_column_int64(row, 3);
	}
	sql_done(c, row);
	return status;
}

int
rounds_count_fragments(struct catalogue *c, const char *round_key,
    const char *decision, size_t *n, struct error *err)
{
	int64_t value;

	if (sql_integer(c, &value, err, "SELECT count(*) FROM fragments"
	    " WHERE round_key = ?1 AND decision = ?2", "tt", round_key,
	    decision) != 0)
		return -1;
	*n = (size_t)value;
	return 0;
}

static int
append_score(void *context, sqlite3_stmt *row, struct error *err)
{
	struct json *round = context;
	struct json *score;
	int status = -1;

	if ((score = json_new_object(err)) == NULL)
		return -1;
	if (member_put_text(score, "subject", row, 0, err) == 0 &&
	    member_put_text(score, "measure", row, 1, err) == 0 &&
	    member_put_number(score, "value", row, 2, err) == 0 &&
	    member_put_interval(score, "interval", row, 3, err) == 0 &&
	    json_put_size(score, "n", (size_t)sqlite3_column_int64(row, 5),
	    err) == 0)
		status = json_append(round, "scores", score, err);
	json_free(score);
	return status;
}

static int
append_scores(struct catalogue *c, struct json *round, const char *key,
    struct error *err)
{
	return sql_each(c, sql_query(c, err, "SELECT subject, measure, value,"
	    " low, high, n FROM scores WHERE round_key = ?1"
	    " ORDER BY subject, measure", "t", key), append_score, round,
	    err);
}

/* The settings are an object of their own, kept as text in the table. */
static int
put_settings(struct json *round, const char *text, struct error *err)
{
	struct json *settings = json_parse(text, strlen(text), err);
	int status;

	if (settings == NULL)
		return -1;
	status = json_put(round, "settings", settings, err);
	json_free(settings);
	return status;
}

static int
describe(struct catalogue *c, struct json *round, sqlite3_stmt *row,
    struct error *err)
{
	static const char *const names[] = { "state", "key", "model_in",
	    "model_new", "model_out", "reason" };

	if (json_put_size(round, "number",
	    (size_t)sqlite3_column_int64(row, 0), err) != 0)
		return -1;
	for (int i = 0; i < 6; i++)
		if (member_put_text(round, names[i], row, i + 1, err) != 0)
			return -1;
	if (put_settings(round, sql_text(row, 7), err) != 0)
		return -1;
	return append_scores(c, round, sql_text(row, 2), err);
}

/* from: the catalogue. */
static struct json *
restore(void *from, sqlite3_stmt *row, struct error *err)
{
	struct json *round = json_new_object(err);

	if (round == NULL || describe(from, round, row, err) == 0)
		return round;
	json_free(round);
	return NULL;
}

int
rounds_each(struct catalogue *c,
    int (*each)(void *context, struct json *round, struct error *err),
    void *context, struct error *err)
{
	struct member_reader reader = { restore, c, each, context };

	return member_each(c, sql_query(c, err, "SELECT number, state, key,"
	    " model_in, model_new, model_out, reason, settings FROM rounds"
	    " ORDER BY number, key", ""), &reader, err);
}
