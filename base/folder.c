#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/folder.h"
#include "base/memory.h"

bool
folder_is_one(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int
compare_names(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;

	return strcmp(*x, *y);
}

/* Collect the names in a heap block. */
static int
read_names(DIR *folder, struct arena *a, const char ***names, size_t *n,
    struct error *err)
{
	size_t capacity = 0;
	const struct dirent *found;

	for (errno = 0; (found = readdir(folder)) != NULL; errno = 0) {
		if (found->d_name[0] == '.')
			continue;
		if (memory_grow(names, &capacity, *n + 1, sizeof(**names),
		    "file names", err) != 0)
			return -1;
		(*names)[*n] = arena_strdup(a, found->d_name);
		if ((*names)[*n] == NULL)
			return error_set(err, ERROR_NOMEM,
			    "out of memory for file names");
		(*n)++;
	}
	return errno == 0 ? 0 : error_set_errno(err, "cannot read the folder");
}

int
folder_names(const char *path, struct arena *a, const char ***names,
    size_t *n_names, struct error *err)
{
	const char **found = NULL;
	DIR *folder = opendir(path);
	size_t n = 0;
	int status = -1;

	if (folder == NULL)
		return error_set_errno(err, "cannot open the folder %s", path);
	if (read_names(folder, a, &found, &n, err) != 0) {
		error_add(err, "%s", path);
		goto done;
	}
	*names = arena_need(a, n, sizeof(**names), "file names", err);
	if (*names == NULL)
		goto done;
	if (n > 0) {
		memcpy(*names, found, n * sizeof(*found));
		qsort(*names, n, sizeof(**names), compare_names);
	}
	*n_names = n;
	status = 0;

done:
	memory_free(found);
	(void)closedir(folder);
	return status;
}

const char *
folder_join(const char *path, const char *name, struct arena *a,
    struct error *err)
{
	const size_t n = strlen(path);
	const char *joined = arena_printf(a, "%s%s%s", path,
	    n > 0 && path[n - 1] == '/' ? "" : "/", name);

	if (joined == NULL)
		error_set(err, ERROR_NOMEM, "out of memory for a path");
	return joined;
}
