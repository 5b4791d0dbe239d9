/*
 * truth -- what is known of a recording that was made, for scoring.
 *
 * The members are those of "truth" in FORMAT.md.
 */
#ifndef MANIFESTS_TRUTH_H
#define MANIFESTS_TRUTH_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

/* A place in the original and in this recording, in seconds. */
struct truth_point {
	double original_sec, this_sec;
};

/* Make "truth.segments" an empty list: that of a wrong song. */
int truth_clear_segments(struct json *rec, struct error *err) MUST_CHECK;

/*
 * Append a stretch to "truth.segments": at least two points, both times
 * rising.  Times are rounded to 0.1 ms.
 */
int truth_add_segment(struct json *rec, const struct truth_point *points,
    size_t n_points, struct error *err) MUST_CHECK;

#endif
