/*
 * review_row -- a review as a record and as a row of "reviews" or, of gold
 * items, "gold_reviews".
 *
 * Private to store/.
 */
#ifndef STORE_REVIEW_ROW_H
#define STORE_REVIEW_ROW_H

#include <stdint.h>

#include "base/error.h"
#include "base/json.h"

#include "store/sql.h"

enum review_row_table { REVIEW_ROW_REVIEWS, REVIEW_ROW_GOLD };

/* What is NULL leaves its column empty. */
struct review_row {
	const char *group_id, *fragment_id, *reviewer, *verdict, *note, *role;
	const char *reasons;	/* a JSON list; lives until the next review */
	double place[4];	/* start, end, original start, original end */
	const double *moved[4];
	double spent_value;
	const double *spent_sec;
	int64_t at_value;
	const int64_t *at;
};

/* Columns of a row, for review_row_restore. */
#define REVIEW_ROW_COLUMNS "group_id, fragment_id, reviewer, verdict, note," \
	" start_sec, end_sec, original_start_sec, original_end_sec, role," \
	" reasons, spent_sec, at"

/* Check the record; the row borrows its texts. */
int review_row_read(struct catalogue *c, const struct json *rec,
    struct review_row *r, struct error *err) MUST_CHECK;

/* Add the row, or replace that of the same reviewer and fragment. */
int review_row_put(struct catalogue *c, enum review_row_table table,
    const struct review_row *r, struct error *err) MUST_CHECK;

/* The record of a row; "from" is not used.  NULL with an error. */
struct json *review_row_restore(void *from, sqlite3_stmt *row,
    struct error *err);

#endif
