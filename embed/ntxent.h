/*
 * ntxent -- the contrastive loss over groups of fingerprints.
 *
 * NT-Xent (Chen et al., "A Simple Framework for Contrastive Learning of
 * Visual Representations", ICML 2020) with several items a group: for each
 * ordered pair (a, p) of one group
 *
 *	-log( e(a,p) / (e(a,p) + sum over negatives n of e(a,n)) ),
 *	e(a,b) = exp(z_a . z_b / temperature).
 *
 * What negatives are: embed/batch_pairs.h.
 *
 * The multi-similarity miner (Wang et al., "Multi-Similarity Loss with General
 * Pair Weighting for Deep Metric Learning", CVPR 2019, section 3.3) keeps the
 * negatives that are closer than the farthest positive plus epsilon, and the
 * positives that are farther than the closest negative minus epsilon.
 */
#ifndef EMBED_NTXENT_H
#define EMBED_NTXENT_H

#include <stddef.h>

#include "embed/batch_pairs.h"

struct ntxent_options {
	double temperature;	/* > 0 */
	double miner_epsilon;	/* below 0: every pair counts */
};

/*
 * Add the losses of all pairs to *sum and their derivatives to the slopes.
 * Returns how many pairs there were.
 */
size_t ntxent_add(const struct ntxent_options *o, struct batch_pairs *p,
    double *sum);

#endif
