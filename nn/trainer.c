#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "nn/optimiser.h"
#include "nn/simd.h"
#include "nn/trainer_state.h"

#define SUM_CHUNK 16384		/* gradients that one task sums */

/* What the tasks of one call share. */
struct job {
	struct trainer *trainer;
	const float *const *inputs;
	float *const *outputs;
	const float *const *output_gradients;
	struct optimiser_step move;
};

static float *
value_of(const struct trainer *t, size_t block, size_t value)
{
	return (float *)(void *)(t->blocks[block].values +
	    t->value_offset[value]);
}

static float *
gradient_of(const struct trainer *t, size_t thread, size_t value)
{
	return (float *)(void *)(t->threads[thread].value_gradients +
	    t->gradient_offset[value]);
}

static struct step_run
run_of(const struct trainer *t, size_t i, size_t block, size_t thread)
{
	const struct step *s = &t->plan->steps[i];
	const struct trainer_place *place = &t->places[i];
	struct step_run r = { .out = value_of(t, block, s->out_value),
	    .saved = t->blocks[block].saved + place->saved,
	    .scratch = t->threads[thread].scratch,
	    .seed = t->options.seed,
	    .key = t->n_steps * t->options.n_blocks + block };
	size_t k;

	for (k = 0; k < 2; k++)
		r.in[k] = value_of(t, block, s->in_value[k]);
	for (k = 0; k < s->node->n_parameters; k++)
		r.gradient[k] = t->blocks[block].gradients +
		    place->gradient[k];
	return r;
}

static void
copy_inputs(const struct job *j, size_t block)
{
	const struct plan *p = j->trainer->plan;
	size_t i;

	for (i = 0; i < graph_n_inputs(p->graph); i++) {
		const size_t v = (size_t)graph_input_value(p->graph, i);
		const size_t n_bytes = plan_value_bytes(p, v);

		memcpy(value_of(j->trainer, block, v), j->inputs[i] +
		    block * n_bytes / sizeof(float), n_bytes);
	}
}

static void
copy_outputs(const struct job *j, size_t block)
{
	const struct plan *p = j->trainer->plan;
	size_t i;

	for (i = 0; i < graph_n_outputs(p->graph); i++) {
		const size_t v = (size_t)graph_output_value(p->graph, i);
		const size_t n_bytes = plan_value_bytes(p, v);

		memcpy(j->outputs[i] + block * n_bytes / sizeof(float),
		    value_of(j->trainer, block, v), n_bytes);
	}
}

static int
forward_block(void *shared, size_t block, size_t thread, struct error *err)
{
	const struct job *j = shared;
	const struct plan *p = j->trainer->plan;
	int entered, failed = 0;
	size_t i;

	copy_inputs(j, block);
	entered = engine_enter();
	for (i = 0; i < p->n_steps && !failed; i++) {
		const struct step *s = &p->steps[i];
		const struct step_run r = run_of(j->trainer, i, block,
		    thread);

		failed = s->kind->forward(s, &r, err);
	}
	engine_leave(entered);
	if (!failed)
		copy_outputs(j, block);
	return failed;
}

/* Running statistics move towards each block's in turn. */
static void
move_statistics(struct trainer *t, size_t i)
{
	const struct step *s = &t->plan->steps[i];
	const float momentum = (float)s->node->number[1];
	size_t b, c, k;

	for (k = 2; k < 4; k++)
		for (b = 0; b < t->options.n_blocks; b++) {
			const float *seen = t->blocks[b].gradients +
			    t->places[i].gradient[k];
			float *running = s->parameter[k];

			for (c = 0; c < s->shape.c; c++)
				running[c] = (1.0f - momentum) * running[c] +
				    momentum * seen[c];
		}
}

