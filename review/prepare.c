/*
 * Fragments that are wanted lie on a stack; each thread takes the topmost.  A
 * copy belongs to a recording, of which many fragments may be wanted at once:
 * who finds that another thread is making it waits for that.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/pool.h"

#include "review/fragment_view.h"
#include "review/prepare.h"
#include "review/print_list.h"
#include "review/sound_copy.h"
#include "review/sound_source.h"

#define MAX_THREADS 64
#define BUSY_MS 10000
#define N_COPIES 4	/* of a fragment: mix and voice of both recordings */

enum job_state { JOB_WANTED, JOB_BEING_MADE, JOB_FAILED };

/* A fragment that is wanted. */
struct job {
	enum job_state state;
	struct error failure;
	const char *group_id, *fragment_id;	/* behind it in its block */
};

/* One thread that makes. */
struct worker {
	struct prepare *p;
	pthread_t thread;
	struct catalogue *c;
	char key[HASH_HEX_BYTES];	/* of the copy it makes, or "" */
};

struct prepare {
	char *catalogue_path, *folder;
	pthread_mutex_t lock;		/* of all that follows */
	pthread_cond_t wanted, made;
	struct print_list *prints;	/* a share of it */
	struct job **jobs;		/* [n_jobs], the topmost last */
	size_t n_jobs, capacity;
	const struct prepare_list *list;	/* of prepare_run, or NULL */
	size_t n_done, n_failed;
	bool is_closing;
	size_t n_workers, n_started;
	struct worker workers[];	/* [n_workers] */
};

static bool
must_stop(void *shared)
{
	struct prepare *p = shared;
	bool answer;

	(void)pthread_mutex_lock(&p->lock);
	answer = p->is_closing || (p->list != NULL &&
	    p->list->must_stop != NULL && p->list->must_stop(p->list->shared));
	(void)pthread_mutex_unlock(&p->lock);
	return answer;
}

/* To be freed by who takes it: the list may be replaced meanwhile. */
static struct print_list *
take_prints(struct prepare *p)
{
	struct print_list *prints;

	(void)pthread_mutex_lock(&p->lock);
	prints = print_list_share(p->prints);
	(void)pthread_mutex_unlock(&p->lock);
	return prints;
}

/* With the lock held. */
static bool
is_made_by_another(const struct prepare *p, const char *key)
{
	for (size_t i = 0; i < p->n_workers; i++)
		if (strcmp(p->workers[i].key, key) == 0)
			return true;
	return false;
}

static int
make_copy(struct worker *w, const struct sound_source *s, struct error *err)
{
	struct prepare *p = w->p;
	const struct sound_copy_options o = { .folder = p->folder,
	    .n_threads = 1, .must_stop = must_stop, .shared = p };
	char key[HASH_HEX_BYTES];
	int status;

	sound_copy_key(s, key);
	(void)pthread_mutex_lock(&p->lock);
	while (is_made_by_another(p, key))
		(void)pthread_cond_wait(&p->made, &p->lock);
	memcpy(w->key, key, sizeof(key));
	(void)pthread_mutex_unlock(&p->lock);
	/* Looks first whether it is there, as after waiting it should be. */
	status = sound_copy_make(s, &o, err);
	(void)pthread_mutex_lock(&p->lock);
	w->key[0] = '\0';
	(void)pthread_cond_broadcast(&p->made);
	(void)pthread_mutex_unlock(&p->lock);
	return status;
}

/* The sources of the copies of a fragment, mixes first; returns how many. */
static size_t
find_sources(const struct fragment_view *v, struct arena *a,
    struct sound_source sources[N_COPIES])
{
	static const enum sound_source_kind kinds[2] = { SOUND_SOURCE_MIX,
	    SOUND_SOURCE_VOICE };
	const struct json *recs[2] = { v->original, v->other };
	size_t n = 0;

	for (size_t i = 0; i < N_COPIES; i++)
		if (sound_source_find(recs[i % 2], kinds[i / 2], a,
		    &sources[n], NULL) == 0)
			n++;
	return n;
}

