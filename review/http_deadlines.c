#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include <sys/socket.h>

#include "base/memory.h"

#include "review/http_deadlines.h"

#define LOOK_NS 200000000L	/* between two looks */

struct http_deadlines {
	pthread_t thread;
	pthread_mutex_t lock;	/* of all that follows, and of the members */
	pthread_cond_t changed;	/* there is a first one, or an end */
	struct http_deadline *first;
	bool is_closing;
};

double
http_deadlines_now_sec(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		return 0.0;
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Cut off those whose time is up, once. */
static void
cut(struct http_deadlines *ds)
{
	const double now_sec = http_deadlines_now_sec();

	for (struct http_deadline *d = ds->first; d != NULL; d = d->next) {
		if (d->at_sec > now_sec)
			continue;
		(void)shutdown(d->fd, SHUT_RDWR);
		d->at_sec = INFINITY;
	}
}

static void *
run(void *shared)
{
	struct http_deadlines *ds = shared;
	const struct timespec pause = { 0, LOOK_NS };

	(void)pthread_mutex_lock(&ds->lock);
	while (!ds->is_closing) {
		if (ds->first == NULL) {
			(void)pthread_cond_wait(&ds->changed, &ds->lock);
			continue;
		}
		cut(ds);
		(void)pthread_mutex_unlock(&ds->lock);
		(void)nanosleep(&pause, NULL);
		(void)pthread_mutex_lock(&ds->lock);
	}
	(void)pthread_mutex_unlock(&ds->lock);
	return NULL;
}

struct http_deadlines *
http_deadlines_new(struct error *err)
{
	struct http_deadlines *ds = memory_new(1, sizeof(*ds), "deadlines",
	    err);

	if (ds == NULL)
		return NULL;
	if (pthread_mutex_init(&ds->lock, NULL) != 0)
		goto free_it;
	if (pthread_cond_init(&ds->changed, NULL) != 0)
		goto destroy_lock;
	if (pthread_create(&ds->thread, NULL, run, ds) == 0)
		return ds;
	(void)pthread_cond_destroy(&ds->changed);
destroy_lock:
	(void)pthread_mutex_destroy(&ds->lock);
free_it:
	memory_free(ds);
	error_set(err, ERROR_NOMEM, "no thread could be started");
	return NULL;
}

void
http_deadlines_free(struct http_deadlines *ds)
{
	if (ds == NULL)
		return;
	(void)pthread_mutex_lock(&ds->lock);
	ds->is_closing = true;
	(void)pthread_cond_signal(&ds->changed);
	(void)pthread_mutex_unlock(&ds->lock);
	(void)pthread_join(ds->thread, NULL);
	(void)pthread_cond_destroy(&ds->changed);
	(void)pthread_mutex_destroy(&ds->lock);
	memory_free(ds);
}

void
http_deadlines_add(struct http_deadlines *ds, struct http_deadline *d)
{
	(void)pthread_mutex_lock(&ds->lock);
	d->next = ds->first;
	d->link = &ds->first;
	if (d->next != NULL)
		d->next->link = &d->next;
	ds->first = d;
	(void)pthread_cond_signal(&ds->changed);
	(void)pthread_mutex_unlock(&ds->lock);
}

void
http_deadlines_set(struct http_deadlines *ds, struct http_deadline *d,
    double at_sec)
{
	(void)pthread_mutex_lock(&ds->lock);
	d->at_sec = at_sec;
	(void)pthread_mutex_unlock(&ds->lock);
}

void
http_deadlines_remove(struct http_deadlines *ds, struct http_deadline *d)
{
	(void)pthread_mutex_lock(&ds->lock);
	*d->link = d->next;
	if (d->next != NULL)
		d->next->link = d->link;
	(void)pthread_mutex_unlock(&ds->lock);
}

size_t
http_deadlines_count(struct http_deadlines *ds, const char *key)
{
	size_t n = 0;

	(void)pthread_mutex_lock(&ds->lock);
	for (const struct http_deadline *d = ds->first; d != NULL;
	    d = d->next)
		n += strcmp(d->key, key) == 0;
	(void)pthread_mutex_unlock(&ds->lock);
	return n;
}
