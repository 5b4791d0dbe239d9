#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include "manifests/record.h"
#include "manifests/shard_merge.h"
#include "manifests/stream.h"

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
    size_t n_parts, struct json *const *records, struct json **merged,
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
    struct json *const *parts, size_t n_parts, struct json **merged,
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

/* Add the records of a file to "parts", which takes them over. */
static int
add_part(struct stream_list *parts, size_t *capacity, const char *path,
    struct error *err)
{
	struct stream_list list;

	if (stream_list_load(&list, path, err) != 0)
		return -1;
	if (memory_grow(&parts->records, capacity,
	    parts->n_records + list.n_records, sizeof(parts->records[0]),
	    "records", err) != 0) {
		stream_list_release(&list);
		return -1;
	}
	for (size_t i = 0; i < list.n_records; i++)
		parts->records[parts->n_records++] = list.records[i];
	list.n_records = 0;
	stream_list_release(&list);
	return 0;
}

static int
write_merged(const struct stream_list *whole, const struct stream_list *parts,
    struct record_writer *out, struct error *err)
{
	struct json **merged = memory_new(whole->n_records,
	    sizeof(merged[0]), "records", err);
	int result = merged == NULL ? -1 : shard_merge_run(whole->records,
	    whole->n_records, parts->records, parts->n_records, merged, err);

	/* Commands pass paths on as the whole manifest has them. */
	for (size_t i = 0; result == 0 && i < whole->n_records; i++)
		result = record_writer_put(out, merged[i], whole->folder,
		    err);
	memory_free(merged);
	return result;
}

int
shard_merge_files(const char *whole_path, char *const *paths, size_t n_paths,
    struct record_writer *out, struct error *err)
{
	struct stream_list whole, parts = { .records = NULL };
	size_t capacity = 0;
	int result;

	if (stream_list_load(&whole, whole_path, err) != 0)
		return -1;
	result = 0;
	for (size_t i = 0; i < n_paths && result == 0; i++)
		result = add_part(&parts, &capacity, paths[i], err);
	if (result == 0)
		result = write_merged(&whole, &parts, out, err);
	stream_list_release(&parts);
	stream_list_release(&whole);
	return result;
}