/* Make whatever is missing of a fragment. */
static int
make_fragment(struct worker *w, const char *group_id,
    const char *fragment_id, struct error *err)
{
	struct sound_source sources[N_COPIES];
	struct arena *a = arena_new();
	struct print_list *prints;
	struct fragment_view v;
	size_t n;
	bool found;
	int status = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	prints = take_prints(w->p);
	if (fragment_view_init(&v, w->c, prints, group_id, fragment_id,
	    &found, err) != 0)
		goto out;
	if (!found) {
		error_set(err, ERROR_FORMAT, "there is no such fragment");
		goto out;
	}
	status = fragment_view_make(&v, w->p->folder, a, err);
	n = status == 0 ? find_sources(&v, a, sources) : 0;
	for (size_t i = 0; i < n && status == 0; i++)
		status = make_copy(w, &sources[i], err);
	fragment_view_release(&v);
out:
	print_list_free(prints);
	arena_free(a);
	return status;
}

/* Is nothing missing of it? */
static bool
is_ready(const struct prepare *p, const struct fragment_view *v,
    struct arena *a)
{
	struct sound_source sources[N_COPIES];
	size_t n;

	if (!fragment_view_is_made(v, p->folder, a))
		return false;
	n = find_sources(v, a, sources);
	for (size_t i = 0; i < n; i++)
		if (!sound_copy_is_done(&sources[i], p->folder))
			return false;
	return true;
}

/* The rest is with the lock held, but for work itself. */

/* Index of the job, or n_jobs. */
static size_t
find_job(const struct prepare *p, const char *group_id,
    const char *fragment_id)
{
	size_t i = p->n_jobs;

	while (i > 0 && (strcmp(p->jobs[i - 1]->fragment_id,
	    fragment_id) != 0 || strcmp(p->jobs[i - 1]->group_id,
	    group_id) != 0))
		i--;
	return i > 0 ? i - 1 : p->n_jobs;
}

/* Take it out of the stack, which stays in order. */
static struct job *
take_job(struct prepare *p, size_t i)
{
	struct job *job = p->jobs[i];

	p->n_jobs--;
	memmove(&p->jobs[i], &p->jobs[i + 1],
	    (p->n_jobs - i) * sizeof(struct job *));
	return job;
}

static struct job *
new_job(const char *group_id, const char *fragment_id, struct error *err)
{
	const size_t n = strlen(group_id) + 1, m = strlen(fragment_id) + 1;
	struct job *job = memory_new(1, sizeof(*job) + n + m, "fragment",
	    err);
	char *text;

	if (job == NULL)
		return NULL;
	text = (char *)(job + 1);
	memcpy(text, group_id, n);
	memcpy(text + n, fragment_id, m);
	job->group_id = text;
	job->fragment_id = text + n;
	return job;
}

/* Forget the oldest that nobody works on. */
static void
forget_oldest(struct prepare *p)
{
	for (size_t i = 0; i < p->n_jobs; i++)
		if (p->jobs[i]->state != JOB_BEING_MADE) {
			memory_free(take_job(p, i));
			return;
		}
}

static int
want(struct prepare *p, const char *group_id, const char *fragment_id,
    struct error *err)
{
	const size_t i = find_job(p, group_id, fragment_id);
	struct job *job;

	if (i < p->n_jobs && p->jobs[i]->state != JOB_WANTED)
		return 0;
	if (i < p->n_jobs) {
		job = take_job(p, i);
	} else {
		if (p->n_jobs >= PREPARE_MAX_WANTED)
			forget_oldest(p);
		if (memory_grow(&p->jobs, &p->capacity, p->n_jobs + 1,
		    sizeof(struct job *), "fragments", err) != 0 ||
		    (job = new_job(group_id, fragment_id, err)) == NULL)
			return -1;
		(void)pthread_cond_signal(&p->wanted);
	}
	p->jobs[p->n_jobs++] = job;
	return 0;
}

