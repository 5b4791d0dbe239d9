/*
 * training -- the run: batches, steps, schedule, validation, checkpoints.
 *
 * What differs between networks is a struct training_task, which a stage
 * makes from a recipe; the loop is the same for all.
 */
#ifndef NN_TRAINING_H
#define NN_TRAINING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"
#include "base/pool.h"

#include "nn/graph.h"
#include "nn/trainer.h"
#include "nn/weights.h"

struct training_task {
	void *self;
	const struct graph *graph;	/* owned by self */
	const char *score_name;		/* "held-out RPA"; NULL: no validate */

	/*
	 * Fill the inputs of the whole batch of step "step", the same for the
	 * same (seed, step) whatever the pool.  Remembers in self what loss
	 * needs.
	 */
	int (*make_batch)(void *self, uint64_t seed, uint64_t step,
	    size_t n_items, struct pool *pool, float *const *inputs,
	    struct error *err);

	/* Mean loss of the batch made last and its gradients by the outputs. */
	int (*loss)(void *self, size_t n_items, const float *const *outputs,
	    float *const *output_gradients, double *loss, struct error *err);

	/* A score on held-out data, higher is better.  May be NULL. */
	int (*validate)(void *self, const struct weights *w,
	    struct pool *pool, double *score, struct error *err);

	void (*free)(void *self);
};

/*
 * The "training" member of a recipe:
 *	steps, batch, block (items a block), optimiser "adamw" | "rmsprop" |
 *	"sgd", learning_rate, schedule "constant" | "cosine" | "step",
 *	warmup_steps, weight_decay, clip_norm, seed, validate_every,
 *	checkpoint_every, keep "last" | "best" (by the score).
 */
struct training_options {
	size_t n_steps, batch_items, block_items;
	double learning_rate, weight_decay, clip_norm;
	int schedule;
	size_t n_warmup_steps;
	enum trainer_rule rule;
	uint64_t seed;
	size_t validate_every, checkpoint_every;	/* steps; 0: never */
	bool keep_best;
};

int training_options_read(const struct json *recipe,
    struct training_options *o, struct error *err) MUST_CHECK;

/* What a step looked like; also a line of the curve's CSV. */
struct training_report {
	uint64_t step;
	double loss, learning_rate, gradient_norm;
	double score;			/* NaN when not validated here */
	double steps_per_sec;
};

enum training_end { TRAINING_DONE, TRAINING_STOPPED };

/*
 * Train "w" in place.  With a checkpoint path the state is saved there every
 * checkpoint_every steps and when *stop becomes true, and a file found there
 * at the start is gone on from.  "report" (may be NULL) is called after each
 * step.  *end says whether all steps were done.
 */
int training_run(const struct training_task *task,
    const struct training_options *o, struct weights *w,
    const char *checkpoint_path, struct pool *pool,
    const volatile int *stop,
    void (*report)(void *context, const struct training_report *r),
    void *context, enum training_end *end, struct error *err) MUST_CHECK;

#endif
