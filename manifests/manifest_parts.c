#include <string.h>

#include "manifests/manifest_parts.h"
#include "manifests/manifest_strata.h"
#include "manifests/record.h"
#include "manifests/record_writer.h"
#include "manifests/stream.h"

/* What stays together with the record. */
static const char *
key_of(const struct manifest_parts *set, const struct json *rec)
{
	const char *key = record_id(rec);

	if (set->by_group &&
	    json_get_string(rec, "group_id", key, &key, NULL) != 0)
		key = record_id(rec);
	return key;
}

/* The strata of all records, with their works given out. */
static struct manifest_strata *
find_strata(const struct manifest_parts *set, const struct stream_list *list,
    struct arena *a, struct error *err)
{
	struct manifest_strata *strata = manifest_strata_new(err);
	int result = strata == NULL ? -1 : 0;

	for (size_t i = 0; i < list->n_records && result == 0; i++) {
		const struct json *value = json_at(list->records[i],
		    set->stratify);
		const char *text = value == NULL ? "" : json_text(value, a,
		    err);

		result = text == NULL ? -1 : manifest_strata_add(strata,
		    key_of(set, list->records[i]), text, err);
	}
	if (result == 0)
		result = manifest_strata_assign(strata, &set->split,
		    set->seed, err);
	if (result == 0)
		return strata;
	manifest_strata_free(strata);
	return NULL;
}

/* Write one part; "strata" may be NULL. */
static int
write_part(const struct manifest_parts *set, struct stream_list *list,
    const struct manifest_strata *strata, size_t part, const char *path,
    struct error *err)
{
	struct record_writer *out = record_writer_open(path, err);
	int result = 0;

	if (out == NULL)
		return -1;
	for (size_t i = 0; i < list->n_records && result == 0; i++) {
		struct json *rec = list->records[i];
		const char *key = key_of(set, rec);

		if ((strata != NULL ? manifest_strata_part(strata, key) :
		    manifest_split_part(&set->split, key, set->seed)) == part)
			result = record_writer_put(out, rec, list->folder,
			    err);
	}
	return record_writer_end(out, result, err);
}


/* Write part after part, or the one that is wanted. */
static int
write_parts(const struct manifest_parts *set, struct stream_list *list,
    struct arena *a, struct error *err)
{
	const struct manifest_split *split = &set->split;
	struct manifest_strata *strata = NULL;
	int result = 0;

	if (set->stratify != NULL &&
	    (strata = find_strata(set, list, a, err)) == NULL)
		return -1;
	if (set->take != NULL)
		result = write_part(set, list, strata,
		    manifest_split_find(split, set->take), NULL, err);
	for (size_t i = 0; set->take == NULL && i < split->n_parts &&
	    result == 0; i++) {
		const char *path = arena_printf(a, "%s/%s.%s",
		    set->out_folder, split->names[i], set->suffix);

		result = path == NULL ? error_set(err, ERROR_NOMEM,
		    "out of memory for a path") : write_part(set, list,
		    strata, i, path, err);
	}
	manifest_strata_free(strata);
	return result;
}

int
manifest_parts_write(const struct manifest_parts *set, const char *path,
    struct arena *a, size_t *n_broken, struct error *err)
{
	struct stream_list list;
	int result;

	if (stream_list_load(&list, path, err) != 0)
		return -1;
	*n_broken = list.n_broken;
	result = write_parts(set, &list, a, err);
	stream_list_release(&list);
	return result;
}
