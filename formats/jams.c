/*
 * JAMS (Humphrey et al., ISMIR 2014; schema of jams 0.3), written: a file a
 * recording, whose records become observations of the namespace segment_open;
 * their members other than times and label are in "sandbox".
 */
#include <string.h>

#include "formats/format_list.h"
#include "formats/intake.h"
#include "formats/labels.h"
#include "formats/sound_length.h"
#include "manifests/record.h"

#define JAMS_VERSION "0.3.4"

/* title, artist, duration and where the sound is. */
static int
put_metadata(struct json *jam, const struct format_output *out,
    double end_sec, struct error *err)
{
	const struct json *rec = out->n_records > 0 ? out->records[0] : NULL;
	struct sound_length length;
	const char *path = NULL;
	struct error why;

	if (json_put_string(jam, "file_metadata.jams_version", JAMS_VERSION,
	    err) != 0)
		return -1;
	if (json_has(rec, "audio_filepath"))
		path = record_path(rec, "audio_filepath", out->folder, out->a,
		    &why);
	/* JAMS wants the length of the whole recording. */
	if (path != NULL && sound_length_count(path, &length, &why) == 0)
		end_sec = (double)length.n_samples / length.rate_hz;
	if (json_put_rounded(jam, "file_metadata.duration", end_sec, 6,
	    err) != 0 || intake_copy(jam, "file_metadata.title", rec, "title",
	    err) != 0 || intake_copy(jam, "file_metadata.artist", rec,
	    "artist", err) != 0)
		return -1;
	return path == NULL ? 0 : json_put_string(jam,
	    "file_metadata.identifiers.audio_filepath", path, err);
}

static int
append_observation(struct json *annotation, const struct json *rec,
    const struct labels_item *item, struct error *err)
{
	struct json *o = json_new_object(err);
	struct json *nothing = NULL;
	int result = -1;

	if (o == NULL)
		return -1;
	nothing = json_parse("null", 4, err);
	if (nothing != NULL &&
	    json_put_number(o, "time", item->start_sec, err) == 0 &&
	    json_put_number(o, "duration", item->end_sec - item->start_sec,
	    err) == 0 && json_put_string(o, "value", item->text != NULL ?
	    item->text : "", err) == 0 && json_put(o, "confidence",
	    json_is_number(json_at(rec, "probability")) ? json_at(rec,
	    "probability") : nothing, err) == 0)
		result = json_append(annotation, "data", o, err);
	json_free(nothing);
	json_free(o);
	return result;
}

static int
fill_annotation(struct json *annotation, struct json *list,
    const struct format_output *out, double *end_sec, struct error *err)
{
	if (json_put_string(annotation,
	    "annotation_metadata.annotation_tools", "chad-manifest", err) !=
	    0 || json_put_string(annotation, "namespace", "segment_open",
	    err) != 0 || json_put(annotation, "data", list, err) != 0)
		return -1;
	for (size_t i = 0; i < out->n_records; i++) {
		struct labels_item item;
		const int has = record_has_failed(out->records[i]) ? 0 :
		    labels_find(out, i, &item, err);

		if (has < 0 || (has > 0 && append_observation(annotation,
		    out->records[i], &item, err) != 0))
			return -1;
		if (has > 0 && item.end_sec > *end_sec)
			*end_sec = item.end_sec;
		if (json_append(annotation, "sandbox.records",
		    out->records[i], err) != 0)
			return -1;
	}
	return 0;
}

int
jams_write(const struct format_output *out, struct error *err)
{
	struct json *jam = json_new_object(err);
	struct json *annotation = json_new_object(err);
	struct json *sandbox = json_new_object(err);
	struct json *list = json_new_array(err);
	const char *text = NULL;
	double end_sec = 0.0;

	if (jam != NULL && annotation != NULL && sandbox != NULL &&
	    list != NULL && fill_annotation(annotation, list, out, &end_sec,
	    err) == 0 && json_append(jam, "annotations", annotation, err) ==
	    0 && put_metadata(jam, out, end_sec, err) == 0 &&
	    json_put(jam, "sandbox", sandbox, err) == 0)
		text = json_text_pretty(jam, out->a, err);
	json_free(list);
	json_free(sandbox);
	json_free(annotation);
	json_free(jam);
	if (text == NULL)
		return -1;
	return fprintf(out->out, "%s\n", text) < 0 ? error_set_errno(err,
	    "cannot write the annotations") : 0;
}
