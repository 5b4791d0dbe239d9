/*
 * pickle_value -- what Python values become while a pickle is read; shared by
 * pickle.c, which runs the pickle, and pickle_value.c, which knows PyTorch.
 */
#ifndef NN_PICKLE_VALUE_H
#define NN_PICKLE_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "nn/pickle.h"

enum pickle_kind {
	KIND_MARK, KIND_NOTHING, KIND_INTEGER, KIND_TEXT, KIND_TUPLE,
	KIND_DICTIONARY, KIND_LIST, KIND_NAME, KIND_STORAGE, KIND_TENSOR
};

/* The Python names that are known. */
enum pickle_name {
	NAME_ORDERED_DICT, NAME_TENSOR, NAME_PARAMETER, NAME_STORAGE
};

struct pickle_value {
	enum pickle_kind kind;
	int64_t integer;		/* INTEGER */
	const char *text;		/* TEXT */
	enum pickle_name name;		/* NAME */
	bool is_float;			/* NAME of a storage */
	enum stored_type type;		/* NAME of a storage of floats */
	struct pickle_value **items;	/* TUPLE, LIST; DICTIONARY: pairs */
	size_t n_items, n_room;
	struct pickle_tensor *tensor;	/* TENSOR; STORAGE: its fields */
};

/* A new value, zeroed but for its kind; NULL when memory is out. */
struct pickle_value *pickle_value_new(enum pickle_kind kind, struct arena *a,
    struct error *err) MUST_CHECK;

/* The value of a Python name, "module name"; unknown ones are refused. */
struct pickle_value *pickle_value_of_name(const char *text, struct arena *a,
    struct error *err) MUST_CHECK;

/* The tuple ("storage", type, name, device, count) as a storage. */
struct pickle_value *pickle_value_storage(const struct pickle_value *tuple,
    struct arena *a, struct error *err) MUST_CHECK;

/* The tuple (storage, offset, shape, stride, ...) as a tensor. */
struct pickle_value *pickle_value_tensor(const struct pickle_value *tuple,
    struct arena *a, struct error *err) MUST_CHECK;

#endif
