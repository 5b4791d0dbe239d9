/*
 * bzip2 -- what a .bz2 file holds, in memory.
 */
#ifndef NN_BZIP2_H
#define NN_BZIP2_H

#include <stddef.h>

#include "base/error.h"

/*
 * Expand the n_bytes of a .bz2 file, of one stream or several after each
 * other, to at most max_bytes.  Returns a heap block of *n_expanded bytes; free
 * with memory_free.  NULL with an error when the bytes are damaged, end early
 * or hold more.
 */
void *bzip2_expand(const void *bytes, size_t n_bytes, size_t max_bytes,
    size_t *n_expanded, struct error *err) MUST_CHECK;

#endif
