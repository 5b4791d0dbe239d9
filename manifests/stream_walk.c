#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/memory.h"

#include "manifests/line_reader.h"
#include "manifests/record.h"
#include "manifests/record_line.h"
#include "manifests/ring.h"
#include "manifests/stream_walk.h"

#define MAX_WORKERS 64
#define N_SLOTS 128	/* more threads than a few only wait for turns */

/*
 * A line on its way to being a record.  The record stays until the next one
 * takes its place: whoever parses that one frees it, not the thread for whose
 * turns all others wait.
 */
struct job {
	char *text;			/* heap, or NULL */
	struct record_line line;	/* the same */
	struct json *rec;
	struct arena *a;		/* of the record */
	void *prepared;			/* in it */
};

struct walk {
	const char *path;
	struct ring *ring;
	const struct stream_walk_calls *calls;
	atomic_bool is_broken;
	pthread_mutex_t lock;		/* guards err */
	struct error err;		/* what ended the walk */
};

static void
break_walk(struct walk *w, const struct error *err)
{
	(void)pthread_mutex_lock(&w->lock);
	if (!atomic_load(&w->is_broken))
		w->err = *err;
	atomic_store(&w->is_broken, true);
	(void)pthread_mutex_unlock(&w->lock);
}

static bool
must_stop(void *shared)
{
	const struct walk *w = shared;

	return atomic_load(&w->is_broken);
}

/* ring */
static void
release_job(void *shared, void *arg)
{
	struct job *job = arg;

	(void)shared;
	memory_free(job->text);
	json_free(job->rec);
	arena_free(job->a);
}

/* ring: the record's turn has come. */
static void
leave(void *shared, void *arg)
{
	struct walk *w = shared;
	struct job *job = arg;
	struct error err = { ERROR_NONE, "" };

	if (!must_stop(w) && w->calls->each(w->calls->context, job->rec,
	    job->prepared, &err) != 0)
		break_walk(w, &err);
}

static void
pause_walk(void *shared)
{
	(void)shared;
}

/* Make the record of the line and do what can be done before its turn. */
static int
parse(const struct walk *w, struct job *job, struct error *err)
{
	size_t n_broken = 0;

	json_free(job->rec);
	job->rec = record_line_take(&job->line, &n_broken, err);
	memory_free(job->text);
	job->text = NULL;
	if (job->rec == NULL)
		return -1;
	if (job->a == NULL && (job->a = arena_new()) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	arena_reset(job->a);
	job->prepared = w->calls->prepare(w->calls->context, job->rec, job->a,
	    err);
	return job->prepared == NULL ? -1 : 0;
}

static void *
parse_lines(void *arg)
{
	struct walk *w = arg;
	struct job *job;

	while ((job = ring_take(w->ring)) != NULL) {
		struct error err = { ERROR_NONE, "" };

		if (parse(w, job, &err) != 0)
			break_walk(w, &err);
		ring_finish(w->ring, job);
	}
	return NULL;
}

/* Put the lines in the ring until the end or a failure. */
static int
read_lines(struct walk *w, struct line_reader *reader, struct error *err)
{
	struct record_line line = { NULL, 0, 0, false };
	enum line_kind kind;

	while ((kind = line_reader_next(reader, &line.text, &line.n_bytes,
	    err)) > LINE_END) {
		struct job *job;

		line.number++;
		line.is_too_long = kind == LINE_TOO_LONG;
		if (record_line_is_blank(&line))
			continue;
		if ((job = ring_put(w->ring)) == NULL)
			return 0;
		job->text = memory_new(line.n_bytes + 1, 1, "bytes of a line",
		    err);
		if (job->text == NULL)
			return -1;
		memcpy(job->text, line.text, line.n_bytes);
		job->line = line;
		job->line.text = job->text;
		ring_filled(w->ring);
	}
	if (kind != LINE_FAILED)
		return 0;
	return error_add(err, "%s", w->path != NULL ? w->path :
	    "standard input");
}

/* Start the threads, read to the end, wait for the threads. */
static void
run_threads(struct walk *w, struct line_reader *reader, size_t n_threads)
{
	pthread_t threads[MAX_WORKERS];
	struct error err = { ERROR_NONE, "" };
	size_t n_started = 0;

	while (n_started < n_threads && pthread_create(&threads[n_started],
	    NULL, parse_lines, w) == 0)
		n_started++;
	if (n_started == 0) {
		(void)error_set(&err, ERROR_IO, "cannot start a thread");
		break_walk(w, &err);
	}
	if (read_lines(w, reader, &err) != 0)
		break_walk(w, &err);
	ring_close(w->ring);
	for (size_t i = 0; i < n_started; i++)
		(void)pthread_join(threads[i], NULL);
}

int
stream_walk(const char *path, size_t n_threads,
    const struct stream_walk_calls *calls, struct error *err)
{
	struct walk w = { .path = path, .calls = calls };
	const struct ring_calls of_ring = { leave, pause_walk, must_stop,
	    release_job, &w };
	struct line_reader *reader;

	if (n_threads > MAX_WORKERS)
		n_threads = MAX_WORKERS;
	reader = line_reader_open(path, RECORD_LINE_BYTES, must_stop, &w, err);
	if (reader == NULL)
		return -1;
	w.ring = ring_new(N_SLOTS, sizeof(struct job), &of_ring, err);
	if (w.ring != NULL) {
		(void)pthread_mutex_init(&w.lock, NULL);
		run_threads(&w, reader, n_threads);
		(void)pthread_mutex_destroy(&w.lock);
		ring_free(w.ring);
		if (atomic_load(&w.is_broken))
			*err = w.err;
	}
	line_reader_close(reader);
	return w.ring == NULL || atomic_load(&w.is_broken) ? -1 : 0;
}
