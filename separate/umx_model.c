#include <stdio.h>
#include <string.h>

#include "separate/umx_model.h"

#define HOPS_A_WINDOW 4
/* The tensor by which such a network is known. */
#define MARK "lstm.weight_hh_l0_reverse"
#define MAX_NAME 40
#define DIRECTIONS 2

/* A length in the table below, for given sizes. */
enum length {
	NO_LENGTH, HEARD, BINS, HIDDEN, INPUTS, OUTPUTS, TWICE_HIDDEN,
	HALF_HIDDEN, GATES
};

struct tensor {
	const char *name;
	enum length lengths[2];
};

static const struct tensor single[] = {
	{ "input_mean", { HEARD, NO_LENGTH } },
	{ "input_scale", { HEARD, NO_LENGTH } },
	{ "output_mean", { BINS, NO_LENGTH } },
	{ "output_scale", { BINS, NO_LENGTH } },
	{ "fc1.weight", { HIDDEN, INPUTS } },
	{ "fc2.weight", { HIDDEN, TWICE_HIDDEN } },
	{ "fc3.weight", { OUTPUTS, HIDDEN } },
	{ "bn1.weight", { HIDDEN, NO_LENGTH } },
	{ "bn1.bias", { HIDDEN, NO_LENGTH } },
	{ "bn1.running_mean", { HIDDEN, NO_LENGTH } },
	{ "bn1.running_var", { HIDDEN, NO_LENGTH } },
	{ "bn2.weight", { HIDDEN, NO_LENGTH } },
	{ "bn2.bias", { HIDDEN, NO_LENGTH } },
	{ "bn2.running_mean", { HIDDEN, NO_LENGTH } },
	{ "bn2.running_var", { HIDDEN, NO_LENGTH } },
	{ "bn3.weight", { OUTPUTS, NO_LENGTH } },
	{ "bn3.bias", { OUTPUTS, NO_LENGTH } },
	{ "bn3.running_mean", { OUTPUTS, NO_LENGTH } },
	{ "bn3.running_var", { OUTPUTS, NO_LENGTH } },
};
#define N_SINGLE (sizeof(single) / sizeof(*single))

/* Of each layer and direction of the LSTM. */
static const struct tensor repeated[] = {
	{ "lstm.weight_ih", { GATES, HIDDEN } },
	{ "lstm.weight_hh", { GATES, HALF_HIDDEN } },
	{ "lstm.bias_ih", { GATES, NO_LENGTH } },
	{ "lstm.bias_hh", { GATES, NO_LENGTH } },
};
#define N_REPEATED (sizeof(repeated) / sizeof(*repeated))

#define N_TENSORS (N_SINGLE + N_REPEATED * UMX_MODEL_LAYERS * DIRECTIONS)

static size_t
length_of(enum length length, const struct umx_model_size *size)
{
	switch (length) {
	case HEARD:
		return size->n_heard;
	case BINS:
		return size->n_bins;
	case HIDDEN:
		return size->n_hidden;
	case INPUTS:
		return UMX_MODEL_CHANNELS * size->n_heard;
	case OUTPUTS:
		return UMX_MODEL_CHANNELS * size->n_bins;
	case TWICE_HIDDEN:
	case GATES:		/* four for each of half the values */
		return 2 * size->n_hidden;
	case HALF_HIDDEN:
		return size->n_hidden / 2;
	default:
		return 0;
	}
}

/* Tensor i of N_TENSORS; its name is written to "name". */
static const struct tensor *
tensor_of(size_t i, char name[MAX_NAME])
{
	const struct tensor *t = i < N_SINGLE ? &single[i] :
	    &repeated[(i - N_SINGLE) % N_REPEATED];
	const size_t place = i < N_SINGLE ? 0 : (i - N_SINGLE) / N_REPEATED;

	if (i < N_SINGLE)
		snprintf(name, MAX_NAME, "%s", t->name);
	else
		snprintf(name, MAX_NAME, "%s_l%zu%s", t->name,
		    place / DIRECTIONS, place % DIRECTIONS == 1 ? "_reverse" :
		    "");
	return t;
}

static const struct weights_tensor *
find(const struct weights *w, const char *prefix, size_t n_prefix,
    const char *name)
{
	char full[WEIGHTS_MAX_NAME + MAX_NAME];

	snprintf(full, sizeof(full), "%.*s%s", (int)n_prefix, prefix, name);
	return weights_find(w, full);
}

static int
check_tensor(const struct weights_tensor *t, const struct tensor *want,
    const struct umx_model_size *size, struct error *err)
{
	const size_t rank = want->lengths[1] == NO_LENGTH ? 1 : 2;

	if (t->rank != rank)
		return error_set(err, ERROR_FORMAT, "tensor %s has %zu "
		    "dimensions, the network needs %zu", t->name, t->rank,
		    rank);
	for (size_t i = 0; i < rank; i++)
		if (t->shape[i] != length_of(want->lengths[i], size))
			return error_set(err, ERROR_FORMAT, "dimension %zu of "
			    "tensor %s is %zu, the network needs %zu", i,
			    t->name, t->shape[i],
			    length_of(want->lengths[i], size));
	/* Below 0 a variance has no root. */
	for (size_t i = 0; strstr(t->name, "running_var") != NULL &&
	    i < t->n_values; i++)
		if (t->values[i] < 0.0f)
			return error_set(err, ERROR_FORMAT, "tensor %s holds "
			    "a variance below 0", t->name);
	return 0;
}

