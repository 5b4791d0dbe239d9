/* Packed bytes: unpacked in one step and byte by byte they are the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/packed.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

#define MAX_BYTES 65536

/* The bytes made, or -1; what is beyond MAX_BYTES is left. */
static long
unpack(enum packed_kind kind, const uint8_t *bytes, size_t n_bytes,
    size_t step, uint8_t *out)
{
	struct packed_reader *r = packed_reader_new(kind, NULL);
	size_t at = 0, n = 0, n_used, n_out;
	int status;

	if (r == NULL)
		abort();
	do {
		const size_t left = n_bytes - at;

		status = packed_reader_run(r, bytes + at,
		    left < step ? left : step, &n_used, out + n,
		    MAX_BYTES - n, &n_out, NULL);
		at += n_used;
		n += n_out;
	} while (status == 0 && (n_used > 0 || n_out > 0) && n < MAX_BYTES);
	if (status == 0 && n < MAX_BYTES)
		status = packed_reader_end(r, NULL);
	packed_reader_free(r);
	return status == 0 ? (long)n : -1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	const enum packed_kind kind = packed_kind_of_bytes(bytes, n_bytes);
	uint8_t *one, *many;
	long n_one, n_many;

	if (kind == PACKED_NONE)
		return 0;
	one = malloc(MAX_BYTES);
	many = malloc(MAX_BYTES);
	if (one == NULL || many == NULL)
		abort();
	n_one = unpack(kind, bytes, n_bytes, n_bytes, one);
	n_many = unpack(kind, bytes, n_bytes, 1, many);
	/* Damage behind MAX_BYTES may be seen in one way only. */
	if (n_one >= 0 && n_many >= 0 && (n_one != n_many ||
	    memcmp(one, many, (size_t)n_one) != 0))
		abort();
	if ((n_one < 0) != (n_many < 0) && n_one < MAX_BYTES &&
	    n_many < MAX_BYTES)
		abort();
	free(one);
	free(many);
	return 0;
}
