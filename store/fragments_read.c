/* The reading half of store/fragments.h. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

#include "store/fragments.h"
#include "store/member.h"
#include "store/schema.h"
#include "store/sql.h"

/* Columns of a version "v", seven of them, for put_end. */
#define END_COLUMNS(v) \
	v ".id, " v ".youtube_id, " v ".rate_hz, " v ".start_sample, " \
	v ".end_sample, " v ".start_sec, " v ".end_sec"

/* Column numbers of the statement in fragments_each. */
enum {
	COLUMN_EXTRA, COLUMN_GROUP, COLUMN_FRAGMENT, COLUMN_DECISION,
	COLUMN_AGREEMENT, COLUMN_TEMPO, COLUMN_TRANSPOSITION,
	COLUMN_OTHER, COLUMN_ORIGINAL = COLUMN_OTHER + 7,
	COLUMN_AUDIO_TYPE = COLUMN_ORIGINAL + 7, COLUMN_CORRELATION,
	COLUMN_CHECK, COLUMN_PATH, COLUMN_ORIGINAL_PATH, COLUMN_PROBABILITY
};

/* Conditions on fragments "f", by the parameters of run_query. */
#define OF_RECORDING \
	" AND (f.group_id, f.fragment_id) IN (SELECT e.group_id," \
	" e.fragment_id FROM recordings AS x JOIN versions AS e" \
	" ON e.group_id = x.group_id AND e.recording_id = x.id" \
	" WHERE x.id = ?4)"
#define OF_ROUND \
	" AND f.round_key = (SELECT min(key) FROM rounds WHERE number = ?5)"

/*
 * Run "select", with only the conditions that the filter asks for, since a
 * condition that may not hold keeps SQLite from using an index.  The limit is
 * always there, so that all parameters exist.  The plus keeps SQLite from the
 * index of decisions where that of probabilities gives the order.
 */
static sqlite3_stmt *
run_query(struct catalogue *c, const struct fragments_filter *filter,
    const char *select, const char *order, struct error *err)
{
	const size_t limit = filter->max_fragments;
	const char *sql;

	arena_reset(c->scratch);
	sql = arena_printf(c->scratch, "%s WHERE true%s%s%s%s%s%s%s"
	    " ORDER BY %s LIMIT ?9", select,
	    filter->group_id == NULL ? "" : " AND f.group_id = ?1",
	    filter->decision == NULL ? "" : filter->has_probability ?
	    " AND +" SCHEMA_DECISION " = ?2" :
	    " AND " SCHEMA_DECISION " = ?2",
	    filter->round_key == NULL ? "" : " AND f.round_key = ?3",
	    filter->recording_id == NULL ? "" : OF_RECORDING,
	    filter->round == NULL ? "" : OF_ROUND,
	    !filter->has_probability ? "" :
	    " AND f.probability BETWEEN ?6 AND ?7",
	    filter->fragment_id == NULL ? "" : " AND f.fragment_id = ?8",
	    order);
	if (sql == NULL) {
		(void)error_set(err, ERROR_NOMEM, "out of memory");
		return NULL;
	}
	return sql_query(c, err, sql, "ttttiddti", filter->group_id,
	    filter->decision, filter->round_key, filter->recording_id,
	    filter->round == NULL ? (int64_t)0 : (int64_t)*filter->round,
	    filter->low, filter->high, filter->fragment_id,
	    limit == 0 ? (int64_t)-1 : (int64_t)limit);
}

/* Whole numbers stay whole in the text: [16000,176000]. */
static int
put_samples(struct json *rec, const char *name, sqlite3_stmt *row, int column,
    struct error *err)
{
	struct json *pair;
	char text[64];
	int status;

	if (!sql_has(row, column))
		return 0;
	(void)snprintf(text, sizeof(text), "[%lld,%lld]",
	    (long long)sqlite3_column_int64(row, column),
	    (long long)sqlite3_column_int64(row, column + 1));
	if ((pair = json_parse(text, strlen(text), err)) == NULL)
		return -1;
	status = json_put(rec, name, pair, err);
	json_free(pair);
	return status;
}

