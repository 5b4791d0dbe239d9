/*
 * stream_walk -- the records of a manifest of any length, read by several
 * threads, handed over in order.
 */
#ifndef MANIFESTS_STREAM_WALK_H
#define MANIFESTS_STREAM_WALK_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

/*
 * path NULL or "-": standard input.  n_threads (1 or more) parse lines; broken
 * ones become records with "error" as in manifests/stream.h.  Then
 * each(context, record, err) is called in the order of the lines, one call at
 * a time, though not always by the same thread; the record is freed
 * afterwards.  -1 of the callee ends it.  Memory does not grow with the
 * length.
 */
int stream_walk(const char *path, size_t n_threads,
    int (*each)(void *context, struct json *rec, struct error *err),
    void *context, struct error *err) MUST_CHECK;

#endif
