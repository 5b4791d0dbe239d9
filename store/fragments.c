#include <string.h>

#include "store/fragments.h"
#include "store/member.h"
#include "store/recordings.h"
#include "store/sql.h"

/* Members of an aligned fragment that have a column. */
static const char *const pair_members[] = {
	"group_id", "fragment_id", "id", "audio_type", "audio_filepath",
	"youtube_id", "original_id", "original_audio_filepath",
	"original_youtube_id", "rate_hz", "interval_samples", "interval",
	"original_interval_samples", "original_interval", "offset",
	"duration", "correlation", "agreement", "tempo_ratio",
	"transposition_semitones", "probability", "check_by_crowdsource",
	"decision", NULL
};

/* Members of a row of a CHAD table that have a column. */
static const char *const row_members[] = {
	"group_id", "fragment_id", "id", "audio_type", "youtube_id",
	"interval", "correlation", "check_by_crowdsource", "is_available",
	"duration", NULL
};

/* One row of versions; pointers that are NULL leave the column empty. */
struct version {
	const char *group_id, *fragment_id, *id, *part;
	const char *recording_id, *audio_type, *youtube_id;
	int64_t rate_hz, start_sample, end_sample;
	bool has_samples;
	double start_sec, end_sec;
	double duration_value, correlation_value;
	const double *duration_sec, *correlation;
	int64_t check_value, available_value;
	const int64_t *check_by_crowdsource, *is_available;
	const char *extra;
};

/* What is there stays when a row of a table speaks of an aligned end. */
#define KEEP_END(column) \
	column " = iif(excluded.part = 'row' AND part <> 'row', " column \
	", excluded." column "), "

/* The same, unless the row has other times. */
#define KEEP_PLACE(column) \
	column " = iif(excluded.part = 'row' AND part <> 'row'" \
	" AND start_sec = excluded.start_sec AND end_sec = excluded.end_sec, " \
	column ", excluded." column "), "

/*
 * An INSERT that may have to UPDATE keeps a copy of each page it changes, to
 * take it back; one that cannot is quicker.
 */
#define INSERT_VERSION \
	"INSERT INTO versions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9," \
	" ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
#define UPDATE_VERSION \
	" ON CONFLICT DO UPDATE SET " KEEP_END("part") \
	KEEP_END("recording_id") "audio_type = excluded.audio_type," \
	" youtube_id = excluded.youtube_id, " KEEP_PLACE("rate_hz") \
	KEEP_PLACE("start_sample") KEEP_PLACE("end_sample") \
	" start_sec = excluded.start_sec, end_sec = excluded.end_sec," \
	" duration_sec = excluded.duration_sec," \
	" correlation = excluded.correlation," \
	" check_by_crowdsource = excluded.check_by_crowdsource," \
	" is_available = excluded.is_available, extra = excluded.extra"

/* is_new: of a fragment that has just come. */
static int
put_version(struct catalogue *c, const struct version *v, bool is_new,
    struct error *err)
{
	return sql_run(c, err, is_new ? INSERT_VERSION :
	    INSERT_VERSION UPDATE_VERSION, "tttttttIIIddDDIIt",
	    v->group_id, v->fragment_id, v->id, v->part, v->recording_id,
	    v->audio_type, v->youtube_id,
	    v->has_samples ? &v->rate_hz : NULL,
	    v->has_samples ? &v->start_sample : NULL,
	    v->has_samples ? &v->end_sample : NULL,
	    v->start_sec, v->end_sec, v->duration_sec, v->correlation,
	    v->check_by_crowdsource, v->is_available, v->extra);
}

/* The interval in samples, when the record has it and its rate. */
static int
read_samples(const struct json *rec, const char *name, struct version *v,
    struct error *err)
{
	double start, end, rate_hz;

	v->has_samples = false;
	if (!json_has(rec, name) || !json_has(rec, "rate_hz"))
		return 0;
	if (member_interval(rec, name, &start, &end, err) != 0 ||
	    json_want_number(rec, "rate_hz", &rate_hz, err) != 0)
		return -1;
	if (end > 0x1p53 || rate_hz < 1 || rate_hz > 1e6)
		return error_set(err, ERROR_LIMIT,
		    "\"%s\" or \"rate_hz\" is out of range", name);
	v->start_sample = (int64_t)start;
	v->end_sample = (int64_t)end;
	v->rate_hz = (int64_t)rate_hz;
	v->has_samples = true;
	return 0;
}

/* The cover's or hum's end of an aligned fragment. */
static int
read_other(const struct json *rec, struct version *v, struct error *err)
{
	v->part = "other";
	if (member_key(rec, "id", &v->id, err) != 0 ||
	    member_audio_type(rec, &v->audio_type, err) != 0 ||
	    member_text(rec, "youtube_id", &v->youtube_id, err) != 0 ||
	    member_interval(rec, "interval", &v->start_sec, &v->end_sec,
	    err) != 0 ||
	    member_number(rec, "correlation", &v->correlation_value,
	    &v->correlation, err) != 0 ||
	    member_truth(rec, "check_by_crowdsource", &v->check_value,
	    &v->check_by_crowdsource, err) != 0)
		return -1;
	v->recording_id = v->id;
	v->extra = "{}";
	return read_samples(rec, "interval_samples", v, err);
}

