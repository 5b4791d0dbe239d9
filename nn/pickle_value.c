#include <stdbool.h>
#include <string.h>

#include "nn/pickle_value.h"

static const struct known_name {
	const char *text;
	enum pickle_name name;
	bool is_float;
	enum stored_type type;
} known_names[] = {
	{ "collections OrderedDict", NAME_ORDERED_DICT, false, 0 },
	{ "torch._utils _rebuild_tensor_v2", NAME_TENSOR, false, 0 },
	{ "torch._utils _rebuild_parameter", NAME_PARAMETER, false, 0 },
	{ "torch FloatStorage", NAME_STORAGE, true, STORED_FLOAT32 },
	{ "torch DoubleStorage", NAME_STORAGE, true, STORED_FLOAT64 },
	{ "torch HalfStorage", NAME_STORAGE, true, STORED_FLOAT16 },
	{ "torch BFloat16Storage", NAME_STORAGE, true, STORED_BFLOAT16 },
	{ "torch LongStorage", NAME_STORAGE, false, 0 },
	{ "torch IntStorage", NAME_STORAGE, false, 0 },
	{ "torch ShortStorage", NAME_STORAGE, false, 0 },
	{ "torch CharStorage", NAME_STORAGE, false, 0 },
	{ "torch ByteStorage", NAME_STORAGE, false, 0 },
	{ "torch BoolStorage", NAME_STORAGE, false, 0 },
};

struct pickle_value *
pickle_value_new(enum pickle_kind kind, struct arena *a, struct error *err)
{
	struct pickle_value *v = arena_need(a, 1, sizeof(*v),
	    "pickle values", err);

	if (v != NULL)
		v->kind = kind;
	return v;
}

struct pickle_value *
pickle_value_of_name(const char *text, struct arena *a, struct error *err)
{
	for (size_t i = 0; i < sizeof(known_names) / sizeof(*known_names);
	    i++) {
		struct pickle_value *v;

		if (strcmp(text, known_names[i].text) != 0)
			continue;
		v = pickle_value_new(KIND_NAME, a, err);
		if (v == NULL)
			return NULL;
		v->name = known_names[i].name;
		v->is_float = known_names[i].is_float;
		v->type = known_names[i].type;
		return v;
	}
	error_set(err, ERROR_FORMAT, "the file holds Python objects (%s), "
	    "not only tensors; save its state_dict()", text);
	return NULL;
}

/* A value of that kind with fields for a tensor. */
static struct pickle_value *
new_tensor(enum pickle_kind kind, struct arena *a, struct error *err)
{
	struct pickle_value *v = pickle_value_new(kind, a, err);

	if (v == NULL)
		return NULL;
	v->tensor = arena_need(a, 1, sizeof(*v->tensor), "tensors", err);
	return v->tensor == NULL ? NULL : v;
}

/* True when v is an integer in 0..PICKLE_MAX_VALUES. */
static bool
is_count(const struct pickle_value *v)
{
	return v->kind == KIND_INTEGER && v->integer >= 0 &&
	    (uint64_t)v->integer <= PICKLE_MAX_VALUES;
}

struct pickle_value *
pickle_value_storage(const struct pickle_value *tuple, struct arena *a,
    struct error *err)
{
	struct pickle_value *v, **item = tuple->items;

	if (tuple->kind != KIND_TUPLE || tuple->n_items != 5 ||
	    item[1]->kind != KIND_NAME || item[1]->name != NAME_STORAGE ||
	    item[2]->kind != KIND_TEXT || !is_count(item[4])) {
		error_set(err, ERROR_FORMAT,
		    "a broken pickle: a storage that is none");
		return NULL;
	}
	v = new_tensor(KIND_STORAGE, a, err);
	if (v == NULL)
		return NULL;
	v->tensor->is_float = item[1]->is_float;
	v->tensor->type = item[1]->type;
	v->tensor->storage = item[2]->text;
	v->tensor->n_storage_values = (size_t)item[4]->integer;
	return v;
}

/* Shape and stride, and that all of it lies within the storage. */
static bool
set_shape(struct pickle_tensor *t, const struct pickle_value *shape,
    const struct pickle_value *stride)
{
	size_t last = t->offset;

	if (shape->kind != KIND_TUPLE || stride->kind != KIND_TUPLE ||
	    shape->n_items != stride->n_items ||
	    shape->n_items > PICKLE_MAX_RANK)
		return false;
	t->rank = shape->n_items;
	t->n_values = 1;
	for (size_t i = 0; i < t->rank; i++) {
		if (!is_count(shape->items[i]) || !is_count(stride->items[i]))
			return false;
		t->shape[i] = (size_t)shape->items[i]->integer;
		t->stride[i] = (size_t)stride->items[i]->integer;
		if (t->shape[i] == 0 ||
		    t->shape[i] > PICKLE_MAX_VALUES / t->n_values)
			return false;
		t->n_values *= t->shape[i];
		if (t->shape[i] > 1 &&
		    t->stride[i] > PICKLE_MAX_VALUES / (t->shape[i] - 1))
			return false;
		last += (t->shape[i] - 1) * t->stride[i];
	}
	return last < t->n_storage_values;
}

struct pickle_value *
pickle_value_tensor(const struct pickle_value *tuple, struct arena *a,
    struct error *err)
{
	struct pickle_value *v, **item = tuple->items;

	if (tuple->kind != KIND_TUPLE || tuple->n_items < 4 ||
	    item[0]->kind != KIND_STORAGE || !is_count(item[1])) {
		error_set(err, ERROR_FORMAT,
		    "a broken pickle: a tensor that is none");
		return NULL;
	}
	v = new_tensor(KIND_TENSOR, a, err);
	if (v == NULL)
		return NULL;
	*v->tensor = *item[0]->tensor;
	v->tensor->offset = (size_t)item[1]->integer;
	if (!set_shape(v->tensor, item[2], item[3])) {
		error_set(err, ERROR_FORMAT,
		    "a broken pickle: a tensor outside its storage");
		return NULL;
	}
	return v;
}
