#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include "mine/recording_index.h"

struct entry {
	const char *group_id, *id;
	size_t order;
	const struct json *rec;
};

struct recording_index {
	struct entry *entries;	/* sorted by group_id, id, order */
	size_t n_entries;
};

static int
compare_names(const struct entry *x, const struct entry *y)
{
	const int by_group = strcmp(x->group_id, y->group_id);

	return by_group != 0 ? by_group : strcmp(x->id, y->id);
}

static int
compare(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	const int by_names = compare_names(x, y);

	if (by_names != 0)
		return by_names;
	return (x->order > y->order) - (x->order < y->order);
}

struct recording_index *
recording_index_new(struct json *const *records, size_t n_records,
    struct error *err)
{
	struct recording_index *x;

	if ((x = memory_new(1, sizeof(*x), "index", err)) == NULL)
		return NULL;
	x->entries = memory_new(n_records, sizeof(*x->entries), "recordings",
	    err);
	if (x->entries == NULL) {
		recording_index_free(x);
		return NULL;
	}
	for (size_t i = 0; i < n_records; i++) {
		struct entry *e = &x->entries[x->n_entries];

		if (json_has(records[i], "error") ||
		    json_want_string(records[i], "group_id", &e->group_id,
		    NULL) != 0 ||
		    json_want_string(records[i], "id", &e->id, NULL) != 0)
			continue;
		e->order = i;
		e->rec = records[i];
		x->n_entries++;
	}
	if (x->n_entries > 1)
		qsort(x->entries, x->n_entries, sizeof(*x->entries), compare);
	return x;
}

void
recording_index_free(struct recording_index *x)
{
	if (x == NULL)
		return;
	memory_free(x->entries);
	memory_free(x);
}

/* The first entry that is not before the names. */
static size_t
lower_bound(const struct recording_index *x, const char *group_id,
    const char *id)
{
	const struct entry wanted = { group_id, id, 0, NULL };
	size_t low = 0, high = x->n_entries;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (compare_names(&x->entries[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct json *
recording_index_find(const struct recording_index *x, const char *group_id,
    const char *id)
{
	const struct entry wanted = { group_id, id, 0, NULL };
	const size_t i = lower_bound(x, group_id, id);

	return i < x->n_entries &&
	    compare_names(&x->entries[i], &wanted) == 0 ?
	    x->entries[i].rec : NULL;
}

const struct json *
recording_index_of_group(const struct recording_index *x,
    const char *group_id, size_t k)
{
	const size_t first = lower_bound(x, group_id, "");

	return k < x->n_entries - first &&
	    strcmp(x->entries[first + k].group_id, group_id) == 0 ?
	    x->entries[first + k].rec : NULL;
}
