/*
 * ntxent -- the contrastive loss over groups of fingerprints.
 *
 * NT-Xent (Chen et al., "A Simple Framework for Contrastive Learning of
 * Visual Representations", ICML 2020) with several items a group: for each
 * ordered pair (a, p) of one group
 *
 *	-log( e(a,p) / (e(a,p) + sum over negatives n of e(a,n)) ),
 *	e(a,b) = exp(z_a . z_b / temperature),
 *
 * averaged over the pairs.  Items of one work but another group are neither
 * positive nor negative: a chorus may be heard twice.
 *
 * The multi-similarity miner (Wang et al., "Multi-Similarity Loss with General
 * Pair Weighting for Deep Metric Learning", CVPR 2019, section 3.3) keeps the
 * negatives that are closer than the farthest positive plus epsilon, and the
 * positives that are farther than the closest negative minus epsilon.
 */
#ifndef EMBED_NTXENT_H
#define EMBED_NTXENT_H

#include <stddef.h>

#include "base/error.h"

#define NTXENT_MAX_ITEMS 4096

struct ntxent_options {
	double temperature;	/* > 0 */
	double miner_epsilon;	/* below 0: every pair counts */
};

/*
 * z [n_items][dimension], vectors of length 1; group and work [n_items].
 * Sets *loss and gradients [n_items][dimension], the derivatives by z; both 0
 * when no pair is left.  n_items is at most NTXENT_MAX_ITEMS.
 */
int ntxent_loss(const float *z, size_t n_items, size_t dimension,
    const size_t *group, const size_t *work, const struct ntxent_options *o,
    float *gradients, double *loss, struct error *err) MUST_CHECK;

#endif
