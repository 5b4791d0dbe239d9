/*
 * record_line -- one line of a manifest as a record, and what becomes of a
 * line or a record that failed.
 */
#ifndef MANIFESTS_RECORD_LINE_H
#define MANIFESTS_RECORD_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

struct record_line {
	const char *text;
	size_t n_bytes;
	size_t number;		/* from 1 */
	bool is_too_long;	/* text is only its beginning */
};

/* True of a line that holds nothing but white space. */
bool record_line_is_blank(const struct record_line *line);

/* The object on the line; free with json_free.  NULL: it is none. */
struct json *record_line_parse(const struct record_line *line,
    struct error *err) MUST_CHECK;

/*
 * The record that stands for a line that is none: {"error": "TOOL: line 7:
 * ...", "line": "its first 200 bytes"}.  Free with json_free.
 */
struct json *record_line_broken(const struct record_line *line,
    const char *tool, const struct error *why, struct error *err) MUST_CHECK;

/* Put "error": "TOOL: why" on the record. */
int record_line_mark(struct json *rec, const char *tool,
    const struct error *why, struct error *err) MUST_CHECK;

/*
 * The record of the line as commands that keep no line take it: a broken line,
 * and a record that record_check refuses, become one with "error", and
 * *n_broken is counted up.  Free with json_free.  NULL when memory is out.
 */
struct json *record_line_take(const struct record_line *line,
    size_t *n_broken, struct error *err) MUST_CHECK;

/*
 * True when the message already says which record it is about: it holds the
 * "line 7" or the file name (with a dot or a slash) that "name" is.
 */
bool record_line_is_named(const char *message, const char *name);

#endif
