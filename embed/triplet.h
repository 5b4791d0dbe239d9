/*
 * triplet -- the margin between a positive and a negative of the batch.
 *
 * For an anchor a, a positive p and a negative n (embed/batch_pairs.h)
 *
 *	max(0, margin + z_a . z_n - z_a . z_p).
 *
 * Vectors have length 1, so this is half the loss on squared distances of
 * Schroff et al. ("FaceNet: A Unified Embedding for Face Recognition and
 * Clustering", CVPR 2015, equation 3) with twice the margin.  Which triplets
 * count:
 *
 *	hardest		for each anchor its least similar positive and its
 *			most similar negative (Hermans et al., "In Defense of
 *			the Triplet Loss for Person Re-Identification", 2017,
 *			equation 5)
 *	semi-hard	for each pair (a, p) the most similar negative that is
 *			less similar than p (FaceNet, section 3.2); where all
 *			are more similar, the least similar of them, so that
 *			the anchor learns all the same
 */
#ifndef EMBED_TRIPLET_H
#define EMBED_TRIPLET_H

#include <stdbool.h>
#include <stddef.h>

#include "embed/batch_pairs.h"

struct triplet_options {
	double margin;		/* of similarities, > 0 */
	bool is_semi_hard;
};

/*
 * Add the losses of the triplets to *sum and their derivatives to the slopes.
 * Returns how many triplets there were, those of loss 0 among them.
 */
size_t triplet_add(const struct triplet_options *o, struct batch_pairs *p,
    double *sum);

#endif