static int
read_original(const struct json *rec, struct version *v, struct error *err)
{
	v->part = "original";
	v->audio_type = "original";
	if (member_key(rec, "original_id", &v->id, err) != 0 ||
	    member_text(rec, "original_youtube_id", &v->youtube_id,
	    err) != 0 ||
	    member_interval(rec, "original_interval", &v->start_sec,
	    &v->end_sec, err) != 0)
		return -1;
	v->recording_id = v->id;
	v->extra = "{}";
	return read_samples(rec, "original_interval_samples", v, err);
}

/* An aligned pair; pointers that are NULL leave the column empty. */
struct fragments_pair {
	struct version original, other;
	const char *original_filepath, *other_filepath;
	const char *decision, *extra;
	double agreement_value, tempo_value, transposition_value;
	double probability_value;
	const double *agreement, *tempo_ratio, *transposition, *probability;
};

static int
read_decision(const struct json *rec, const char **decision,
    struct error *err)
{
	if (member_text(rec, "decision", decision, err) != 0)
		return -1;
	if (*decision == NULL || strcmp(*decision, "keep") == 0 ||
	    strcmp(*decision, "flag") == 0 || strcmp(*decision, "drop") == 0)
		return 0;
	return error_set(err, ERROR_FORMAT, "\"decision\" is \"%.40s\" and "
	    "must be keep, flag or drop", *decision);
}

/* What the record says of both ends together. */
static int
read_scores(const struct json *rec, struct fragments_pair *p,
    struct error *err)
{
	if (member_text(rec, "audio_filepath", &p->other_filepath,
	    err) != 0 ||
	    member_text(rec, "original_audio_filepath",
	    &p->original_filepath, err) != 0 ||
	    read_decision(rec, &p->decision, err) != 0 ||
	    member_number(rec, "agreement", &p->agreement_value,
	    &p->agreement, err) != 0 ||
	    member_number(rec, "tempo_ratio", &p->tempo_value,
	    &p->tempo_ratio, err) != 0 ||
	    member_number(rec, "transposition_semitones",
	    &p->transposition_value, &p->transposition, err) != 0)
		return -1;
	return member_number(rec, "probability", &p->probability_value,
	    &p->probability, err);
}

/* The whole record, checked: nothing of it is refused afterwards. */
static int
read_pair(const struct json *rec, struct fragments_pair *p, struct arena *a,
    struct error *err)
{
	if (member_key(rec, "group_id", &p->other.group_id, err) != 0 ||
	    member_key(rec, "fragment_id", &p->other.fragment_id, err) != 0)
		return -1;
	p->original.group_id = p->other.group_id;
	p->original.fragment_id = p->other.fragment_id;
	if (read_other(rec, &p->other, err) != 0 ||
	    read_original(rec, &p->original, err) != 0)
		return -1;
	if (strcmp(p->other.id, p->original.id) == 0)
		return error_set(err, ERROR_FORMAT,
		    "\"id\" and \"original_id\" are both \"%.80s\"",
		    p->other.id);
	if (read_scores(rec, p, err) != 0)
		return -1;
	p->extra = json_text_without(rec, pair_members, a, err);
	return p->extra == NULL ? -1 : 0;
}

struct fragments_pair *
fragments_read(const struct json *rec, struct arena *a, struct error *err)
{
	struct fragments_pair *p = arena_need(a, 1, sizeof(*p), "fragments",
	    err);

	return p == NULL || read_pair(rec, p, a, err) != 0 ? NULL : p;
}

/* The row of "fragments" for an aligned pair, by a statement for all of it. */
static int
run_pair(struct catalogue *c, const struct fragments_pair *p,
    const char *round_key, const char *sql, struct error *err)
{
	return sql_run(c, err, sql, "tttDDDttD", p->other.group_id,
	    p->other.fragment_id,
	    p->decision, p->agreement, p->tempo_ratio, p->transposition,
	    round_key, p->extra, p->probability);
}

/* *is_new: it was not there. */
static int
put_pair(struct catalogue *c, const struct fragments_pair *p,
    const char *round_key, bool *is_new, struct error *err)
{
	if (run_pair(c, p, round_key, "INSERT INTO fragments (group_id,"
	    " fragment_id, decision, agreement, tempo_ratio, transposition,"
	    " round_key, extra, probability, is_heard) VALUES (?1, ?2, ?3,"
	    " ?4, ?5, ?6, ?7, ?8, ?9, EXISTS (SELECT 1 FROM reviews"
	    " WHERE group_id = ?1)) ON CONFLICT DO NOTHING", err) != 0)
		return -1;
	*is_new = sqlite3_changes(c->db) > 0;
	if (*is_new)
		return 0;
	return run_pair(c, p, round_key, "UPDATE fragments SET decision = ?3,"
	    " agreement = ?4, tempo_ratio = ?5, transposition = ?6,"
	    " round_key = ?7, extra = ?8, probability = ?9"
	    " WHERE group_id = ?1 AND fragment_id = ?2", err);
}

