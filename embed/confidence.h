/*
 * confidence -- how likely the answer to a hum is right.
 *
 * A logistic function (Platt, "Probabilistic outputs for support vector
 * machines", 1999) of an answer's cost and of the gap to the best other one:
 *
 *	1 / (1 + exp(-(bias + cost_weight cost + gap_weight gap)))
 *
 * Costs are those of embed/retrieval.h.  As long as is_calibrated is false the
 * weights are a guess that orders answers and promises nothing.
 */
#ifndef EMBED_CONFIDENCE_H
#define EMBED_CONFIDENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "embed/retrieval.h"

struct confidence {
	double bias, cost_weight, gap_weight;
	bool is_calibrated;	/* fitted on hums whose work is known */
};

/* The weights for answers compared by pitch and for those that are not. */
const struct confidence *confidence_of(bool is_compared_by_pitch);

/*
 * The probability, 0..1, of answer i of those of retrieval_search, n above i.
 * The gap is the cost of the cheapest other answer less its own; with no other
 * answer it is 1.
 */
double confidence_find(const struct confidence *c,
    const struct retrieval_answer *answers, size_t n, size_t i);

#endif
