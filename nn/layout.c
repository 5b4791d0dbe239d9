#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

#include "nn/layout.h"

size_t
layout_round(size_t n_bytes)
{
	return (n_bytes + 63) / 64 * 64;
}

static int
compare_size(const void *a, const void *b)
{
	const struct layout_item *x = *(const struct layout_item *const *)a;
	const struct layout_item *y = *(const struct layout_item *const *)b;

	if (x->n_bytes != y->n_bytes)
		return x->n_bytes < y->n_bytes ? 1 : -1;
	return (x > y) - (x < y);
}

/* Whether two items would get into each other's way. */
static bool
is_clash(const struct layout_item *a, const struct layout_item *b)
{
	return a->first <= b->last && b->first <= a->last &&
	    a->offset < b->offset + layout_round(b->n_bytes) &&
	    b->offset < a->offset + layout_round(a->n_bytes);
}

/* The lowest place that is free while the item lives. */
static void
place(struct layout_item *item, struct layout_item *const *placed,
    size_t n_placed)
{
	size_t i = 0;

	item->offset = 0;
	while (i < n_placed) {
		if (!is_clash(item, placed[i])) {
			i++;
			continue;
		}
		item->offset = placed[i]->offset +
		    layout_round(placed[i]->n_bytes);
		i = 0;
	}
}

int
layout_assign(struct layout_item *items, size_t n_items, size_t *n_bytes,
    struct error *err)
{
	struct layout_item **sorted = memory_new(n_items, sizeof(*sorted),
	    "memory plan", err);
	size_t i;

	if (sorted == NULL)
		return -1;
	for (i = 0; i < n_items; i++)
		sorted[i] = &items[i];
	qsort(sorted, n_items, sizeof(*sorted), compare_size);
	*n_bytes = 0;
	for (i = 0; i < n_items; i++) {
		const size_t n = layout_round(sorted[i]->n_bytes);

		if (n == 0)
			continue;
		place(sorted[i], sorted, i);
		if (sorted[i]->offset + n > *n_bytes)
			*n_bytes = sorted[i]->offset + n;
	}
	memory_free(sorted);
	return 0;
}
