#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

#define MAX_TRIES 1000

struct file_new {
	char *path;
	char *temporary_path;
	FILE *out;
};

/* Read to the end or to max_bytes + 1, into a buffer that grows. */
static int
read_all(FILE *in, size_t max_bytes, char **bytes, size_t *n_bytes,
    struct error *err)
{
	size_t capacity = 0;
	size_t n;

	*n_bytes = 0;
	do {
		if (memory_grow(bytes, &capacity, *n_bytes + 4096, 1,
		    "bytes of a file", err) != 0)
			return -1;
		n = fread(*bytes + *n_bytes, 1, capacity - *n_bytes, in);
		*n_bytes += n;
	} while (n > 0 && *n_bytes <= max_bytes);
	if (ferror(in))
		return error_set_errno(err, "cannot read");
	if (*n_bytes > max_bytes)
		return error_set(err, ERROR_LIMIT, "larger than %zu bytes",
		    max_bytes);
	return 0;
}

void *
file_read(const char *path, size_t max_bytes, struct arena *a,
    size_t *n_bytes, struct error *err)
{
	FILE *in = fopen(path, "rb");
	char *bytes = NULL;
	char *copy = NULL;

	if (in == NULL) {
		error_set_errno(err, "cannot open %s", path);
		return NULL;
	}
	if (read_all(in, max_bytes, &bytes, n_bytes, err) != 0) {
		error_add(err, "%s", path);
	} else {
		copy = arena_need(a, *n_bytes + 1, 1, "bytes of a file", err);
		if (copy != NULL && *n_bytes > 0)
			memcpy(copy, bytes, *n_bytes);
	}
	memory_free(bytes);
	(void)fclose(in);
	return copy;
}

/* A place for results that refuses them is nobody's record's fault. */
static int
refuse_place(const char *path, struct error *err)
{
	const bool is_place = errno == EACCES || errno == EPERM ||
	    errno == ENOTDIR;

	(void)error_set_errno(err, "cannot create %s", path);
	if (err != NULL && is_place)
		err->code = ERROR_OUTPUT;
	return -1;
}

static void
free_file(struct file_new *f)
{
	memory_free(f->path);
	memory_free(f->temporary_path);
	memory_free(f);
}

/*
 * Open ".NAME.PID.tmp" beside the path; where another thread has just that,
 * ".NAME.PID.1.tmp" and so on.  Returns the descriptor or -1.
 */
static int
open_temporary(struct file_new *f, struct error *err)
{
	const char *name = file_name(f->path);
	const size_t folder_bytes = (size_t)(name - f->path);
	const size_t n_bytes = strlen(f->path) + 64;
	int fd = -1;

	f->temporary_path = memory_new(n_bytes, 1, "bytes of a path", err);
	if (f->temporary_path == NULL)
		return -1;
	memcpy(f->temporary_path, f->path, folder_bytes);
	for (int i = 0; i < MAX_TRIES && fd < 0; i++) {
		char number[16] = "";

		if (i > 0)
			(void)snprintf(number, sizeof(number), ".%d", i);
		(void)snprintf(f->temporary_path + folder_bytes,
		    n_bytes - folder_bytes, ".%s.%ld%s.tmp", name,
		    (long)getpid(), number);
		fd = open(f->temporary_path,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0)
		(void)refuse_place(f->path, err);
	return fd;
}

struct file_new *
file_create(const char *path, struct error *err)
{
	struct file_new *f;
	struct stat st;
	int fd;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		error_set(err, ERROR_OUTPUT, "%s is no plain file, so it is "
		    "not written over", path);
		return NULL;
	}
	if (file_make_parent(path, err) != 0)
		return NULL;
	f = memory_new(1, sizeof(*f), "file", err);
	if (f == NULL)
		return NULL;
	f->path = memory_strdup(path, err);
	if (f->path == NULL)
		goto fail;
	fd = open_temporary(f, err);
	if (fd < 0)
		goto fail;
	f->out = fdopen(fd, "wb");
	if (f->out == NULL) {
		error_set_errno(err, "cannot write %s", path);
		(void)close(fd);
		(void)unlink(f->temporary_path);
		goto fail;
	}
	return f;
fail:
	free_file(f);
	return NULL;
}

FILE *
file_stream(struct file_new *f)
{
	return f->out;
}

const char *
file_path(const struct file_new *f)
{
	return f->path;
}

const char *
file_temporary_path(const struct file_new *f)
{
	return f->temporary_path;
}

