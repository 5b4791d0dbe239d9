/*
 * folder -- the names in a folder.
 */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

bool folder_is_one(const char *path);

/*
 * The names in the folder in the order of their bytes, but for those that
 * begin with a dot: *names is [n_names] of arena memory.
 */
int folder_names(const char *path, struct arena *a, const char ***names,
    size_t *n_names, struct error *err) MUST_CHECK;

/* "path/name", arena memory.  NULL with an error. */
const char *folder_join(const char *path, const char *name, struct arena *a,
    struct error *err) MUST_CHECK;

#endif
