#include <archive.h>
#include <archive_entry.h>

#include "base/file.h"
#include "base/memory.h"

#include "exchange/tar_file.h"

struct tar_file {
	struct file_new *file;
	struct archive *archive;
};

static int
tar_fail(const struct tar_file *t, struct error *err)
{
	const char *why = archive_error_string(t->archive);

	return error_set(err, ERROR_OUTPUT, "writing %s: %s",
	    file_path(t->file), why == NULL ? "it failed" : why);
}

struct tar_file *
tar_file_open(const char *path, struct error *err)
{
	struct tar_file *t = memory_new(1, sizeof(*t), "archive", err);

	if (t == NULL)
		return NULL;
	if ((t->file = file_create(path, err)) == NULL)
		goto fail;
	if ((t->archive = archive_write_new()) == NULL) {
		(void)error_set(err, ERROR_NOMEM, "out of memory");
		goto fail;
	}
	if (archive_write_set_format_pax_restricted(t->archive) !=
	    ARCHIVE_OK || archive_write_open_FILE(t->archive,
	    file_stream(t->file)) != ARCHIVE_OK) {
		(void)tar_fail(t, err);
		goto fail;
	}
	return t;
fail:
	tar_file_abandon(t);
	return NULL;
}

int
tar_file_put(struct tar_file *t, const char *name, const void *bytes,
    size_t n_bytes, struct error *err)
{
	struct archive_entry *entry = archive_entry_new();
	int status = -1;

	if (entry == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_size(entry, (la_int64_t)n_bytes);
	if (archive_write_header(t->archive, entry) == ARCHIVE_OK &&
	    archive_write_data(t->archive, bytes, n_bytes) ==
	    (la_ssize_t)n_bytes)
		status = 0;
	else
		(void)tar_fail(t, err);
	archive_entry_free(entry);
	return status;
}

int
tar_file_commit(struct tar_file *t, struct error *err)
{
	struct file_new *file = t->file;

	if (archive_write_close(t->archive) != ARCHIVE_OK) {
		(void)tar_fail(t, err);
		tar_file_abandon(t);
		return -1;
	}
	(void)archive_write_free(t->archive);
	memory_free(t);
	return file_commit(file, err);
}

void
tar_file_abandon(struct tar_file *t)
{
	if (t == NULL)
		return;
	if (t->archive != NULL)
		(void)archive_write_free(t->archive);
	file_abandon(t->file);
	memory_free(t);
}
