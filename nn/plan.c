#include "base/memory.h"

#include "nn/layer_phases.h"
#include "nn/layer_spectral.h"
#include "nn/layer_thin.h"
#include "nn/layer_winograd.h"
#include "nn/plan.h"

static const struct step_kind *
kind_of(enum graph_kind kind)
{
	switch (kind) {
	case GRAPH_CONV:
	case GRAPH_CONV_TRANSPOSED:
		return &layer_conv;
	case GRAPH_BATCH_NORM:
		return &layer_norm;
	case GRAPH_RELU:
		return &layer_relu;
	case GRAPH_SIGMOID:
		return &layer_sigmoid;
	case GRAPH_TANH:
		return &layer_tanh;
	case GRAPH_MAX_POOL:
		return &layer_max_pool;
	case GRAPH_AVERAGE_POOL:
		return &layer_average_pool;
	case GRAPH_DENSE:
		return &layer_dense;
	case GRAPH_MIX:
		return &layer_mix;
	case GRAPH_DROPOUT:
		return &layer_dropout;
	case GRAPH_ADD:
		return &layer_add;
	case GRAPH_MULTIPLY:
		return &layer_multiply;
	case GRAPH_CONCAT:
		return &layer_concat;
	case GRAPH_L2_NORMALISE:
		return &layer_l2_normalise;
	default:
		return NULL;	/* an input */
	}
}

size_t
plan_value_bytes(const struct plan *p, size_t value)
{
	return p->n_items * sizeof(float) *
	    graph_shape_values(graph_node(p->graph, value)->shape);
}

size_t
plan_last_use(const struct plan *p, size_t value)
{
	size_t i, k, last = 0;

	for (i = 0; i < graph_n_outputs(p->graph); i++)
		if (p->source[graph_output_value(p->graph, i)] == value)
			return p->n_steps;
	for (i = 0; i < p->n_steps; i++)
		for (k = 0; k < 2; k++)
			if (p->steps[i].node->operand[k] >= 0 &&
			    p->steps[i].in_value[k] == value)
				last = i;
	return last;
}

/* The only user of a value that is no output, or n_nodes. */
static size_t
only_user(const struct graph *g, size_t value)
{
	const struct graph_node *n = graph_node(g, value);
	size_t i;

	if (n->is_output || n->n_uses != 1)
		return graph_n_nodes(g);
	for (i = value + 1; i < graph_n_nodes(g); i++)
		if (graph_node(g, i)->operand[0] == (int)value)
			return i;
	return graph_n_nodes(g);
}

static void
borrow_parameters(const struct graph *g, const struct weights *w,
    const struct graph_node *n, float **parameter)
{
	size_t i;

	for (i = 0; i < n->n_parameters; i++)
		parameter[i] = weights_find(w,
		    graph_tensor(g, n->first_parameter + i)->name)->values;
}

static bool
is_conv(const struct graph_node *n)
{
	return n->kind == GRAPH_CONV || n->kind == GRAPH_CONV_TRANSPOSED;
}

static bool
takes_relu(const struct graph_node *n)
{
	return is_conv(n) || n->kind == GRAPH_BATCH_NORM ||
	    n->kind == GRAPH_DENSE || n->kind == GRAPH_ADD;
}

/* Make the nodes that follow part of the step; *last is the last of them. */
static void
fuse(const struct plan *p, const struct weights *w, struct step *s,
    size_t *last)
{
	const struct graph *g = p->graph;
	const size_t none = graph_n_nodes(g);
	size_t next = only_user(g, *last);

	if (!p->is_training && is_conv(s->node) && next != none &&
	    graph_node(g, next)->kind == GRAPH_BATCH_NORM) {
		s->norm = graph_node(g, next);
		borrow_parameters(g, w, s->norm, s->norm_parameter);
		*last = next;
		next = only_user(g, next);
	}
	if (takes_relu(s->node) && next != none &&
	    graph_node(g, next)->kind == GRAPH_RELU) {
		s->has_relu = true;
		s->slope = (float)graph_node(g, next)->number[0];
		*last = next;
	}
}

/* Whether the gradient by a value is of use: something before it is trained. */
static void
find_wanted(const struct graph *g, bool *is_wanted)
{
	size_t i, k;

	for (i = 0; i < graph_n_nodes(g); i++) {
		const struct graph_node *n = graph_node(g, i);

		is_wanted[i] = n->n_parameters > 0;
		for (k = 0; k < 2; k++)
			if (n->operand[k] >= 0 && is_wanted[n->operand[k]])
				is_wanted[i] = true;
	}
}

