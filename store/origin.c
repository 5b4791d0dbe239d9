#include "base/arena.h"

#include "store/fragments.h"
#include "store/member.h"
#include "store/origin.h"
#include "store/recordings.h"
#include "store/sql.h"

/* Rows on their way into a list, or one row on its way to a member. */
struct target {
	struct json *object;
	const char *member;
};

static int
append_record(void *context, struct json *rec, struct error *err)
{
	const struct target *t = context;

	return json_append(t->object, t->member, rec, err);
}

static int
put_record(void *context, struct json *rec, struct error *err)
{
	const struct target *t = context;

	return json_put(t->object, t->member, rec, err);
}

/* The rows of the statement as a list; it may be NULL when it failed. */
static int
append_rows(struct catalogue *c, struct json *object, const char *member,
    sqlite3_stmt *rows, struct error *err)
{
	struct target target = { object, member };
	struct member_reader reader = { member_restore, NULL, append_record,
	    &target };

	return member_each(c, rows, &reader, err);
}

/* The recording of a place. */
static int
add_recording(struct catalogue *c, struct json *object, const char *group_id,
    const struct json *place, struct error *err)
{
	struct recordings_filter filter = { .group_id = group_id };
	struct target target = { object, "recordings" };

	if (!json_has(place, "recording_id"))
		return 0;
	if (json_want_string(place, "recording_id", &filter.id, err) != 0)
		return -1;
	return recordings_each(c, &filter, append_record, &target, err);
}

static int
add_places(struct catalogue *c, struct json *object, const char *group_id,
    const char *fragment_id, struct error *err)
{
	const struct json *places;

	if (append_rows(c, object, "places", sql_query(c, err, "SELECT id,"
	    " part, recording_id, audio_type, rate_hz, start_sample,"
	    " end_sample, start_sec, end_sec, is_moved FROM places"
	    " WHERE group_id = ?1 AND fragment_id = ?2 ORDER BY id", "tt",
	    group_id, fragment_id), err) != 0)
		return -1;
	places = json_at(object, "places");
	for (size_t i = 0; places != NULL && i < json_count(places); i++)
		if (add_recording(c, object, group_id, json_item(places, i),
		    err) != 0)
			return -1;
	return 0;
}

#define ITS_ROUND \
	"(SELECT round_key FROM fragments WHERE group_id = ?1" \
	" AND fragment_id = ?2)"

static int
add_round(struct catalogue *c, struct json *object, const char *group_id,
    const char *fragment_id, struct error *err)
{
	struct target target = { object, "round" };
	struct member_reader reader = { member_restore, NULL, put_record,
	    &target };

	if (member_each(c, sql_query(c, err, "SELECT key, number, state,"
	    " settings, model_in, model_new, model_out, reason FROM rounds"
	    " WHERE key = " ITS_ROUND, "tt", group_id, fragment_id), &reader,
	    err) != 0)
		return -1;
	return append_rows(c, object, "steps", sql_query(c, err,
	    "SELECT name, key, path, sha256 FROM steps WHERE round_key = "
	    ITS_ROUND " ORDER BY name", "tt", group_id, fragment_id), err);
}

/* Models whose SHA-256 stands anywhere in the object. */
static int
add_models(struct catalogue *c, struct json *object, struct error *err)
{
	struct arena *a = arena_new();
	const char *text;
	int status = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if ((text = json_text(object, a, err)) != NULL)
		status = append_rows(c, object, "models", sql_query(c, err,
		    "SELECT sha256, name, path, recipe_sha256,"
		    " manifest_sha256, seed FROM models"
		    " WHERE instr(?1, sha256) > 0 ORDER BY sha256", "t",
		    text), err);
	arena_free(a);
	return status;
}

static int
fill(struct catalogue *c, struct json *object, const char *group_id,
    const char *fragment_id, struct error *err)
{
	const struct fragments_filter filter = { .group_id = group_id,
	    .fragment_id = fragment_id };
	struct target target = { object, "fragment" };

	if (json_put_string(object, "group_id", group_id, err) != 0 ||
	    json_put_string(object, "fragment_id", fragment_id, err) != 0 ||
	    fragments_each(c, &filter, put_record, &target, err) != 0 ||
	    add_places(c, object, group_id, fragment_id, err) != 0)
		return -1;
	if (!json_has(object, "places"))
		return error_set(err, ERROR_FORMAT, "%s has no fragment "
		    "\"%.80s\" of the work \"%.80s\"", c->path, fragment_id,
		    group_id);
	if (append_rows(c, object, "reviews", sql_query(c, err, "SELECT"
	    " reviewer, verdict, note, start_sec, end_sec,"
	    " original_start_sec, original_end_sec, role, reasons, spent_sec,"
	    " at FROM reviews"
	    " WHERE group_id = ?1 AND fragment_id = ?2 ORDER BY reviewer",
	    "tt", group_id, fragment_id), err) != 0 ||
	    add_round(c, object, group_id, fragment_id, err) != 0)
		return -1;
	return add_models(c, object, err);
}

struct json *
origin_of(struct catalogue *c, const char *group_id, const char *fragment_id,
    struct error *err)
{
	struct json *object = json_new_object(err);

	if (object == NULL ||
	    fill(c, object, group_id, fragment_id, err) == 0)
		return object;
	json_free(object);
	return NULL;
}
