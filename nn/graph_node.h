/*
 * graph_node -- what a graph is made of; for the files of nn/ that run it.
 *
 * Node i makes value i.  Its operands are earlier nodes, so the order of the
 * array is an order of computation.
 */
#ifndef NN_GRAPH_NODE_H
#define NN_GRAPH_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/graph.h"

#define GRAPH_MAX_NAME 64		/* of a layer, with the final zero */
#define GRAPH_MAX_PARAMETER_NAME 80
#define GRAPH_MAX_ENDS 16		/* inputs, and outputs */
#define GRAPH_NODE_MAX_PARAMETERS 4

#define GRAPH_MAX_TENSORS \
	(GRAPH_MAX_NODES * GRAPH_NODE_MAX_PARAMETERS)

enum graph_kind {
	GRAPH_INPUT,
	GRAPH_CONV,
	GRAPH_CONV_TRANSPOSED,
	GRAPH_BATCH_NORM,
	GRAPH_RELU,		/* number[0]: slope below zero */
	GRAPH_SIGMOID,
	GRAPH_TANH,
	GRAPH_MAX_POOL,
	GRAPH_AVERAGE_POOL,
	GRAPH_DENSE,
	GRAPH_MIX,
	GRAPH_DROPOUT,		/* number[0]: p */
	GRAPH_ADD,
	GRAPH_MULTIPLY,
	GRAPH_CONCAT,
	GRAPH_L2_NORMALISE
};

struct graph_node {
	enum graph_kind kind;
	char name[GRAPH_MAX_NAME];	/* "" when it has no parameters */
	int operand[2];			/* -1: none */
	struct graph_shape shape;	/* of the value it makes */
	struct graph_conv conv;		/* strides filled in */
	struct graph_pool pool;		/* strides filled in */
	double number[2];		/* batch norm: epsilon, momentum */
	bool no_bias;			/* of a dense layer */
	size_t first_parameter, n_parameters;
	size_t n_uses;			/* by nodes and as outputs */
	bool is_output;
};

enum graph_role {
	GRAPH_WEIGHT,
	GRAPH_BIAS,
	GRAPH_SCALE,			/* of a norm */
	GRAPH_SHIFT,
	GRAPH_MEAN,			/* running statistics: not trained */
	GRAPH_VARIANCE
};

struct graph_parameter {
	char name[GRAPH_MAX_PARAMETER_NAME];
	enum graph_role role;
	size_t rank;
	size_t shape[4];
	size_t n_values;
	size_t fan_in;			/* of weights */
};

struct graph_end {
	char name[GRAPH_MAX_NAME];
	int value;
};

struct graph {
	size_t n_nodes;
	struct graph_node nodes[GRAPH_MAX_NODES];
	size_t n_tensors;
	struct graph_parameter tensors[GRAPH_MAX_TENSORS];
	size_t n_inputs, n_outputs;
	struct graph_end inputs[GRAPH_MAX_ENDS], outputs[GRAPH_MAX_ENDS];
	struct error mistake;
	bool has_mistake;
};

size_t graph_n_nodes(const struct graph *g);
const struct graph_node *graph_node(const struct graph *g, size_t i);

size_t graph_n_tensors(const struct graph *g);
const struct graph_parameter *graph_tensor(const struct graph *g, size_t i);

/* The value that is input or output i. */
int graph_input_value(const struct graph *g, size_t i);
int graph_output_value(const struct graph *g, size_t i);

/* True for the roles that the optimiser moves. */
bool graph_role_is_trained(enum graph_role role);

/* Values of one item. */
size_t graph_shape_values(struct graph_shape s);

#endif
