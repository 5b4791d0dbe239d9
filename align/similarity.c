#include "nn/blas.h"

#include "align/similarity.h"

int
similarity_block(const struct similarity *s, size_t row, size_t n_rows,
    size_t column, size_t n_columns, float *values, struct error *err)
{
	const struct blas_matrix a = { s->original + row * s->n_dims,
	    s->n_dims, false };
	const struct blas_matrix b = { s->cover + column * s->n_dims,
	    s->n_dims, true };

	return blas_multiply(n_rows, n_columns, s->n_dims, 1.0f, &a, &b, 0.0f,
	    values, n_columns, err);
}
