#include "nn/graph_node.h"

size_t
graph_shape_values(struct graph_shape s)
{
	return s.h * s.w * s.c;
}

size_t
graph_n_inputs(const struct graph *g)
{
	return g->n_inputs;
}

size_t
graph_n_outputs(const struct graph *g)
{
	return g->n_outputs;
}

int
graph_input_value(const struct graph *g, size_t i)
{
	return g->inputs[i].value;
}

int
graph_output_value(const struct graph *g, size_t i)
{
	return g->outputs[i].value;
}

struct graph_shape
graph_input_shape(const struct graph *g, size_t i)
{
	return g->nodes[g->inputs[i].value].shape;
}

struct graph_shape
graph_output_shape(const struct graph *g, size_t i)
{
	return g->nodes[g->outputs[i].value].shape;
}

size_t
graph_n_nodes(const struct graph *g)
{
	return g->n_nodes;
}

const struct graph_node *
graph_node(const struct graph *g, size_t i)
{
	return &g->nodes[i];
}

size_t
graph_n_tensors(const struct graph *g)
{
	return g->n_tensors;
}

const struct graph_parameter *
graph_tensor(const struct graph *g, size_t i)
{
	return &g->tensors[i];
}

bool
graph_role_is_trained(enum graph_role role)
{
	return role != GRAPH_MEAN && role != GRAPH_VARIANCE;
}

size_t
graph_n_parameters(const struct graph *g)
{
	size_t i, n = 0;

	for (i = 0; i < g->n_tensors; i++)
		if (graph_role_is_trained(g->tensors[i].role))
			n += g->tensors[i].n_values;
	return n;
}
