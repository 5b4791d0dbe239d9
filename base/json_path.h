/*
 * json_path -- the parts of a path such as "f0.model.name".
 */
#ifndef BASE_JSON_PATH_H
#define BASE_JSON_PATH_H

#include <stddef.h>

#define JSON_PART_BYTES 256	/* longest part, with its final zero */

/*
 * Copy the first part of *path to "part" and move *path behind it and its
 * dot.  Returns the part's length, or 0 when it is empty or too long.
 */
size_t json_path_part(const char **path, char part[JSON_PART_BYTES]);

#endif
