#include <pthread.h>

#include "base/memory.h"

#include "manifests/ring.h"

/*
 * Jobs are numbered as they come; job k lives in slot k % n_slots.
 *	n_gone <= n_taken <= n_filled <= n_gone + n_slots
 */
struct ring {
	pthread_mutex_t lock;
	pthread_cond_t can_put;
	pthread_cond_t can_take;
	struct ring_calls calls;
	size_t n_slots;
	size_t job_bytes;
	char *jobs;		/* [n_slots][job_bytes] */
	bool *is_finished;	/* [n_slots] */
	size_t n_filled;
	size_t n_taken;
	size_t n_gone;		/* gone through "leave" */
	bool is_closed;
	bool is_leaving;	/* a thread is busy with "leave" */
};

static void *
job_at(struct ring *r, size_t number)
{
	return r->jobs + number % r->n_slots * r->job_bytes;
}

struct ring *
ring_new(size_t n_slots, size_t job_bytes, const struct ring_calls *calls,
    struct error *err)
{
	struct ring *r = memory_new(1, sizeof(*r), "queue", err);

	if (r == NULL)
		return NULL;
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->can_put, NULL);
	(void)pthread_cond_init(&r->can_take, NULL);
	r->calls = *calls;
	r->n_slots = n_slots;
	r->job_bytes = job_bytes;
	r->jobs = memory_new(n_slots, job_bytes, "jobs", err);
	r->is_finished = memory_new(n_slots, sizeof(bool), "jobs", err);
	if (r->jobs == NULL || r->is_finished == NULL) {
		ring_free(r);
		return NULL;
	}
	return r;
}

void
ring_free(struct ring *r)
{
	if (r == NULL)
		return;
	(void)pthread_cond_destroy(&r->can_take);
	(void)pthread_cond_destroy(&r->can_put);
	(void)pthread_mutex_destroy(&r->lock);
	for (size_t i = 0; r->jobs != NULL && i < r->n_slots; i++)
		r->calls.release(r->calls.shared, job_at(r, i));
	memory_free(r->is_finished);
	memory_free(r->jobs);
	memory_free(r);
}

static bool
must_stop(struct ring *r)
{
	return r->calls.must_stop(r->calls.shared);
}

void *
ring_put(struct ring *r)
{
	void *job = NULL;

	(void)pthread_mutex_lock(&r->lock);
	while (!must_stop(r) && r->n_filled - r->n_gone == r->n_slots)
		(void)pthread_cond_wait(&r->can_put, &r->lock);
	if (!must_stop(r))
		job = job_at(r, r->n_filled);
	(void)pthread_mutex_unlock(&r->lock);
	return job;
}

void
ring_filled(struct ring *r)
{
	(void)pthread_mutex_lock(&r->lock);
	r->n_filled++;
	(void)pthread_cond_signal(&r->can_take);
	(void)pthread_mutex_unlock(&r->lock);
}

void
ring_close(struct ring *r)
{
	(void)pthread_mutex_lock(&r->lock);
	r->is_closed = true;
	(void)pthread_cond_broadcast(&r->can_take);
	(void)pthread_mutex_unlock(&r->lock);
}

void *
ring_take(struct ring *r)
{
	void *job = NULL;

	(void)pthread_mutex_lock(&r->lock);
	while (!must_stop(r) && !r->is_closed && r->n_taken == r->n_filled)
		(void)pthread_cond_wait(&r->can_take, &r->lock);
	if (!must_stop(r) && r->n_taken < r->n_filled)
		job = job_at(r, r->n_taken++);
	else
		/* Who waits to put more would not hear of a stop otherwise. */
		(void)pthread_cond_broadcast(&r->can_put);
	(void)pthread_mutex_unlock(&r->lock);
	return job;
}

/* Hand over finished jobs while the next one is finished.  Lock held. */
static void
hand_over(struct ring *r)
{
	while (r->is_finished[r->n_gone % r->n_slots]) {
		(void)pthread_mutex_unlock(&r->lock);
		r->calls.leave(r->calls.shared, job_at(r, r->n_gone));
		(void)pthread_mutex_lock(&r->lock);
		r->is_finished[r->n_gone % r->n_slots] = false;
		r->n_gone++;
		/* Not for each: who reads fills half of the slots at once. */
		if (r->n_filled - r->n_gone == r->n_slots / 2)
			(void)pthread_cond_signal(&r->can_put);
	}
}

void
ring_finish(struct ring *r, void *job)
{
	const size_t slot = (size_t)((char *)job - r->jobs) / r->job_bytes;

	(void)pthread_mutex_lock(&r->lock);
	r->is_finished[slot] = true;
	if (!r->is_leaving && r->is_finished[r->n_gone % r->n_slots]) {
		r->is_leaving = true;
		/* Others may finish while this thread flushes: look again. */
		do {
			hand_over(r);
			(void)pthread_mutex_unlock(&r->lock);
			r->calls.pause(r->calls.shared);
			(void)pthread_mutex_lock(&r->lock);
		} while (r->is_finished[r->n_gone % r->n_slots]);
		r->is_leaving = false;
	}
	if (must_stop(r))
		(void)pthread_cond_signal(&r->can_put);
	(void)pthread_mutex_unlock(&r->lock);
}

size_t
ring_n_left(struct ring *r)
{
	size_t n;

	(void)pthread_mutex_lock(&r->lock);
	n = r->n_filled - r->n_taken;
	(void)pthread_mutex_unlock(&r->lock);
	return n;
}
