/*
 * pitch_median -- smoothing of a pitch track by running medians.
 */
#ifndef PITCH_PITCH_MEDIAN_H
#define PITCH_PITCH_MEDIAN_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#define PITCH_MEDIAN_MAX 101

/*
 * Replace the pitch of each voiced frame of f0_hz [n_frames] (0: unvoiced) by
 * the median of the voiced ones among the "width" frames around it; width is
 * odd, 1..PITCH_MEDIAN_MAX, and 1 changes nothing.  The arena holds scratch.
 */
int pitch_median(float *f0_hz, size_t n_frames, size_t width,
    struct arena *a, struct error *err) MUST_CHECK;

#endif
