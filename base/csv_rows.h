/*
 * csv_rows -- the rows of a CSV as RFC 4180 has them, of which some may be
 * none.
 *
 * Fields with a comma, a quote or a line end stand in quotes, which are
 * doubled within.  Lines end with LF or CRLF.  A byte order mark is skipped.
 */
#ifndef BASE_CSV_ROWS_H
#define BASE_CSV_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#define CSV_ROWS_MAX_BYTES ((size_t)1 << 20)	/* of a field */
#define CSV_ROWS_MAX_FIELDS 256

/* Where the reader stands; zero bytes release. */
struct csv_rows {
	const char *at, *end;	/* behind the row at hand; of the text */
	const char *row;	/* where the row at hand begins */
	size_t line, next_line;	/* the row's, and the one behind it; from 1 */
	char **fields;		/* [n_fields] of the row */
	size_t n_fields;
	bool is_lost;		/* what came last was no row */
	struct arena *a;	/* of the row */
};

/* The text is kept. */
int csv_rows_init(struct csv_rows *r, const char *text, size_t n_bytes,
    struct error *err) MUST_CHECK;
void csv_rows_release(struct csv_rows *r);

/*
 * Read the next row; no fields at the end.  The fields live until the next
 * call.  -1 with what is wrong, without the line: a quote that is not closed,
 * text behind a closing one, a zero byte, too many or too long fields.  One can
 * go on after csv_rows_give_up.
 */
int csv_rows_next(struct csv_rows *r, struct error *err) MUST_CHECK;

/*
 * The row at hand is none: only its first line is given up, and the next line
 * may be a row.  While is_lost (to be cleared by a row that is right) a quote
 * in a field that does not begin with one is an error, since it may end a
 * field that began in a line given up.
 */
void csv_rows_give_up(struct csv_rows *r);

#endif
