/*
 * calibrate -- the threshold that gives the precision that is wanted.
 *
 * On fragments whose truth is known: the lowest score such that of the
 * fragments with at least that score the wanted share is right.
 */
#ifndef MINE_CALIBRATE_H
#define MINE_CALIBRATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Fewer fragments than this above a threshold say nothing about it. */
#define CALIBRATE_MIN_FRAGMENTS 20

struct calibrate_point {
	double score;		/* of the fragment, 0..1 */
	bool is_right;
};

struct calibrate_result {
	bool reached;		/* false: no threshold reaches the wish */
	double threshold;
	double precision;	/* of the fragments at or above it */
	double recall;		/* share of the right ones at or above it */
	size_t n_above;
};

/*
 * Sorts "points" [n_points].  When the wish is not reached the result is that
 * of the threshold with the highest precision.  ERROR_LIMIT for fewer than
 * CALIBRATE_MIN_FRAGMENTS points.
 */
int calibrate_threshold(struct calibrate_point *points, size_t n_points,
    double wanted_precision, struct calibrate_result *result,
    struct error *err) MUST_CHECK;

#endif
