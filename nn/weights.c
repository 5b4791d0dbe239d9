#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"

#include "nn/graph_node.h"
#include "nn/weights.h"

struct weights {
	struct weights_tensor **tensors;
	size_t n_tensors, capacity;
	size_t n_values;		/* of all tensors */
	struct json *metadata;
	char sha256[HASH_HEX_BYTES];
};

struct weights *
weights_new(struct error *err)
{
	struct weights *w = memory_new(1, sizeof(*w), "weights", err);

	if (w == NULL)
		return NULL;
	if ((w->metadata = json_new_object(err)) == NULL) {
		memory_free(w);
		return NULL;
	}
	return w;
}

static void
free_tensor(struct weights_tensor *t)
{
	if (t == NULL)
		return;
	memory_free(t->values);
	memory_free(t);
}

void
weights_free(struct weights *w)
{
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i < w->n_tensors; i++)
		free_tensor(w->tensors[i]);
	memory_free(w->tensors);
	json_free(w->metadata);
	memory_free(w);
}

static bool
is_name_ok(const char *name)
{
	size_t i;

	for (i = 0; name[i] != '\0'; i++)
		if (i == WEIGHTS_MAX_NAME || name[i] < ' ' || name[i] > '~' ||
		    name[i] == '"' || name[i] == '\\')
			return false;
	return i > 0;
}

/* The product of the shape, or -1 when the weights would be too large. */
static int
count_values(const struct weights *w, size_t rank, const size_t *shape,
    size_t *n_values, struct error *err)
{
	const size_t limit = WEIGHTS_MAX_BYTES / sizeof(float) - w->n_values;
	size_t i;

	if (rank > WEIGHTS_MAX_RANK)
		return error_set(err, ERROR_LIMIT,
		    "a tensor of %zu dimensions; at most %d are allowed",
		    rank, WEIGHTS_MAX_RANK);
	*n_values = 1;
	for (i = 0; i < rank; i++) {
		if (shape[i] > limit ||
		    (shape[i] != 0 && *n_values > limit / shape[i]))
			return error_set(err, ERROR_LIMIT,
			    "more than %zu values in all",
			    WEIGHTS_MAX_BYTES / sizeof(float));
		*n_values *= shape[i];
	}
	return 0;
}

/* A tensor whose name lies behind it in the same block. */
static struct weights_tensor *
new_tensor(const char *name, size_t rank, const size_t *shape,
    size_t n_values, struct error *err)
{
	const size_t n_name = strlen(name) + 1;
	struct weights_tensor *t;
	char *copy;

	t = memory_new(1, sizeof(*t) + n_name, "tensor", err);
	if (t == NULL)
		return NULL;
	copy = (char *)(t + 1);
	memcpy(copy, name, n_name);
	t->name = copy;
	t->rank = rank;
	if (rank > 0)
		memcpy(t->shape, shape, rank * sizeof(*shape));
	t->n_values = n_values;
	t->values = memory_new(n_values, sizeof(float), "tensor values", err);
	if (t->values == NULL) {
		memory_free(t);
		return NULL;
	}
	return t;
}

int
weights_add(struct weights *w, const char *name, size_t rank,
    const size_t *shape, float **values, struct error *err)
{
	struct weights_tensor *t;
	size_t n_values = 0;

	if (!is_name_ok(name))
		return error_set(err, ERROR_FORMAT, "a tensor's name has 1 to "
		    "%d printable letters", WEIGHTS_MAX_NAME);
	if (weights_find(w, name) != NULL)
		return error_set(err, ERROR_FORMAT,
		    "two tensors are called %s", name);
	if (w->n_tensors == WEIGHTS_MAX_TENSORS)
		return error_set(err, ERROR_LIMIT, "more than %d tensors",
		    WEIGHTS_MAX_TENSORS);
	if (count_values(w, rank, shape, &n_values, err) != 0 ||
	    (t = new_tensor(name, rank, shape, n_values, err)) == NULL)
		return error_add(err, "tensor %s", name);
	if (memory_grow(&w->tensors, &w->capacity, w->n_tensors + 1,
	    sizeof(*w->tensors), "tensors", err) != 0) {
		free_tensor(t);
		return -1;
	}
	w->tensors[w->n_tensors++] = t;
	w->n_values += n_values;
	if (values != NULL)
		*values = t->values;
	return 0;
}

size_t
weights_n_tensors(const struct weights *w)
{
	return w->n_tensors;
}

const struct weights_tensor *
weights_tensor(const struct weights *w, size_t i)
{
	return w->tensors[i];
}

