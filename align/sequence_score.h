/*
 * sequence_score -- correlation of two sequences of fingerprints along a line.
 *
 * Pearson's correlation of all values of the original's windows with those of
 * the cover at the mapped times, between windows by linear interpolation; the
 * score of an alignment in Amatov et al., "Covers and Hummings Aligned
 * Dataset" (ISMIR 2023).
 */
#ifndef ALIGN_SEQUENCE_SCORE_H
#define ALIGN_SEQUENCE_SCORE_H

#include <stddef.h>

#include "align/similarity.h"
#include "align/time_line.h"

/*
 * Windows whose centres lie in original time [from_sec, to_sec], at least the
 * one nearest to the middle, are compared; those that are all zero on either
 * side are left out.  Returns 0..1; 0 when nothing is left.
 */
double sequence_score(const struct similarity *s, double window_sec,
    double hop_sec, const struct time_line *l, double from_sec,
    double to_sec);

#endif
