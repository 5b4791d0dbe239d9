/* Entries sorted by group_id and id, for bsearch. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"
#include "manifests/record.h"
#include "manifests/stream.h"
#include "store/rounds.h"

#include "review/print_list.h"
#include "review/sound_source.h"

struct print_list {
	struct arena *a;
	struct print_entry *entries;	/* [n], with room for capacity */
	size_t n, capacity;
	const char *mark;		/* of the manifest, or "" */
	atomic_size_t n_owners;
};

static int
compare(const void *a, const void *b)
{
	const struct print_entry *x = a, *y = b;
	int order = strcmp(x->group_id, y->group_id);

	return order != 0 ? order : strcmp(x->id, y->id);
}

/* The text, kept; NULL with an error when memory is out. */
static const char *
keep(struct print_list *l, const char *text, struct error *err)
{
	const char *copy = arena_strdup(l->a, text);

	if (copy == NULL)
		error_set(err, ERROR_NOMEM, "out of memory");
	return copy;
}

bool
print_entry_read(const struct json *rec, struct print_entry *e)
{
	e->id = record_id(rec);
	return !record_has_failed(rec) &&
	    json_want_string(rec, "group_id", &e->group_id, NULL) == 0 &&
	    json_want_string(rec, "embed.path", &e->path, NULL) == 0 &&
	    json_want_number(rec, "embed.window_sec", &e->window_sec,
	    NULL) == 0 &&
	    json_want_number(rec, "embed.hop_sec", &e->hop_sec, NULL) == 0 &&
	    json_get_string(rec, "embed.model_sha256", "", &e->model_sha256,
	    NULL) == 0 && e->window_sec > 0.0 && e->hop_sec > 0.0;
}

/* A record of chad-embed; others are passed over. */
static int
take(void *shared, struct json **rec, const char *folder, struct error *err)
{
	struct print_list *l = shared;
	struct print_entry e;

	if (!print_entry_read(*rec, &e))
		return 0;
	if ((e.path = record_path(*rec, "embed.path", folder, l->a,
	    err)) == NULL ||
	    (e.group_id = keep(l, e.group_id, err)) == NULL ||
	    (e.id = keep(l, e.id, err)) == NULL ||
	    (e.model_sha256 = keep(l, e.model_sha256, err)) == NULL ||
	    memory_grow(&l->entries, &l->capacity, l->n + 1,
	    sizeof(*l->entries), "recordings", err) != 0)
		return -1;
	l->entries[l->n++] = e;
	return 0;
}

/* Of rounds that are done, the last. */
struct last {
	size_t number;
	bool is_any;
};

static int
take_round(void *context, struct json *round, struct error *err)
{
	struct last *last = context;
	const char *state;
	size_t number;

	if (json_want_string(round, "state", &state, err) != 0 ||
	    json_want_size(round, "number", &number, err) != 0)
		return -1;
	if (strcmp(state, "done") == 0 &&
	    (!last->is_any || number > last->number)) {
		last->number = number;
		last->is_any = true;
	}
	return 0;
}

/* The manifest's path; NULL in *path when there is none. */
static int
find_manifest(struct catalogue *c, struct arena *a, const char **path,
    struct error *err)
{
	struct last last = { 0, false };
	struct rounds_result round;
	bool found;

	*path = NULL;
	if (rounds_each(c, take_round, &last, err) != 0)
		return -1;
	if (!last.is_any)
		return 0;
	if (rounds_find(c, last.number, a, &round, &found, err) != 0)
		return -1;
	if (found && rounds_find_step(c, round.key, "embed", a, path,
	    err) != 0)
		return -1;
	if (*path != NULL && !file_exists(*path))
		*path = NULL;
	return 0;
}

/* The manifest's path, or NULL, and its mark: which file, and its state. */
static int
find_marked(struct catalogue *c, struct arena *a, const char **path,
    const char **mark, struct error *err)
{
	*mark = "";
	if (find_manifest(c, a, path, err) != 0)
		return -1;
	if (*path != NULL && (*mark = sound_source_mark(*path, a,
	    err)) == NULL)
		return -1;
	return 0;
}

struct print_list *
print_list_load(struct catalogue *c, struct error *err)
{
	struct print_list *l = memory_new(1, sizeof(*l), "fingerprints", err);
	struct stream_each each = { .take = take, .shared = l };

	if (l == NULL)
		return NULL;
	atomic_init(&l->n_owners, 1);
	if ((l->a = arena_new()) == NULL) {
		error_set(err, ERROR_NOMEM, "out of memory");
		goto fail;
	}
	if (find_marked(c, l->a, &each.path, &l->mark, err) != 0)
		goto fail;
	if (each.path != NULL && stream_each_run(&each, err) != 0)
		goto fail;
	if (l->n > 0)
		qsort(l->entries, l->n, sizeof(*l->entries), compare);
	return l;
fail:
	print_list_free(l);
	return NULL;
}

void
print_list_free(struct print_list *l)
{
	if (l == NULL || atomic_fetch_sub(&l->n_owners, 1) > 1)
		return;
	arena_free(l->a);
	memory_free(l->entries);
	memory_free(l);
}

struct print_list *
print_list_share(struct print_list *l)
{
	(void)atomic_fetch_add(&l->n_owners, 1);
	return l;
}

int
print_list_is_current(const struct print_list *l, struct catalogue *c,
    bool *is, struct error *err)
{
	struct arena *a = arena_new();
	const char *path, *mark;
	int status;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	status = find_marked(c, a, &path, &mark, err);
	*is = status == 0 && strcmp(mark, l->mark) == 0;
	arena_free(a);
	return status;
}

const struct print_entry *
print_list_find(const struct print_list *l, const char *group_id,
    const char *id)
{
	const struct print_entry wanted = { .group_id = group_id, .id = id };

	return l->n == 0 ? NULL : bsearch(&wanted, l->entries, l->n,
	    sizeof(*l->entries), compare);
}
