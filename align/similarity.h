/*
 * similarity -- how alike the windows of two recordings are.
 *
 * Fingerprints have length 1 (or 0 where a window is hardly voiced), so the
 * inner product is the cosine.  The matrix of two long recordings does not fit
 * in memory; it is asked for in blocks, of which a caller keeps one.
 */
#ifndef ALIGN_SIMILARITY_H
#define ALIGN_SIMILARITY_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/* Row r is window r of the original, column c window c of the cover. */
struct similarity {
	const float *original;	/* [n_rows][n_dims] */
	const float *cover;	/* [n_columns][n_dims] */
	size_t n_rows, n_columns;
	size_t n_dims;
};

/*
 * values: [n_rows][n_columns], the part of the matrix that begins at
 * (row, column) and lies inside it.
 */
int similarity_block(const struct similarity *s, size_t row, size_t n_rows,
    size_t column, size_t n_columns, float *values, struct error *err)
    MUST_CHECK;

/*
 * Leave every n-th window of each recording, so that there are at most n_max:
 * for pictures.  The windows that are left are arena memory.
 */
int similarity_thin(struct similarity *s, size_t n_max, struct arena *a,
    struct error *err) MUST_CHECK;

#endif
