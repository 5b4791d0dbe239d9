/*
 * map -- a file's bytes as memory, read only as they are looked at.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>

#include "base/error.h"

struct map {
	unsigned char *bytes;	/* not to be written; page aligned */
	size_t n_bytes;
};

/*
 * Map the whole plain file.  It may be replaced by renaming meanwhile, but one
 * that is cut short while it is mapped ends the process (SIGBUS).
 */
int map_open(const char *path, struct map *m, struct error *err) MUST_CHECK;
void map_close(struct map *m);	/* zeros: does nothing */

#endif
