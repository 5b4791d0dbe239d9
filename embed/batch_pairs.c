#include <math.h>
#include <string.h>

#include "base/memory.h"

#include "nn/blas.h"

#include "embed/batch_pairs.h"

int
batch_pairs_init_empty(struct batch_pairs *p, size_t n, const size_t *group,
    const size_t *work, struct error *err)
{
	memset(p, 0, sizeof(*p));
	if (n == 0 || n > BATCH_PAIRS_MAX_ITEMS)
		return error_set(err, ERROR_LIMIT, "a batch of %zu: expected "
		    "1 to %d", n, BATCH_PAIRS_MAX_ITEMS);
	p->n = n;
	p->group = group;
	p->work = work;
	p->similarity = memory_new(n * n, sizeof(*p->similarity), "pairs",
	    err);
	p->slopes = memory_new(n * n, sizeof(*p->slopes), "pairs", err);
	return p->similarity == NULL || p->slopes == NULL ? -1 : 0;
}

int
batch_pairs_init(struct batch_pairs *p, const float *z, size_t n,
    size_t dimension, const size_t *group, const size_t *work,
    struct error *err)
{
	const struct blas_matrix rows = { z, dimension, false };
	const struct blas_matrix columns = { z, dimension, true };

	if (batch_pairs_init_empty(p, n, group, work, err) != 0)
		return -1;
	return blas_multiply(n, n, dimension, 1, &rows, &columns, 0,
	    p->similarity, n, err);
}

void
batch_pairs_release(struct batch_pairs *p)
{
	memory_free(p->similarity);
	memory_free(p->slopes);
	memset(p, 0, sizeof(*p));
}

bool
batch_pairs_is_positive(const struct batch_pairs *p, size_t anchor,
    size_t other)
{
	return other != anchor && p->group[other] == p->group[anchor];
}

bool
batch_pairs_is_negative(const struct batch_pairs *p, size_t anchor,
    size_t other)
{
	return p->group[other] != p->group[anchor] &&
	    p->work[other] != p->work[anchor];
}

double
batch_pairs_lowest_positive(const struct batch_pairs *p, size_t anchor)
{
	double lowest = HUGE_VAL;

	for (size_t i = 0; i < p->n; i++)
		if (batch_pairs_is_positive(p, anchor, i))
			lowest = fmin(lowest, (double)
			    p->similarity[anchor * p->n + i]);
	return lowest;
}

double
batch_pairs_highest_negative(const struct batch_pairs *p, size_t anchor)
{
	double highest = -HUGE_VAL;

	for (size_t i = 0; i < p->n; i++)
		if (batch_pairs_is_negative(p, anchor, i))
			highest = fmax(highest, (double)
			    p->similarity[anchor * p->n + i]);
	return highest;
}

/* Slopes [n][n] plus their transpose, times scale, in place. */
static void
make_symmetric(float *slopes, size_t n, float scale)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k <= i; k++) {
			const float sum = scale *
			    (slopes[i * n + k] + slopes[k * n + i]);

			slopes[i * n + k] = slopes[k * n + i] = sum;
		}
	}
}

int
batch_pairs_gradients(struct batch_pairs *p, float scale, const float *z,
    size_t dimension, float *gradients, struct error *err)
{
	const struct blas_matrix left = { p->slopes, p->n, false };
	const struct blas_matrix rows = { z, dimension, false };

	make_symmetric(p->slopes, p->n, scale);
	return blas_multiply(p->n, dimension, p->n, 1, &left, &rows, 0,
	    gradients, dimension, err);
}
