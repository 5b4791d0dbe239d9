#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

#include "nn/blas.h"

#include "embed/ntxent.h"

/* One anchor against all items. */
struct anchor {
	size_t index;
	const float *similarity;	/* [n] */
	size_t n;
	const size_t *group, *work;
	double inverse_temperature;
	double lowest_positive, highest_negative;
	double epsilon;			/* of the miner; below 0: none */
};

static bool
is_positive(const struct anchor *a, size_t i)
{
	return i != a->index && a->group[i] == a->group[a->index];
}

static bool
is_negative(const struct anchor *a, size_t i)
{
	return a->group[i] != a->group[a->index] &&
	    a->work[i] != a->work[a->index];
}

static void
find_extremes(struct anchor *a)
{
	a->lowest_positive = HUGE_VAL;
	a->highest_negative = -HUGE_VAL;
	for (size_t i = 0; i < a->n; i++) {
		const double s = (double)a->similarity[i];

		if (is_positive(a, i))
			a->lowest_positive = fmin(a->lowest_positive, s);
		else if (is_negative(a, i))
			a->highest_negative = fmax(a->highest_negative, s);
	}
}

static bool
keeps_negative(const struct anchor *a, size_t i)
{
	return is_negative(a, i) && (a->epsilon < 0 ||
	    (double)a->similarity[i] + a->epsilon > a->lowest_positive);
}

static bool
keeps_positive(const struct anchor *a, size_t i)
{
	return is_positive(a, i) && (a->epsilon < 0 ||
	    (double)a->similarity[i] - a->epsilon < a->highest_negative);
}

/*
 * Add the loss of the anchor's pairs and the derivatives by its similarities
 * to slopes [n].  Everything is scaled by the largest exponent.  Returns how
 * many pairs there were.
 */
static size_t
add_pairs(struct anchor *a, double *loss, float *slopes)
{
	const double k = a->inverse_temperature;
	double negatives = 0, top;
	size_t n_pairs = 0;

	find_extremes(a);
	if (!isfinite(a->lowest_positive) || !isfinite(a->highest_negative))
		return 0;
	top = fmax(a->highest_negative, 1) * k;
	for (size_t i = 0; i < a->n; i++)
		if (keeps_negative(a, i))
			negatives += exp((double)a->similarity[i] * k - top);
	if (!(negatives > 0))
		return 0;
	for (size_t p = 0; p < a->n; p++) {
		double e, share;

		if (!keeps_positive(a, p))
			continue;
		e = exp((double)a->similarity[p] * k - top);
		share = e / (e + negatives);
		*loss += log(e + negatives) + top -
		    (double)a->similarity[p] * k;
		slopes[p] += (float)(k * (share - 1));
		for (size_t i = 0; i < a->n; i++)
			if (keeps_negative(a, i))
				slopes[i] += (float)(k * exp((double)
				    a->similarity[i] * k - top) /
				    (e + negatives));
		n_pairs++;
	}
	return n_pairs;
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
ntxent_loss(const float *z, size_t n_items, size_t dimension,
    const size_t *group, const size_t *work, const struct ntxent_options *o,
    float *gradients, double *loss, struct error *err)
{
	const size_t n = n_items;
	const struct blas_matrix rows = { z, dimension, false };
	const struct blas_matrix columns = { z, dimension, true };
	float *similarity = NULL, *slopes = NULL;
	size_t n_pairs = 0;
	double sum = 0;
	int status = -1;

	if (n == 0 || n > NTXENT_MAX_ITEMS)
		return error_set(err, ERROR_LIMIT,
		    "a batch of %zu: expected 1 to %d", n, NTXENT_MAX_ITEMS);
	similarity = memory_new(n * n, sizeof(*similarity), "pairs", err);
	slopes = memory_new(n * n, sizeof(*slopes), "pairs", err);
	if (similarity == NULL || slopes == NULL || blas_multiply(n, n,
	    dimension, 1, &rows, &columns, 0, similarity, n, err) != 0)
		goto out;
	for (size_t i = 0; i < n; i++) {
		struct anchor a = { .index = i, .n = n, .group = group,
		    .work = work, .similarity = similarity + i * n,
		    .inverse_temperature = 1 / o->temperature,
		    .epsilon = o->miner_epsilon };

		n_pairs += add_pairs(&a, &sum, slopes + i * n);
	}
	*loss = n_pairs == 0 ? 0 : sum / (double)n_pairs;
	make_symmetric(slopes, n, n_pairs == 0 ? 0 : 1 / (float)n_pairs);
	{
		const struct blas_matrix left = { slopes, n, false };

		status = blas_multiply(n, dimension, n, 1, &left, &rows, 0,
		    gradients, dimension, err);
	}
out:
	memory_free(similarity);
	memory_free(slopes);
	return status;
}
