#include <math.h>
#include <stdbool.h>

#include "embed/ntxent.h"

/* One anchor against all items. */
struct anchor {
	const struct batch_pairs *pairs;
	size_t index;
	const float *similarity;	/* [n] */
	double inverse_temperature;
	double lowest_positive, highest_negative;
	double epsilon;			/* of the miner; below 0: none */
};

static bool
keeps_negative(const struct anchor *a, size_t i)
{
	return batch_pairs_is_negative(a->pairs, a->index, i) &&
	    (a->epsilon < 0 ||
	    (double)a->similarity[i] + a->epsilon > a->lowest_positive);
}

static bool
keeps_positive(const struct anchor *a, size_t i)
{
	return batch_pairs_is_positive(a->pairs, a->index, i) &&
	    (a->epsilon < 0 ||
	    (double)a->similarity[i] - a->epsilon < a->highest_negative);
}

/*
 * Add the loss of the anchor's pairs and the derivatives by its similarities
 * to slopes [n].  Everything is scaled by the largest exponent.  Returns how
 * many pairs there were.
 */
static size_t
add_pairs(const struct anchor *a, double *loss, float *slopes)
{
	const double k = a->inverse_temperature;
	const size_t n = a->pairs->n;
	double negatives = 0, top;
	size_t n_pairs = 0;

	if (!isfinite(a->lowest_positive) || !isfinite(a->highest_negative))
		return 0;
	top = fmax(a->highest_negative, 1) * k;
	for (size_t i = 0; i < n; i++)
		if (keeps_negative(a, i))
			negatives += exp((double)a->similarity[i] * k - top);
	if (!(negatives > 0))
		return 0;
	for (size_t p = 0; p < n; p++) {
		double e, share;

		if (!keeps_positive(a, p))
			continue;
		e = exp((double)a->similarity[p] * k - top);
		share = e / (e + negatives);
		*loss += log(e + negatives) + top -
		    (double)a->similarity[p] * k;
		slopes[p] += (float)(k * (share - 1));
		for (size_t i = 0; i < n; i++)
			if (keeps_negative(a, i))
				slopes[i] += (float)(k * exp((double)
				    a->similarity[i] * k - top) /
				    (e + negatives));
		n_pairs++;
	}
	return n_pairs;
}

size_t
ntxent_add(const struct ntxent_options *o, struct batch_pairs *p, double *sum)
{
	size_t n_pairs = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct anchor a = { .pairs = p, .index = i,
		    .similarity = p->similarity + i * p->n,
		    .inverse_temperature = 1 / o->temperature,
		    .lowest_positive = batch_pairs_lowest_positive(p, i),
		    .highest_negative = batch_pairs_highest_negative(p, i),
		    .epsilon = o->miner_epsilon };

		n_pairs += add_pairs(&a, sum, p->slopes + i * p->n);
	}
	return n_pairs;
}
