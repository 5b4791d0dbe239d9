#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/packed.h"
#include "base/spool.h"

#include "manifests/record.h"
#include "manifests/stream.h"
#include "manifests/stream_walk.h"
#include "store/blocks.h"
#include "store/chad_table.h"

#include "exchange/catalogue_fill.h"

struct work {
	const struct catalogue_fill *fill;
	struct catalogue *c;
	char *folder;		/* of the manifest that is being read */
	struct arena *a;	/* of the row of a table */
	size_t n_taken;
};

/* What was found of a record before its turn. */
struct prepared {
	const char *where;	/* what messages call it */
	struct error why;	/* of a refusal */
	struct catalogue_row *row;	/* when it is to be added */
};

/* True for failures of the catalogue, after which nothing more can be done. */
static bool
is_fatal(const struct error *err)
{
	return err->code == ERROR_IO || err->code == ERROR_BUSY ||
	    err->code == ERROR_NOMEM || err->code == ERROR_BUG;
}

/*
 * stream_walk: what needs no catalogue.  What an earlier command failed on is
 * a fact worth keeping when it is a recording; a broken line or row is not.
 */
static void *
prepare(const void *context, struct json *rec, struct arena *a,
    struct error *err)
{
	const struct work *w = context;
	struct prepared *p = arena_need(a, 1, sizeof(*p), "records", err);
	const char *problem;

	if (p == NULL)
		return NULL;
	if (record_has_failed(rec) && !json_has(rec, "id")) {
		p->where = "not added";
		if (json_get_string(rec, "error", "", &problem, &p->why) == 0)
			(void)error_set(&p->why, ERROR_FORMAT, "%s", problem);
		return p;
	}
	if (record_rebase(rec, w->folder, &p->why) == 0 &&
	    w->fill->set_name == NULL)
		p->row = catalogue_read(rec, a, &p->why);
	p->where = record_id(rec);
	return p;
}

/* stream_walk: the record's turn. */
static int
take_prepared(void *context, struct json *rec, void *prepared,
    struct error *err)
{
	struct work *w = context;
	const struct catalogue_fill *in = w->fill;
	struct prepared *p = prepared;

	if (p->why.code == ERROR_NONE && (in->set_name == NULL ?
	    catalogue_put(w->c, p->row, &p->why) :
	    blocks_put(w->c, rec, in->set_name, &p->why)) == 0) {
		w->n_taken++;
		return 0;
	}
	if (is_fatal(&p->why)) {
		*err = p->why;
		return -1;
	}
	in->refuse(in->context, p->where, &p->why);
	return 0;
}

/* chad_table_read: a row. */
static int
take_row(void *context, struct json *rec, struct error *err)
{
	struct work *w = context;
	void *prepared;

	arena_reset(w->a);
	if ((prepared = prepare(w, rec, w->a, err)) == NULL)
		return -1;
	return take_prepared(w, rec, prepared, err);
}

static int
take_table(struct work *w, const char *path, struct error *err)
{
	struct arena *a = arena_new();
	size_t n_bytes;
	char *text = NULL;
	int status = -1;

	w->a = arena_new();
	if (a == NULL || w->a == NULL) {
		(void)error_set(err, ERROR_NOMEM, "out of memory");
		goto done;
	}
	text = packed_read(path, CHAD_TABLE_MAX_BYTES, a, &n_bytes, err);
	if (text != NULL && chad_table_read(text, n_bytes, take_row, w,
	    err) == 0)
		status = 0;
	else if (text != NULL)
		(void)error_add(err, "%s",
		    path == NULL ? "standard input" : path);
done:
	arena_free(w->a);
	arena_free(a);
	return status;
}

/* NULL: standard input. */
static int
take_input(struct work *w, const char *path, struct error *err)
{
	const struct stream_walk_calls calls = { prepare, take_prepared, w };
	int status;

	if (path != NULL && strcmp(path, "-") == 0)
		path = NULL;
	if (w->fill->is_table)
		return take_table(w, path, err);
	if (stream_folder(path, &w->folder, err) != 0)
		return -1;
	status = stream_walk(path, w->fill->n_threads, &calls, err);
	memory_free(w->folder);
	w->folder = NULL;
	return status;
}

/* Read standard input to its end, if it is one of the inputs. */
static int
spool(const struct catalogue_fill *in, const char *catalogue_path,
    struct error *err)
{
	bool is_used = in->n_paths == 0;
	char *folder;
	int status;

	for (size_t i = 0; i < in->n_paths; i++)
		is_used = is_used || strcmp(in->paths[i], "-") == 0;
	if (!is_used)
		return 0;
	if (stream_folder(catalogue_path, &folder, err) != 0)
		return -1;
	status = spool_input(folder, err);
	memory_free(folder);
	return status;
}

int
catalogue_fill_run(struct catalogue *c, const char *catalogue_path,
    const struct catalogue_fill *in, size_t *n_taken, struct error *err)
{
	struct work w = { .fill = in, .c = c };
	int status = 0;

	if (spool(in, catalogue_path, err) != 0 ||
	    catalogue_begin(c, err) != 0)
		return -1;
	if (in->n_paths == 0)
		status = take_input(&w, NULL, err);
	for (size_t i = 0; i < in->n_paths && status == 0; i++)
		status = take_input(&w, in->paths[i], err);
	*n_taken = w.n_taken;
	if (status == 0)
		return catalogue_commit(c, err);
	catalogue_rollback(c);
	return -1;
}