static void
fill_step(struct plan *p, const struct weights *w, const bool *is_wanted,
    struct step *s, size_t number)
{
	const struct graph_node *n = graph_node(p->graph, number);
	size_t i, last = number;

	s->kind = kind_of(n->kind);
	s->engine = &p->engine;
	s->node = n;
	s->is_training = p->is_training;
	s->number = number;
	s->n_items = p->n_items;
	s->shape = n->shape;
	for (i = 0; i < 2 && n->operand[i] >= 0; i++) {
		s->in_value[i] = p->source[n->operand[i]];
		s->in[i] = graph_node(p->graph, (size_t)n->operand[i])->shape;
		s->wants_in_gradient[i] = p->is_training &&
		    is_wanted[n->operand[i]];
	}
	borrow_parameters(p->graph, w, n, s->parameter);
	for (i = 0; p->is_training && i < n->n_parameters; i++)
		s->n_gradients[i] =
		    graph_tensor(p->graph, n->first_parameter + i)->n_values;
	if (layer_spectral_suits(s))
		s->kind = &layer_spectral;
	else if (layer_phases_suits(s))
		s->kind = &layer_phases;
	else if (layer_winograd_suits(s))
		s->kind = &layer_winograd;
	fuse(p, w, s, &last);
	if (layer_thin_suits(s))
		s->kind = &layer_thin;
	s->out_value = last;
	p->source[number] = last;
	p->source[last] = last;
}

static int
make_steps(struct plan *p, const struct weights *w, struct error *err)
{
	const size_t n_nodes = graph_n_nodes(p->graph);
	bool is_wanted[GRAPH_MAX_NODES];
	bool is_fused[GRAPH_MAX_NODES] = { false };
	size_t i, k;

	find_wanted(p->graph, is_wanted);
	for (i = 0; i < n_nodes; i++) {
		const struct graph_node *n = graph_node(p->graph, i);
		struct step *s = &p->steps[p->n_steps];

		if (is_fused[i])
			continue;
		p->source[i] = i;
		if (n->kind == GRAPH_INPUT)
			continue;
		if (n->kind == GRAPH_DROPOUT && !p->is_training) {
			p->source[i] = p->source[n->operand[0]];
			continue;
		}
		fill_step(p, w, is_wanted, s, i);
		p->n_steps++;
		for (k = s->out_value; k > i;
		    k = (size_t)graph_node(p->graph, k)->operand[0])
			is_fused[k] = true;
		if (s->kind->plan != NULL && s->kind->plan(s, err) != 0)
			return -1;
		if (s->scratch_bytes > p->scratch_bytes)
			p->scratch_bytes = s->scratch_bytes;
	}
	return 0;
}

struct plan *
plan_new(const struct graph *g, const struct weights *w, size_t n_items,
    bool is_training, struct error *err)
{
	struct plan *p;
	int entered, failed;

	if (n_items < 1 || n_items > 65536) {
		(void)error_set(err, ERROR_LIMIT,
		    "a network runs 1 to 65536 items at once");
		return NULL;
	}
	if (weights_check(w, g, err) != 0)
		return NULL;
	if ((p = memory_new(1, sizeof(*p), "network plan", err)) == NULL)
		return NULL;
	p->graph = g;
	p->n_items = n_items;
	p->is_training = is_training;
	entered = engine_enter();
	p->steps = memory_new(graph_n_nodes(g), sizeof(*p->steps),
	    "network plan", err);
	failed = p->steps == NULL || engine_init(&p->engine, err) != 0 ||
	    make_steps(p, w, err) != 0;
	engine_leave(entered);
	if (!failed && plan_load(p, err) == 0)
		return p;
	plan_free(p);
	return NULL;
}

void
plan_free(struct plan *p)
{
	size_t i;

	if (p == NULL)
		return;
	/* A step that failed to plan is the one behind the last. */
	for (i = 0; p->steps != NULL && i < graph_n_nodes(p->graph); i++)
		if (p->steps[i].kind != NULL &&
		    p->steps[i].kind->release != NULL)
			p->steps[i].kind->release(&p->steps[i]);
	memory_free(p->steps);
	engine_release(&p->engine);
	memory_free(p);
}

int
plan_load_step(const struct plan *p, size_t i, struct error *err)
{
	const struct step *s = &p->steps[i];
	int entered, failed;

	if (s->kind->load == NULL)
		return 0;
	entered = engine_enter();
	failed = s->kind->load(s, err);
	engine_leave(entered);
	return failed;
}

int
plan_load(const struct plan *p, struct error *err)
{
	size_t i;

	for (i = 0; i < p->n_steps; i++)
		if (plan_load_step(p, i, err) != 0)
			return -1;
	return 0;
}
