/*
 * csv_table -- columns of numbers under names, such as a training curve.
 *
 * A text of lines; the first names the columns, the others hold a number for
 * each, separated by commas.  An empty cell has no value.  Fields are not
 * quoted.  At most 64 columns, a million lines and 64 MiB.
 */
#ifndef BASE_CSV_TABLE_H
#define BASE_CSV_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

struct csv_table_column {
	const char *name;
	double *values;		/* [n_rows], finite; 0 where there is none */
	bool *has_value;	/* [n_rows] */
};

struct csv_table {
	struct csv_table_column *columns;
	size_t n_columns, n_rows;
};

/* Everything is arena memory.  Errors name the line. */
int csv_table_read(const char *path, struct arena *a, struct csv_table *t,
    struct error *err) MUST_CHECK;

/* The same from memory; text[n_bytes] must be 0, and the text is changed. */
int csv_table_parse(char *text, size_t n_bytes, struct arena *a,
    struct csv_table *t, struct error *err) MUST_CHECK;

/* NULL when there is no column of that name. */
const struct csv_table_column *csv_table_find(const struct csv_table *t,
    const char *name);

#endif
