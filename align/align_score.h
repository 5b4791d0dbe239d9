/*
 * align_score -- how good fragments are, where the truth is known.
 *
 * A fragment is right within a tolerance when its map from original to cover
 * is, at its start, middle and end; a pause of up to 2 s between two segments,
 * as between the lines of a song, may lie in its middle.  Where the truth is
 * partial, that is asked of the part of it that the truth speaks of.
 * Precision is the share of fragments that are right.  Recall is the share of
 * original time shared with a cover, in steps of 0.1 s, that some fragment of
 * that cover maps within the tolerance.  Intervals are bootstrapped over works,
 * since the fragments of a work stand and fall together.
 */
#ifndef ALIGN_ALIGN_SCORE_H
#define ALIGN_ALIGN_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bootstrap.h"
#include "base/error.h"
#include "base/json.h"

#include "align/align_truth.h"

#define ALIGN_SCORE_STEP_SEC 0.1

/* Which fragments are scored. */
enum align_score_level {
	ALIGN_SCORE_KEPT,
	ALIGN_SCORE_KEPT_AND_FLAGGED,
	ALIGN_SCORE_ALL
};

struct align_score {
	size_t n_fragments;
	size_t n_right;
	size_t n_wrong_song;	/* of a cover that shares nothing with it */
	size_t n_unknown;	/* without truth; not counted above */
	double shared_sec, found_sec;
	/* Of 0..1; all zero when there is nothing to take the mean of. */
	struct bootstrap_interval precision, recall;
	/* Absolute error in the middle, of fragments of right songs; or 0. */
	double median_error_sec;
};

/*
 * fragments: records of chad-align; those with "error" and those of pairs are
 * passed over.
 * seed: of the bootstrap.
 */
int align_score_run(const struct json *const *fragments, size_t n_fragments,
    const struct align_truth *truth, enum align_score_level level,
    double tolerance_sec, uint64_t seed, struct arena *a,
    struct align_score *score, struct error *err) MUST_CHECK;

/* Whether a record's decision belongs to the level. */
int align_score_has_level(const struct json *fragment,
    enum align_score_level level, bool *has, struct error *err) MUST_CHECK;

/*
 * Whether one fragment is right within the tolerance.  *is_known is false when
 * the truth does not speak of its cover.
 */
int align_score_check(const struct json *fragment,
    const struct align_truth *truth, double tolerance_sec, bool *is_known,
    bool *is_right, struct error *err) MUST_CHECK;

#endif
