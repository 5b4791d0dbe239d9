/*
 * The state of a trainer as a safetensors file: the network's tensors under
 * their names, moments under "moment1.NAME" and "moment2.NAME", other weights
 * under "best.NAME", the number of steps and what else there is in the
 * metadata.
 */

#include <stdio.h>
#include <string.h>

#include "nn/trainer_state.h"

#define CHECKPOINT_FORMAT "chad-checkpoint 1"

static void
name_moment(char *text, size_t n_text, size_t k,
    const struct trainer_tensor *x)
{
	(void)snprintf(text, n_text, "moment%zu.%s", k + 1,
	    x->parameter->name);
}

static int
add_copy(struct weights *w, const char *name,
    const struct trainer_tensor *x, const float *from, struct error *err)
{
	float *values;

	if (weights_add(w, name, x->parameter->rank, x->parameter->shape,
	    &values, err) != 0)
		return -1;
	memcpy(values, from, x->parameter->n_values * sizeof(float));
	return 0;
}

static int
add_tensor(struct weights *w, const struct trainer_tensor *x,
    struct error *err)
{
	char name[GRAPH_MAX_PARAMETER_NAME + 16];
	size_t k;

	if (add_copy(w, x->parameter->name, x, x->value, err) != 0)
		return -1;
	for (k = 0; k < 2 && x->moment[k] != NULL; k++) {
		name_moment(name, sizeof(name), k, x);
		if (add_copy(w, name, x, x->moment[k], err) != 0)
			return -1;
	}
	return 0;
}

static int
add_best(const struct trainer *t, struct weights *w,
    const struct weights *best, struct error *err)
{
	char name[GRAPH_MAX_PARAMETER_NAME + 16];
	size_t i;

	for (i = 0; best != NULL && i < t->n_tensors; i++) {
		const struct trainer_tensor *x = &t->tensors[i];

		(void)snprintf(name, sizeof(name), "best.%s",
		    x->parameter->name);
		if (add_copy(w, name, x, weights_find(best,
		    x->parameter->name)->values, err) != 0)
			return -1;
	}
	return 0;
}

static int
fill(const struct trainer *t, struct weights *w, const struct json *extra,
    const struct weights *best, struct error *err)
{
	struct json *m = weights_metadata(w);
	size_t i;

	for (i = 0; i < t->n_tensors; i++)
		if (add_tensor(w, &t->tensors[i], err) != 0)
			return -1;
	if (add_best(t, w, best, err) != 0)
		return -1;
	if (json_put_string(m, "format", CHECKPOINT_FORMAT, err) != 0 ||
	    json_put_size(m, "trainer.n_steps", (size_t)t->n_steps,
	    err) != 0 ||
	    json_put_size(m, "trainer.rule", (size_t)t->options.rule,
	    err) != 0)
		return -1;
	return extra == NULL ? 0 : json_put(m, "extra", extra, err);
}

int
trainer_save(const struct trainer *t, const char *path,
    const struct json *extra, const struct weights *best, struct error *err)
{
	struct weights *w = weights_new(err);
	int failed;

	if (w == NULL)
		return -1;
	failed = fill(t, w, extra, best, err) != 0 ||
	    weights_save(path, w, err) != 0;
	weights_free(w);
	return failed ? error_add(err, "saving the checkpoint") : 0;
}

/* The moments are there in the sizes of their parameters. */
static int
check_moments(const struct trainer *t, const struct weights *w,
    struct error *err)
{
	char name[GRAPH_MAX_PARAMETER_NAME + 16];
	size_t i, k;

	for (i = 0; i < t->n_tensors; i++)
		for (k = 0; k < 2 && t->tensors[i].moment[k] != NULL; k++) {
			const struct weights_tensor *x;

			name_moment(name, sizeof(name), k, &t->tensors[i]);
			x = weights_find(w, name);
			if (x == NULL || x->n_values !=
			    t->tensors[i].parameter->n_values)
				return error_set(err, ERROR_FORMAT,
				    "%s is missing or of another size", name);
		}
	return 0;
}

static int
check_file(const struct trainer *t, const struct weights *w, size_t *n_steps,
    struct error *err)
{
	const struct json *m = weights_metadata_const(w);
	const char *format;
	size_t rule;

	if (json_get_string(m, "format", "", &format, err) != 0)
		return -1;
	if (strcmp(format, CHECKPOINT_FORMAT) != 0)
		return error_set(err, ERROR_FORMAT,
		    "this is not a checkpoint of a training run");
	if (json_want_size(m, "trainer.n_steps", n_steps, err) != 0 ||
	    json_want_size(m, "trainer.rule", &rule, err) != 0)
		return -1;
	if (rule != (size_t)t->options.rule)
		return error_set(err, ERROR_FORMAT,
		    "it was made with another optimiser");
	if (weights_check(w, t->plan->graph, err) != 0)
		return -1;
	return check_moments(t, w, err);
}

static void
take_values(struct trainer *t, const struct weights *w)
{
	char name[GRAPH_MAX_PARAMETER_NAME + 16];
	size_t i, k;

	for (i = 0; i < t->n_tensors; i++) {
		struct trainer_tensor *x = &t->tensors[i];
		const size_t n_bytes = x->parameter->n_values * sizeof(float);

		memcpy(x->value, weights_find(w, x->parameter->name)->values,
		    n_bytes);
		for (k = 0; k < 2 && x->moment[k] != NULL; k++) {
			name_moment(name, sizeof(name), k, x);
			memcpy(x->moment[k], weights_find(w, name)->values,
			    n_bytes);
		}
	}
}

/* Tensors that are not there in their size are left as they are. */
static void
take_best(const struct trainer *t, const struct weights *w,
    struct weights *best)
{
	char name[GRAPH_MAX_PARAMETER_NAME + 16];
	size_t i;

	for (i = 0; best != NULL && i < t->n_tensors; i++) {
		const struct graph_parameter *p = t->tensors[i].parameter;
		const struct weights_tensor *x;

		(void)snprintf(name, sizeof(name), "best.%s", p->name);
		x = weights_find(w, name);
		if (x != NULL && x->n_values == p->n_values)
			memcpy(weights_find(best, p->name)->values,
			    x->values, p->n_values * sizeof(float));
	}
}

int
trainer_restore(struct trainer *t, const char *path, struct json **extra,
    struct weights *best, struct error *err)
{
	struct weights *w = weights_load(path, err);
	const struct json *stored;
	struct json *copy = NULL;
	size_t n_steps;
	int failed;

	if (w == NULL)
		return -1;
	failed = check_file(t, w, &n_steps, err);
	stored = json_at(weights_metadata_const(w), "extra");
	if (!failed && extra != NULL && stored != NULL)
		failed = (copy = json_clone(stored, err)) == NULL;
	if (!failed) {
		take_values(t, w);
		take_best(t, w, best);
		t->n_steps = n_steps;
		failed = plan_load(t->plan, err);
	}
	weights_free(w);
	if (failed) {
		json_free(copy);
		return error_add(err, "going on from %s", path);
	}
	if (extra != NULL)
		*extra = copy;
	return 0;
}
