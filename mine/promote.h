/*
 * promote -- whether a new model takes the place of the old one.
 *
 * Both models answered the same held-out hums, so the hits are compared hum by
 * hum: they are drawn anew with replacement, those of a work or singer together
 * (the paired bootstrap of Koehn, "Statistical Significance Tests for Machine
 * Translation Evaluation", EMNLP 2004), and the new model is promoted when the
 * 95 % interval of the difference of the two hit rates lies above 0.  When
 * nothing was measured the old model stays, and the reason says so.
 */
#ifndef MINE_PROMOTE_H
#define MINE_PROMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PROMOTE_REASON_BYTES 256

struct promote_result {
	bool promoted;
	double difference, low, high;	/* new minus old hit rate */
	char reason[PROMOTE_REASON_BYTES];
};

/*
 * old_hits, new_hits [n_queries]: 1 where the hum's song was among the first
 * "top" answers, else 0; group [n_queries], 0..n_queries-1: hums that are drawn
 * together.  The same seed gives the same result.
 */
int promote_decide(const double *old_hits, const double *new_hits,
    const size_t *group, size_t n_queries, size_t top, uint64_t seed,
    struct promote_result *result, struct error *err) MUST_CHECK;

#endif
