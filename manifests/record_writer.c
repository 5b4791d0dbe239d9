#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/packed.h"

#include "manifests/record.h"
#include "manifests/record_writer.h"
#include "manifests/stream.h"

#define MAX_FOLDER_BYTES 4096

struct record_writer {
	struct file_new *file;	/* NULL: standard output */
	FILE *packed;		/* on top of it, or NULL */
	struct arena *a;	/* of the record at hand */
	char *here;		/* the working folder; NULL: paths stay */
};

/* Whether the file lies in the working folder. */
static bool
is_here(const char *path)
{
	if (strncmp(path, "./", 2) == 0)
		path += 2;
	return strchr(path, '/') == NULL;
}

static int
find_here(struct record_writer *w, struct error *err)
{
	w->here = memory_new(MAX_FOLDER_BYTES, 1, "bytes of a path", err);
	if (w->here == NULL)
		return -1;
	if (getcwd(w->here, MAX_FOLDER_BYTES) == NULL)
		return error_set_errno(err, "cannot tell the working folder");
	return 0;
}

static int
open_file(struct record_writer *w, const char *path, struct error *err)
{
	const enum packed_kind kind = packed_kind_of_name(path);

	if (!is_here(path) && find_here(w, err) != 0)
		return -1;
	w->file = file_create(path, err);
	if (w->file == NULL)
		return -1;
	if (kind != PACKED_NONE && (w->packed = packed_stream(
	    file_stream(w->file), kind, err)) == NULL)
		return -1;
	return 0;
}

struct record_writer *
record_writer_open(const char *path, struct error *err)
{
	struct record_writer *w = memory_new(1, sizeof(*w), "writer", err);

	if (w == NULL)
		return NULL;
	w->a = arena_new();
	if (w->a == NULL)
		error_set(err, ERROR_NOMEM, "out of memory");
	else if (path == NULL || strcmp(path, "-") == 0 ||
	    open_file(w, path, err) == 0)
		return w;
	record_writer_abandon(w);
	return NULL;
}

FILE *
record_writer_stream(struct record_writer *w)
{
	if (w->packed != NULL)
		return w->packed;
	return w->file != NULL ? file_stream(w->file) : stdout;
}

const char *
record_writer_here(const struct record_writer *w)
{
	return w->here;
}

int
record_writer_put(struct record_writer *w, struct json *rec,
    const char *folder, struct error *err)
{
	int result = -1;

	if (record_rebase(rec, folder, err) == 0 &&
	    record_rebase(rec, w->here, err) == 0)
		result = stream_write(record_writer_stream(w), rec, w->a,
		    err);
	arena_reset(w->a);
	if (result != 0 && w->file != NULL)
		error_add(err, "%s", file_path(w->file));
	return result;
}

static void
free_writer(struct record_writer *w)
{
	memory_free(w->here);
	arena_free(w->a);
	memory_free(w);
}

int
record_writer_commit(struct record_writer *w, struct error *err)
{
	int result = 0;

	if (w->packed != NULL && fclose(w->packed) != 0) {
		result = error_set_errno(err, "cannot write %s",
		    file_path(w->file));
		file_abandon(w->file);
	} else if (w->file != NULL) {
		result = file_commit(w->file, err);
	}
	free_writer(w);
	return result;
}

void
record_writer_abandon(struct record_writer *w)
{
	if (w == NULL)
		return;
	if (w->packed != NULL)
		(void)fclose(w->packed);
	file_abandon(w->file);
	free_writer(w);
}

int
record_writer_end(struct record_writer *w, int result, struct error *err)
{
	if (result == 0)
		return record_writer_commit(w, err);
	record_writer_abandon(w);
	return -1;
}
