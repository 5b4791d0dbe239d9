#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "pitch/pitch_keras.h"
#include "pitch/pitch_net.h"

enum kind { CONV, NORM, DENSE };
#define N_KINDS 3
#define MAX_ROLES 4
#define MAX_STEPS 16

/* The layers of a kind and their weights, in the order of Keras. */
static const struct layers {
	const char *class_name;		/* Keras 3 */
	size_t n_layers;
	struct role {
		const char *keras, *torch;
	} roles[MAX_ROLES];
} kinds[N_KINDS] = {
	[CONV] = { "conv2d", PITCH_NET_LAYERS,
	    { { "kernel", "weight" }, { "bias", "bias" } } },
	[NORM] = { "batch_normalization", PITCH_NET_LAYERS,
	    { { "gamma", "weight" }, { "beta", "bias" },
	    { "moving_mean", "running_mean" },
	    { "moving_variance", "running_var" } } },
	[DENSE] = { "dense", 1,
	    { { "kernel", "weight" }, { "bias", "bias" } } },
};

/* A layer of the network: the number counts from 0 within its kind. */
struct layer {
	enum kind kind;
	size_t number;
};

/* One step of a path, which ends at a slash or at the end. */
struct step {
	const char *text;
	size_t n;
};

/* Is the step "name", or "name" followed by "_" and a number? */
static bool
is_step(struct step s, const char *name, size_t *number)
{
	const size_t n = strlen(name);

	*number = 0;
	if (s.n < n || memcmp(s.text, name, n) != 0)
		return false;
	if (s.n == n)
		return true;
	if (s.text[n] != '_' || s.n == n + 1 || s.n > n + 6)
		return false;
	for (size_t i = n + 1; i < s.n; i++) {
		if (s.text[i] < '0' || s.text[i] > '9')
			return false;
		*number = *number * 10 + (size_t)(s.text[i] - '0');
	}
	return true;
}

/* Is the step a layer's own name?  A number behind it tells nothing. */
static bool
is_named_layer(struct step s, struct layer *layer)
{
	char name[16];
	size_t ignored;

	for (size_t i = 0; i < PITCH_NET_LAYERS; i++) {
		layer->number = i;
		snprintf(name, sizeof(name), "conv%zu", i + 1);
		layer->kind = CONV;
		if (is_step(s, name, &ignored))
			return true;
		snprintf(name, sizeof(name), "conv%zu-BN", i + 1);
		layer->kind = NORM;
		if (is_step(s, name, &ignored))
			return true;
	}
	layer->kind = DENSE;
	layer->number = 0;
	return is_step(s, "classifier", &ignored);
}

/* Is the step a layer by its class and its number? */
static bool
is_counted_layer(struct step s, struct layer *layer)
{
	for (int k = 0; k < N_KINDS; k++) {
		layer->kind = (enum kind)k;
		if (is_step(s, kinds[k].class_name, &layer->number))
			return layer->number < kinds[k].n_layers;
	}
	return false;
}

/* The role that the last step names, or the number of it; NULL for none. */
static const struct role *
find_role(enum kind kind, struct step s, bool is_counted)
{
	if (!is_counted && s.n > 2 && memcmp(s.text + s.n - 2, ":0", 2) == 0)
		s.n -= 2;
	for (size_t i = 0; i < MAX_ROLES; i++) {
		const struct role *r = &kinds[kind].roles[i];

		if (r->keras == NULL)
			break;
		if (is_counted ? s.n == 1 && s.text[0] == '0' + (int)i :
		    s.n == strlen(r->keras) &&
		    memcmp(s.text, r->keras, s.n) == 0)
			return r;
	}
	return NULL;
}

/* The steps of a path; 0 when there are too many. */
static size_t
split(const char *path, struct step steps[MAX_STEPS])
{
	for (size_t n = 0; n < MAX_STEPS; n++) {
		steps[n].text = path;
		steps[n].n = strcspn(path, "/");
		path += steps[n].n;
		if (*path++ == '\0')
			return n + 1;
	}
	return 0;
}

/* What weight of which layer a path leads to; NULL when it is another. */
static const struct role *
find_place(const char *path, struct layer *layer)
{
	struct step steps[MAX_STEPS];
	const size_t n = split(path, steps);
	size_t ignored;

	if (n >= 3 && is_step(steps[n - 2], "vars", &ignored))
		return is_counted_layer(steps[n - 3], layer) ?
		    find_role(layer->kind, steps[n - 1], true) : NULL;
	/* The moments that an optimiser keeps are named like the weights. */
	if (n == 0 || is_step(steps[0], "optimizer_weights", &ignored))
		return NULL;
	for (size_t i = 0; i + 1 < n; i++)
		if (is_named_layer(steps[i], layer))
			return find_role(layer->kind, steps[n - 1], false);
	return NULL;
}

