/*
 * bootstrap -- how far a mean may be trusted.
 *
 * The percentile bootstrap (Efron and Tibshirani, "An Introduction to the
 * Bootstrap", 1993, chapter 13): groups of values are drawn anew with
 * replacement many times, and the interval holds the middle 95 per cent of the
 * means.
 */
#ifndef BASE_BOOTSTRAP_H
#define BASE_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define BOOTSTRAP_N_RESAMPLES 2000
#define BOOTSTRAP_MAX_RESAMPLES 1000000

/* A mean and its 95 per cent interval. */
struct bootstrap_interval {
	double mean, low, high;
};

/*
 * Of values [n_values], n_values >= 1, that come in groups, such as the hums
 * of one singer: whole groups are drawn, so that likeness within a group does
 * not make the interval too narrow.  group [n_values]: 0..n_groups-1.  The
 * mean is that of all values; n_resamples is 1 to BOOTSTRAP_MAX_RESAMPLES
 * (BOOTSTRAP_N_RESAMPLES is plenty).  The same seed gives the same interval.
 * 0, or -1 when there are no values, a value is not finite, or memory is out.
 */
int bootstrap_grouped_mean(const double *values, const size_t *group,
    size_t n_values, size_t n_groups, size_t n_resamples, uint64_t seed,
    struct bootstrap_interval *interval, struct error *err) MUST_CHECK;

/*
 * The same of a mean in which value i counts weights[i] times; weights are
 * above 0; NULL: all one.
 */
int bootstrap_weighted_mean(const double *values, const double *weights,
    const size_t *group, size_t n_values, size_t n_groups,
    size_t n_resamples, uint64_t seed, struct bootstrap_interval *interval,
    struct error *err) MUST_CHECK;

#endif