const struct weights_tensor *
weights_find(const struct weights *w, const char *name)
{
	size_t i;

	for (i = 0; i < w->n_tensors; i++)
		if (strcmp(w->tensors[i]->name, name) == 0)
			return w->tensors[i];
	return NULL;
}

struct json *
weights_metadata(struct weights *w)
{
	return w->metadata;
}

const struct json *
weights_metadata_const(const struct weights *w)
{
	return w->metadata;
}

const char *
weights_sha256(const struct weights *w)
{
	return w->sha256;
}

struct weights *
weights_copy(const struct weights *w, struct error *err)
{
	struct weights *copy = weights_new(err);
	float *values;
	size_t i;

	if (copy == NULL)
		return NULL;
	for (i = 0; i < w->n_tensors; i++) {
		const struct weights_tensor *t = w->tensors[i];

		if (weights_add(copy, t->name, t->rank, t->shape, &values,
		    err) != 0)
			goto fail;
		memcpy(values, t->values, t->n_values * sizeof(float));
	}
	json_free(copy->metadata);
	if ((copy->metadata = json_clone(w->metadata, err)) == NULL)
		goto fail;
	return copy;
fail:
	weights_free(copy);
	return NULL;
}

static void
draw(float *values, const struct graph_parameter *p, uint64_t seed,
    size_t index)
{
	const double deviation = sqrt(2.0 / (double)(p->fan_in > 0 ?
	    p->fan_in : 1));
	struct random random;
	size_t i;

	random_init_keyed(&random, seed, index, 0);
	for (i = 0; i < p->n_values; i++)
		switch (p->role) {
		case GRAPH_WEIGHT:
			values[i] = (float)(deviation *
			    random_normal(&random));
			break;
		case GRAPH_SCALE:
		case GRAPH_VARIANCE:
			values[i] = 1.0f;
			break;
		default:
			values[i] = 0.0f;
			break;
		}
}

struct weights *
weights_for(const struct graph *g, uint64_t seed, struct error *err)
{
	struct weights *w = weights_new(err);
	float *values;
	size_t i;

	if (w == NULL)
		return NULL;
	for (i = 0; i < graph_n_tensors(g); i++) {
		const struct graph_parameter *p = graph_tensor(g, i);

		if (weights_add(w, p->name, p->rank, p->shape, &values,
		    err) != 0) {
			weights_free(w);
			return NULL;
		}
		draw(values, p, seed, i);
	}
	return w;
}

/* Below 0 a variance has no root: what a network computes would be NaN. */
static int
check_variances(const struct weights_tensor *t, struct error *err)
{
	size_t i;

	for (i = 0; i < t->n_values; i++)
		if (t->values[i] < 0)
			return error_set(err, ERROR_FORMAT,
			    "tensor %s holds a variance below 0", t->name);
	return 0;
}

int
weights_check(const struct weights *w, const struct graph *g,
    struct error *err)
{
	size_t i, k;

	for (i = 0; i < graph_n_tensors(g); i++) {
		const struct graph_parameter *p = graph_tensor(g, i);
		const struct weights_tensor *t = weights_find(w, p->name);

		if (t == NULL)
			return error_set(err, ERROR_FORMAT, "the weights have "
			    "no tensor %s, which the network needs", p->name);
		if (t->rank != p->rank)
			return error_set(err, ERROR_FORMAT, "tensor %s has "
			    "%zu dimensions, the network needs %zu", p->name,
			    t->rank, p->rank);
		for (k = 0; k < p->rank; k++)
			if (t->shape[k] != p->shape[k])
				return error_set(err, ERROR_FORMAT, "dimension"
				    " %zu of tensor %s is %zu, the network "
				    "needs %zu", k, p->name, t->shape[k],
				    p->shape[k]);
		if (p->role == GRAPH_VARIANCE && check_variances(t, err) != 0)
			return -1;
	}
	return 0;
}

struct weights *
weights_load(const char *path, struct error *err)
{
	struct arena *a = arena_new();
	struct weights *w = NULL;
	size_t n_bytes;
	void *bytes;

	if (a == NULL) {
		(void)error_set(err, ERROR_NOMEM, "out of memory for weights");
		return NULL;
	}
	bytes = file_read(path, WEIGHTS_MAX_BYTES, a, &n_bytes, err);
	if (bytes != NULL && (w = weights_parse(bytes, n_bytes, err)) == NULL)
		(void)error_add(err, "%s", path);
	if (w != NULL)
		hash_bytes(bytes, n_bytes, w->sha256);
	arena_free(a);
	return w;
}
