/*
 * share -- files that come with the tools: models, recipes.
 *
 * A relative path that does not lead to a file from the working folder is
 * looked for, in this order, under $CHAD_SHARE, ../share/chad beside the
 * folder of the running program (installed), and two folders above that one
 * (build/release/bin in the source tree).
 */
#ifndef BASE_SHARE_H
#define BASE_SHARE_H

#include "base/arena.h"
#include "base/error.h"

/*
 * Where the file is, in arena memory; the path itself when it is nowhere, so
 * that who opens it names it as it was given.  NULL when memory is out.
 */
const char *share_find(const char *path, struct arena *a) MUST_CHECK;

#endif
