/*
 * training -- the run: batches, steps, schedule, validation, checkpoints.
 *
 * What differs between networks is a struct training_task, which a stage
 * makes from a recipe; the loop is the same for all.
 */
#ifndef NN_TRAINING_H
#define NN_TRAINING_H

#include <signal.h>
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
	size_t n_examples;		/* in an epoch; 0: made without end */

	/*
	 * Fill the inputs of the whole batch of step "step", the same for the
	 * same (seed, step) whatever the pool.  Remembers in self what loss
	 * needs.
	 */
	int (*make_batch)(void *self, uint64_t seed, uint64_t step,
	    size_t n_items, struct pool *pool, float *const *inputs,
	    struct error *err);

	/*
	 * Mean loss of the batch made last and its gradients by the outputs,
	 * which are zeros before.
	 */
	int (*loss)(void *self, size_t n_items, const float *const *outputs,
	    float *const *output_gradients, double *loss, struct error *err);

	/* A score on held-out data, higher is better.  May be NULL. */
	int (*validate)(void *self, const struct weights *w,
	    struct pool *pool, double *score, struct error *err);

	/*
	 * Put "network" and "features" into the metadata of the model, so
	 * that the stage can run it.
	 */
	int (*describe)(void *self, struct json *metadata,
	    struct error *err);

	void (*free)(void *self);
};

/* Frees what the task holds, and the task. */
void training_task_free(struct training_task *task);

enum training_schedule {
	TRAINING_CONSTANT,
	TRAINING_COSINE,	/* half a wave from the rate down to 0 */
	TRAINING_STEPS		/* a tenth after each third of the run */
};

/*
 * The "training" member of a recipe:
 *
 *	steps, batch      how many, and items of each
 *	epochs            at least so often through the task's examples, in
 *	                  more steps if need be; default 0
 *	block             items of a block; divides batch; default batch / 8,
 *	                  or batch when it is below 16
 *	optimiser         "adamw" (default), "rmsprop" or "sgd"
 *	learning_rate     the highest
 *	schedule          "constant", "cosine" (default) or "steps"
 *	warmup_steps      rising evenly from 0; default 0
 *	beta1, beta2, epsilon   of the optimiser; 0.9, 0.999 (RMSProp: 0.99),
 *	                  1e-8
 *	weight_decay, clip_norm default 0
 *	seed              default 1
 *	validate_every, checkpoint_every  steps; default 0: never
 *	keep              "last" (default) or "best" by the score
 */
struct training_options {
	size_t n_steps, batch_items, block_items;
	double n_epochs;
	double learning_rate, weight_decay, clip_norm;
	double beta1, beta2, epsilon;
	enum training_schedule schedule;
	size_t n_warmup_steps;
	enum trainer_rule rule;
	uint64_t seed;
	size_t validate_every, checkpoint_every;	/* steps; 0: never */
	bool keep_best;
	/*
	 * Names the run: a checkpoint of another is refused.  Not read from
	 * the recipe; NULL is as good as "".
	 */
	const char *identity;
};

/* A member that is not in the list above is refused. */
int training_options_read(const struct json *recipe,
    struct training_options *o, struct error *err) MUST_CHECK;

/*
 * The steps that a task of so many examples asks for: n_steps, or more for
 * n_epochs.  ERROR_LIMIT when the task has no examples to count.
 */
int training_stretch(struct training_options *o, size_t n_examples,
    struct error *err) MUST_CHECK;

/* What a step looked like; also a line of the curve's CSV. */
struct training_report {
	uint64_t step;
	double loss, learning_rate, gradient_norm;
	double mean_loss;		/* of about the last 50 steps */
	double score;			/* NaN when not validated here */
	double steps_per_sec;
};

/* Of step 1..n_steps. */
double training_rate(const struct training_options *o, uint64_t step);

struct training_result {
	bool is_done;		/* false: stopped before the last step */
	double mean_loss;		/* of about the last 50 steps */
	bool has_score;
	double score;			/* of the weights as they are left */
	uint64_t score_step;		/* and the step they are of */
};

/*
 * Train "w" in place.  With a checkpoint path the state is saved there every
 * checkpoint_every steps and when *stop becomes true, and a file found there
 * at the start is gone on from: the weights at the end are the same to the
 * bit.  It is not removed at the end.  The score is taken every validate_every
 * steps and after the last; with keep_best "w" ends as the best that was
 * scored.  "report" (may be NULL) is called after each step; when it fails so
 * does the run.
 */
int training_run(const struct training_task *task,
    const struct training_options *o, struct weights *w,
    const char *checkpoint_path, struct pool *pool,
    const volatile sig_atomic_t *stop,
    int (*report)(void *context, const struct training_report *r,
    struct error *err), void *context, struct training_result *result,
    struct error *err) MUST_CHECK;

#endif
