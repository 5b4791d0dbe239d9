#include <string.h>

#include "store/member.h"
#include "store/recordings.h"
#include "store/schema.h"
#include "store/sql.h"
#include "store/title.h"

#define TITLE_KEY_BYTES 1024

/* Members that name a file some command made, and where its key stands. */
static const struct {
	const char *member;
	const char *key;
} artefacts[] = {
	{ "decode.path", "decode.key" },
	{ "vocals_filepath", "separate.key" },
	{ "f0.path", "f0.key" },
	{ "f0.activations", "f0.key" },
	{ "embed.path", "embed.key" },
};

#define N_ARTEFACTS (sizeof(artefacts) / sizeof(artefacts[0]))

/* Members that have a column or a row of their own. */
static const char *const own_members[] = {
	"group_id", "id", "audio_type", "audio_filepath", "offset",
	"duration", "title", "youtube_id", "url", "is_available", "error",
	"decode.path", "vocals_filepath", "f0.path", "f0.activations",
	"embed.path", NULL
};

/* What commands add; not there in a record that only holds inputs. */
static const char *const derived_members[] = {
	"decode", "separate", "vocals_filepath", "f0", "embed", "history",
	NULL
};

static int
put_work(struct catalogue *c, const char *group_id, const char *title,
    struct error *err)
{
	char key[TITLE_KEY_BYTES];

	if (title != NULL)
		title_normalise(title, key, sizeof(key));
	return sql_run(c, err, "INSERT INTO works (group_id, title, title_key)"
	    " VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET"
	    " title = excluded.title, title_key = excluded.title_key"
	    " WHERE title IS NULL AND excluded.title IS NOT NULL",
	    "ttt", group_id, title, title == NULL ? NULL : key);
}

static int
put_artefacts(struct catalogue *c, const struct json *rec,
    const char *group_id, const char *id, struct error *err)
{
	for (size_t i = 0; i < N_ARTEFACTS; i++) {
		const char *path, *key;

		if (member_text(rec, artefacts[i].member, &path, err) != 0 ||
		    member_text(rec, artefacts[i].key, &key, err) != 0)
			return -1;
		if (path != NULL && sql_run(c, err,
		    "INSERT INTO artefacts VALUES (?1, ?2, ?3, ?4, ?5)"
		    " ON CONFLICT DO UPDATE SET key = excluded.key,"
		    " path = excluded.path", "ttttt", group_id, id,
		    artefacts[i].member, key, path) != 0)
			return -1;
	}
	return 0;
}

struct columns {
	const char *group_id, *id, *audio_type, *audio_filepath;
	const char *title, *youtube_id, *url, *error;
	double offset_value, duration_value;
	const double *offset, *duration;
	int64_t available_value;
	const int64_t *is_available;
};

static int
read_columns(const struct json *rec, struct columns *v, struct error *err)
{
	if (member_key(rec, "group_id", &v->group_id, err) != 0 ||
	    member_key(rec, "id", &v->id, err) != 0 ||
	    member_audio_type(rec, &v->audio_type, err) != 0 ||
	    member_text(rec, "audio_filepath", &v->audio_filepath, err) != 0 ||
	    member_text(rec, "title", &v->title, err) != 0 ||
	    member_text(rec, "youtube_id", &v->youtube_id, err) != 0 ||
	    member_text(rec, "url", &v->url, err) != 0 ||
	    member_text(rec, "error", &v->error, err) != 0 ||
	    member_number(rec, "offset", &v->offset_value, &v->offset,
	    err) != 0 ||
	    member_number(rec, "duration", &v->duration_value, &v->duration,
	    err) != 0)
		return -1;
	return member_truth(rec, "is_available", &v->available_value,
	    &v->is_available, err);
}

/*
 * json_patch takes null for "remove", so members that are null are left out
 * from the beginning: else they would go with the first change of another.
 */
