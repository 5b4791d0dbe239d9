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

double
graph_n_macs(const struct graph *g)
{
	double n_macs = 0;
	size_t i;

	for (i = 0; i < g->n_nodes; i++) {
		const struct graph_node *n = &g->nodes[i];
		double n_places;

		if (n->n_parameters == 0 || n->kind == GRAPH_BATCH_NORM)
			continue;
		/* Each weight is used once a place. */
		n_places = 1;
		if (n->kind == GRAPH_CONV)
			n_places = (double)n->shape.h * (double)n->shape.w;
		if (n->kind == GRAPH_CONV_TRANSPOSED) {
			const struct graph_node *in = &g->nodes[n->operand[0]];

			n_places = (double)in->shape.h * (double)in->shape.w;
		}
		n_macs += n_places *
		    (double)g->tensors[n->first_parameter].n_values;
	}
	return n_macs;
}
