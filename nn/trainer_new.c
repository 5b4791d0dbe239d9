/*
 * Making a trainer: everything is placed and allocated here, once.
 */

#include "base/memory.h"

#include "nn/layout.h"
#include "nn/trainer_state.h"

static int
check_options(const struct trainer_options *o, struct error *err)
{
	if (o->block_items < 1 || o->block_items > 4096 || o->n_blocks < 1 ||
	    o->n_blocks > 4096)
		return error_set(err, ERROR_LIMIT, "a batch has 1 to 4096 "
		    "blocks of 1 to 4096 items");
	if (!(o->beta1 >= 0 && o->beta1 < 1) ||
	    !(o->beta2 >= 0 && o->beta2 < 1) || !(o->epsilon > 0) ||
	    !(o->weight_decay >= 0) || !(o->clip_norm >= 0))
		return error_set(err, ERROR_LIMIT, "the optimiser's betas are "
		    "at least 0 and below 1, epsilon is above 0, decay and "
		    "clipping at least 0");
	return 0;
}

static int
make_tensors(struct trainer *t, struct weights *w, struct error *err)
{
	const struct graph *g = t->plan->graph;
	size_t i, k;

	t->n_tensors = graph_n_tensors(g);
	t->tensors = memory_new(t->n_tensors, sizeof(*t->tensors),
	    "tensors", err);
	t->squares = memory_new(t->n_tensors, sizeof(double), "norms", err);
	if (t->tensors == NULL || t->squares == NULL)
		return -1;
	for (i = 0; i < t->n_tensors; i++) {
		struct trainer_tensor *x = &t->tensors[i];

		x->parameter = graph_tensor(g, i);
		x->value = weights_find(w, x->parameter->name)->values;
		if (!graph_role_is_trained(x->parameter->role))
			continue;
		x->gradient = memory_new(x->parameter->n_values,
		    sizeof(float), "gradient", err);
		if (x->gradient == NULL)
			return -1;
		for (k = 0; k < 2; k++) {
			x->moment[k] = memory_new(x->parameter->n_values,
			    sizeof(float), "moments", err);
			if (x->moment[k] == NULL)
				return -1;
		}
	}
	return 0;
}

/* Values and saved bytes one behind the other; all live until backward. */
static void
place_block(struct trainer *t, size_t *values_bytes, size_t *saved_bytes)
{
	const struct plan *p = t->plan;
	size_t i, k;

	*values_bytes = *saved_bytes = 0;
	for (i = 0; i < graph_n_inputs(p->graph); i++) {
		const size_t v = (size_t)graph_input_value(p->graph, i);

		t->value_offset[v] = *values_bytes;
		*values_bytes += layout_round(plan_value_bytes(p, v));
	}
	for (i = 0; i < p->n_steps; i++) {
		const struct step *s = &p->steps[i];

		t->value_offset[s->out_value] = *values_bytes;
		*values_bytes += layout_round(plan_value_bytes(p,
		    s->out_value));
		t->places[i].saved = *saved_bytes;
		*saved_bytes += layout_round(s->saved_bytes);
		for (k = 0; k < s->node->n_parameters; k++) {
			t->places[i].gradient[k] = t->n_gradients;
			t->n_gradients += layout_round(s->n_gradients[k] *
			    sizeof(float)) / sizeof(float);
		}
	}
}

/* The gradient by a value lives from its last use back to its step. */
static int
place_gradients(struct trainer *t, size_t *n_bytes, struct error *err)
{
	const struct plan *p = t->plan;
	struct layout_item *items;
	size_t i;
	int failed;

	items = memory_new(p->n_steps, sizeof(*items), "memory plan", err);
	if (items == NULL)
		return -1;
	for (i = 0; i < p->n_steps; i++) {
		items[i].n_bytes = plan_value_bytes(p, p->steps[i].out_value);
		items[i].first = i;
		items[i].last = plan_last_use(p, p->steps[i].out_value);
	}
	failed = layout_assign(items, p->n_steps, n_bytes, err);
	for (i = 0; i < p->n_steps && !failed; i++)
		t->gradient_offset[p->steps[i].out_value] = items[i].offset;
	memory_free(items);
	return failed;
}