#define OTHER_ENDS \
	"WHERE group_id = ?1 AND fragment_id = ?2 AND part <> 'row'" \
	" AND id <> ?3 AND id <> ?4"

/* Ends that the fragment had before and has no more. */
static int
forget_other_ends(struct catalogue *c, const struct version *original,
    const struct version *other, struct error *err)
{
	int64_t has_others;

	/* Asked first: to delete nothing costs as much as to delete. */
	if (sql_integer(c, &has_others, err, "SELECT EXISTS (SELECT 1"
	    " FROM versions " OTHER_ENDS ")", "tttt", original->group_id,
	    original->fragment_id, original->id, other->id) != 0)
		return -1;
	if (has_others == 0)
		return 0;
	return sql_run(c, err, "DELETE FROM versions " OTHER_ENDS, "tttt",
	    original->group_id, original->fragment_id, original->id,
	    other->id);
}

static int
put_rows(struct catalogue *c, const struct fragments_pair *p,
    const char *round_key, struct error *err)
{
	bool is_new;

	if (recordings_imply(c, p->other.group_id, p->other.id,
	    p->other.audio_type, p->other_filepath, p->other.youtube_id,
	    err) != 0 ||
	    recordings_imply(c, p->original.group_id, p->original.id,
	    "original", p->original_filepath, p->original.youtube_id,
	    err) != 0 ||
	    put_pair(c, p, round_key, &is_new, err) != 0 ||
	    (!is_new && forget_other_ends(c, &p->original, &p->other,
	    err) != 0) ||
	    put_version(c, &p->original, is_new, err) != 0)
		return -1;
	return put_version(c, &p->other, is_new, err);
}

int
fragments_put_pair(struct catalogue *c, const struct fragments_pair *pair,
    const char *round_key, struct error *err)
{
	if (put_rows(c, pair, round_key, err) == 0)
		return 0;
	/* The record was in order: it is the catalogue that is not. */
	if (err != NULL && err->code == ERROR_FORMAT)
		err->code = ERROR_IO;
	return -1;
}

int
fragments_put(struct catalogue *c, const struct json *rec,
    const char *round_key, struct error *err)
{
	const struct fragments_pair *pair;

	arena_reset(c->scratch);
	pair = fragments_read(rec, c->scratch, err);
	return pair == NULL ? -1 :
	    fragments_put_pair(c, pair, round_key, err);
}

static int
read_row(const struct json *rec, struct version *v, struct error *err)
{
	v->part = "row";
	if (member_key(rec, "group_id", &v->group_id, err) != 0 ||
	    member_key(rec, "fragment_id", &v->fragment_id, err) != 0 ||
	    member_key(rec, "id", &v->id, err) != 0 ||
	    member_audio_type(rec, &v->audio_type, err) != 0 ||
	    member_text(rec, "youtube_id", &v->youtube_id, err) != 0 ||
	    member_interval(rec, "interval", &v->start_sec, &v->end_sec,
	    err) != 0 ||
	    member_number(rec, "correlation", &v->correlation_value,
	    &v->correlation, err) != 0 ||
	    member_number(rec, "duration", &v->duration_value,
	    &v->duration_sec, err) != 0 ||
	    member_truth(rec, "check_by_crowdsource", &v->check_value,
	    &v->check_by_crowdsource, err) != 0)
		return -1;
	return member_truth(rec, "is_available", &v->available_value,
	    &v->is_available, err);
}

int
fragments_put_row(struct catalogue *c, const struct json *rec,
    struct error *err)
{
	struct version v = { 0 };

	if (read_row(rec, &v, err) != 0)
		return -1;
	if (sql_run(c, err, "INSERT INTO works (group_id) VALUES (?1)"
	    " ON CONFLICT DO NOTHING", "t", v.group_id) != 0 ||
	    sql_run(c, err, "INSERT INTO fragments (group_id, fragment_id,"
	    " extra) VALUES (?1, ?2, '{}') ON CONFLICT DO NOTHING", "tt",
	    v.group_id, v.fragment_id) != 0)
		return -1;
	v.extra = member_extra(c, rec, row_members, err);
	return v.extra == NULL ? -1 : put_version(c, &v, false, err);
}

int
fragments_forget_mined(struct catalogue *c, struct error *err)
{
	return sql_run(c, err, "DELETE FROM fragments"
	    " WHERE round_key IS NOT NULL AND is_asked IS NOT 0"
	    " AND NOT EXISTS (SELECT 1"
	    " FROM reviews WHERE reviews.group_id = fragments.group_id"
	    " AND reviews.fragment_id = fragments.fragment_id)", "");
}
