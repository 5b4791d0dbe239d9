#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "base/pool.h"

#define MAX_THREADS 256

/* What one helper thread is: its pool and its number. */
struct helper {
	struct pool *pool;
	size_t number;		/* 1..n_threads-1; the caller is 0 */
	pthread_t thread;
};

/* One call of pool_run.  Guarded by the pool's lock. */
struct job {
	int (*work)(void *shared, size_t task, size_t thread,
	    struct error *err);
	void *shared;
	size_t n_tasks;
	size_t next_task;
	size_t failed_task;	/* the lowest, or SIZE_MAX */
	struct error *err;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t begun;
	pthread_cond_t ended;
	size_t n_threads;
	size_t n_started;	/* helpers that run */
	size_t n_busy;		/* helpers in the current job */
	uint64_t n_jobs;	/* counts up with each job */
	bool is_closing;
	struct job job;
	struct helper helpers[];	/* [n_threads - 1] */
};

/* Take tasks until there are none.  Called and left with the lock held. */
static void
run_tasks(struct pool *p, size_t thread)
{
	struct job *job = &p->job;

	while (job->next_task < job->n_tasks &&
	    job->failed_task == SIZE_MAX) {
		const size_t task = job->next_task++;
		struct error err = { ERROR_NONE, "" };
		int result;

		(void)pthread_mutex_unlock(&p->lock);
		result = job->work(job->shared, task, thread, &err);
		(void)pthread_mutex_lock(&p->lock);
		if (result != 0 && task < job->failed_task) {
			job->failed_task = task;
			if (job->err != NULL)
				*job->err = err;
		}
	}
}

static void *
help(void *arg)
{
	struct helper *h = arg;
	struct pool *p = h->pool;
	uint64_t n_seen = 0;

	(void)pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->n_jobs == n_seen && !p->is_closing)
			(void)pthread_cond_wait(&p->begun, &p->lock);
		if (p->is_closing)
			break;
		n_seen = p->n_jobs;
		run_tasks(p, h->number);
		if (--p->n_busy == 0)
			(void)pthread_cond_signal(&p->ended);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct pool *
pool_new(size_t n_threads, struct error *err)
{
	struct pool *p;

	if (n_threads < 1 || n_threads > MAX_THREADS) {
		error_set(err, ERROR_LIMIT, "%zu threads; 1 to %d are possible",
		    n_threads, MAX_THREADS);
		return NULL;
	}
	p = memory_new(1, sizeof(*p) + (n_threads - 1) *
	    sizeof(p->helpers[0]), "pool", err);
	if (p == NULL)
		return NULL;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->begun, NULL);
	(void)pthread_cond_init(&p->ended, NULL);
	p->n_threads = n_threads;
	for (size_t i = 0; i + 1 < n_threads; i++) {
		struct helper *h = &p->helpers[i];

		h->pool = p;
		h->number = i + 1;
		if (pthread_create(&h->thread, NULL, help, h) != 0) {
			error_set(err, ERROR_IO,
			    "cannot start thread %zu of %zu", i + 2,
			    n_threads);
			pool_free(p);
			return NULL;
		}
		p->n_started++;
	}
	return p;
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->is_closing = true;
	(void)pthread_cond_broadcast(&p->begun);
	(void)pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->n_started; i++)
		(void)pthread_join(p->helpers[i].thread, NULL);
	(void)pthread_cond_destroy(&p->ended);
	(void)pthread_cond_destroy(&p->begun);
	(void)pthread_mutex_destroy(&p->lock);
	memory_free(p);
}

size_t
pool_n_threads(const struct pool *p)
{
	return p->n_threads;
}

int
pool_run(struct pool *p, size_t n_tasks,
    int (*work)(void *shared, size_t task, size_t thread, struct error *err),
    void *shared, struct error *err)
{
	int result;

	(void)pthread_mutex_lock(&p->lock);
	p->job = (struct job){ work, shared, n_tasks, 0, SIZE_MAX, err };
	p->n_busy = p->n_started;
	p->n_jobs++;
	(void)pthread_cond_broadcast(&p->begun);
	run_tasks(p, 0);
	while (p->n_busy > 0)
		(void)pthread_cond_wait(&p->ended, &p->lock);
	result = p->job.failed_task == SIZE_MAX ? 0 : -1;
	(void)pthread_mutex_unlock(&p->lock);
	return result;
}

/* What the tasks of pool_run_arenas share. */
struct arena_job {
	int (*work)(void *shared, size_t task, struct arena *a,
	    struct error *err);
	void *shared;
	struct arena **arenas;		/* one a thread */
};

static int
work_in_arena(void *shared, size_t task, size_t thread, struct error *err)
{
	const struct arena_job *job = shared;
	struct arena *a = job->arenas[thread];
	const int status = job->work(job->shared, task, a, err);

	arena_reset(a);
	return status;
}

int
pool_run_arenas(size_t n_threads, size_t n_tasks,
    int (*work)(void *shared, size_t task, struct arena *a,
    struct error *err), void *shared, struct error *err)
{
	struct pool *pool = pool_new(n_threads, err);
	struct arena_job job = { work, shared, NULL };
	int status = -1;

	if (pool == NULL)
		return -1;
	job.arenas = memory_new(n_threads, sizeof(*job.arenas), "arenas",
	    err);
	if (job.arenas == NULL)
		goto out;
	for (size_t i = 0; i < n_threads; i++) {
		if ((job.arenas[i] = arena_new()) == NULL) {
			error_set(err, ERROR_NOMEM, "out of memory");
			goto out;
		}
	}
	status = pool_run(pool, n_tasks, work_in_arena, &job, err);
out:
	for (size_t i = 0; job.arenas != NULL && i < n_threads; i++)
		arena_free(job.arenas[i]);
	memory_free(job.arenas);
	pool_free(pool);
	return status;
}
