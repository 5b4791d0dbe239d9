/*
 * group_nce -- InfoNCE with the positives of a group taken together.
 *
 * For each anchor a, over its positives p and negatives n
 * (embed/batch_pairs.h),
 *
 *	-log( sum over p of e(a,p) /
 *	    (sum over p of e(a,p) + sum over n of e(a,n)) ),
 *	e(a,b) = exp(z_a . z_b / temperature):
 *
 * one good positive is enough, where NT-Xent asks for each of them.  This is
 * Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020, equation 3,
 * but for the constant log of the number of positives, and has the sum inside
 * the logarithm in common with MIL-NCE (Miech et al., "End-to-End Learning of
 * Visual Representations from Uncurated Instructional Videos", CVPR 2020,
 * equation 1).
 */
#ifndef EMBED_GROUP_NCE_H
#define EMBED_GROUP_NCE_H

#include <stddef.h>

#include "embed/batch_pairs.h"

/*
 * Add the losses of all anchors to *sum and their derivatives to the slopes;
 * temperature > 0.  Returns how many anchors had a positive and a negative.
 */
size_t group_nce_add(double temperature, struct batch_pairs *p, double *sum);

#endif
