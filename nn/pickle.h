/*
 * pickle -- the tensors that a PyTorch state_dict's pickle describes.
 *
 * A pickle is a program for Python's object machine.  This reads the few
 * instructions (protocol 2 to 5) that torch.save writes for dictionaries of
 * tensors and refuses every other, and every Python name but those of tensors
 * and their storages, so nothing in the file is ever executed.
 *
 * Names of nested dictionaries are joined with dots.  What is neither a
 * tensor nor a dictionary (an epoch, a list of options) is left out.
 */
#ifndef NN_PICKLE_H
#define NN_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/stored.h"

#define PICKLE_MAX_BYTES ((size_t)16 << 20)
#define PICKLE_MAX_RANK 6
#define PICKLE_MAX_TENSORS 8192
#define PICKLE_MAX_VALUES ((size_t)1 << 32)	/* of a storage */

/* Value [i][j].. lies at storage[offset + i * stride[0] + j * stride[1]..]. */
struct pickle_tensor {
	const char *name;	/* "conv1.weight" */
	bool is_float;		/* else integers or truth values */
	enum stored_type type;
	const char *storage;	/* the storage's name in the file */
	size_t n_storage_values;
	size_t offset;
	size_t rank;
	size_t shape[PICKLE_MAX_RANK], stride[PICKLE_MAX_RANK];
	size_t n_values;
};

/*
 * List the tensors in the order of the file, in arena memory.  Every value of
 * every tensor lies within its storage.
 */
int pickle_tensors(const void *bytes, size_t n_bytes, struct arena *a,
    struct pickle_tensor **tensors, size_t *n_tensors, struct error *err)
    MUST_CHECK;

#endif
