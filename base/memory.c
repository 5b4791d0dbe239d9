#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define ALIGN_BYTES ((size_t)64)

static void *
out_of_memory(size_t count, const char *what, struct error *err)
{
	error_set(err, ERROR_NOMEM, "out of memory for %zu %s", count, what);
	return NULL;
}

/* Round up to whole alignment units; 0 when the product overflows. */
static size_t
rounded_bytes(size_t count, size_t size)
{
	size_t n_bytes;

	if (size != 0 && count > (SIZE_MAX - 2 * ALIGN_BYTES) / size)
		return 0;
	n_bytes = count * size;
	if (n_bytes == 0)
		n_bytes = 1;
	return (n_bytes + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
}

void *
memory_new(size_t count, size_t size, const char *what, struct error *err)
{
	const size_t n_bytes = rounded_bytes(count, size);
	void *block;

	if (n_bytes == 0)
		return out_of_memory(count, what, err);
	block = aligned_alloc(ALIGN_BYTES, n_bytes);
	if (block == NULL)
		return out_of_memory(count, what, err);
	memset(block, 0, n_bytes);
	return block;
}

int
memory_grow(void *block_pointer, size_t *capacity, size_t need, size_t size,
    const char *what, struct error *err)
{
	void *old;
	void *block;
	size_t n = *capacity;

	if (need <= n)
		return 0;
	if (n < 8)
		n = 8;
	while (n < need)
		n = n > SIZE_MAX / 2 ? need : n * 2;
	block = memory_new(n, size, what, err);
	if (block == NULL)
		return -1;
	/* The caller's pointer may have any type: copy its bytes. */
	memcpy(&old, block_pointer, sizeof(old));
	if (old != NULL)
		memcpy(block, old, *capacity * size);
	memory_free(old);
	memcpy(block_pointer, &block, sizeof(block));
	*capacity = n;
	return 0;
}

void
memory_free(void *block)
{
	free(block);
}

char *
memory_strdup(const char *s, struct error *err)
{
	const size_t n_bytes = strlen(s) + 1;
	char *copy = memory_new(n_bytes, 1, "bytes of text", err);

	if (copy != NULL)
		memcpy(copy, s, n_bytes);
	return copy;
}
