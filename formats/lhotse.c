/*
 * lhotse manifests (lhotse 1: Recording, SupervisionSegment, MonoCut and
 * MultiCut as to_dict gives them), JSON arrays or JSON Lines:
 *
 *	recording	{id, sources: [{type, channels, source}], sampling_rate,
 *			num_samples, duration, channel_ids}
 *	supervision	{id, recording_id, start, duration, channel, text,
 *			language, speaker, gender, custom, alignment}
 *	cut		{id, start, duration, channel, supervisions, recording,
 *			features, custom, type}
 *
 * What "custom" holds become members of the record, and members that lhotse
 * has no place for go into it; the rest of lhotse's is kept as "lhotse".
 * Commands that make a sound are never run.
 */
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/packed.h"

#include "formats/format_list.h"
#include "formats/intake.h"
#include "manifests/record.h"

bool
lhotse_fits(const char *path, const char *text, size_t n_bytes)
{
	const char first = n_bytes > 0 ? text[strspn(text, " \t\r\n")] : '\0';

	(void)path;
	return (first == '{' || first == '[') &&
	    (strstr(text, "\"recording_id\"") != NULL ||
	    strstr(text, "\"sampling_rate\"") != NULL ||
	    strstr(text, "Cut\"") != NULL);
}

/* The one file that a recording consists of. */
static int
put_source(const struct format_input *in, struct json *rec,
    const struct json *recording, struct error *err)
{
	const struct json *sources = json_at(recording, "sources");
	const char *type, *source;

	if (!json_is_array(sources) || json_count(sources) != 1)
		return error_set(err, ERROR_FORMAT, "a recording must have one "
		    "source, not %zu; lhotse can mix them down",
		    json_count(sources));
	if (json_want_string(sources, "0.type", &type, err) != 0 ||
	    json_want_string(sources, "0.source", &source, err) != 0)
		return -1;
	if (strcmp(type, "url") == 0)
		return json_put_string(rec, "url", source, err);
	if (strcmp(type, "file") != 0)
		return error_set(err, ERROR_FORMAT, "a source of the type "
		    "\"%.40s\" is not taken; save it as a file", type);
	return intake_put_sound(in, rec, source, err);
}

