/*
 * layout -- places in one block of memory for things that live for a while;
 * things that do not live at the same time may share a place.
 */
#ifndef NN_LAYOUT_H
#define NN_LAYOUT_H

#include <stddef.h>

#include "base/error.h"

/* Lives from moment "first" to moment "last", both inclusive. */
struct layout_item {
	size_t n_bytes;
	size_t first, last;
	size_t offset;		/* given, a multiple of 64 */
};

/* Gives each item its offset, largest first, and the size of the block. */
int layout_assign(struct layout_item *items, size_t n_items,
    size_t *n_bytes, struct error *err) MUST_CHECK;

/* The next multiple of 64. */
size_t layout_round(size_t n_bytes);

#endif
