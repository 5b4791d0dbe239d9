#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include "mine/round_changes.h"

#define MIN_OVERLAP 0.5

/* A fragment; texts are borrowed from its record. */
struct item {
	const char *group_id, *id, *original_id, *fragment_id;
	double from[2], to[2];	/* in the cover, in the original */
	enum round_changes_decision decision;
	bool is_matched;
};

struct items {
	struct item *item;	/* by group_id, id, original_id */
	size_t n;
};

static bool
read_item(const struct json *rec, struct item *item)
{
	static const char *const words[] = { "keep", "flag", "drop" };
	const char *decision;

	if (json_has(rec, "error") ||
	    json_want_string(rec, "group_id", &item->group_id, NULL) != 0 ||
	    json_want_string(rec, "id", &item->id, NULL) != 0 ||
	    json_want_string(rec, "original_id", &item->original_id,
	    NULL) != 0 ||
	    json_want_string(rec, "fragment_id", &item->fragment_id,
	    NULL) != 0 ||
	    json_want_string(rec, "decision", &decision, NULL) != 0 ||
	    json_want_number(rec, "interval.0", &item->from[0], NULL) != 0 ||
	    json_want_number(rec, "interval.1", &item->to[0], NULL) != 0 ||
	    json_want_number(rec, "original_interval.0", &item->from[1],
	    NULL) != 0 ||
	    json_want_number(rec, "original_interval.1", &item->to[1],
	    NULL) != 0)
		return false;
	for (int i = 0; i < 3; i++)
		if (strcmp(decision, words[i]) == 0) {
			item->decision = (enum round_changes_decision)i;
			return true;
		}
	return false;
}

/* By the pair of recordings. */
static int
compare_pairs(const struct item *a, const struct item *b)
{
	int order = strcmp(a->group_id, b->group_id);

	if (order == 0)
		order = strcmp(a->id, b->id);
	return order != 0 ? order : strcmp(a->original_id, b->original_id);
}

static int
compare_items(const void *pa, const void *pb)
{
	const struct item *a = pa, *b = pb;
	const int order = compare_pairs(a, b);

	if (order != 0)
		return order;
	if (a->from[0] != b->from[0])
		return a->from[0] < b->from[0] ? -1 : 1;
	return strcmp(a->fragment_id, b->fragment_id);
}

static int
items_of(const struct stream_list *list, struct items *items,
    struct error *err)
{
	items->n = 0;
	items->item = memory_new(list->n_records, sizeof(*items->item),
	    "fragments", err);
	if (items->item == NULL)
		return -1;
	for (size_t i = 0; i < list->n_records; i++) {
		struct item *item = &items->item[items->n];

		memset(item, 0, sizeof(*item));
		items->n += read_item(list->records[i], item);
	}
	if (items->n > 0)
		qsort(items->item, items->n, sizeof(*items->item),
		    compare_items);
	return 0;
}

/* Intersection over union, the lesser of that in the two recordings. */
static double
overlap(const struct item *a, const struct item *b)
{
	double least = 1.0;

	for (int k = 0; k < 2; k++) {
		const double shared = fmin(a->to[k], b->to[k]) -
		    fmax(a->from[k], b->from[k]);
		const double whole = fmax(a->to[k], b->to[k]) -
		    fmin(a->from[k], b->from[k]);

		if (shared <= 0.0 || whole <= 0.0)
			return 0.0;
		least = fmin(least, shared / whole);
	}
	return least;
}

static void
match(struct item *before, struct item *now, struct round_changes *changes)
{
	before->is_matched = now->is_matched = true;
	changes->n[before->decision][now->decision]++;
}

/* One pair of recordings: n_before and n_now fragments of it. */
static void
compare_one(struct item *before, size_t n_before, struct item *now,
    size_t n_now, struct round_changes *changes)
{
	for (size_t i = 0; i < n_now; i++)
		for (size_t k = 0; k < n_before; k++)
			if (!before[k].is_matched && !now[i].is_matched &&
			    strcmp(before[k].fragment_id,
			    now[i].fragment_id) == 0) {
				match(&before[k], &now[i], changes);
				changes->n_same++;
			}
	for (size_t i = 0; i < n_now; i++) {
		double best_overlap = MIN_OVERLAP;
		size_t best = n_before;

		for (size_t k = 0; k < n_before && !now[i].is_matched; k++) {
			const double shared = before[k].is_matched ? 0.0 :
			    overlap(&before[k], &now[i]);

			if (shared >= best_overlap) {
				best_overlap = shared;
				best = k;
			}
		}
		if (best < n_before) {
			match(&before[best], &now[i], changes);
			changes->n_moved++;
		}
	}
}

/* How many items from i on are of the same pair. */
static size_t
count_pair(const struct items *items, size_t i)
{
	size_t n = 1;

	while (i + n < items->n && compare_pairs(&items->item[i],
	    &items->item[i + n]) == 0)
		n++;
	return n;
}

static void
compare_all(const struct items *before, const struct items *now,
    struct round_changes *changes)
{
	for (size_t b = 0, i = 0; b < before->n && i < now->n;) {
		const int order = compare_pairs(&before->item[b],
		    &now->item[i]);
		const size_t n_before = count_pair(before, b);
		const size_t n_now = count_pair(now, i);

		if (order == 0)
			compare_one(&before->item[b], n_before,
			    &now->item[i], n_now, changes);
		b += order <= 0 ? n_before : 0;
		i += order >= 0 ? n_now : 0;
	}
	for (size_t b = 0; b < before->n; b++)
		if (!before->item[b].is_matched) {
			changes->n_gone++;
			changes->n[before->item[b].decision]
			    [ROUND_CHANGES_NONE]++;
		}
	for (size_t i = 0; i < now->n; i++)
		if (!now->item[i].is_matched) {
			changes->n_new++;
			changes->n[ROUND_CHANGES_NONE]
			    [now->item[i].decision]++;
		}
}

int
round_changes_find(const struct stream_list *before,
    const struct stream_list *now, struct round_changes *changes,
    struct error *err)
{
	struct items a = { NULL, 0 }, b = { NULL, 0 };
	int status = -1;

	memset(changes, 0, sizeof(*changes));
	if (items_of(before, &a, err) == 0 && items_of(now, &b, err) == 0) {
		compare_all(&a, &b, changes);
		status = 0;
	}
	memory_free(a.item);
	memory_free(b.item);
	return status;
}
