/*
 * memory -- heap blocks whose size is a checked product.
 *
 * For objects that live longer than a record; see base/arena.h for the rest.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

#include "base/error.h"

/*
 * A zeroed block of count * size bytes aligned to 64 bytes; free with
 * memory_free.  NULL with an error ("out of memory for COUNT WHAT") when
 * memory is out or the product overflows.  A count of 0 gives a valid block.
 */
void *memory_new(size_t count, size_t size, const char *what,
    struct error *err) MUST_CHECK;

/*
 * Make "*block", which holds "*capacity" items of "size" bytes, hold at least
 * "need" items, growing by doubling; items keep their values, new ones are
 * zero.  "*block" may start as NULL with a capacity of 0.  0 or -1; after a
 * failure the old block is still valid.
 */
int memory_grow(void *block_pointer, size_t *capacity, size_t need,
    size_t size, const char *what, struct error *err) MUST_CHECK;

/* memory_free(NULL) does nothing. */
void memory_free(void *block);

/* A heap copy of "s"; free with memory_free.  NULL with an error. */
char *memory_strdup(const char *s, struct error *err) MUST_CHECK;

#endif
