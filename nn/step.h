/*
 * step -- one planned operation: a node of a graph, and what was fused into
 * it, ready to run forward and backward for a fixed number of items.
 *
 * A step is const while it runs and shared by all threads.  What belongs to
 * one pass of one block is in struct step_run.  Each kind of layer is a table
 * of functions, struct step_kind, in a file layer_*.c.
 *
 * A (leaky) ReLU that follows may be fused: then "out" is its output, and
 * backward is given the gradient by that.
 */
#ifndef NN_STEP_H
#define NN_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#include "nn/engine.h"
#include "nn/graph_node.h"

struct step_kind;

struct step {
	const struct step_kind *kind;
	const struct engine *engine;
	const struct graph_node *node;
	const struct graph_node *norm;	/* folded into a convolution, or NULL */
	bool has_relu;
	float slope;			/* of the ReLU, below zero */
	bool is_training;
	bool wants_in_gradient[2];
	size_t number;		/* among the steps: for random numbers */

	size_t n_items;
	struct graph_shape in[2];	/* of an item */
	struct graph_shape shape;	/* of what it makes */
	size_t in_value[2], out_value;	/* numbers of nodes */

	/*
	 * Parameters in the graph's layout, borrowed: those of the node, and
	 * of the folded norm.
	 */
	float *parameter[GRAPH_NODE_MAX_PARAMETERS];
	float *norm_parameter[GRAPH_NODE_MAX_PARAMETERS];

	/*
	 * Said by plan: values of each parameter's gradient in the step's own
	 * layout (the graph's unless the kind has unpack), bytes that a block
	 * keeps from forward to backward, bytes of scratch of a thread.
	 */
	size_t n_gradients[GRAPH_NODE_MAX_PARAMETERS];
	size_t saved_bytes, scratch_bytes;
	void *own;			/* of the kind */
};

struct step_run {
	const float *in[2];
	float *out;
	float *out_gradient;		/* may be overwritten */
	float *in_gradient[2];		/* NULL: not wanted */
	/* Written, not added to.  Running statistics: those of the block. */
	float *gradient[GRAPH_NODE_MAX_PARAMETERS];
	void *saved, *scratch;
	uint64_t seed, key;	/* of random numbers: run, step and block */
};

struct step_kind {
	/* May be NULL: nothing to prepare, no memory wanted. */
	int (*plan)(struct step *s, struct error *err);
	void (*release)(struct step *s);
	/* Take over changed parameters.  May be NULL. */
	int (*load)(const struct step *s, struct error *err);
	int (*forward)(const struct step *s, const struct step_run *r,
	    struct error *err);
	int (*backward)(const struct step *s, const struct step_run *r,
	    struct error *err);
	/*
	 * Parameter gradients from the step's layout to the graph's.  May be
	 * NULL: they are the same.
	 */
	int (*unpack)(const struct step *s, const float *const *packed,
	    float *const *gradient, struct error *err);
};

extern const struct step_kind layer_conv;	/* transposed too */
extern const struct step_kind layer_dense;
extern const struct step_kind layer_mix;
extern const struct step_kind layer_norm;
extern const struct step_kind layer_relu;
extern const struct step_kind layer_sigmoid;
extern const struct step_kind layer_tanh;
extern const struct step_kind layer_dropout;
extern const struct step_kind layer_max_pool;
extern const struct step_kind layer_average_pool;
extern const struct step_kind layer_add;
extern const struct step_kind layer_multiply;
extern const struct step_kind layer_concat;
extern const struct step_kind layer_l2_normalise;

/* Values of all items: of what the step makes, and of operand i. */
size_t step_n_out(const struct step *s);
size_t step_n_in(const struct step *s, size_t i);

/* Add a bias (NULL: none) and apply the fused ReLU, in place. */
void step_bias_relu(const struct step *s, const float *bias, float *out);

/* Multiply the gradient by the slope of the fused ReLU, in place. */
void step_relu_backward(const struct step *s, const float *out,
    float *gradient);

#endif
