/*
 * trainer_state -- what a trainer holds; for trainer*.c alone.
 */
#ifndef NN_TRAINER_STATE_H
#define NN_TRAINER_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "nn/plan.h"
#include "nn/trainer.h"

/* A tensor of the network and what the optimiser keeps of it. */
struct trainer_tensor {
	const struct graph_parameter *parameter;
	float *value;			/* in the weights */
	float *gradient, *moment[2];	/* NULL when not trained */
};

/* Where a step's things lie within the memory of a block, in bytes. */
struct trainer_place {
	size_t saved;
	size_t gradient[GRAPH_NODE_MAX_PARAMETERS];	/* in floats */
};

/* What a block keeps from forward to backward. */
struct trainer_block {
	char *values;
	char *saved;
	float *gradients;		/* in the steps' layouts */
};

/* What a thread needs while it works on a block. */
struct trainer_thread {
	char *value_gradients;
	float *extra[2];		/* second gradients of values */
	void *scratch;
};

struct trainer {
	struct trainer_options options;
	struct plan *plan;
	struct pool *pool;
	struct trainer_place *places;		/* of each step */
	size_t value_offset[GRAPH_MAX_NODES];	/* bytes, within a block's */
	size_t gradient_offset[GRAPH_MAX_NODES]; /* bytes, within a thread's */
	size_t n_gradients;		/* floats of a block */
	struct trainer_block *blocks;
	struct trainer_thread *threads;
	size_t n_threads;
	struct trainer_tensor *tensors;
	size_t n_tensors;
	double *squares;		/* of each tensor's gradient */
	uint64_t n_steps;
};

#endif
