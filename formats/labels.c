#include <string.h>

#include "base/file.h"

#include "formats/intake.h"
#include "formats/labels.h"
#include "manifests/record.h"

/* "song" of "x/song.txt", and of "x/song.txt.gz". */
static const char *
recording_name(const struct format_input *in, struct arena *a,
    struct error *err)
{
	const char *name = in->path == NULL ? "stdin" : file_stem(in->path, a,
	    err);
	const char *dot = name == NULL ? NULL : strrchr(name, '.');

	if (dot != NULL && (strcmp(dot, ".txt") == 0 ||
	    strcmp(dot, ".svl") == 0))
		return file_stem(name, a, err);
	return name;
}

/* The sound of that name in --audio, or where the file is. */
static int
find_sound(const struct format_input *in, struct json *rec, const char *name,
    struct arena *a, struct error *err)
{
	struct format_input there = *in;
	const char *slash = in->path != NULL ? strrchr(in->path, '/') : NULL;

	if (there.audio == NULL)
		there.audio = slash == NULL ? "." : arena_printf(a, "%.*s",
		    (int)(slash - in->path) + (slash == in->path), in->path);
	if (there.audio == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	return intake_find_sound(&there, rec, name, err);
}

static int
fill_record(const struct format_input *in, struct json *rec, size_t n,
    const struct labels_item *item, const struct json *own, struct arena *a,
    struct error *err)
{
	const char *name = recording_name(in, a, err);
	const char *id = name == NULL ? NULL : arena_printf(a, "%s-%zu", name,
	    n);

	if (id == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (json_put_string(rec, "id", id, err) != 0 ||
	    json_put_string(rec, "recording", name, err) != 0 ||
	    find_sound(in, rec, name, a, err) != 0 ||
	    json_append_number(rec, "interval", item->start_sec, err) != 0 ||
	    json_append_number(rec, "interval", item->end_sec, err) != 0)
		return -1;
	if (item->end_sec > item->start_sec &&
	    (json_put_number(rec, "offset", item->start_sec, err) != 0 ||
	    json_put_number(rec, "duration", item->end_sec - item->start_sec,
	    err) != 0))
		return -1;
	if (item->text != NULL && json_put_string(rec, "label", item->text,
	    err) != 0)
		return -1;
	for (size_t i = 0; i < json_count(own); i++)
		if (json_put(rec, json_member_name(own, i), json_item(own, i),
		    err) != 0)
			return -1;
	return 0;
}

int
labels_take(const struct format_input *in, size_t n,
    const struct labels_item *item, const struct json *own,
    struct error *err)
{
	struct json *rec = json_new_object(err);
	struct arena *a = arena_new();
	int result = -1;

	if (a == NULL)
		error_set(err, ERROR_NOMEM, "out of memory");
	else if (rec != NULL && fill_record(in, rec, n, item, own, a, err) ==
	    0)
		result = in->take(in->shared, rec, err);
	arena_free(a);
	json_free(rec);
	return result;
}

/* As labels_find, but -1 when its times are wrong. */
static int
find_item(const struct json *rec, struct labels_item *item,
    struct error *err)
{
	double sec;

	if (json_has(rec, "interval")) {
		if (json_want_number(rec, "interval.0", &item->start_sec,
		    err) != 0 || json_want_number(rec, "interval.1",
		    &item->end_sec, err) != 0)
			return -1;
	} else if (json_has(rec, "duration")) {
		if (json_get_number(rec, "offset", 0.0, &item->start_sec,
		    err) != 0 || json_want_number(rec, "duration", &sec, err)
		    != 0)
			return -1;
		item->end_sec = item->start_sec + sec;
	} else {
		return 0;
	}
	if (!(item->start_sec >= 0.0) || item->end_sec < item->start_sec ||
	    item->end_sec > LABELS_MAX_SEC)
		return error_set(err, ERROR_FORMAT,
		    "its times do not rise from 0");
	if (json_get_string(rec, "fragment_id", NULL, &item->text, err) != 0)
		return -1;
	/* A label without a text has "interval" and no other name. */
	if (json_has(rec, "recording") || json_has(rec, "label"))
		return json_get_string(rec, "label", "", &item->text, err) !=
		    0 ? -1 : 1;
	if (item->text == NULL && json_get_string(rec, "title", record_id(rec),
	    &item->text, err) != 0)
		return -1;
	return 1;
}

int
labels_find(const struct format_output *out, size_t i,
    struct labels_item *item, struct error *err)
{
	struct error why = { ERROR_NONE, "" };
	const int has = find_item(out->records[i], item, &why);

	return has >= 0 ? has : format_leave_out(out, i, &why, err);
}
