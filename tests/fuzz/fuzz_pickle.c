/* Pickles of tensors: every value of what is accepted lies in its storage. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "nn/pickle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct pickle_tensor *t)
{
	size_t last = t->offset, n_values = 1;

	if (t->rank > PICKLE_MAX_RANK || t->name == NULL || t->storage == NULL)
		abort();
	for (size_t d = 0; d < t->rank; d++) {
		last += (t->shape[d] - 1) * t->stride[d];
		n_values *= t->shape[d];
	}
	if (last >= t->n_storage_values || n_values != t->n_values)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct pickle_tensor *tensors;
	struct error err;
	size_t n = 0;

	if (a != NULL && pickle_tensors(data, size, a, &tensors, &n,
	    &err) == 0)
		for (size_t i = 0; i < n; i++)
			check(&tensors[i]);
	arena_free(a);
	return 0;
}
