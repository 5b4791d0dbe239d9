#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <bzlib.h>

#include "base/memory.h"

#include "nn/bzip2.h"

#define FIRST_BYTES ((size_t)1 << 16)

/* What has been expanded so far. */
struct expansion {
	char *bytes;
	size_t n, capacity;
	size_t max_bytes;
};

/* Expand the stream that "in" begins with, and move "in" behind it. */
static int
expand_stream(struct expansion *e, bz_stream *in, size_t *n_left,
    struct error *err)
{
	int status = BZ_OK;

	while (status == BZ_OK) {
		const size_t n_in = *n_left < INT_MAX ? *n_left : INT_MAX;
		size_t n_out;

		if (e->n == e->capacity && memory_grow(&e->bytes,
		    &e->capacity, e->n == 0 ? FIRST_BYTES : e->n + 1, 1,
		    "bytes expanded", err) != 0)
			return -1;
		n_out = e->capacity - e->n;
		if (n_out > INT_MAX)
			n_out = INT_MAX;
		in->avail_in = (unsigned)n_in;
		in->next_out = e->bytes + e->n;
		in->avail_out = (unsigned)n_out;
		status = BZ2_bzDecompress(in);
		*n_left -= n_in - in->avail_in;
		e->n += n_out - in->avail_out;
		if (e->n > e->max_bytes)
			return error_set(err, ERROR_LIMIT, "a .bz2 file of "
			    "more than %zu bytes", e->max_bytes);
		/* All was read, and there was room for more. */
		if (status == BZ_OK && *n_left == 0 && in->avail_out > 0)
			return error_set(err, ERROR_FORMAT,
			    "the .bz2 file ends early");
	}
	if (status == BZ_MEM_ERROR)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (status != BZ_STREAM_END)
		return error_set(err, ERROR_FORMAT,
		    "the .bz2 file is damaged");
	return 0;
}

void *
bzip2_expand(const void *bytes, size_t n_bytes, size_t max_bytes,
    size_t *n_expanded, struct error *err)
{
	struct expansion e = { NULL, 0, 0, max_bytes };
	/* libbz2 does not write to what it reads. */
	char *next = (char *)(uintptr_t)bytes;
	int status = 0;

	do {
		bz_stream in = { .next_in = next };

		if (BZ2_bzDecompressInit(&in, 0, 0) != BZ_OK) {
			status = error_set(err, ERROR_NOMEM, "out of memory");
			break;
		}
		status = expand_stream(&e, &in, &n_bytes, err);
		next = in.next_in;
		(void)BZ2_bzDecompressEnd(&in);
	} while (status == 0 && n_bytes > 0);
	if (status != 0) {
		memory_free(e.bytes);
		return NULL;
	}
	*n_expanded = e.n;
	return e.bytes;
}
