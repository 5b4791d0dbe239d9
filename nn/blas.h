/*
 * blas -- matrix products (OpenBLAS behind it).
 *
 * One thread a call, whatever OpenBLAS would choose: callers share work among
 * threads themselves, and the same product gives the same bytes with any
 * number of them.
 */
#ifndef NN_BLAS_H
#define NN_BLAS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* A matrix of rows, each "stride" values behind the one before. */
struct blas_matrix {
	const float *values;
	size_t stride;
	bool is_transposed;	/* the product takes its columns as rows */
};

/*
 * c = alpha * a b + beta * c, with a [m][k], b [k][n] and c [m][n] after any
 * transposition.  c_stride >= n; c must not overlap a or b.  m, n or k may
 * be 0.  With beta 0 what c held does not matter.  Fails with ERROR_LIMIT
 * when a size or stride does not fit in an int.
 */
int blas_multiply(size_t m, size_t n, size_t k, float alpha,
    const struct blas_matrix *a, const struct blas_matrix *b, float beta,
    float *c, size_t c_stride, struct error *err) MUST_CHECK;

#endif
