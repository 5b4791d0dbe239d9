#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/share.h"

#define MAX_PATH_BYTES 4096

/* The folder of the running program, or NULL when it cannot be told. */
static char *
program_folder(struct arena *a)
{
	char *path = arena_alloc(a, MAX_PATH_BYTES, 1);
	char *slash;
	ssize_t n;

	if (path == NULL)
		return NULL;
	n = readlink("/proc/self/exe", path, MAX_PATH_BYTES - 1);
	slash = n > 0 ? strrchr(path, '/') : NULL;
	if (slash == NULL)
		return NULL;
	*slash = '\0';
	return path;
}

/* "folder/below/path" when that is a file, else NULL. */
static const char *
file_under(const char *folder, const char *below, const char *path,
    struct arena *a)
{
	const char *joined = arena_printf(a, "%s%s/%s", folder, below, path);

	return joined != NULL && file_exists(joined) ? joined : NULL;
}

const char *
share_find(const char *path, struct arena *a)
{
	const char *folder = getenv("CHAD_SHARE");
	const char *found = NULL;

	if (path[0] == '/' || file_exists(path))
		return arena_strdup(a, path);
	if (folder != NULL && folder[0] != '\0')
		found = file_under(folder, "", path, a);
	if (found == NULL && (folder = program_folder(a)) != NULL) {
		found = file_under(folder, "/../share/chad", path, a);
		if (found == NULL)
			found = file_under(folder, "/../../..", path, a);
	}
	return found != NULL ? found : arena_strdup(a, path);
}
