/*
 * score_picture -- the scores of fragments as a histogram.
 *
 * Any member of the records that is a number: "correlation", "agreement".
 * Records are told apart by "decision"; where chad-eval align --each has said
 * which fragments are right ("is_right"), there is a panel for each decision,
 * and right and wrong ones are told apart in it.
 */
#ifndef ALIGN_SCORE_PICTURE_H
#define ALIGN_SCORE_PICTURE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "manifests/stream.h"

#define SCORE_PICTURE_MAX_MARKS 4

struct score_picture {
	const char *member;
	size_t n_bins;			/* 1 to HISTOGRAM_MAX_BINS */
	double marks[SCORE_PICTURE_MAX_MARKS];	/* thresholds, dashed */
	size_t n_marks;
};

/*
 * Draw the records that have the member and no error; none: ERROR_FORMAT.
 * Values within 0..1 are drawn over 0..1.  The path as canvas_open; the arena
 * holds scratch.
 */
int score_picture_write(const char *path, const struct score_picture *p,
    const struct stream_list *list, struct arena *a, struct error *err)
    MUST_CHECK;

#endif
