#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "manifests/stream.h"
#include "store/blocks.h"
#include "store/recordings.h"

#include "mine/evaluation_set.h"

/* Hashes of the works that have hums, each once. */
struct works {
	uint64_t *hashes;
	size_t n, capacity;
};

/* The hash of the record's work; 0 for none. */
static uint64_t
hash_of(const struct json *rec)
{
	const char *group_id;

	return json_get_string(rec, "group_id", "", &group_id, NULL) == 0 ?
	    hash_text64(group_id) : 0;
}

/* Recordings come work by work. */
static int
note_work(void *context, struct json *rec, struct error *err)
{
	struct works *w = context;
	const uint64_t hash = hash_of(rec);

	if (w->n > 0 && w->hashes[w->n - 1] == hash)
		return 0;
	if (memory_grow(&w->hashes, &w->capacity, w->n + 1,
	    sizeof(*w->hashes), "works", err) != 0)
		return -1;
	w->hashes[w->n++] = hash;
	return 0;
}

static int
compare_hashes(const void *pa, const void *pb)
{
	const uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return (a > b) - (a < b);
}

/* Works whose hash is below are set aside: half of those that have hums. */
static int
find_limit(struct catalogue *c, uint64_t *limit, struct error *err)
{
	const struct recordings_filter hums = { .audio_type = "humming" };
	struct works w = { NULL, 0, 0 };
	const int status = recordings_each(c, &hums, note_work, &w, err);

	*limit = 0;
	if (status == 0 && w.n > 0) {
		qsort(w.hashes, w.n, sizeof(*w.hashes), compare_hashes);
		*limit = w.hashes[w.n / 2];
	}
	memory_free(w.hashes);
	return status;
}

static bool
is_below(const void *limit, const struct json *rec)
{
	return hash_of(rec) < *(const uint64_t *)limit;
}

/* The hums of the catalogue that are set aside; says how many. */
static int
hums_of_catalogue(const struct steps *s, struct lists_file *hums,
    struct error *err)
{
	uint64_t limit;
	const char *text;

	if (find_limit(s->catalogue, &limit, err) != 0 ||
	    lists_of_catalogue(s, "humming", is_below, &limit, hums,
	    err) != 0)
		return -1;
	if (s->note == NULL || hums->n_records == 0)
		return 0;
	text = arena_printf(s->a, "hums of the catalogue that are set aside "
	    "to measure on: %zu", hums->n_records);
	if (text == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	s->note(s->context, text);
	return 0;
}

/* A list without records is no list. */
static void
drop_empty(struct lists_file *f)
{
	if (f->n_records == 0)
		*f = (struct lists_file) { .path = NULL };
}

/*
 * Hand each record of the list to "block" within one transaction; no list:
 * nothing.
 */
static int
block_each(const struct steps *s, const struct lists_file *list,
    const char *set_name, int (*block)(struct catalogue *c,
    const struct json *rec, const char *set_name, struct error *err),
    struct error *err)
{
	struct stream_list records;
	int status;

	if (list->path == NULL)
		return 0;
	if (stream_list_load(&records, list->path, err) != 0)
		return -1;
	status = catalogue_begin(s->catalogue, err);
	for (size_t i = 0; i < records.n_records && status == 0; i++)
		status = block(s->catalogue, records.records[i], set_name,
		    err);
	if (status == 0)
		status = blocks_spread(s->catalogue, err);
	stream_list_release(&records);
	if (status == 0)
		return catalogue_commit(s->catalogue, err);
	catalogue_rollback(s->catalogue);
	return error_add(err, "%s", list->path);
}

/* A song that the hums are of goes by more names than they do. */
static int
block_known(struct catalogue *c, const struct json *rec,
    const char *set_name, struct error *err)
{
	bool blocked;

	if (blocks_match(c, rec, &blocked, err) != 0)
		return -1;
	return blocked ? blocks_put(c, rec, set_name, err) : 0;
}

int
evaluation_set_find(const struct steps *s, const struct round_options *o,
    struct lists_file *hums, struct lists_file *songs, struct error *err)
{
	const int status = o->held_out_path == NULL ?
	    hums_of_catalogue(s, hums, err) :
	    lists_of_file(s, o->held_out_path, hums, err);

	if (status != 0 || (o->database_path == NULL ?
	    lists_of_catalogue(s, "original", NULL, NULL, songs, err) :
	    lists_of_file(s, o->database_path, songs, err)) != 0)
		return -1;
	drop_empty(hums);
	drop_empty(songs);
	if (evaluation_set_block(s, hums, "held-out", err) != 0)
		return -1;
	return block_each(s, songs, "held-out", block_known, err);
}

int
evaluation_set_block(const struct steps *s, const struct lists_file *list,
    const char *set_name, struct error *err)
{
	return block_each(s, list, set_name, blocks_put, err);
}
