#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include "manifests/record.h"
#include "manifests/shard_merge.h"

/* A record by what it is matched by. */
struct item {
	const char *key;
	size_t index;
};

static const char *
key_of(const struct json *rec)
{
	const char *id = record_id(rec);
	const char *line;

	if (id[0] != '\0' || json_get_string(rec, "line", "", &line, NULL) !=
	    0)
		return id;
	return line;
}

static int
compare_items(const void *a, const void *b)
{
	const struct item *x = a;
	const struct item *y = b;
	const int by_key = strcmp(x->key, y->key);

	if (by_key != 0)
		return by_key;
	return (x->index > y->index) - (x->index < y->index);
}

static struct item *
sorted_items(struct json *const *records, size_t n, struct error *err)
{
	struct item *items = memory_new(n, sizeof(*items), "records", err);

	if (items == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		items[i] = (struct item){ key_of(records[i]), i };
	if (n > 0)
		qsort(items, n, sizeof(*items), compare_items);
	return items;
}

/* Both lists sorted: walk along them, key by key. */
static int
match(const struct item *whole, size_t n_whole, const struct item *parts,
    size_t n_parts, struct json *const *records, const struct json **merged,
    struct error *err)
{
	size_t k = 0;

	for (size_t i = 0; i < n_whole; i++, k++) {
		const int order = k < n_parts ?
		    strcmp(whole[i].key, parts[k].key) : -1;

		if (order < 0)
			return error_set(err, ERROR_FORMAT,
			    "there is a gap: no shard holds %s",
			    whole[i].key);
		if (order > 0)
			break;
		merged[whole[i].index] = records[parts[k].index];
	}
	if (k < n_parts)
		return error_set(err, ERROR_FORMAT,
		    "%s comes twice, or is not in the whole manifest",
		    parts[k].key);
	return 0;
}

int
shard_merge_run(struct json *const *whole, size_t n_whole,
    struct json *const *parts, size_t n_parts, const struct json **merged,
    struct error *err)
{
	struct item *all = sorted_items(whole, n_whole, err);
	struct item *some = NULL;
	int result = -1;

	if (all != NULL)
		some = sorted_items(parts, n_parts, err);
	if (some != NULL)
		result = match(all, n_whole, some, n_parts, parts, merged,
		    err);
	memory_free(some);
	memory_free(all);
	return result;
}
