/* The header of .npy files: what is accepted keeps its promises. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dsp/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct npy_layout l;
	struct error err;

	if (npy_header_parse(data, size, &l, &err) != 0)
		return 0;
	if (l.data_offset > size || l.n_columns == 0 ||
	    l.n_rows > NPY_MAX_VALUES / l.n_columns)
		abort();
	return 0;
}
