#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/packed.h"
#include "base/spool.h"

#include "manifests/record.h"
#include "manifests/stream.h"
#include "manifests/stream_walk.h"
#include "store/chad_table.h"

#include "exchange/catalogue_fill.h"

struct work {
	const struct catalogue_fill *fill;
	struct catalogue *c;
	char *folder;		/* of the manifest that is being read */
	size_t n_taken;
};

int
catalogue_fill_add(struct catalogue *c, const struct json *rec,
    const char *set_name, struct error *err)
{
	(void)set_name;
	return catalogue_add(c, rec, err);
}

/* True for failures of the catalogue, after which nothing more can be done. */
static bool
is_fatal(const struct error *err)
{
	return err->code == ERROR_IO || err->code == ERROR_BUSY ||
	    err->code == ERROR_NOMEM || err->code == ERROR_BUG;
}

/*
 * Take one record.  What an earlier command failed on is a fact worth keeping
 * when it is a recording; a broken line or row is not.
 */
static int
take_record(void *context, struct json *rec, struct error *err)
{
	struct work *w = context;
	const struct catalogue_fill *in = w->fill;
	struct error why = { ERROR_NONE, "" };
	const char *problem;

	if (record_has_failed(rec) && !json_has(rec, "id")) {
		if (json_get_string(rec, "error", "", &problem, &why) == 0)
			(void)error_set(&why, ERROR_FORMAT, "%s", problem);
		in->refuse(in->context, "not added", &why);
		return 0;
	}
	if (record_rebase(rec, w->folder, &why) == 0 &&
	    in->take(w->c, rec, in->set_name, &why) == 0) {
		w->n_taken++;
		return 0;
	}
	if (is_fatal(&why)) {
		*err = why;
		return -1;
	}
	in->refuse(in->context, record_id(rec), &why);
	return 0;
}

static int
take_table(struct work *w, const char *path, struct error *err)
{
	struct arena *a = arena_new();
	size_t n_bytes;
	char *text;
	int status = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	text = packed_read(path, CHAD_TABLE_MAX_BYTES, a, &n_bytes, err);
	if (text != NULL && chad_table_read(text, n_bytes, take_record, w,
	    err) == 0)
		status = 0;
	else if (text != NULL)
		(void)error_add(err, "%s",
		    path == NULL ? "standard input" : path);
	arena_free(a);
	return status;
}

/* NULL: standard input. */
static int
take_input(struct work *w, const char *path, struct error *err)
{
	int status;

	if (path != NULL && strcmp(path, "-") == 0)
		path = NULL;
	if (w->fill->is_table)
		return take_table(w, path, err);
	if (stream_folder(path, &w->folder, err) != 0)
		return -1;
	status = stream_walk(path, w->fill->n_threads, take_record, w, err);
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
