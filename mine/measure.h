/*
 * measure -- what the scores of chad-eval say of a round.
 */
#ifndef MINE_MEASURE_H
#define MINE_MEASURE_H

#include <stddef.h>

#include "base/error.h"
#include "store/rounds.h"

#include "mine/lists.h"
#include "mine/promote.h"
#include "mine/round_options.h"
#include "mine/stages.h"
#include "mine/steps.h"
#include "mine/thresholds.h"

#define MEASURE_MAX_SCORES 32

struct measure_inputs {
	const struct round_options *o;
	const struct lists_file *held_out, *database;
};

/* Names in the scores: of the round's old and new model, of its fragments. */
enum measure_subject {
	MEASURE_OLD, MEASURE_NEW, MEASURE_FRAGMENTS, MEASURE_CORPUS,
	MEASURE_THRESHOLDS
};

struct measure {
	struct {
		enum measure_subject subject;
		struct rounds_score score;	/* its subject is not set */
	} scores[MEASURE_MAX_SCORES];
	size_t n_scores;
	struct promote_result promote;
};

/*
 * Let both models find the held-out hums among the songs, and decide which
 * goes on.  Nothing is run when there are no hums or no songs.
 */
int measure_models(const struct steps *s, const struct measure_inputs *in,
    const struct stages_model *old, const struct stages_model *fresh,
    struct measure *m, struct error *err) MUST_CHECK;

/*
 * Count recordings, hours and fragments, and compare the fragments with the
 * truth where recordings have one.  After measure_models.
 */
int measure_fragments(const struct steps *s, const struct measure_inputs *in,
    const struct lists_file *fragments, const struct steps_file *recordings,
    struct measure *m, struct error *err) MUST_CHECK;

/* Add what the thresholds were set to, when they were. */
void measure_thresholds(struct measure *m, const struct thresholds *t);

/* Write all scores down for the round. */
int measure_store(const struct steps *s, const struct measure *m,
    const char *old_sha256, const char *new_sha256, struct error *err)
    MUST_CHECK;

#endif
