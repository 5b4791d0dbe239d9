/*
 * member -- between the members of a record and the columns of a row.
 *
 * Private to store/.  A nullable number is passed on as a pointer that is
 * NULL when the record does not have it, as sql_run wants it.
 */
#ifndef STORE_MEMBER_H
#define STORE_MEMBER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"

#include "store/sql.h"

#define MEMBER_MAX_BYTES 4096	/* longest key */

/* A text that must be there, not empty and at most MEMBER_MAX_BYTES long. */
int member_key(const struct json *rec, const char *name, const char **value,
    struct error *err) MUST_CHECK;

/* "original", "cover" or "humming". */
int member_audio_type(const struct json *rec, const char **value,
    struct error *err) MUST_CHECK;

/* A text, or NULL when it is missing, null or empty. */
int member_text(const struct json *rec, const char *name, const char **value,
    struct error *err) MUST_CHECK;

/* *pointer becomes "value" with the number in it, or NULL when missing. */
int member_number(const struct json *rec, const char *name, double *value,
    const double **pointer, struct error *err) MUST_CHECK;
int member_truth(const struct json *rec, const char *name, int64_t *value,
    const int64_t **pointer, struct error *err) MUST_CHECK;

/* "name" as [start, end] with 0 <= start < end, both finite. */
int member_interval(const struct json *rec, const char *name, double *start,
    double *end, struct error *err) MUST_CHECK;

/*
 * Put column "column" on the record as a text, number or truth value; a NULL
 * column puts nothing.
 */
int member_put_text(struct json *rec, const char *name,
    sqlite3_stmt *row, int column, struct error *err) MUST_CHECK;
int member_put_number(struct json *rec, const char *name,
    sqlite3_stmt *row, int column, struct error *err) MUST_CHECK;
int member_put_truth(struct json *rec, const char *name,
    sqlite3_stmt *row, int column, struct error *err) MUST_CHECK;

/* Put columns "column" and "column + 1" as [start, end]. */
int member_put_interval(struct json *rec, const char *name,
    sqlite3_stmt *row, int column, struct error *err) MUST_CHECK;

/* Put every column that holds a value under its name. */
int member_put_columns(struct json *rec, sqlite3_stmt *row,
    struct error *err) MUST_CHECK;

/*
 * A row as a record, its columns being the members; "from" is not used.  For
 * struct member_reader.
 */
struct json *member_restore(void *from, sqlite3_stmt *row,
    struct error *err);

/* How rows become records, and who is given them. */
struct member_reader {
	/* Makes the record of a row; NULL with an error. */
	struct json *(*restore)(void *from, sqlite3_stmt *row,
	    struct error *err);
	void *from;
	/* Borrows the record. */
	int (*each)(void *context, struct json *rec, struct error *err);
	void *context;
};

/*
 * Read every row, until one of the two fails, and end the statement; it
 * may be NULL when sql_query failed.
 */
int member_each(struct catalogue *c, sqlite3_stmt *statement,
    struct member_reader *reader, struct error *err) MUST_CHECK;

/*
 * The members of the record that are not in "names" (ends with NULL; paths
 * into nested members work too), as the text of an object, which lives until
 * the next call.  NULL with an error.
 */
const char *member_extra(struct catalogue *c, const struct json *rec,
    const char *const *names, struct error *err) MUST_CHECK;

#endif
