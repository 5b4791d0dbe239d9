#include <string.h>

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

/* Every n-th row, so that at most n_max are left; *n_rows becomes less. */
static int
thin(const float **rows, size_t *n_rows, size_t n_dims, size_t n_max,
    struct arena *a, struct error *err)
{
	const size_t step = (*n_rows + n_max - 1) / n_max;
	const size_t n = step == 0 ? 0 : (*n_rows + step - 1) / step;
	float *kept = arena_need(a, n, n_dims * sizeof(float), "windows", err);
	size_t i;

	if (kept == NULL)
		return -1;
	for (i = 0; i < n; i++)
		memcpy(kept + i * n_dims, *rows + i * step * n_dims,
		    n_dims * sizeof(float));
	*rows = kept;
	*n_rows = n;
	return 0;
}

int
similarity_thin(struct similarity *s, size_t n_max, struct arena *a,
    struct error *err)
{
	if (thin(&s->original, &s->n_rows, s->n_dims, n_max, a, err) != 0)
		return -1;
	return thin(&s->cover, &s->n_columns, s->n_dims, n_max, a, err);
}