/* Have the folder of the path on disk, and with it the new name. */
static int
sync_folder(const struct file_new *f, struct error *err)
{
	char *slash = strrchr(f->temporary_path, '/');
	int fd, status;

	if (slash != NULL)
		slash[slash == f->temporary_path] = '\0';
	fd = open(slash == NULL ? "." : f->temporary_path,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, "cannot open the folder of %s",
		    f->path);
	status = fsync(fd);
	/* Some file systems cannot sync folders; there is no more to do. */
	if (status != 0 && errno != EINVAL)
		error_set_errno(err, "cannot write the folder of %s", f->path);
	else
		status = 0;
	(void)close(fd);
	return status;
}

/* Give the file its name; "is_synced" is for what must outlive a power cut. */
static int
commit(struct file_new *f, bool is_synced, struct error *err)
{
	int result = 0;

	errno = 0;
	if (ferror(f->out) || fflush(f->out) != 0 ||
	    (is_synced && fsync(fileno(f->out)) != 0)) {
		if (errno == 0)
			errno = EIO;
		result = error_set_errno(err, "cannot write %s", f->path);
	}
	if (fclose(f->out) != 0 && result == 0)
		result = error_set_errno(err, "cannot write %s", f->path);
	if (result == 0 && rename(f->temporary_path, f->path) != 0)
		result = error_set_errno(err, "cannot rename to %s", f->path);
	if (result != 0)
		(void)unlink(f->temporary_path);
	else if (is_synced)
		result = sync_folder(f, err);
	free_file(f);
	return result;
}

int
file_commit(struct file_new *f, struct error *err)
{
	return commit(f, true, err);
}

int
file_place(const char *from_path, const char *path, struct error *err)
{
	if (rename(from_path, path) == 0)
		return 0;
	if (errno == ENOENT && file_make_parent(path, err) != 0)
		return -1;
	if (rename(from_path, path) != 0)
		return error_set_errno(err, "cannot rename %s to %s",
		    from_path, path);
	return 0;
}

void
file_abandon(struct file_new *f)
{
	if (f == NULL)
		return;
	(void)fclose(f->out);
	(void)unlink(f->temporary_path);
	free_file(f);
}

static int
write_file(const char *path, const void *bytes, size_t n_bytes,
    bool is_synced, struct error *err)
{
	struct file_new *f = file_create(path, err);

	if (f == NULL)
		return -1;
	if (n_bytes > 0 && fwrite(bytes, 1, n_bytes, f->out) != n_bytes) {
		error_set_errno(err, "cannot write %s", path);
		file_abandon(f);
		return -1;
	}
	return commit(f, is_synced, err);
}

int
file_write(const char *path, const void *bytes, size_t n_bytes,
    struct error *err)
{
	return write_file(path, bytes, n_bytes, true, err);
}

int
file_write_soon(const char *path, const void *bytes, size_t n_bytes,
    struct error *err)
{
	return write_file(path, bytes, n_bytes, false, err);
}

bool
file_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

bool
file_is_same(const char *a_path, const char *b_path)
{
	struct stat a, b;

	return stat(a_path, &a) == 0 && stat(b_path, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

const char *
file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

const char *
file_stem(const char *path, struct arena *a, struct error *err)
{
	const char *name = file_name(path);
	const char *dot = strrchr(name, '.');
	const size_t n = dot != NULL && dot != name ? (size_t)(dot - name) :
	    strlen(name);
	const char *stem = arena_printf(a, "%.*s", (int)n, name);

	if (stem == NULL)
		error_set(err, ERROR_NOMEM, "out of memory for a name");
	return stem;
}

/* Make one folder; one that is there already is as good. */
static int
make_one_folder(const char *path, struct error *err)
{
	struct stat st;

	if (mkdir(path, 0777) == 0)
		return 0;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return refuse_place(path, err);
}

int
file_make_folder(const char *path, struct error *err)
{
	char *part;
	int result = 0;

	if (path[0] == '\0')
		return error_set(err, ERROR_FORMAT, "a folder without a name");
	part = memory_strdup(path, err);
	if (part == NULL)
		return -1;
	for (char *p = part + 1; *p != '\0' && result == 0; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (!file_exists(part))
			result = make_one_folder(part, err);
		*p = '/';
	}
	if (result == 0)
		result = make_one_folder(part, err);
	memory_free(part);
	return result;
}

int
file_make_parent(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	int result;

	if (slash == NULL || slash == path)
		return 0;
	folder = memory_strdup(path, err);
	if (folder == NULL)
		return -1;
	folder[slash - path] = '\0';
	result = file_exists(folder) ? 0 : file_make_folder(folder, err);
	memory_free(folder);
	return result;
}
