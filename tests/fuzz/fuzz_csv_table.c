/* Columns of numbers: what is accepted has a finite value or none. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	char *text = a == NULL ? NULL : arena_alloc(a, size + 1, 1);
	struct csv_table t;
	struct error err;
	size_t i, k;

	if (text != NULL) {
		if (size > 0)
			memcpy(text, data, size);
		if (csv_table_parse(text, size, a, &t, &err) == 0) {
			for (i = 0; i < t.n_columns; i++)
				for (k = 0; k < t.n_rows; k++)
					if (!isfinite(t.columns[i].values[k]))
						abort();
		}
	}
	arena_free(a);
	return 0;
}