/* [height][width][in][out] to [out][in][height][width] */
static int
add_kernel(struct weights *w, const char *name,
    const struct weights_tensor *t, struct error *err)
{
	size_t shape[4], n_taps, n_in, n_out;
	float *values;

	if (t->rank != 4)
		return error_set(err, ERROR_FORMAT, "tensor %s has %zu "
		    "dimensions, a convolution's kernel has 4", t->name,
		    t->rank);
	n_taps = t->shape[0] * t->shape[1];
	n_in = t->shape[2];
	n_out = t->shape[3];
	shape[0] = n_out;
	shape[1] = n_in;
	shape[2] = t->shape[0];
	shape[3] = t->shape[1];
	if (weights_add(w, name, 4, shape, &values, err) != 0)
		return -1;
	for (size_t k = 0; k < n_taps; k++)
		for (size_t i = 0; i < n_in; i++)
			for (size_t o = 0; o < n_out; o++)
				values[(o * n_in + i) * n_taps + k] =
				    t->values[(k * n_in + i) * n_out + o];
	return 0;
}

static int
add_transposed(struct weights *w, const char *name,
    const struct weights_tensor *t, struct error *err)
{
	size_t n_in, n_out;
	float *values;

	if (t->rank != 2)
		return error_set(err, ERROR_FORMAT, "tensor %s has %zu "
		    "dimensions, a dense layer's kernel has 2", t->name,
		    t->rank);
	n_in = t->shape[0];
	n_out = t->shape[1];
	if (weights_add(w, name, 2, (const size_t[]){ n_out, n_in }, &values,
	    err) != 0)
		return -1;
	for (size_t i = 0; i < n_in; i++)
		for (size_t o = 0; o < n_out; o++)
			values[o * n_in + i] = t->values[i * n_out + o];
	return 0;
}

static int
add_tensor(struct weights *w, const struct weights_tensor *t,
    const struct layer *layer, const struct role *role, struct error *err)
{
	static const char *const suffixes[N_KINDS] = {
		[CONV] = "", [NORM] = "_BN", [DENSE] = "" };
	const bool is_kernel = strcmp(role->keras, "kernel") == 0;
	char name[48];
	float *values;

	if (layer->kind == DENSE)
		snprintf(name, sizeof(name), "classifier.%s", role->torch);
	else
		snprintf(name, sizeof(name), "conv%zu%s.%s",
		    layer->number + 1, suffixes[layer->kind], role->torch);
	if (is_kernel && layer->kind == CONV)
		return add_kernel(w, name, t, err);
	if (is_kernel)
		return add_transposed(w, name, t, err);
	if (weights_add(w, name, t->rank, t->shape, &values, err) != 0)
		return -1;
	memcpy(values, t->values, t->n_values * sizeof(*values));
	return 0;
}

/* Add what the file holds of one layer, in the order of its roles. */
static int
add_layer(struct weights *w, const struct weights *keras,
    const struct layer *layer, struct error *err)
{
	for (size_t r = 0; r < MAX_ROLES; r++)
		for (size_t i = 0; i < weights_n_tensors(keras); i++) {
			const struct weights_tensor *t =
			    weights_tensor(keras, i);
			struct layer of;
			const struct role *role = find_place(t->name, &of);

			if (role == &kinds[layer->kind].roles[r] &&
			    of.number == layer->number &&
			    add_tensor(w, t, layer, role, err) != 0)
				return -1;
		}
	return 0;
}

struct weights *
pitch_keras_convert(const struct weights *keras, struct error *err)
{
	struct weights *w = weights_new(err);

	if (w == NULL)
		return NULL;
	/* The order of the network, whatever that of the file. */
	for (size_t i = 0; i < PITCH_NET_LAYERS; i++)
		if (add_layer(w, keras, &(struct layer){ CONV, i }, err) != 0 ||
		    add_layer(w, keras, &(struct layer){ NORM, i }, err) != 0)
			goto fail;
	if (add_layer(w, keras, &(struct layer){ DENSE, 0 }, err) != 0)
		goto fail;
	if (weights_n_tensors(w) == 0) {
		error_set(err, ERROR_FORMAT, "not a CREPE network: no tensor "
		    "belongs to a layer conv1 to conv6 or classifier");
		goto fail;
	}
	return w;
fail:
	weights_free(w);
	return NULL;
}