/* The members of one end; names[]: id, youtube_id, samples, seconds. */
static int
put_end(struct json *rec, const char *const names[4], sqlite3_stmt *row,
    int column, struct error *err)
{
	if (member_put_text(rec, names[0], row, column, err) != 0 ||
	    member_put_text(rec, names[1], row, column + 1, err) != 0 ||
	    put_samples(rec, names[2], row, column + 3, err) != 0)
		return -1;
	if (sql_has(row, column + 2) && json_put_size(rec, "rate_hz",
	    (size_t)sqlite3_column_int64(row, column + 2), err) != 0)
		return -1;
	return member_put_interval(rec, names[3], row, column + 5, err);
}

static int
put_scores(struct json *rec, sqlite3_stmt *row, struct error *err)
{
	const double start = sqlite3_column_double(row, COLUMN_OTHER + 5);
	const double end = sqlite3_column_double(row, COLUMN_OTHER + 6);

	if (json_put_rounded(rec, "offset", start, 6, err) != 0 ||
	    json_put_rounded(rec, "duration", end - start, 6, err) != 0 ||
	    member_put_number(rec, "correlation", row, COLUMN_CORRELATION,
	    err) != 0 ||
	    member_put_number(rec, "agreement", row, COLUMN_AGREEMENT,
	    err) != 0 ||
	    member_put_number(rec, "tempo_ratio", row, COLUMN_TEMPO,
	    err) != 0 ||
	    member_put_number(rec, "transposition_semitones", row,
	    COLUMN_TRANSPOSITION, err) != 0 ||
	    member_put_number(rec, "probability", row, COLUMN_PROBABILITY,
	    err) != 0 ||
	    member_put_truth(rec, "check_by_crowdsource", row, COLUMN_CHECK,
	    err) != 0)
		return -1;
	return member_put_text(rec, "decision", row, COLUMN_DECISION, err);
}

/* The record of a row of fragments_each; NULL with an error. */
static struct json *
restore(void *from, sqlite3_stmt *row, struct error *err)
{
	static const char *const other[4] = { "id", "youtube_id",
	    "interval_samples", "interval" };
	static const char *const original[4] = { "original_id",
	    "original_youtube_id", "original_interval_samples",
	    "original_interval" };
	const char *extra = sql_text(row, COLUMN_EXTRA);
	struct json *rec;

	(void)from;
	if ((rec = json_parse(extra, strlen(extra), err)) == NULL)
		return NULL;
	if (member_put_text(rec, "group_id", row, COLUMN_GROUP, err) != 0 ||
	    member_put_text(rec, "fragment_id", row, COLUMN_FRAGMENT,
	    err) != 0 ||
	    member_put_text(rec, "audio_type", row, COLUMN_AUDIO_TYPE,
	    err) != 0 ||
	    member_put_text(rec, "audio_filepath", row, COLUMN_PATH,
	    err) != 0 ||
	    member_put_text(rec, "original_audio_filepath", row,
	    COLUMN_ORIGINAL_PATH, err) != 0 ||
	    put_end(rec, other, row, COLUMN_OTHER, err) != 0 ||
	    put_end(rec, original, row, COLUMN_ORIGINAL, err) != 0 ||
	    put_scores(rec, row, err) != 0) {
		json_free(rec);
		return NULL;
	}
	return rec;
}

int
fragments_each(struct catalogue *c, const struct fragments_filter *filter,
    int (*each)(void *context, struct json *rec, struct error *err),
    void *context, struct error *err)
{
	struct member_reader reader = { restore, NULL, each, context };

	return member_each(c, run_query(c, filter,
	    "SELECT f.extra, f.group_id, f.fragment_id,"
	    " " SCHEMA_DECISION ", f.agreement, iif(a.is_moved OR o.is_moved,"
	    " round((a.end_sec - a.start_sec) / (o.end_sec - o.start_sec), 6),"
	    " f.tempo_ratio),"
	    " f.transposition, "
	    END_COLUMNS("a") ", " END_COLUMNS("o") ", a.audio_type,"
	    " a.correlation, a.check_by_crowdsource, ra.audio_filepath,"
	    " ro.audio_filepath, f.probability FROM fragments AS f"
	    " CROSS JOIN places AS a ON a.group_id = f.group_id"
	    " AND a.fragment_id = f.fragment_id AND a.part = 'other'"
	    " CROSS JOIN places AS o ON o.group_id = f.group_id"
	    " AND o.fragment_id = f.fragment_id AND o.part = 'original'"
	    " JOIN recordings AS ra ON ra.group_id = a.group_id"
	    " AND ra.id = a.recording_id"
	    " JOIN recordings AS ro ON ro.group_id = o.group_id"
	    " AND ro.id = o.recording_id", filter->has_probability ?
	    "f.probability, f.group_id, f.fragment_id" :
	    "f.group_id, f.fragment_id", err), &reader, err);
}

