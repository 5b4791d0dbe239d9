/*
 * record_table -- chosen members of records as columns, for spreadsheets and
 * for people.
 */
#ifndef MANIFESTS_RECORD_TABLE_H
#define MANIFESTS_RECORD_TABLE_H

#include <stdio.h>

#include "base/error.h"
#include "base/json.h"

enum record_table_format {
	RECORD_TABLE_CSV,	/* RFC 4180, a header first, LF ends lines */
	RECORD_TABLE_ALIGNED	/* columns of equal width; kept until the end */
};

struct record_table;

/*
 * "members" names them, as paths, and ends with NULL; it and "out" are kept.
 * Texts stand as they are (aligned: control characters as "?"), other values
 * as JSON, what is missing empty.  NULL with an error.
 */
struct record_table *record_table_new(FILE *out,
    enum record_table_format format, const char *const *members,
    struct error *err) MUST_CHECK;
void record_table_free(struct record_table *t);	/* NULL: nothing */

int record_table_put(struct record_table *t, const struct json *rec,
    struct error *err) MUST_CHECK;

/* Write what is kept. */
int record_table_end(struct record_table *t, struct error *err) MUST_CHECK;

#endif
