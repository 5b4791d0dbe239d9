/*
 * chad_table -- the CHAD table: one row per version of a fragment, as CSV.
 *
 * The columns are those of the dataset.csv of "Covers and Hummings Aligned
 * Dataset" (Amatov et al., "A Semi-Supervised Deep Learning Approach to
 * Dataset Collection for Query-by-Humming Task", ISMIR 2023), written the way
 * pandas does:
 *
 *	group_id		the work
 *	fragment_id		the fragment within the work
 *	id			this version of the fragment
 *	audio_type		original, cover or humming
 *	youtube_id		the video, or empty
 *	interval		(start, end) in seconds, a Python tuple; lists,
 *				[start, end], are read too
 *	correlation		0..1 with the original, or empty
 *	check_by_crowdsource	True or False
 *	is_available		True or False
 *	duration		of the fragment in seconds
 *
 * Quoting is RFC 4180's: fields with a comma, a quote or a line end stand in
 * quotes, quotes are doubled.  Lines end with LF; CRLF is read too.  A row is
 * a record with members of the same names; an empty field, and "nan", is no
 * member.  Whole numbers stay whole, so that a table that pandas wrote is
 * written again byte by byte.
 */
#ifndef STORE_CHAD_TABLE_H
#define STORE_CHAD_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#define CHAD_TABLE_MAX_BYTES ((size_t)1 << 30)

/*
 * Read a table of n_bytes.  The columns may come in any order; others are
 * kept as texts: "title" and "url" as such, the rest as "extra.NAME", but for
 * the nameless column that is pandas's index.  Calls each(context, record,
 * err) for every row; a row that is not right becomes a record of "error":
 * "line 7: ..." and "line", its text (at most 512 KiB).  Not right are also
 * names and ids with a control character or of more than 4096 bytes.
 * The record is freed after the call; -1 of the callee ends the reading.
 *
 * A row may hold several lines.  Where a quote is not closed, or the number of
 * fields is not the header's, only its first line is such a record, and the
 * next line is read as a row.
 *
 * -1 when there is no header or a column is missing.
 */
int chad_table_read(const char *text, size_t n_bytes,
    int (*each)(void *context, struct json *rec, struct error *err),
    void *context, struct error *err) MUST_CHECK;

/* Columns behind the ten: their names, and where records have the texts. */
struct chad_table_extra {
	const char **names, **paths;	/* [n_names] */
	size_t n_names;
};

/* "extra" may be NULL: none. */
int chad_table_write_header(FILE *out, const struct chad_table_extra *extra,
    struct error *err) MUST_CHECK;

/*
 * Members that are missing give empty fields.  -1 with ERROR_FORMAT, nothing
 * being written, when a member is of another type than its column.
 */
int chad_table_write_row(FILE *out, const struct json *rec,
    const struct chad_table_extra *extra, struct arena *a,
    struct error *err) MUST_CHECK;

#endif
