#include <limits.h>

#include <cblas.h>

#include "nn/blas.h"

/* c = beta * c. */
static void
scale(size_t m, size_t n, float beta, float *c, size_t c_stride)
{
	size_t i, j;

	for (i = 0; i < m; i++) {
		for (j = 0; j < n; j++)
			c[i * c_stride + j] = beta == 0.0f ? 0.0f :
			    beta * c[i * c_stride + j];
	}
}

static enum CBLAS_TRANSPOSE
order_of(const struct blas_matrix *x)
{
	return x->is_transposed ? CblasTrans : CblasNoTrans;
}

int
blas_multiply(size_t m, size_t n, size_t k, float alpha,
    const struct blas_matrix *a, const struct blas_matrix *b, float beta,
    float *c, size_t c_stride, struct error *err)
{
	if (m > INT_MAX || n > INT_MAX || k > INT_MAX ||
	    a->stride > INT_MAX || b->stride > INT_MAX || c_stride > INT_MAX)
		return error_set(err, ERROR_LIMIT,
		    "a matrix product of %zu x %zu x %zu is too large",
		    m, k, n);
	if (m == 0 || n == 0 || k == 0) {
		scale(m, n, beta, c, c_stride);
		return 0;
	}
	/* The number of threads is kept per calling thread with OpenMP. */
	openblas_set_num_threads(1);
	cblas_sgemm(CblasRowMajor, order_of(a), order_of(b), (int)m, (int)n,
	    (int)k, alpha, a->values, (int)a->stride, b->values,
	    (int)b->stride, beta, c, (int)c_stride);
	return 0;
}
