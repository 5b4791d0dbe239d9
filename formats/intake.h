/*
 * intake -- what the readers of formats share: lines, items that are bad, the
 * paths of sounds, JSON of any size piece by piece.
 */
#ifndef FORMATS_INTAKE_H
#define FORMATS_INTAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

#include "formats/format.h"

/* A line of a text, without its end. */
struct intake_line {
	const char *text;
	size_t n_bytes;
	size_t number;		/* from 1; 0 before the first */
	size_t next;		/* where the next one begins */
};

/* The next line; false behind the last. */
bool intake_next(const struct format_input *in, struct intake_line *line);

/* Cut a line at its tabs: n_fields of arena memory, at most max_fields. */
int intake_fields(const struct format_input *in,
    const struct intake_line *line, const char **fields, size_t max_fields,
    size_t *n_fields, struct error *err) MUST_CHECK;

/* Hand on an item that is none: a record with "error" and "line". */
int intake_bad(const struct format_input *in, size_t number, const char *text,
    size_t n_bytes, const struct error *why, struct error *err) MUST_CHECK;

/* The same of a JSON value: its text stands for the line. */
int intake_bad_json(const struct format_input *in, size_t number,
    const struct json *value, const struct error *why, struct error *err)
    MUST_CHECK;

/*
 * Put audio_filepath: "path" as it is when absolute; else below --audio or,
 * without that, below the folder of the file that is read if it is there; else
 * as it is, from the working folder.
 */
int intake_put_sound(const struct format_input *in, struct json *rec,
    const char *path, struct error *err) MUST_CHECK;

/*
 * Put the sound "stem" with any suffix of a sound, below --audio, when there
 * is one.  Nothing is put without --audio, or when the stem leads out of it.
 */
int intake_find_sound(const struct format_input *in, struct json *rec,
    const char *stem, struct error *err) MUST_CHECK;

/*
 * Call each(context, key, value, line, err) for each item of the outer array
 * (key NULL) or object, or of each value of JSON Lines (key NULL).  An object
 * that is the only value of the text is such an outer object when has_keys,
 * else an item.  The text may be longer than what base/json.h reads at once;
 * an item may not.  An item that is no JSON is handed on as bad; -1 when the
 * outer form is wrong, and it names the line.
 */
int intake_pieces(const struct format_input *in, bool has_keys,
    int (*each)(void *context, const char *key, struct json *value,
    size_t line, struct error *err), void *context, struct error *err)
    MUST_CHECK;

/* Put a copy of a member of "from" under the path, when there is one. */
int intake_copy(struct json *rec, const char *path, const struct json *from,
    const char *member, struct error *err) MUST_CHECK;

/* Remove top-level members that are null: they are as good as missing. */
void intake_drop_nulls(struct json *rec);

/*
 * The id of a video in an address of YouTube's, 11 bytes, into "id" [12];
 * false when there is none.
 */
bool intake_youtube_id(const char *url, char id[12]);

#endif
