/*
 * table -- rows of results as text in columns.
 *
 * Rows are JSON objects with the same members, which name the columns.  A
 * member is a text, a number, or an interval: {"mean", "low", "high"}.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/arena.h"
#include "base/bootstrap.h"
#include "base/error.h"
#include "base/json.h"

/* Put an interval on a row, rounded to 4 decimals. */
int table_put_interval(struct json *row, const char *column,
    const struct bootstrap_interval *interval, struct error *err) MUST_CHECK;

/*
 * The names of the columns and a line for each of the rows (a JSON array), as
 * arena memory; "" when there are no rows.
 */
const char *table_text(const struct json *rows, struct arena *a,
    struct error *err) MUST_CHECK;

/*
 * The same turned: a line for each member.  Columns are named by the first
 * members of the rows where these are texts; else there is one row, and its
 * column is "mean".
 */
const char *table_turned_text(const struct json *rows, struct arena *a,
    struct error *err) MUST_CHECK;

#endif
