#include <string.h>

#include "base/json.h"
#include "base/memory.h"

#include "review/queued.h"

static int
add(struct queued *q, const struct json *named, struct arena *a,
    struct error *err)
{
	const char *group_id, *fragment_id;
	struct prepare_item *item;

	if (json_want_string(named, "g", &group_id, err) != 0 ||
	    json_want_string(named, "f", &fragment_id, err) != 0 ||
	    memory_grow(&q->items, &q->capacity, q->n_items + 1,
	    sizeof(q->items[0]), "fragments", err) != 0)
		return -1;
	item = &q->items[q->n_items++];
	item->group_id = arena_strdup(a, group_id);
	item->fragment_id = arena_strdup(a, fragment_id);
	if (item->group_id == NULL || item->fragment_id == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	return 0;
}

/* The queue is read a page after the other, until one is empty. */
int
queued_load(struct queued *q, struct catalogue *c,
    const struct queue_rules *rules, size_t max_items, int64_t now,
    struct arena *a, struct error *err)
{
	const struct queue_filter flagged = { .low = 0, .high = 1 };
	size_t n_wanted = QUEUE_MAX_LIST, n_before;
	int status = 0;

	do {
		struct json *list;
		const struct json *items;

		n_before = q->n_items;
		if (max_items > 0 && max_items - n_before < n_wanted)
			n_wanted = max_items - n_before;
		list = queue_list(c, NULL, &flagged, rules, n_before,
		    n_wanted, now, err);
		if (list == NULL)
			return -1;
		items = json_at(list, "items");
		for (size_t i = 0; i < json_count(items) && status == 0; i++)
			status = add(q, json_item(items, i), a, err);
		json_free(list);
	} while (status == 0 && q->n_items > n_before &&
	    q->n_items != max_items);
	return status;
}

void
queued_release(struct queued *q)
{
	memory_free(q->items);
	memset(q, 0, sizeof(*q));
}
