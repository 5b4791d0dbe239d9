/*
 * labels -- stretches of a recording with a text, as records.
 *
 * A label is a record: "recording" names what it is about (the file's name
 * without its suffix), interval is [start, end] in seconds, "label" the text;
 * offset and duration say the same where the stretch is not empty, so that its
 * sound can be had.  The sound is the one of that name in --audio or beside
 * the file, if there is one.
 */
#ifndef FORMATS_LABELS_H
#define FORMATS_LABELS_H

#include "base/error.h"
#include "base/json.h"

#include "formats/format.h"

#define LABELS_MAX_SEC 1e9

struct labels_item {
	/* 0 <= start_sec <= end_sec <= LABELS_MAX_SEC */
	double start_sec, end_sec;
	const char *text;		/* UTF-8, or NULL: none */
};

/*
 * Hand on a label, the n-th (from 1) of the file that is read; its id is
 * RECORDING-N.  "own" are members that the format adds, or NULL.
 */
int labels_take(const struct format_input *in, size_t n,
    const struct labels_item *item, const struct json *own,
    struct error *err) MUST_CHECK;

/*
 * What to write of record i: its interval or, without one, offset and
 * duration; its "label" or, without one, fragment_id, title or id.  1; 0 when
 * it has no times, or was left out for wrong ones; -1 with an error.  The text
 * is borrowed from the record.
 */
int labels_find(const struct format_output *out, size_t i,
    struct labels_item *item, struct error *err) MUST_CHECK;

#endif