/* A tensor's first length, 0 where there is no such tensor. */
static size_t
first_length(const struct weights *w, const char *name)
{
	const struct weights_tensor *t = weights_find(w, name);

	return t == NULL || t->rank == 0 ? 0 : t->shape[0];
}

int
umx_model_check(const struct weights *w, struct umx_model_size *size,
    struct error *err)
{
	char name[MAX_NAME];

	for (size_t i = 0; i < N_TENSORS; i++) {
		(void)tensor_of(i, name);
		if (weights_find(w, name) == NULL)
			return error_set(err, ERROR_FORMAT, "the weights have "
			    "no tensor %s, which the network needs", name);
	}
	size->n_bins = first_length(w, "output_mean");
	size->n_heard = first_length(w, "input_mean");
	size->n_hidden = first_length(w, "fc1.weight");
	if (size->n_bins < 2 || size->n_bins > UMX_MODEL_MAX_BINS)
		return error_set(err, ERROR_FORMAT, "tensor output_mean has "
		    "%zu values; 2 to %d are known", size->n_bins,
		    UMX_MODEL_MAX_BINS);
	if (size->n_heard < 1 || size->n_heard > size->n_bins)
		return error_set(err, ERROR_FORMAT, "tensor input_mean has "
		    "%zu values; 1 to the %zu of output_mean are known",
		    size->n_heard, size->n_bins);
	if (size->n_hidden < 2 || size->n_hidden > UMX_MODEL_MAX_HIDDEN ||
	    size->n_hidden % 2 != 0)
		return error_set(err, ERROR_FORMAT, "tensor fc1.weight has "
		    "%zu rows; even numbers to %d are known", size->n_hidden,
		    UMX_MODEL_MAX_HIDDEN);
	for (size_t i = 0; i < N_TENSORS; i++) {
		const struct tensor *want = tensor_of(i, name);

		if (check_tensor(weights_find(w, name), want, size, err) != 0)
			return -1;
	}
	return 0;
}

/* What stands before MARK in a name: its length, or -1 for another name. */
static int
prefix_of(const char *name)
{
	const size_t n = strlen(name), n_mark = strlen(MARK);

	if (n < n_mark || strcmp(name + n - n_mark, MARK) != 0 ||
	    (n > n_mark && name[n - n_mark - 1] != '.'))
		return -1;
	return (int)(n - n_mark);
}

bool
umx_model_is_published(const struct weights *published)
{
	for (size_t i = 0; i < weights_n_tensors(published); i++) {
		const char *name = weights_tensor(published, i)->name;
		const int n = prefix_of(name);

		if (n >= 0 && find(published, name, (size_t)n,
		    "fc1.weight") != NULL)
			return true;
	}
	return false;
}

/* The one name that ends in MARK; NULL with an error. */
static const char *
find_mark(const struct weights *published, struct error *err)
{
	const char *found = NULL;

	for (size_t i = 0; i < weights_n_tensors(published); i++) {
		const char *name = weights_tensor(published, i)->name;

		if (prefix_of(name) < 0)
			continue;
		if (found != NULL) {
			error_set(err, ERROR_FORMAT, "it holds several "
			    "networks, with %s and with %s: save the one for "
			    "vocals alone", found, name);
			return NULL;
		}
		found = name;
	}
	if (found == NULL)
		error_set(err, ERROR_FORMAT, "not an Open-Unmix network: it "
		    "has no tensor " MARK);
	return found;
}

static int
copy_tensors(const struct weights *published, const char *prefix,
    size_t n_prefix, struct weights *w, struct error *err)
{
	char name[MAX_NAME];
	float *values;

	for (size_t i = 0; i < N_TENSORS; i++) {
		const struct weights_tensor *t;

		(void)tensor_of(i, name);
		/* One that is missing is reported by the check. */
		t = find(published, prefix, n_prefix, name);
		if (t == NULL)
			continue;
		if (weights_add(w, name, t->rank, t->shape, &values,
		    err) != 0)
			return -1;
		memcpy(values, t->values, t->n_values * sizeof(*values));
	}
	return 0;
}

struct weights *
umx_model_import(const struct weights *published, struct error *err)
{
	const char *mark = find_mark(published, err);
	struct umx_model_size size = { 0, 0, 0 };
	struct weights *w;

	if (mark == NULL)
		return NULL;
	w = weights_new(err);
	if (w == NULL)
		return NULL;
	if (copy_tensors(published, mark, (size_t)prefix_of(mark), w,
	    err) != 0 || umx_model_check(w, &size, err) != 0 ||
	    umx_model_describe(weights_metadata(w), &size, err) != 0) {
		weights_free(w);
		return NULL;
	}
	return w;
}

int
umx_model_describe(struct json *metadata, const struct umx_model_size *size,
    struct error *err)
{
	const size_t window = 2 * (size->n_bins - 1);

	if (json_put_string(metadata, "format", "chad-model 1", err) != 0 ||
	    json_put_string(metadata, "network.architecture", "open-unmix",
	    err) != 0 ||
	    json_put_size(metadata, "network.hidden", size->n_hidden,
	    err) != 0 ||
	    json_put_size(metadata, "features.rate_hz", UMX_MODEL_RATE_HZ,
	    err) != 0 ||
	    json_put_size(metadata, "features.window_samples", window,
	    err) != 0 ||
	    json_put_size(metadata, "features.hop_samples",
	    window / HOPS_A_WINDOW, err) != 0 ||
	    json_put_size(metadata, "features.n_bins", size->n_bins,
	    err) != 0)
		return -1;
	return json_put_size(metadata, "features.n_heard", size->n_heard,
	    err);
}