static int
put_sound_members(void *context, sqlite3_stmt *row, struct error *err)
{
	struct json *rec = context;

	if (member_put_text(rec, "sound.audio_filepath", row, 0, err) != 0 ||
	    member_put_number(rec, "sound.offset", row, 1, err) != 0)
		return -1;
	return member_put_text(rec, "sound.decoded", row, 2, err);
}

/* What a row of fragments_each_row says of its fragment and its sound. */
static int
put_sound(struct catalogue *c, struct json *rec, sqlite3_stmt *row,
    struct error *err)
{
	if (member_put_text(rec, "decision", row, 12, err) != 0 ||
	    member_put_number(rec, "probability", row, 13, err) != 0)
		return -1;
	return sql_each(c, sql_query(c, err, "SELECT r.audio_filepath,"
	    " r.offset_sec, (SELECT path FROM artefacts AS t"
	    " WHERE t.group_id = r.group_id AND t.id = r.id"
	    " AND t.member = 'decode.path') FROM recordings AS r"
	    " WHERE r.group_id = ?1 AND (r.id = ?2 OR r.youtube_id = ?3)"
	    " ORDER BY r.id <> ?2, r.id LIMIT 1", "ttt", sql_text(row, 1),
	    sql_text(row, 3), sql_has(row, 5) ? sql_text(row, 5) : NULL),
	    put_sound_members, rec, err);
}

/*
 * The record of a row of fragments_each_row; from: the catalogue, when the
 * sound is wanted too.  NULL with an error.
 */
static struct json *
restore_row(void *from, sqlite3_stmt *row, struct error *err)
{
	const char *extra = sql_text(row, 0);
	struct json *rec;

	if ((rec = json_parse(extra, strlen(extra), err)) == NULL)
		return NULL;
	if (member_put_text(rec, "group_id", row, 1, err) != 0 ||
	    member_put_text(rec, "fragment_id", row, 2, err) != 0 ||
	    member_put_text(rec, "id", row, 3, err) != 0 ||
	    member_put_text(rec, "audio_type", row, 4, err) != 0 ||
	    member_put_text(rec, "youtube_id", row, 5, err) != 0 ||
	    member_put_interval(rec, "interval", row, 6, err) != 0 ||
	    member_put_number(rec, "correlation", row, 8, err) != 0 ||
	    member_put_truth(rec, "check_by_crowdsource", row, 9,
	    err) != 0 ||
	    member_put_truth(rec, "is_available", row, 10, err) != 0 ||
	    member_put_number(rec, "duration", row, 11, err) != 0 ||
	    (from != NULL && put_sound(from, rec, row, err) != 0)) {
		json_free(rec);
		return NULL;
	}
	return rec;
}

/*
 * The table has no empty truth values for recordings of ours: what nobody
 * flagged was not checked, and what was aligned was there.
 */
int
fragments_each_row(struct catalogue *c, const struct fragments_filter *filter,
    int (*each)(void *context, struct json *row, struct error *err),
    void *context, struct error *err)
{
	struct member_reader reader = { restore_row, filter->with_sound ? c :
	    NULL, each, context };

	return member_each(c, run_query(c, filter,
	    "SELECT v.extra, v.group_id, v.fragment_id, v.id, v.audio_type,"
	    " coalesce(v.youtube_id, r.youtube_id),"
	    " v.start_sec, v.end_sec, v.correlation,"
	    " iif(v.part = 'row', v.check_by_crowdsource,"
	    " coalesce(v.check_by_crowdsource, 0)),"
	    " iif(v.part = 'row', v.is_available,"
	    " coalesce(v.is_available, r.is_available, 1)),"
	    " iif(v.part = 'row', v.duration_sec,"
	    " round(v.end_sec - v.start_sec, 6)), " SCHEMA_DECISION
	    ", f.probability"
	    " FROM fragments AS f CROSS JOIN places AS v"
	    " ON v.group_id = f.group_id AND v.fragment_id = f.fragment_id"
	    " LEFT JOIN recordings AS r ON r.group_id = v.group_id"
	    " AND r.id = v.recording_id",
	    "f.group_id, f.fragment_id, v.audio_type <> 'original', v.id",
	    err), &reader, err);
}