/* The topmost that is wanted, or NULL. */
static struct job *
next_job(struct prepare *p)
{
	for (size_t i = p->n_jobs; i > 0; i--)
		if (p->jobs[i - 1]->state == JOB_WANTED)
			return p->jobs[i - 1];
	return NULL;
}

/* A thread of prepare_open. */
static void *
serve(void *arg)
{
	struct worker *w = arg;
	struct prepare *p = w->p;

	(void)pthread_mutex_lock(&p->lock);
	while (!p->is_closing) {
		struct job *job = next_job(p);
		struct error failure = { ERROR_NONE, "" };
		int status;

		if (job == NULL) {
			(void)pthread_cond_wait(&p->wanted, &p->lock);
			continue;
		}
		job->state = JOB_BEING_MADE;
		(void)pthread_mutex_unlock(&p->lock);
		status = make_fragment(w, job->group_id, job->fragment_id,
		    &failure);
		(void)pthread_mutex_lock(&p->lock);
		if (status == 0) {
			memory_free(take_job(p, find_job(p, job->group_id,
			    job->fragment_id)));
		} else {
			job->state = JOB_FAILED;
			job->failure = failure;
		}
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Everything but threads. */
static struct prepare *
prepare_init(const char *catalogue_path, const char *folder, size_t n_threads,
    struct error *err)
{
	struct prepare *p;

	if (n_threads < 1 || n_threads > MAX_THREADS) {
		error_set(err, ERROR_LIMIT, "%zu threads; 1 to %d are "
		    "possible", n_threads, MAX_THREADS);
		return NULL;
	}
	p = memory_new(1, sizeof(*p) + n_threads * sizeof(p->workers[0]),
	    "threads", err);
	if (p == NULL)
		return NULL;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->wanted, NULL);
	(void)pthread_cond_init(&p->made, NULL);
	p->n_workers = n_threads;
	p->catalogue_path = memory_strdup(catalogue_path, err);
	p->folder = memory_strdup(folder, err);
	if (p->catalogue_path == NULL || p->folder == NULL)
		goto fail;
	for (size_t i = 0; i < n_threads; i++) {
		struct worker *w = &p->workers[i];

		w->p = p;
		w->c = catalogue_open(catalogue_path, CATALOGUE_READ,
		    BUSY_MS, err);
		if (w->c == NULL)
			goto fail;
	}
	p->prints = print_list_load(p->workers[0].c, err);
	if (p->prints != NULL)
		return p;
fail:
	prepare_close(p);
	return NULL;
}

struct prepare *
prepare_open(const char *catalogue_path, const char *folder,
    size_t n_threads, struct error *err)
{
	struct prepare *p = prepare_init(catalogue_path, folder, n_threads,
	    err);

	for (size_t i = 0; p != NULL && i < n_threads; i++) {
		if (pthread_create(&p->workers[i].thread, NULL, serve,
		    &p->workers[i]) != 0) {
			error_set(err, ERROR_IO,
			    "cannot start thread %zu of %zu", i + 1,
			    n_threads);
			prepare_close(p);
			return NULL;
		}
		p->n_started++;
	}
	return p;
}

void
prepare_close(struct prepare *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->is_closing = true;
	(void)pthread_cond_broadcast(&p->wanted);
	(void)pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->n_started; i++)
		(void)pthread_join(p->workers[i].thread, NULL);
	for (size_t i = 0; i < p->n_workers; i++)
		catalogue_close(p->workers[i].c);
	while (p->n_jobs > 0)
		memory_free(take_job(p, p->n_jobs - 1));
	(void)pthread_cond_destroy(&p->made);
	(void)pthread_cond_destroy(&p->wanted);
	(void)pthread_mutex_destroy(&p->lock);
	print_list_free(p->prints);
	memory_free(p->jobs);
	memory_free(p->folder);
	memory_free(p->catalogue_path);
	memory_free(p);
}

