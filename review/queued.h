/*
 * queued -- the fragments of the queue, as prepare.h wants them.
 */
#ifndef REVIEW_QUEUED_H
#define REVIEW_QUEUED_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#include "store/catalogue.h"
#include "store/queue.h"

#include "review/prepare.h"

struct queued {
	struct prepare_item *items;	/* [n_items], texts of the arena */
	size_t n_items, capacity;
};

/*
 * The first max_items (0: all) in the order of the queue, into "q", which is
 * zeroed before.  Release with queued_release, whatever comes of it.
 */
int queued_load(struct queued *q, struct catalogue *c,
    const struct queue_rules *rules, size_t max_items, int64_t now,
    struct arena *a, struct error *err) MUST_CHECK;
void queued_release(struct queued *q);

#endif
