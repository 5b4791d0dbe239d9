#include <math.h>

#include "embed/triplet.h"

static void
add_one(double margin, const float *similarity, size_t positive,
    size_t negative, double *sum, float *slopes)
{
	const double loss = margin + (double)similarity[negative] -
	    (double)similarity[positive];

	if (!(loss > 0))
		return;
	*sum += loss;
	slopes[negative] += 1;
	slopes[positive] -= 1;
}

/* The least similar positive, n without one. */
static size_t
find_positive(const struct batch_pairs *p, size_t anchor)
{
	const float *similarity = p->similarity + anchor * p->n;
	size_t found = p->n;

	for (size_t i = 0; i < p->n; i++)
		if (batch_pairs_is_positive(p, anchor, i) &&
		    (found == p->n || similarity[i] < similarity[found]))
			found = i;
	return found;
}

/*
 * The most similar negative below a similarity, else the least similar of
 * all; n without one.
 */
static size_t
find_negative(const struct batch_pairs *p, size_t anchor, double below)
{
	const float *similarity = p->similarity + anchor * p->n;
	size_t under = p->n, least = p->n;

	for (size_t i = 0; i < p->n; i++) {
		if (!batch_pairs_is_negative(p, anchor, i))
			continue;
		if ((double)similarity[i] < below && (under == p->n ||
		    similarity[i] > similarity[under]))
			under = i;
		if (least == p->n || similarity[i] < similarity[least])
			least = i;
	}
	return under < p->n ? under : least;
}

static size_t
add_hardest(const struct triplet_options *o, struct batch_pairs *p, size_t a,
    double *sum)
{
	const size_t positive = find_positive(p, a);
	const size_t negative = find_negative(p, a, HUGE_VAL);

	if (positive == p->n || negative == p->n)
		return 0;
	add_one(o->margin, p->similarity + a * p->n, positive, negative, sum,
	    p->slopes + a * p->n);
	return 1;
}

static size_t
add_semi_hard(const struct triplet_options *o, struct batch_pairs *p,
    size_t a, double *sum)
{
	const float *similarity = p->similarity + a * p->n;
	size_t n_triplets = 0;

	for (size_t i = 0; i < p->n; i++) {
		size_t negative;

		if (!batch_pairs_is_positive(p, a, i))
			continue;
		negative = find_negative(p, a, (double)similarity[i]);
		if (negative == p->n)
			return 0;
		add_one(o->margin, similarity, i, negative, sum,
		    p->slopes + a * p->n);
		n_triplets++;
	}
	return n_triplets;
}

size_t
triplet_add(const struct triplet_options *o, struct batch_pairs *p,
    double *sum)
{
	size_t n_triplets = 0;

	for (size_t a = 0; a < p->n; a++)
		n_triplets += o->is_semi_hard ? add_semi_hard(o, p, a, sum) :
		    add_hardest(o, p, a, sum);
	return n_triplets;
}