int
recordings_put(struct catalogue *c, const struct json *rec, struct error *err)
{
	struct columns v;
	const char *extra;

	if (read_columns(rec, &v, err) != 0 ||
	    put_work(c, v.group_id, v.title, err) != 0)
		return -1;
	if ((extra = member_extra(c, rec, own_members, err)) == NULL)
		return -1;
	if (sql_run(c, err, "INSERT INTO recordings (group_id, id,"
	    " audio_type, audio_filepath, offset_sec, duration_sec, title,"
	    " youtube_id, url, is_available, error, extra)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
	    " json_patch('{}', ?12)) ON CONFLICT DO UPDATE SET"
	    " audio_type = excluded.audio_type,"
	    " audio_filepath = coalesce(excluded.audio_filepath,"
	    " audio_filepath),"
	    " offset_sec = coalesce(excluded.offset_sec, offset_sec),"
	    " duration_sec = coalesce(excluded.duration_sec, duration_sec),"
	    " title = coalesce(excluded.title, title),"
	    " youtube_id = coalesce(excluded.youtube_id, youtube_id),"
	    " url = coalesce(excluded.url, url),"
	    " is_available = coalesce(excluded.is_available, is_available),"
	    " error = excluded.error,"
	    " extra = iif(extra = excluded.extra, extra,"
	    " json_patch(extra, excluded.extra))",
	    "ttttDDtttItt", v.group_id, v.id, v.audio_type, v.audio_filepath,
	    v.offset, v.duration, v.title, v.youtube_id, v.url,
	    v.is_available, v.error, extra) != 0)
		return -1;
	return put_artefacts(c, rec, v.group_id, v.id, err);
}

int
recordings_imply(struct catalogue *c, const char *group_id, const char *id,
    const char *audio_type, const char *audio_filepath,
    const char *youtube_id, struct error *err)
{
	int64_t is_known;

	/* Most fragments speak of recordings that are there. */
	if (sql_integer(c, &is_known, err, "SELECT EXISTS (SELECT 1"
	    " FROM recordings WHERE group_id = ?1 AND id = ?2)", "tt",
	    group_id, id) != 0)
		return -1;
	if (is_known != 0)
		return 0;
	if (put_work(c, group_id, NULL, err) != 0)
		return -1;
	return sql_run(c, err, "INSERT INTO recordings (group_id, id,"
	    " audio_type, audio_filepath, youtube_id, extra)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, '{}') ON CONFLICT DO NOTHING",
	    "ttttt", group_id, id, audio_type, audio_filepath, youtube_id);
}

static int
restore_artefact(void *context, sqlite3_stmt *row, struct error *err)
{
	return json_put_string(context, sql_text(row, 0), sql_text(row, 1),
	    err);
}

/* Put the recording's artefact paths where they were found. */
static int
restore_artefacts(struct catalogue *c, struct json *rec, const char *group_id,
    const char *id, struct error *err)
{
	return sql_each(c, sql_query(c, err, "SELECT member, path"
	    " FROM artefacts WHERE group_id = ?1 AND id = ?2 ORDER BY member",
	    "tt", group_id, id), restore_artefact, rec, err);
}

#define SELECT_COLUMNS \
	"SELECT extra, group_id, id, audio_type, audio_filepath, offset_sec," \
	" duration_sec, title, youtube_id, url, is_available, error," \
	" quarantined_by FROM recordings"

static int
restore_columns(struct json *rec, sqlite3_stmt *row, struct error *err)
{
	if (member_put_text(rec, "group_id", row, 1, err) != 0 ||
	    member_put_text(rec, "id", row, 2, err) != 0 ||
	    member_put_text(rec, "audio_type", row, 3, err) != 0 ||
	    member_put_text(rec, "audio_filepath", row, 4, err) != 0 ||
	    member_put_number(rec, "offset", row, 5, err) != 0 ||
	    member_put_number(rec, "duration", row, 6, err) != 0 ||
	    member_put_text(rec, "title", row, 7, err) != 0 ||
	    member_put_text(rec, "youtube_id", row, 8, err) != 0 ||
	    member_put_text(rec, "url", row, 9, err) != 0 ||
	    member_put_truth(rec, "is_available", row, 10, err) != 0)
		return -1;
	return member_put_text(rec, "error", row, 11, err);
}

/* What the records of recordings_each are made from, besides their rows. */
struct source {
	struct catalogue *c;
	bool inputs_only;
};

/* The record of a row; free with json_free.  NULL with an error. */
static struct json *
restore(void *from, sqlite3_stmt *row, struct error *err)
{
	const struct source *s = from;
	bool inputs_only = s->inputs_only;
	const char *extra = sql_text(row, 0);
	struct json *rec;

	if ((rec = json_parse(extra, strlen(extra), err)) == NULL)
		return NULL;
	if (restore_columns(rec, row, err) != 0)
		goto fail;
	if (inputs_only)
		json_remove(rec, "error");
	/* What has no sound can only have come as what it is. */
	inputs_only = inputs_only && json_has(rec, "audio_filepath");
	if (!inputs_only && restore_artefacts(s->c, rec, sql_text(row, 1),
	    sql_text(row, 2), err) != 0)
		goto fail;
	for (size_t i = 0; inputs_only && derived_members[i] != NULL; i++)
		json_remove(rec, derived_members[i]);
	return rec;
fail:
	json_free(rec);
	return NULL;
}

