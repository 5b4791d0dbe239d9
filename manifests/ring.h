/*
 * ring -- a bounded queue of jobs whose results leave in the order in which
 * the jobs came.
 *
 * One thread puts jobs in, several take and finish them.  Whoever finishes
 * the job whose turn it is hands it, and those behind it that are finished
 * too, to "leave", one at a time and in order; no thread waits for that.  A
 * full ring makes ring_put wait, so memory stays bounded.
 */
#ifndef MANIFESTS_RING_H
#define MANIFESTS_RING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct ring;

struct ring_calls {
	/* A finished job's turn has come. */
	void (*leave)(void *shared, void *job);
	/* No further job is finished just now: a moment to flush. */
	void (*pause)(void *shared);
	/* No more jobs are to be put or taken; called often, by all threads. */
	bool (*must_stop)(void *shared);
	/* The ring is freed: what a place still holds; it may be zeroed. */
	void (*release)(void *shared, void *job);
	void *shared;
};

/* Room for n_slots jobs of job_bytes each; free with ring_free. */
struct ring *ring_new(size_t n_slots, size_t job_bytes,
    const struct ring_calls *calls, struct error *err) MUST_CHECK;
void ring_free(struct ring *r);

/*
 * The place of the next job, to be filled and given to ring_filled by the same
 * thread.  Places are used again and again: this one is zeroed at first, later
 * as the job that was there left it.  NULL when must_stop said so.
 */
void *ring_put(struct ring *r);
void ring_filled(struct ring *r);

/* No more jobs will be put. */
void ring_close(struct ring *r);

/* A job to work on, or NULL: closed and empty, or must_stop. */
void *ring_take(struct ring *r);
/* The job is finished. */
void ring_finish(struct ring *r, void *job);

/* Jobs that were put and not taken. */
size_t ring_n_left(struct ring *r);

#endif