int
prepare_renew(struct prepare *p, struct catalogue *c, struct error *err)
{
	struct print_list *prints = take_prints(p), *newer = NULL;
	bool is_current;
	int status = print_list_is_current(prints, c, &is_current, err);

	print_list_free(prints);
	if (status != 0 || is_current)
		return status;
	if ((newer = print_list_load(c, err)) == NULL)
		return -1;
	(void)pthread_mutex_lock(&p->lock);
	prints = p->prints;
	p->prints = newer;
	(void)pthread_mutex_unlock(&p->lock);
	print_list_free(prints);
	return 0;
}

int
prepare_want(struct prepare *p, const char *group_id,
    const char *fragment_id, struct error *err)
{
	int status;

	(void)pthread_mutex_lock(&p->lock);
	status = want(p, group_id, fragment_id, err);
	(void)pthread_mutex_unlock(&p->lock);
	return status;
}

/* Of a fragment that is not ready. */
static enum prepare_state
state_of(struct prepare *p, const char *group_id, const char *fragment_id,
    struct error *err)
{
	enum prepare_state state = PREPARE_BEING_MADE;
	size_t i;

	(void)pthread_mutex_lock(&p->lock);
	i = find_job(p, group_id, fragment_id);
	if (i < p->n_jobs && p->jobs[i]->state == JOB_FAILED) {
		struct job *job = take_job(p, i);

		if (err != NULL)
			*err = job->failure;
		memory_free(job);
		state = PREPARE_FAILED;
	} else if (want(p, group_id, fragment_id, err) != 0) {
		state = PREPARE_FAILED;
	}
	(void)pthread_mutex_unlock(&p->lock);
	return state;
}

enum prepare_state
prepare_get(struct prepare *p, struct catalogue *c, const char *group_id,
    const char *fragment_id, struct arena *a, struct json **view,
    struct error *err)
{
	struct print_list *prints = take_prints(p);
	enum prepare_state state;
	struct fragment_view v;
	bool found;

	*view = NULL;
	if (fragment_view_init(&v, c, prints, group_id, fragment_id,
	    &found, err) != 0) {
		state = PREPARE_FAILED;
	} else if (!found) {
		state = PREPARE_MISSING;
	} else if (is_ready(p, &v, a)) {
		*view = fragment_view_load(&v, p->folder, a, err);
		state = *view != NULL ? PREPARE_READY : PREPARE_FAILED;
	} else {
		state = state_of(p, group_id, fragment_id, err);
	}
	fragment_view_release(&v);
	print_list_free(prints);
	return state;
}

/* A task of prepare_run. */
static int
work(void *shared, size_t task, size_t thread, struct error *err)
{
	struct prepare *p = shared;
	const struct prepare_list *list = p->list;
	const struct prepare_item *item = &list->items[task];
	struct error failure = { ERROR_NONE, "" };
	int status;

	if (must_stop(p))
		return error_set(err, ERROR_BUSY, "stopped");
	status = make_fragment(&p->workers[thread], item->group_id,
	    item->fragment_id, &failure);
	/* Stopped, or without room: the rest would fare no better. */
	if (status != 0 && (failure.code == ERROR_OUTPUT || must_stop(p))) {
		*err = failure;
		return -1;
	}
	(void)pthread_mutex_lock(&p->lock);
	p->n_done++;
	p->n_failed += status != 0;
	if (list->done != NULL)
		list->done(list->shared, p->n_done, item,
		    status == 0 ? NULL : &failure);
	(void)pthread_mutex_unlock(&p->lock);
	return 0;
}

int
prepare_run(const struct prepare_list *list, size_t *n_failed,
    struct error *err)
{
	struct prepare *p = prepare_init(list->catalogue_path, list->folder,
	    list->n_threads, err);
	struct pool *pool = NULL;
	int status = -1;

	*n_failed = 0;
	if (p == NULL)
		return -1;
	p->list = list;
	if ((pool = pool_new(list->n_threads, err)) != NULL)
		status = pool_run(pool, list->n_items, work, p, err);
	*n_failed = p->n_failed;
	pool_free(pool);
	prepare_close(p);
	return status;
}
