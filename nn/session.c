#include <string.h>

#include "base/memory.h"

#include "nn/layout.h"
#include "nn/plan.h"
#include "nn/session.h"

/*
 * Always runs max_items items, the missing ones zero: oneDNN may order the
 * sums of another number of items otherwise.
 */
struct session {
	struct plan *plan;
	char *values;			/* one block for all */
	char *scratch;
	void *saved;			/* of any step: nothing is kept */
	float *value[GRAPH_MAX_NODES];	/* within "values" */
};

/* Values that steps make live until their last use; inputs from the start. */
static int
place_values(struct session *s, struct error *err)
{
	const struct plan *p = s->plan;
	const size_t n_inputs = graph_n_inputs(p->graph);
	const size_t n = p->n_steps + n_inputs;
	struct layout_item *items;
	size_t i, n_bytes;
	int failed;

	items = memory_new(n, sizeof(*items), "memory plan", err);
	if (items == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		const size_t value = i < p->n_steps ? p->steps[i].out_value :
		    (size_t)graph_input_value(p->graph, i - p->n_steps);

		items[i].n_bytes = plan_value_bytes(p, value);
		items[i].first = i < p->n_steps ? i : 0;
		items[i].last = plan_last_use(p, value);
	}
	failed = layout_assign(items, n, &n_bytes, err);
	if (!failed) {
		s->values = memory_new(n_bytes, 1, "values", err);
		failed = s->values == NULL;
	}
	for (i = 0; i < n && !failed; i++) {
		const size_t value = i < p->n_steps ? p->steps[i].out_value :
		    (size_t)graph_input_value(p->graph, i - p->n_steps);

		s->value[value] = (float *)(void *)(s->values +
		    items[i].offset);
	}
	memory_free(items);
	return failed ? -1 : 0;
}

struct session *
session_new(const struct graph *g, const struct weights *w, size_t max_items,
    struct error *err)
{
	struct session *s = memory_new(1, sizeof(*s), "session", err);
	size_t i, saved_bytes = 0;

	if (s == NULL)
		return NULL;
	s->plan = plan_new(g, w, max_items, false, err);
	if (s->plan == NULL || place_values(s, err) != 0)
		goto fail;
	for (i = 0; i < s->plan->n_steps; i++)
		if (s->plan->steps[i].saved_bytes > saved_bytes)
			saved_bytes = s->plan->steps[i].saved_bytes;
	s->scratch = memory_new(s->plan->scratch_bytes, 1, "scratch", err);
	s->saved = memory_new(saved_bytes, 1, "scratch", err);
	if (s->scratch == NULL || s->saved == NULL)
		goto fail;
	return s;
fail:
	session_free(s);
	return NULL;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	plan_free(s->plan);
	memory_free(s->values);
	memory_free(s->scratch);
	memory_free(s->saved);
	memory_free(s);
}

static void
copy_in(struct session *s, size_t n_items, const float *const *inputs)
{
	const struct graph *g = s->plan->graph;
	size_t i;

	for (i = 0; i < graph_n_inputs(g); i++) {
		const size_t n = graph_shape_values(graph_input_shape(g, i));
		float *to = s->value[graph_input_value(g, i)];

		memcpy(to, inputs[i], n_items * n * sizeof(float));
		memset(to + n_items * n, 0,
		    (s->plan->n_items - n_items) * n * sizeof(float));
	}
}

static int
run_steps(struct session *s, struct error *err)
{
	const struct plan *p = s->plan;
	size_t i;

	for (i = 0; i < p->n_steps; i++) {
		const struct step *step = &p->steps[i];
		struct step_run r = { .out = s->value[step->out_value],
		    .scratch = s->scratch, .saved = s->saved };

		r.in[0] = s->value[step->in_value[0]];
		r.in[1] = s->value[step->in_value[1]];
		if (step->kind->forward(step, &r, err) != 0)
			return -1;
	}
	return 0;
}

int
session_run(struct session *s, size_t n_items, const float *const *inputs,
    float *const *outputs, struct error *err)
{
	const struct plan *p = s->plan;
	int entered, failed;
	size_t i;

	if (n_items < 1 || n_items > p->n_items)
		return error_set(err, ERROR_BUG, "a session of %zu items was "
		    "given %zu", p->n_items, n_items);
	copy_in(s, n_items, inputs);
	entered = engine_enter();
	failed = run_steps(s, err);
	engine_leave(entered);
	if (failed)
		return -1;
	for (i = 0; i < graph_n_outputs(p->graph); i++) {
		const size_t value = p->source[
		    graph_output_value(p->graph, i)];

		memcpy(outputs[i], s->value[value], n_items * sizeof(float) *
		    graph_shape_values(graph_output_shape(p->graph, i)));
	}
	return 0;
}