static int
put_recording(const struct format_input *in, struct json *rec,
    const struct json *recording, struct error *err)
{
	static const char *const members[][2] = {
		{ "lhotse.recording_id", "id" },
		{ "lhotse.sampling_rate", "sampling_rate" },
		{ "lhotse.num_samples", "num_samples" },
		{ "lhotse.channel_ids", "channel_ids" },
		{ "lhotse.channels", "sources.0.channels" },
		{ "lhotse.transforms", "transforms" } };

	if (put_source(in, rec, recording, err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (intake_copy(rec, members[i][0], recording, members[i][1],
		    err) != 0)
			return -1;
	return 0;
}

/* Members of "custom" become the record's own. */
static int
put_custom(struct json *rec, const struct json *custom, struct error *err)
{
	bool is_whole = true;

	for (size_t i = 0; json_is_object(custom) && i < json_count(custom);
	    i++) {
		const char *name = json_member_name(custom, i);
		const bool is_id = strcmp(name, "id") == 0;

		if (strchr(name, '.') != NULL || name[0] == '\0' ||
		    (json_has(rec, name) && !is_id) ||
		    strcmp(name, "error") == 0 ||
		    strcmp(name, "history") == 0 ||
		    strcmp(name, "line") == 0) {
			is_whole = false;
			continue;
		}
		if (!json_is_null(json_item(custom, i)) && json_put(rec, name,
		    json_item(custom, i), err) != 0)
			return -1;
	}
	return is_whole ? 0 : json_put(rec, "lhotse.custom", custom, err);
}

static const char *const spoken[] = { "text", "speaker", "language",
	"gender" };

#define N_SPOKEN (sizeof(spoken) / sizeof(spoken[0]))

static int
put_spoken(struct json *rec, const struct json *supervision,
    struct error *err)
{
	for (size_t i = 0; i < N_SPOKEN; i++)
		if (intake_copy(rec, spoken[i], supervision, spoken[i],
		    err) != 0)
			return -1;
	return 0;
}

static int
fill_cut(const struct format_input *in, struct json *rec,
    const struct json *cut, struct error *err)
{
	const struct json *supervisions = json_at(cut, "supervisions");
	const char *type;

	if (json_want_string(cut, "type", &type, err) != 0)
		return -1;
	if (strcmp(type, "MonoCut") != 0 && strcmp(type, "MultiCut") != 0 &&
	    strcmp(type, "Cut") != 0)
		return error_set(err, ERROR_FORMAT, "a %.40s is no stretch of "
		    "one file; save it as audio first", type);
	if (intake_copy(rec, "offset", cut, "start", err) != 0 ||
	    intake_copy(rec, "duration", cut, "duration", err) != 0 ||
	    (json_has(cut, "recording") && put_recording(in, rec, json_at(cut,
	    "recording"), err) != 0) ||
	    intake_copy(rec, "lhotse.channel", cut, "channel", err) != 0 ||
	    intake_copy(rec, "lhotse.features", cut, "features", err) != 0)
		return -1;
	if (json_count(supervisions) == 1 && put_spoken(rec,
	    json_item(supervisions, 0), err) != 0)
		return -1;
	if (json_count(supervisions) > 0 && json_put(rec,
	    "lhotse.supervisions", supervisions, err) != 0)
		return -1;
	return put_custom(rec, json_at(cut, "custom"), err);
}

/* A recording that a supervision may speak of. */
struct known {
	const char *id;
	struct json *recording;
	struct known *next;
};

#define N_HEADS 4096

/* All recordings of the file --recordings, by the hash of their id. */
struct reading {
	struct format_input in;
	struct known *heads[N_HEADS];
};

static struct known **
head_of(struct reading *r, const char *id)
{
	return &r->heads[hash_text64(id) % N_HEADS];
}

static int
fill_supervision(struct reading *r, struct json *rec,
    const struct json *supervision, struct error *err)
{
	const struct known *k;
	const char *id;

	if (json_want_string(supervision, "recording_id", &id, err) != 0 ||
	    intake_copy(rec, "offset", supervision, "start", err) != 0 ||
	    intake_copy(rec, "duration", supervision, "duration", err) != 0)
		return -1;
	for (k = *head_of(r, id); k != NULL && strcmp(k->id, id) != 0;
	    k = k->next)
		;
	if (k == NULL && r->in.recordings != NULL)
		return error_set(err, ERROR_FORMAT, "its recording, %.80s, is "
		    "not in %s", id, r->in.recordings);
	if ((k != NULL && put_recording(&r->in, rec, k->recording, err) !=
	    0) || json_put_string(rec, "lhotse.recording_id", id, err) != 0 ||
	    intake_copy(rec, "lhotse.channel", supervision, "channel",
	    err) != 0 || intake_copy(rec, "lhotse.alignment", supervision,
	    "alignment", err) != 0 || put_spoken(rec, supervision, err) != 0)
		return -1;
	return put_custom(rec, json_at(supervision, "custom"), err);
}

static int
fill_record(struct reading *r, struct json *rec, const struct json *item,
    struct error *err)
{
	if (!json_is_object(item) ||
	    intake_copy(rec, "id", item, "id", err) != 0)
		return error_set(err, ERROR_FORMAT, "not a JSON object");
	if (json_has(item, "sources")) {
		if (put_recording(&r->in, rec, item, err) != 0)
			return -1;
		return intake_copy(rec, "duration", item, "duration", err);
	}
	if (json_has(item, "recording_id"))
		return fill_supervision(r, rec, item, err);
	if (json_has(item, "type"))
		return fill_cut(&r->in, rec, item, err);
	return error_set(err, ERROR_FORMAT,
	    "neither a recording nor a supervision nor a cut");
}

static int
take_item(void *context, const char *key, struct json *value, size_t line,
    struct error *err)
{
	struct reading *r = context;
	struct error why = { ERROR_NONE, "" };
	struct json *rec = json_new_object(err);
	int result;

	(void)key;
	if (rec == NULL)
		return -1;
	if (fill_record(r, rec, value, &why) == 0 &&
	    record_check(rec, &why) == 0)
		result = r->in.take(r->in.shared, rec, err);
	else
		result = intake_bad_json(&r->in, line, value, &why, err);
	json_free(rec);
	return result;
}

static int
keep_recording(void *context, const char *key, struct json *value,
    size_t line, struct error *err)
{
	struct reading *r = context;
	struct known *k = arena_need(r->in.a, 1, sizeof(*k), "recordings",
	    err);

	(void)key;
	if (k == NULL || (k->recording = json_clone(value, err)) == NULL)
		return -1;
	if (json_want_string(k->recording, "id", &k->id, err) != 0) {
		json_free(k->recording);
		return error_add(err, "line %zu", line);
	}
	k->next = *head_of(r, k->id);
	*head_of(r, k->id) = k;
	return 0;
}

static int
refuse_bad(void *shared, struct json *rec, struct error *err)
{
	const char *why;

	(void)shared;
	if (json_want_string(rec, "error", &why, err) != 0)
		return -1;
	return error_set(err, ERROR_FORMAT, "%s", why);
}

static int
load_recordings(struct reading *r, struct error *err)
{
	struct format_input file = r->in;

	file.path = r->in.recordings;
	file.take = refuse_bad;
	file.text = packed_read(file.path, FORMAT_MAX_BYTES, file.a,
	    &file.n_bytes, err);
	if (file.text == NULL)
		return -1;
	if (intake_pieces(&file, false, keep_recording, r, err) != 0)
		return error_add(err, "%s", file.path);
	return 0;
}

int
lhotse_read(const struct format_input *in, struct error *err)
{
	struct reading *r = memory_new(1, sizeof(*r), "recordings", err);
	int result = 0;

	if (r == NULL)
		return -1;
	r->in = *in;
	if (in->recordings != NULL)
		result = load_recordings(r, err);
	if (result == 0)
		result = intake_pieces(in, false, take_item, r, err);
	for (size_t i = 0; i < N_HEADS; i++)
		for (struct known *k = r->heads[i]; k != NULL; k = k->next)
			json_free(k->recording);
	memory_free(r);
	return result;
}
