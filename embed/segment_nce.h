/*
 * segment_nce -- NT-Xent between sides of several windows each.
 *
 * Where time stamps are a little wrong, the windows of an aligned pair do not
 * show quite the same passage.  So each side gives several windows, some way
 * apart, and is a bag of them; two bags are as similar as their most similar
 * windows,
 *
 *	s(A, B) = max over a of A, b of B of z_a . z_b:
 *
 * of a positive the best pair of windows counts, of a negative the hardest.
 * Then NT-Xent (embed/ntxent.h) over bags.  This is the max form of multiple-
 * instance NCE (Miech et al., "End-to-End Learning of Visual Representations
 * from Uncurated Instructional Videos", CVPR 2020, section 4.2: "Max+NCE"),
 * with the maximum taken on both sides.
 */
#ifndef EMBED_SEGMENT_NCE_H
#define EMBED_SEGMENT_NCE_H

#include <stddef.h>

#include "base/error.h"

#include "embed/batch_pairs.h"
#include "embed/ntxent.h"

/*
 * bag [p->n]: numbers from 0 up to p->n - 1; all windows of a bag are of one
 * group and work.  Adds the losses of all pairs of bags to *sum and their
 * derivatives to the slopes of the windows; *n_pairs is how many there were.
 */
int segment_nce_add(const struct ntxent_options *o, const size_t *bag,
    struct batch_pairs *p, double *sum, size_t *n_pairs,
    struct error *err) MUST_CHECK;

#endif