int
trainer_forward(struct trainer *t, const float *const *inputs,
    float *const *outputs, struct error *err)
{
	struct job j = { .trainer = t, .inputs = inputs, .outputs = outputs };
	size_t i;

	if (pool_run(t->pool, t->options.n_blocks, forward_block, &j,
	    err) != 0)
		return -1;
	for (i = 0; i < t->plan->n_steps; i++)
		if (t->plan->steps[i].node->kind == GRAPH_BATCH_NORM)
			move_statistics(t, i);
	return 0;
}

SIMD static void
add_to(size_t n, const float *restrict from, float *restrict to)
{
	size_t i;

	for (i = 0; i < n; i++)
		to[i] += from[i];
}

/*
 * One step backward.  The first user of a value to come writes the gradient
 * by it, the others write aside and add.
 */
static int
step_backward(const struct trainer *t, size_t i, size_t block, size_t thread,
    bool *has_gradient, struct error *err)
{
	const struct step *s = &t->plan->steps[i];
	struct step_run r = run_of(t, i, block, thread);
	float *into[2] = { NULL, NULL };
	size_t k;

	r.out_gradient = gradient_of(t, thread, s->out_value);
	for (k = 0; k < 2; k++) {
		const size_t v = s->in_value[k];

		if (!s->wants_in_gradient[k])
			continue;
		r.in_gradient[k] = gradient_of(t, thread, v);
		if (has_gradient[v]) {
			into[k] = r.in_gradient[k];
			r.in_gradient[k] = t->threads[thread].extra[k];
		}
		has_gradient[v] = true;
	}
	if (s->kind->backward(s, &r, err) != 0)
		return -1;
	for (k = 0; k < 2; k++)
		if (into[k] != NULL)
			add_to(step_n_in(s, k), t->threads[thread].extra[k],
			    into[k]);
	return 0;
}

static int
backward_block(void *shared, size_t block, size_t thread, struct error *err)
{
	const struct job *j = shared;
	const struct trainer *t = j->trainer;
	const struct plan *p = t->plan;
	bool has_gradient[GRAPH_MAX_NODES] = { false };
	int entered, failed = 0;
	size_t i;

	for (i = 0; i < graph_n_outputs(p->graph); i++) {
		const size_t v = (size_t)graph_output_value(p->graph, i);
		const size_t n_bytes = plan_value_bytes(p, v);

		memcpy(gradient_of(t, thread, v), j->output_gradients[i] +
		    block * n_bytes / sizeof(float), n_bytes);
		has_gradient[v] = true;
	}
	entered = engine_enter();
	for (i = p->n_steps; i > 0 && !failed; i--) {
		const struct step *s = &p->steps[i - 1];

		if (s->node->n_parameters > 0 || s->wants_in_gradient[0] ||
		    s->wants_in_gradient[1])
			failed = step_backward(t, i - 1, block, thread,
			    has_gradient, err);
	}
	engine_leave(entered);
	return failed;
}

/* Sum a part of the blocks' gradients into the first block's. */
static int
sum_blocks(void *shared, size_t task, size_t thread, struct error *err)
{
	const struct job *j = shared;
	const struct trainer *t = j->trainer;
	const size_t first = task * SUM_CHUNK;
	const size_t left = t->n_gradients - first;
	size_t b;

	(void)thread;
	(void)err;
	for (b = 1; b < t->options.n_blocks; b++)
		add_to(left < SUM_CHUNK ? left : SUM_CHUNK,
		    t->blocks[b].gradients + first,
		    t->blocks[0].gradients + first);
	return 0;
}

static double
sum_of_squares(size_t n, const float *x)
{
	double sum[8] = { 0 };
	size_t i, k;

	for (i = 0; i + 8 <= n; i += 8)
		for (k = 0; k < 8; k++)
			sum[k] += (double)x[i + k] * (double)x[i + k];
	for (; i < n; i++)
		sum[0] += (double)x[i] * (double)x[i];
	return sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] +
	    sum[7];
}