int
recordings_each(struct catalogue *c, const struct recordings_filter *filter,
    int (*each)(void *context, struct json *rec, struct error *err),
    void *context, struct error *err)
{
	struct source source = { c, filter->inputs_only };
	struct member_reader reader = { restore, &source, each, context };

	const size_t limit = filter->max_recordings;
	const char *sql;

	/* Only what is asked for: see run_query of fragments_read.c. */
	arena_reset(c->scratch);
	sql = arena_printf(c->scratch, SELECT_COLUMNS " WHERE true%s%s%s%s%s"
	    " ORDER BY group_id, id LIMIT ?4",
	    filter->group_id == NULL ? "" : " AND group_id = ?1",
	    filter->id == NULL ? "" : " AND id = ?2",
	    filter->audio_type == NULL ? "" : " AND audio_type = ?3",
	    !filter->only_failed ? "" : " AND error IS NOT NULL",
	    !filter->only_quarantined ? "" :
	    " AND quarantined_by IS NOT NULL");
	if (sql == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	return member_each(c, sql_query(c, err, sql, "ttti",
	    filter->group_id, filter->id, filter->audio_type,
	    limit == 0 ? (int64_t)-1 : (int64_t)limit), &reader, err);
}

static struct json *
restore_work(void *from, sqlite3_stmt *row, struct error *err)
{
	struct json *work = json_new_object(err);

	(void)from;
	if (work == NULL ||
	    (member_put_text(work, "group_id", row, 0, err) == 0 &&
	    member_put_text(work, "title", row, 1, err) == 0 &&
	    json_put_size(work, "n_recordings",
	    (size_t)sqlite3_column_int64(row, 2), err) == 0 &&
	    json_put_size(work, "n_fragments",
	    (size_t)sqlite3_column_int64(row, 3), err) == 0))
		return work;
	json_free(work);
	return NULL;
}

int
recordings_each_work(struct catalogue *c,
    int (*each)(void *context, struct json *work, struct error *err),
    void *context, struct error *err)
{
	struct member_reader reader = { restore_work, NULL, each, context };

	return member_each(c, sql_query(c, err, "SELECT group_id, title,"
	    " (SELECT count(*) FROM recordings"
	    " WHERE recordings.group_id = works.group_id),"
	    " (SELECT count(*) FROM fragments"
	    " WHERE fragments.group_id = works.group_id)"
	    " FROM works ORDER BY group_id", ""), &reader, err);
}

int
recordings_quarantine(struct catalogue *c, const char *round_key,
    struct error *err)
{
	if (sql_run(c, err, "UPDATE recordings SET quarantined_by = NULL"
	    " WHERE quarantined_by IS NOT NULL", "") != 0)
		return -1;
	return sql_run(c, err, "UPDATE recordings AS r"
	    " SET quarantined_by = ?1"
	    " WHERE r.audio_type <> 'original' AND r.error IS NULL"
	    " AND EXISTS (SELECT 1 FROM recordings AS o"
	    " WHERE o.group_id = r.group_id AND o.audio_type = 'original'"
	    " AND o.error IS NULL)"
	    " AND NOT EXISTS (SELECT 1 FROM versions AS v"
	    " JOIN fragments AS f ON f.group_id = v.group_id"
	    " AND f.fragment_id = v.fragment_id"
	    " WHERE v.group_id = r.group_id AND v.recording_id = r.id"
	    " AND " SCHEMA_DECISION " = 'keep')", "t", round_key);
}

int
recordings_count(struct catalogue *c, size_t *n_all, size_t *n_failed,
    size_t *n_quarantined, struct error *err)
{
	int64_t all, failed, quarantined;

	if (sql_integer(c, &all, err, "SELECT count(*) FROM recordings",
	    "") != 0 ||
	    sql_integer(c, &failed, err, "SELECT count(error)"
	    " FROM recordings", "") != 0 ||
	    sql_integer(c, &quarantined, err, "SELECT count(quarantined_by)"
	    " FROM recordings", "") != 0)
		return -1;
	*n_all = (size_t)all;
	*n_failed = (size_t)failed;
	*n_quarantined = (size_t)quarantined;
	return 0;
}