static int
make_blocks(struct trainer *t, size_t values_bytes, size_t saved_bytes,
    struct error *err)
{
	size_t i;

	t->blocks = memory_new(t->options.n_blocks, sizeof(*t->blocks),
	    "blocks", err);
	for (i = 0; t->blocks != NULL && i < t->options.n_blocks; i++) {
		struct trainer_block *b = &t->blocks[i];

		b->values = memory_new(values_bytes, 1, "values", err);
		b->saved = memory_new(saved_bytes, 1, "values", err);
		b->gradients = memory_new(t->n_gradients, sizeof(float),
		    "gradients", err);
		if (b->values == NULL || b->saved == NULL ||
		    b->gradients == NULL)
			return -1;
	}
	return t->blocks == NULL ? -1 : 0;
}

static int
make_threads(struct trainer *t, size_t gradient_bytes, struct error *err)
{
	size_t i, k, extra_bytes = 0;

	for (i = 0; i < t->plan->n_steps; i++) {
		const size_t n = plan_value_bytes(t->plan,
		    t->plan->steps[i].out_value);

		if (n > extra_bytes)
			extra_bytes = n;
	}
	t->n_threads = pool_n_threads(t->pool);
	t->threads = memory_new(t->n_threads, sizeof(*t->threads), "threads",
	    err);
	for (i = 0; t->threads != NULL && i < t->n_threads; i++) {
		struct trainer_thread *h = &t->threads[i];

		h->value_gradients = memory_new(gradient_bytes, 1,
		    "gradients", err);
		h->scratch = memory_new(t->plan->scratch_bytes, 1, "scratch",
		    err);
		if (h->value_gradients == NULL || h->scratch == NULL)
			return -1;
		for (k = 0; k < 2; k++) {
			h->extra[k] = memory_new(extra_bytes, 1, "gradients",
			    err);
			if (h->extra[k] == NULL)
				return -1;
		}
	}
	return t->threads == NULL ? -1 : 0;
}

struct trainer *
trainer_new(const struct graph *g, struct weights *w,
    const struct trainer_options *options, struct pool *pool,
    struct error *err)
{
	size_t values_bytes, saved_bytes, gradient_bytes;
	struct trainer *t;

	if (check_options(options, err) != 0)
		return NULL;
	if ((t = memory_new(1, sizeof(*t), "trainer", err)) == NULL)
		return NULL;
	t->options = *options;
	t->pool = pool;
	t->plan = plan_new(g, w, options->block_items, true, err);
	if (t->plan == NULL)
		goto fail;
	t->places = memory_new(t->plan->n_steps, sizeof(*t->places),
	    "memory plan", err);
	if (t->places == NULL || make_tensors(t, w, err) != 0)
		goto fail;
	place_block(t, &values_bytes, &saved_bytes);
	if (place_gradients(t, &gradient_bytes, err) != 0 ||
	    make_blocks(t, values_bytes, saved_bytes, err) != 0 ||
	    make_threads(t, gradient_bytes, err) != 0)
		goto fail;
	return t;
fail:
	trainer_free(t);
	return NULL;
}

static void
free_tensors(struct trainer *t)
{
	size_t i;

	for (i = 0; t->tensors != NULL && i < t->n_tensors; i++) {
		memory_free(t->tensors[i].gradient);
		memory_free(t->tensors[i].moment[0]);
		memory_free(t->tensors[i].moment[1]);
	}
	memory_free(t->tensors);
	memory_free(t->squares);
}

void
trainer_free(struct trainer *t)
{
	size_t i;

	if (t == NULL)
		return;
	free_tensors(t);
	for (i = 0; t->blocks != NULL && i < t->options.n_blocks; i++) {
		memory_free(t->blocks[i].values);
		memory_free(t->blocks[i].saved);
		memory_free(t->blocks[i].gradients);
	}
	memory_free(t->blocks);
	for (i = 0; t->threads != NULL && i < t->n_threads; i++) {
		memory_free(t->threads[i].value_gradients);
		memory_free(t->threads[i].extra[0]);
		memory_free(t->threads[i].extra[1]);
		memory_free(t->threads[i].scratch);
	}
	memory_free(t->threads);
	memory_free(t->places);
	plan_free(t->plan);
	memory_free(t);
}
