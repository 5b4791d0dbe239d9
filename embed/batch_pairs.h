/*
 * batch_pairs -- all pairs of a batch of fingerprints, as the losses see them.
 *
 * A loss is a function of the similarities alone: it reads them and leaves its
 * derivatives by them as slopes.  What may be a positive and what a negative is
 * decided here, once for all losses: windows of one group show one passage and
 * are positives; windows of different works are negatives; windows of one work
 * but different groups are neither, since a chorus may be heard twice.
 */
#ifndef EMBED_BATCH_PAIRS_H
#define EMBED_BATCH_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define BATCH_PAIRS_MAX_ITEMS 4096

struct batch_pairs {
	size_t n;
	const size_t *group, *work;	/* [n], borrowed */
	float *similarity;		/* [n][n]: z_a . z_b */
	float *slopes;			/* [n][n]: by similarity; 0 at first */
};

/*
 * z [n][dimension] of length 1, at most BATCH_PAIRS_MAX_ITEMS of them.  Release
 * with batch_pairs_release, also after an error.
 */
int batch_pairs_init(struct batch_pairs *p, const float *z, size_t n,
    size_t dimension, const size_t *group, const size_t *work,
    struct error *err) MUST_CHECK;
/* The same with similarities that the caller fills in. */
int batch_pairs_init_empty(struct batch_pairs *p, size_t n,
    const size_t *group, const size_t *work, struct error *err) MUST_CHECK;
void batch_pairs_release(struct batch_pairs *p);

bool batch_pairs_is_positive(const struct batch_pairs *p, size_t anchor,
    size_t other);
bool batch_pairs_is_negative(const struct batch_pairs *p, size_t anchor,
    size_t other);

/* The lowest similarity of a positive, HUGE_VAL without one. */
double batch_pairs_lowest_positive(const struct batch_pairs *p,
    size_t anchor);
/* The highest similarity of a negative, -HUGE_VAL without one. */
double batch_pairs_highest_negative(const struct batch_pairs *p,
    size_t anchor);

/*
 * gradients [n][dimension]: the derivatives by z of scale times the loss whose
 * slopes these are.  Changes the slopes.
 */
int batch_pairs_gradients(struct batch_pairs *p, float scale, const float *z,
    size_t dimension, float *gradients, struct error *err) MUST_CHECK;

#endif
