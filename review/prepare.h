/*
 * prepare -- copies and views made ahead, by threads of their own.
 *
 * Nothing is made twice at once, and what is in the cache folder is not made
 * again.  Files appear whole, so after a kill the same calls go on from what
 * is there; other processes may share the folder.
 */
#ifndef REVIEW_PREPARE_H
#define REVIEW_PREPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

struct prepare;

/*
 * Start the threads, 1 to 64 of them.  The catalogue is read by each with a
 * handle of its own; fingerprints are those of the round that is the last one
 * now, until prepare_renew.  NULL with an error.
 */
struct prepare *prepare_open(const char *catalogue_path, const char *folder,
    size_t n_threads, struct error *err) MUST_CHECK;

/*
 * Take the fingerprints of a newer round, where there is one; what was made of
 * older ones is made again when it is asked for.  Looking costs a query; "c" is
 * a handle of the calling thread.  Failing leaves those that are in use.
 */
int prepare_renew(struct prepare *p, struct catalogue *c, struct error *err);

/* Waits for the threads, which stop at the next link.  NULL: nothing. */
void prepare_close(struct prepare *p);

/*
 * Have a fragment made, before all that were asked for earlier; nothing
 * happens when it is being made.  Of more than PREPARE_MAX_WANTED the oldest
 * are forgotten.
 */
#define PREPARE_MAX_WANTED 4096
int prepare_want(struct prepare *p, const char *group_id,
    const char *fragment_id, struct error *err) MUST_CHECK;

enum prepare_state {
	PREPARE_READY,
	PREPARE_BEING_MADE,	/* from now on, if it was not before */
	PREPARE_MISSING,	/* there is no such fragment */
	PREPARE_FAILED		/* the error says why */
};

/*
 * How it stands with a fragment; "c" is a handle of the calling thread.  Of
 * one that is ready *view is the VIEW (fragment_view.h), to be freed with
 * json_free.  A fragment that failed is told so once and then tried again.
 */
enum prepare_state prepare_get(struct prepare *p, struct catalogue *c,
    const char *group_id, const char *fragment_id, struct arena *a,
    struct json **view, struct error *err);

/* A list made ahead. */
struct prepare_list {
	const char *catalogue_path, *folder;
	size_t n_threads;
	struct prepare_item {
		const char *group_id, *fragment_id;
	} *items;			/* [n_items], borrowed */
	size_t n_items;
	/* Called by one thread at a time; both may be NULL. */
	void (*done)(void *shared, size_t n_done,
	    const struct prepare_item *item, const struct error *failure);
	bool (*must_stop)(void *shared);
	void *shared;
};

/*
 * Make all of them.  "done" is told of each, with NULL or why it failed, which
 * *n_failed counts.  -1 when nothing can be made at all or, with ERROR_BUSY,
 * when stopped.
 */
int prepare_run(const struct prepare_list *list, size_t *n_failed,
    struct error *err) MUST_CHECK;

#endif