/* Bring a step's summed gradients into the graph's layout. */
static int
unpack_step(void *shared, size_t i, size_t thread, struct error *err)
{
	const struct job *j = shared;
	struct trainer *t = j->trainer;
	const struct step *s = &t->plan->steps[i];
	const float *packed[GRAPH_NODE_MAX_PARAMETERS] = { NULL };
	float *gradient[GRAPH_NODE_MAX_PARAMETERS] = { NULL };
	const size_t first = s->node->first_parameter;
	int entered, failed = 0;
	size_t k;

	(void)thread;
	for (k = 0; k < s->node->n_parameters; k++) {
		packed[k] = t->blocks[0].gradients + t->places[i].gradient[k];
		gradient[k] = t->tensors[first + k].gradient;
	}
	if (s->kind->unpack != NULL) {
		entered = engine_enter();
		failed = s->kind->unpack(s, packed, gradient, err);
		engine_leave(entered);
	}
	for (k = 0; k < s->node->n_parameters && !failed; k++) {
		const size_t n = t->tensors[first + k].parameter->n_values;

		if (gradient[k] == NULL)
			continue;
		if (s->kind->unpack == NULL)
			memcpy(gradient[k], packed[k], n * sizeof(float));
		t->squares[first + k] = sum_of_squares(n, gradient[k]);
	}
	return failed;
}

int
trainer_backward(struct trainer *t, const float *const *output_gradients,
    struct error *err)
{
	struct job j = { .trainer = t,
	    .output_gradients = output_gradients };

	if (pool_run(t->pool, t->options.n_blocks, backward_block, &j,
	    err) != 0 ||
	    pool_run(t->pool, (t->n_gradients + SUM_CHUNK - 1) / SUM_CHUNK,
	    sum_blocks, &j, err) != 0)
		return -1;
	return pool_run(t->pool, t->plan->n_steps, unpack_step, &j, err);
}

/* Move the parameters of a step and hand them to the layer. */
static int
move_step(void *shared, size_t i, size_t thread, struct error *err)
{
	const struct job *j = shared;
	struct trainer *t = j->trainer;
	const struct graph_node *n = t->plan->steps[i].node;
	size_t k;

	(void)thread;
	for (k = 0; k < n->n_parameters; k++) {
		struct trainer_tensor *x =
		    &t->tensors[n->first_parameter + k];
		struct optimiser_step move = j->move;

		if (x->gradient == NULL)
			continue;
		if (x->parameter->role != GRAPH_WEIGHT)
			move.weight_decay = 0;
		optimiser_move(&move, x->parameter->n_values, x->value,
		    x->gradient, x->moment[0], x->moment[1]);
	}
	return plan_load_step(t->plan, i, err);
}

int
trainer_step(struct trainer *t, double learning_rate, double *gradient_norm,
    struct error *err)
{
	const struct trainer_options *o = &t->options;
	struct job j = { .trainer = t };
	double norm = 0, scale = 1;
	size_t i;

	for (i = 0; i < t->n_tensors; i++)
		norm += t->squares[i];
	norm = sqrt(norm);
	if (gradient_norm != NULL)
		*gradient_norm = norm;
	if (!isfinite(norm))
		return error_set(err, ERROR_LIMIT, "the gradient of step %llu "
		    "is not finite; lower the learning rate or clip",
		    (unsigned long long)t->n_steps + 1);
	if (o->clip_norm > 0 && norm > o->clip_norm)
		scale = o->clip_norm / norm;
	j.move = (struct optimiser_step){ o->rule, learning_rate, o->beta1,
	    o->beta2, o->epsilon, o->weight_decay, t->n_steps + 1,
	    (float)scale };
	if (pool_run(t->pool, t->plan->n_steps, move_step, &j, err) != 0)
		return -1;
	t->n_steps++;
	return 0;
}

uint64_t
trainer_n_steps(const struct trainer *t)
{
	return t->n_steps;
}

const float *
trainer_gradient(const struct trainer *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->n_tensors; i++)
		if (strcmp(t->tensors[i].parameter->name, name) == 0)
			return t->tensors[i].gradient;
	return NULL;
}
