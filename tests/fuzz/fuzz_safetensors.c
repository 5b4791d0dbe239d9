/* Weight files: what is accepted is whole, finite and within the limits. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nn/weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { ERROR_NONE, "" };
	struct weights *w = weights_parse(data, size, &err);

	if (w == NULL) {
		if (err.code == ERROR_NONE || err.text[0] == '\0')
			abort();
		return 0;
	}
	for (size_t i = 0; i < weights_n_tensors(w); i++) {
		const struct weights_tensor *t = weights_tensor(w, i);
		size_t n = 1;

		for (size_t k = 0; k < t->rank; k++)
			n *= t->shape[k];
		if (n != t->n_values || n > size ||
		    weights_find(w, t->name) != t)
			abort();
		for (size_t k = 0; k < n; k++)
			if (!isfinite(t->values[k]))
				abort();
	}
	weights_free(w);
	return 0;
}
