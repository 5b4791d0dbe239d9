/* Writing of lhotse manifests; see formats/lhotse.c. */
#include <stdlib.h>
#include <string.h>

#include "formats/format_list.h"
#include "formats/intake.h"
#include "formats/sound_length.h"
#include "manifests/record.h"
#include "manifests/stream.h"

/* One writing. */
struct writing {
	const struct format_output *out;
	struct arena *a;	/* of the record at hand */
	/*
	 * The file counted last, and why it could not be: cuts of one file
	 * follow each other.
	 */
	const char *counted_path;
	struct sound_length counted;
	struct error why;
};

/* Members that lhotse has a place of its own for, or that are ours alone. */
static bool
has_place(const char *name)
{
	static const char *const names[] = { "audio_filepath", "offset",
		"duration", "lhotse", "history", "error", "line", "text",
		"speaker", "language", "gender" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static const char *
recording_id(const struct json *rec)
{
	const char *id;

	if (json_get_string(rec, "lhotse.recording_id", NULL, &id, NULL) ==
	    0 && id != NULL)
		return id;
	if (!json_has(rec, "offset") && !json_has(rec, "fragment_id"))
		return record_id(rec);
	return json_get_string(rec, "audio_filepath", record_id(rec), &id,
	    NULL) == 0 ? id : record_id(rec);
}

/* Fragments of one version share its id; lhotse wants ids to be unique. */
static const char *
item_id(const struct json *rec, struct arena *a, struct error *err)
{
	const char *group, *fragment, *id;

	if (json_get_string(rec, "group_id", "", &group, err) != 0 ||
	    json_get_string(rec, "fragment_id", "", &fragment, err) != 0)
		return NULL;
	id = fragment[0] == '\0' ? record_id(rec) : arena_printf(a,
	    "%s-%s-%s", group, fragment, record_id(rec));
	if (id == NULL)
		error_set(err, ERROR_NOMEM, "out of memory");
	return id;
}

/* What was read of the sound, or what decoding finds. */
static int
find_length(struct writing *w, const struct json *rec,
    struct sound_length *length, struct error *err)
{
	size_t rate_hz, n_samples;
	const char *path;

	length->n_channels = json_count(json_at(rec, "lhotse.channels"));
	if (length->n_channels > 0 &&
	    json_want_size(rec, "lhotse.sampling_rate", &rate_hz, NULL) == 0 &&
	    json_want_size(rec, "lhotse.num_samples", &n_samples, NULL) ==
	    0 && rate_hz > 0 && rate_hz <= 1000000) {
		length->rate_hz = (unsigned)rate_hz;
		length->n_samples = n_samples;
		return 0;
	}
	path = record_path(rec, "audio_filepath", w->out->folder, w->a, err);
	if (path == NULL)
		return -1;
	if (w->counted_path == NULL || strcmp(path, w->counted_path) != 0) {
		w->counted_path = arena_strdup(w->out->a, path);
		if (w->counted_path == NULL)
			return error_set(err, ERROR_NOMEM, "out of memory");
		if (sound_length_count(path, &w->counted, &w->why) == 0)
			w->why.code = ERROR_NONE;
	}
	if (w->why.code != ERROR_NONE)
		return error_set(err, w->why.code, "%s", w->why.text);
	*length = w->counted;
	return 0;
}

static int
put_source(struct writing *w, struct json *recording, const struct json *rec,
    size_t n_channels, struct error *err)
{
	struct json *source = json_new_object(err);
	const char *path = NULL, *url = NULL;
	int result = -1;

	if (source == NULL)
		return -1;
	if (json_has(rec, "audio_filepath"))
		path = record_path(rec, "audio_filepath", w->out->folder,
		    w->a, err);
	else if (json_want_string(rec, "url", &url, err) != 0)
		error_set(err, ERROR_FORMAT, "it has no audio_filepath");
	if ((path != NULL || url != NULL) && json_put_string(source, "type",
	    path != NULL ? "file" : "url", err) == 0) {
		result = 0;
		for (size_t i = 0; i < n_channels && result == 0; i++)
			result = json_append_size(source, "channels", i, err);
		if (json_has(rec, "lhotse.channels"))
			result = intake_copy(source, "channels", rec,
			    "lhotse.channels", err);
	}
	if (result == 0 && json_put_string(source, "source", path != NULL ?
	    path : url, err) == 0)
		result = json_append(recording, "sources", source, err);
	else
		result = -1;
	json_free(source);
	return result;
}

/* A new recording, or NULL. */
static struct json *
make_recording(struct writing *w, const struct json *rec, struct error *err)
{
	struct json *recording = json_new_object(err);
	struct sound_length length = { 1, 1, 0 };
	int result = -1;

	if (recording == NULL)
		return NULL;
	if (find_length(w, rec, &length, err) == 0 &&
	    json_put_string(recording, "id", recording_id(rec), err) == 0 &&
	    put_source(w, recording, rec, length.n_channels, err) == 0 &&
	    json_put_size(recording, "sampling_rate", length.rate_hz, err) ==
	    0 && json_put_size(recording, "num_samples",
	    (size_t)length.n_samples, err) == 0 &&
	    json_put_number(recording, "duration",
	    (double)length.n_samples / length.rate_hz, err) == 0 &&
	    intake_copy(recording, "channel_ids", rec, "lhotse.channel_ids",
	    err) == 0)
		result = intake_copy(recording, "transforms", rec,
		    "lhotse.transforms", err);
	if (result == 0)
		return recording;
	json_free(recording);
	return NULL;
}

static int
put_custom(struct json *item, const struct json *rec, const char *id,
    struct error *err)
{
	if (intake_copy(item, "custom", rec, "lhotse.custom", err) != 0)
		return -1;
	for (size_t i = 0; i < json_count(rec); i++) {
		const char *name = json_member_name(rec, i);
		char path[512];

		/* The address may be the recording's source already. */
		if (strcmp(name, "url") == 0 && json_has(item, "recording") &&
		    !json_has(rec, "audio_filepath"))
			continue;
		if (has_place(name) || strchr(name, '.') != NULL ||
		    strlen(name) > 500 || (strcmp(name, "id") == 0 &&
		    strcmp(record_id(rec), id) == 0))
			continue;
		(void)snprintf(path, sizeof(path), "custom.%s", name);
		if (json_put(item, path, json_item(rec, i), err) != 0)
			return -1;
	}
	return 0;
}

static const char *const spoken[] = { "text", "language", "speaker",
	"gender" };

#define N_SPOKEN (sizeof(spoken) / sizeof(spoken[0]))

static bool
has_spoken(const struct json *rec)
{
	for (size_t i = 0; i < N_SPOKEN; i++)
		if (json_has(rec, spoken[i]))
			return true;
	return false;
}

static int
put_spoken(struct json *item, const struct json *rec, struct error *err)
{
	for (size_t i = 0; i < N_SPOKEN; i++)
		if (intake_copy(item, spoken[i], rec, spoken[i], err) != 0)
			return -1;
	return 0;
}

/* id, recording_id, start, duration, channel and what is spoken. */
static int
fill_supervision(struct json *item, const struct json *rec, const char *id,
    double start, double sec, struct error *err)
{
	if (json_put_string(item, "id", id, err) != 0 ||
	    json_put_string(item, "recording_id", recording_id(rec),
	    err) != 0 || json_put_number(item, "start", start, err) != 0 ||
	    json_put_number(item, "duration", sec, err) != 0)
		return -1;
	if (json_has(rec, "lhotse.channel") ? intake_copy(item, "channel",
	    rec, "lhotse.channel", err) != 0 : json_put_size(item, "channel",
	    0, err) != 0)
		return -1;
	return put_spoken(item, rec, err);
}

static int
make_supervision(struct writing *w, struct json *item,
    const struct json *rec, struct error *err)
{
	const char *id = item_id(rec, w->a, err);
	double start, sec;

	if (id == NULL || json_get_number(rec, "offset", 0.0, &start, err) !=
	    0 || sound_length_of(rec, w->out->folder, &sec, w->a, err) != 0 ||
	    fill_supervision(item, rec, id, start, sec, err) != 0 ||
	    put_custom(item, rec, id, err) != 0)
		return -1;
	return intake_copy(item, "alignment", rec, "lhotse.alignment", err);
}

/* The supervisions of a cut: those that were read, or what is spoken. */
static int
put_supervisions(struct json *cut, const struct json *rec, const char *id,
    double sec, struct error *err)
{
	struct json *list, *item;
	int result = -1;

	if (json_has(rec, "lhotse.supervisions"))
		return intake_copy(cut, "supervisions", rec,
		    "lhotse.supervisions", err);
	if ((list = json_new_array(err)) == NULL)
		return -1;
	if (!has_spoken(rec)) {
		result = json_put(cut, "supervisions", list, err);
	} else if ((item = json_new_object(err)) != NULL) {
		if (fill_supervision(item, rec, id, 0.0, sec, err) == 0)
			result = json_append(cut, "supervisions", item, err);
		json_free(item);
	}
	json_free(list);
	return result;
}

static int
make_cut(struct writing *w, struct json *cut, const struct json *rec,
    struct error *err)
{
	const char *id = item_id(rec, w->a, err);
	struct json *recording;
	double start, sec;
	int result;

	if (id == NULL || json_get_number(rec, "offset", 0.0, &start, err) !=
	    0 || sound_length_of(rec, w->out->folder, &sec, w->a, err) != 0 ||
	    json_put_string(cut, "id", id, err) != 0 ||
	    json_put_number(cut, "start", start, err) != 0 ||
	    json_put_number(cut, "duration", sec, err) != 0)
		return -1;
	if (json_has(rec, "lhotse.channel") ? intake_copy(cut, "channel", rec,
	    "lhotse.channel", err) != 0 : json_put_size(cut, "channel", 0,
	    err) != 0)
		return -1;
	if (put_supervisions(cut, rec, id, sec, err) != 0 ||
	    intake_copy(cut, "features", rec, "lhotse.features", err) != 0 ||
	    (recording = make_recording(w, rec, err)) == NULL)
		return -1;
	result = json_put(cut, "recording", recording, err);
	json_free(recording);
	if (result != 0 || put_custom(cut, rec, id, err) != 0)
		return -1;
	return json_put_string(cut, "type", json_is_array(json_at(cut,
	    "channel")) ? "MultiCut" : "MonoCut", err);
}

/*
 * Write one line a record that "make" makes an object of.  Of records of one
 * group, where "groups" is not NULL, only the first that it can be made of.
 */
static int
write_items(const struct format_output *out, const size_t *groups,
    bool *is_written, int (*make)(struct writing *w, struct json *item,
    const struct json *rec, struct error *err), struct error *err)
{
	struct writing w = { .out = out, .a = arena_new() };
	int result = w.a == NULL ? error_set(err, ERROR_NOMEM,
	    "out of memory") : 0;

	for (size_t i = 0; i < out->n_records && result == 0; i++) {
		struct error why = { ERROR_NONE, "" };
		struct json *item;

		if (record_has_failed(out->records[i]) || (groups != NULL &&
		    is_written[groups[i]]))
			continue;
		if ((item = json_new_object(err)) == NULL) {
			result = -1;
			break;
		}
		if (make(&w, item, out->records[i], &why) != 0) {
			result = format_leave_out(out, i, &why, err);
		} else {
			result = stream_write(out->out, item, w.a, err);
			if (groups != NULL)
				is_written[groups[i]] = true;
		}
		json_free(item);
		arena_reset(w.a);
	}
	arena_free(w.a);
	return result;
}

int
lhotse_write_cuts(const struct format_output *out, struct error *err)
{
	return write_items(out, NULL, NULL, make_cut, err);
}

int
lhotse_write_supervisions(const struct format_output *out,
    struct error *err)
{
	return write_items(out, NULL, NULL, make_supervision, err);
}

/* A recording and the number of its record. */
struct place {
	const char *id;
	size_t i;
};

static int
compare_recordings(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	const int by_id = strcmp(x->id, y->id);

	return by_id != 0 ? by_id : (x->i > y->i) - (x->i < y->i);
}

static int
make_whole(struct writing *w, struct json *item, const struct json *rec,
    struct error *err)
{
	struct json *recording = make_recording(w, rec, err);
	int result = recording == NULL ? -1 : 0;

	for (size_t i = 0; i < json_count(recording) && result == 0; i++)
		result = json_put(item, json_member_name(recording, i),
		    json_item(recording, i), err);
	json_free(recording);
	return result;
}

/* Each recording once, where it comes first and can be read. */
int
lhotse_write_recordings(const struct format_output *out, struct error *err)
{
	struct place *places = arena_need(out->a, out->n_records,
	    sizeof(*places), "recordings", err);
	size_t *groups = arena_need(out->a, out->n_records, sizeof(*groups),
	    "recordings", err);
	bool *is_written = arena_need(out->a, out->n_records,
	    sizeof(*is_written), "recordings", err);
	size_t n = 0, group = 0;

	if (places == NULL || groups == NULL || is_written == NULL)
		return -1;
	for (size_t i = 0; i < out->n_records; i++)
		if (!record_has_failed(out->records[i]))
			places[n++] = (struct place){
				recording_id(out->records[i]), i };
	if (n > 0)
		qsort(places, n, sizeof(*places), compare_recordings);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(places[i - 1].id, places[i].id) != 0)
			group++;
		groups[places[i].i] = group;
	}
	return write_items(out, groups, is_written, make_whole, err);
}
