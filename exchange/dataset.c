#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/pool.h"

#include "exchange/dataset.h"
#include "exchange/dataset_list.h"

#define BATCH_A_THREAD 16
#define MAX_NAME_BYTES 240	/* file systems have 255, and a suffix comes */

struct work {
	const struct dataset_options *options;
	struct fragment_sound sound;
	const char *suffix;		/* of sounds */
	struct dataset_list *list;
	struct pool *pool;
	struct arena *a;		/* of the batch */
	struct arena **arenas;		/* [n_threads] */
	struct dataset_item *items;	/* [n_batch] */
	struct error *failures;		/* [n_batch] */
	size_t n_items, n_batch;
	size_t n_written;
};

/* May the byte of an id stand in a path as it is? */
static bool
is_safe(char c, bool is_first, bool keeps_dots)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_' ||
	    (unsigned char)c >= 0x80)
		return true;
	return c == '.' && !is_first && keeps_dots;
}

/* The id as a name in a folder. */
static const char *
name_of(const char *id, bool keeps_dots, struct arena *a, struct error *err)
{
	const size_t n = strlen(id);
	char *name = arena_need(a, 3 * n + 1, 1, "bytes of a name", err);
	char *to = name;

	if (name == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (is_safe(id[i], i == 0, keeps_dots)) {
			*to++ = id[i];
			continue;
		}
		(void)snprintf(to, 4, "%%%02X", (unsigned char)id[i]);
		to += 3;
	}
	if (to - name <= MAX_NAME_BYTES)
		return name;
	(void)error_set(err, ERROR_LIMIT, "\"%.40s...\" is too long for the "
	    "name of a file", id);
	return NULL;
}

/* Where the item's sound goes, and what the list calls it. */
static int
name_item(struct work *w, struct dataset_item *item, struct error *err)
{
	static const char *const members[] = { "group_id", "fragment_id",
	    "id" };
	const enum dataset_kind kind = w->options->kind;
	const char *names[3];

	for (size_t i = 0; i < 3; i++) {
		const char *id;

		if (json_want_string(item->row, members[i], &id, err) != 0 ||
		    (names[i] = name_of(id, kind != DATASET_WEBDATASET, w->a,
		    err)) == NULL)
			return -1;
	}
	item->key = arena_printf(w->a, "%s/%s/%s", names[0], names[1],
	    names[2]);
	if (item->key == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (kind == DATASET_WEBDATASET)
		item->file_name = arena_printf(w->a, ".sound-%zu.%s",
		    w->n_items, w->suffix);
	else
		item->file_name = arena_printf(w->a, "%s%s.%s",
		    kind == DATASET_TREE ? "" : "audio/", item->key,
		    w->suffix);
	item->path = item->file_name == NULL ? NULL : arena_printf(w->a,
	    "%s/%s", w->options->folder, item->file_name);
	return item->path != NULL ? 0 :
	    error_set(err, ERROR_NOMEM, "out of memory");
}

/* One task of the pool.  What cannot be cut is left out, not the end. */
static int
cut(void *shared, size_t task, size_t thread, struct error *err)
{
	struct work *w = shared;
	struct dataset_item *item = &w->items[task];
	struct error *why = &w->failures[task];

	if (why->code != ERROR_NONE ||
	    fragment_sound_cut(&w->sound, item->row, item->path,
	    w->arenas[thread], &item->before_sec, why) == 0 ||
	    (why->code != ERROR_OUTPUT && why->code != ERROR_NOMEM)) {
		arena_reset(w->arenas[thread]);
		return 0;
	}
	*err = *why;
	return -1;
}

static const char *
id_of(const struct json *row)
{
	const char *id;

	return json_get_string(row, "id", "", &id, NULL) == 0 ? id : "";
}

static void
empty_batch(struct work *w)
{
	for (size_t i = 0; i < w->n_items; i++)
		json_free(w->items[i].row);
	memset(w->items, 0, w->n_batch * sizeof(*w->items));
	memset(w->failures, 0, w->n_batch * sizeof(*w->failures));
	w->n_items = 0;
	arena_reset(w->a);
}

/* Cut the batch's sounds, then list them in order. */
static int
do_batch(struct work *w, struct error *err)
{
	const struct dataset_options *o = w->options;
	int status = pool_run(w->pool, w->n_items, cut, w, err);

	for (size_t i = 0; i < w->n_items && status == 0; i++) {
		if (w->failures[i].code != ERROR_NONE) {
			o->complain(o->context, id_of(w->items[i].row),
			    &w->failures[i]);
			continue;
		}
		json_remove(w->items[i].row, "sound");
		status = dataset_list_put(w->list, &w->items[i], w->a, err);
		w->n_written++;
	}
	empty_batch(w);
	return status;
}

/* fragments_each_row: a row on its way into the batch. */
static int
take_row(void *context, struct json *row, struct error *err)
{
	struct work *w = context;
	struct dataset_item *item = &w->items[w->n_items];
	struct error *why = &w->failures[w->n_items];

	if ((item->row = json_clone(row, err)) == NULL)
		return -1;
	if (name_item(w, item, why) != 0 && why->code == ERROR_NOMEM) {
		w->n_items++;
		*err = *why;
		return -1;
	}
	w->n_items++;
	return w->n_items < w->n_batch ? 0 : do_batch(w, err);
}

static int
begin(struct work *w, struct error *err)
{
	const size_t n_threads = w->options->n_threads;

	w->n_batch = n_threads * BATCH_A_THREAD;
	w->items = memory_new(w->n_batch, sizeof(*w->items), "items", err);
	w->failures = memory_new(w->n_batch, sizeof(*w->failures), "items",
	    err);
	w->arenas = memory_new(n_threads, sizeof(*w->arenas), "threads",
	    err);
	if (w->items == NULL || w->failures == NULL || w->arenas == NULL)
		return -1;
	w->a = arena_new();
	for (size_t i = 0; i < n_threads; i++)
		if ((w->arenas[i] = arena_new()) == NULL)
			return error_set(err, ERROR_NOMEM, "out of memory");
	if (w->a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if ((w->pool = pool_new(n_threads, err)) == NULL)
		return -1;
	w->list = dataset_list_open(w->options, err);
	return w->list == NULL ? -1 : 0;
}

static void
release(struct work *w)
{
	if (w->items != NULL && w->failures != NULL && w->a != NULL)
		empty_batch(w);
	for (size_t i = 0; w->arenas != NULL && i < w->options->n_threads;
	    i++)
		arena_free(w->arenas[i]);
	memory_free(w->arenas);
	memory_free(w->failures);
	memory_free(w->items);
	arena_free(w->a);
	pool_free(w->pool);
	dataset_list_abandon(w->list);
}

int
dataset_write(struct catalogue *c, const struct fragments_filter *filter,
    const struct dataset_options *options, size_t *n_written,
    struct error *err)
{
	const bool is_tree = options->kind == DATASET_TREE;
	struct fragments_filter with_sound = *filter;
	struct work w = { .options = options, .sound = options->sound,
	    .suffix = is_tree ? "wav" : "flac" };
	int status = begin(&w, err);

	w.sound.format = is_tree ? CLIP_WAV16 : CLIP_FLAC16;
	with_sound.with_sound = true;
	if (status == 0)
		status = fragments_each_row(c, &with_sound, take_row, &w,
		    err);
	if (status == 0 && w.n_items > 0)
		status = do_batch(&w, err);
	if (status == 0) {
		struct dataset_list *list = w.list;

		w.list = NULL;
		status = dataset_list_commit(list, err);
	}
	*n_written = w.n_written;
	release(&w);
	return status;
}
