/*
 * trainer -- forward, backward and a step of the optimiser.
 *
 * A batch of n_blocks * block_items items is computed block by block; blocks
 * are spread over the pool's threads, each block on one thread, and their
 * gradients are summed in the order of the blocks.  So the result does not
 * depend on the number of threads.  Batch norm sees one block at a time.
 *
 * The loss is the caller's: it is handed the outputs of the whole batch and
 * gives the gradients of the loss with respect to them, so a contrastive loss
 * may look across all blocks.
 */
#ifndef NN_TRAINER_H
#define NN_TRAINER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"
#include "base/pool.h"

#include "nn/graph.h"
#include "nn/weights.h"

enum trainer_rule {
	TRAINER_ADAMW,		/* Loshchilov, Hutter 2019; decay 0: Adam */
	TRAINER_RMSPROP,	/* PyTorch's form */
	TRAINER_SGD		/* with momentum beta1 */
};

struct trainer_options {
	size_t block_items, n_blocks;
	enum trainer_rule rule;
	double beta1, beta2;		/* 0.9, 0.999; beta2: RMSProp alpha */
	double epsilon;			/* 1e-8 */
	/*
	 * Not on biases and norms.  AdamW: apart from the gradient; others:
	 * added to it.
	 */
	double weight_decay;
	double clip_norm;		/* 0: none */
	uint64_t seed;			/* of dropout */
};

struct trainer;

/* Changes w in place; keeps references to g, w and pool until freed. */
struct trainer *trainer_new(const struct graph *g, struct weights *w,
    const struct trainer_options *options, struct pool *pool,
    struct error *err) MUST_CHECK;
void trainer_free(struct trainer *t);

/* inputs[i], outputs[i]: [n_blocks * block_items][h][w][c]. */
int trainer_forward(struct trainer *t, const float *const *inputs,
    float *const *outputs, struct error *err) MUST_CHECK;

/* Gradients of the loss by outputs; after trainer_forward of the same batch. */
int trainer_backward(struct trainer *t, const float *const *output_gradients,
    struct error *err) MUST_CHECK;

/*
 * Move the weights; *gradient_norm (before clipping) may be NULL.  Fails with
 * ERROR_LIMIT, and moves nothing, when the gradient is not finite.
 */
int trainer_step(struct trainer *t, double learning_rate,
    double *gradient_norm, struct error *err) MUST_CHECK;

uint64_t trainer_n_steps(const struct trainer *t);

/* The gradient of a parameter after trainer_backward, borrowed, or NULL. */
const float *trainer_gradient(const struct trainer *t, const char *name);

/*
 * The whole state -- weights, moments, step -- as a file, and back:
 * training that goes on from it is the same to the bit as without the stop.
 * "best", when not NULL, are other weights of the same network kept in it.
 */
int trainer_save(const struct trainer *t, const char *path,
    const struct json *extra, const struct weights *best,
    struct error *err) MUST_CHECK;
/*
 * *extra, when not NULL, is what was saved or NULL; free with json_free.
 * "best", when not NULL, is given the values of the other weights, if the file
 * has them.
 */
int trainer_restore(struct trainer *t, const char *path, struct json **extra,
    struct weights *best, struct error *err) MUST_CHECK;

#endif
