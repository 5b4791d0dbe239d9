/*
 * stream_walk -- the records of a manifest of any length, read by several
 * threads, handed over in order.
 */
#ifndef MANIFESTS_STREAM_WALK_H
#define MANIFESTS_STREAM_WALK_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

struct stream_walk_calls {
	/*
	 * What can be done with a record before its turn: called by all
	 * threads at once, in any order.  Returns what "each" is handed, in
	 * the arena, which lasts as long as the record; or NULL, which ends
	 * the walk.
	 */
	void *(*prepare)(const void *context, struct json *rec,
	    struct arena *a, struct error *err);
	/*
	 * Called in the order of the lines, one call at a time, though not
	 * always by the same thread.  -1 ends the walk.
	 */
	int (*each)(void *context, struct json *rec, void *prepared,
	    struct error *err);
	void *context;
};

/*
 * path NULL or "-": standard input.  n_threads (1 or more) parse lines; broken
 * ones become records with "error" as in manifests/stream.h.  Records are
 * freed some time after "each".  Memory does not grow with the length.
 */
int stream_walk(const char *path, size_t n_threads,
    const struct stream_walk_calls *calls, struct error *err) MUST_CHECK;

#endif
