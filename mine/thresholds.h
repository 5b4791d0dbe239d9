/*
 * thresholds -- how alike a fragment's pitches must be to be kept.
 *
 * Where there are covers whose true alignment is known, the model at hand
 * aligns them too, and the threshold of the agreement is the lowest at which
 * the fragments of enough correlation reach the wanted precision
 * (mine/calibrate.h).  Without them, or with too few fragments to tell, it is
 * the one that was given.
 */
#ifndef MINE_THRESHOLDS_H
#define MINE_THRESHOLDS_H

#include <stdbool.h>

#include "base/error.h"

#include "mine/calibrate.h"
#include "mine/lists.h"
#include "mine/round_options.h"
#include "mine/stages.h"
#include "mine/steps.h"

struct thresholds {
	struct round_thresholds used;
	bool is_calibrated;
	struct calibrate_result result;	/* when it is */
	/* What was fitted (mine/probabilities.h), or else what was given. */
	struct stages_calibration calibration;
	struct steps_file fitted;
};

/* truth: recordings with truth, path NULL when there are none. */
int thresholds_find(const struct steps *s, const struct round_options *o,
    const struct lists_file *truth, const struct stages_model *model,
    struct thresholds *t, struct error *err) MUST_CHECK;

#endif
