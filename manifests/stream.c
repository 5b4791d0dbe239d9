#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "base/cli.h"
#include "base/memory.h"
#include "base/progress.h"

#include "manifests/line_reader.h"
#include "manifests/record.h"
#include "manifests/record_line.h"
#include "manifests/ring.h"
#include "manifests/stream.h"

#define MAX_THREADS 256
#define MAX_MESSAGES 20
#define SHOWN_ID_BYTES 128

static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

#define N_SIGNALS (sizeof(signals) / sizeof(signals[0]))

/* A handler can reach nothing else: the signal that came, or 0. */
static atomic_int signal_that_came;

static void
note_signal(int number)
{
	atomic_store(&signal_that_came, number);
}

bool
stream_must_stop(void)
{
	return atomic_load(&signal_that_came) != 0;
}

/* What became of a record. */
enum outcome {
	OUTCOME_DROPPED,	/* belongs to another shard */
	OUTCOME_CUT,		/* by a signal, before it was done */
	OUTCOME_DONE,
	OUTCOME_FAILED,		/* here */
	OUTCOME_FAILED_BEFORE
};

/* One line on its way: read, worked on, written. */
struct job {
	char *line;		/* heap */
	struct record_line in;	/* the same */
	char *out;		/* heap: the line to write, or NULL */
	size_t n_out;
	enum outcome outcome;
	char id[SHOWN_ID_BYTES];
	struct error why;	/* of a failure */
};

struct stream {
	const struct stream_stage *stage;
	const struct stream_options *options;
	FILE *out;
	struct line_reader *reader;
	struct ring *ring;
	struct progress progress;
	struct stream_result result;
	bool is_cut;		/* at a record, behind which none is written */
	/* What ended the stream before its end. */
	atomic_bool is_broken;
	pthread_mutex_t lock;	/* guards err */
	struct error err;
};

/* One worker thread. */
struct worker {
	struct stream *stream;
	pthread_t thread;
	struct arena *scratch;
	void *local;		/* of the stage */
};

/* Keep the first error that ends the stream. */
static void
break_stream(struct stream *s, const struct error *err)
{
	(void)pthread_mutex_lock(&s->lock);
	if (!atomic_load(&s->is_broken))
		s->err = *err;
	atomic_store(&s->is_broken, true);
	(void)pthread_mutex_unlock(&s->lock);
}

static bool
must_stop(void *shared)
{
	const struct stream *s = shared;

	return atomic_load(&s->is_broken) || stream_must_stop();
}

/* ring */
static void
release_job(void *shared, void *arg)
{
	struct job *job = arg;

	(void)shared;
	memory_free(job->line);
	memory_free(job->out);
	memset(job, 0, sizeof(*job));
}

/* What messages call the job: the record's id, or the number of its line. */
static void
name_job(struct job *job, const char *id)
{
	if (id[0] != '\0')
		(void)snprintf(job->id, sizeof(job->id), "%s", id);
	else
		(void)snprintf(job->id, sizeof(job->id), "line %zu",
		    job->in.number);
}

/* Take over a line of text, with a newline, as what is to be written. */
static int
keep_output(struct job *job, const char *text, size_t n_bytes,
    struct error *err)
{
	job->out = memory_new(n_bytes + 1, 1, "bytes of a record", err);
	if (job->out == NULL)
		return -1;
	memcpy(job->out, text, n_bytes);
	job->out[n_bytes] = '\n';
	job->n_out = n_bytes + 1;
	return 0;
}

static int
keep_record(struct job *job, const struct json *rec, struct arena *a,
    struct error *err)
{
	const char *text = json_text(rec, a, err);

	if (text == NULL)
		return -1;
	if (strlen(text) > RECORD_LINE_BYTES)
		return error_set(err, ERROR_LIMIT,
		    "the record has become larger than %u bytes",
		    RECORD_LINE_BYTES);
	return keep_output(job, text, strlen(text), err);
}

/* Check the record, do the command's work on it, keep what comes out. */
static int
attempt(struct worker *w, struct job *job, struct json *rec,
    struct error *err)
{
	const struct stream_stage *stage = w->stream->stage;

	if (record_check(rec, err) != 0)
		return error_add(err, "line %zu", job->in.number);
	if (stage->work(stage->shared, w->local, rec, w->scratch, err) != 0)
		return -1;
	if (record_add_history(rec, stage->name, cli_options_text(),
	    stage->model_sha256, err) != 0)
		return -1;
	return keep_record(job, rec, w->scratch, err);
}

/* What stands for a line that is none, or for a record without room. */
static int
keep_beginning(struct worker *w, struct job *job, const char *id,
    struct error *err)
{
	struct json *rec = record_line_broken(&job->in,
	    w->stream->stage->name, &job->why, err);
	int result = -1;

	if (rec == NULL)
		return -1;
	if (id[0] == '\0' || json_put_string(rec, "id", id, err) == 0)
		result = keep_record(job, rec, w->scratch, err);
	json_free(rec);
	job->outcome = OUTCOME_FAILED;
	return result;
}

/* The record as it came, with the error. */
static int
keep_failure(struct worker *w, struct job *job, struct error *err)
{
	const char *tool = w->stream->stage->name;
	struct json *rec = record_line_parse(&job->in, err);
	int result = -1;

	if (rec == NULL)
		return -1;
	if (record_line_mark(rec, tool, &job->why, err) == 0)
		result = keep_record(job, rec, w->scratch, err);
	if (result != 0 && err->code == ERROR_LIMIT)
		result = keep_beginning(w, job,
		    record_check(rec, NULL) == 0 ? record_id(rec) : "", err);
	json_free(rec);
	job->outcome = OUTCOME_FAILED;
	return result;
}

/* A line that is no record; the text decides on its shard. */
static int
keep_broken(struct worker *w, struct job *job, struct error *err)
{
	const struct stream *s = w->stream;
	bool is_ours = true;

	name_job(job, "");
	if (s->options->shard != NULL && stream_shard_has(s->options->shard,
	    job->in.text, &is_ours, err) != 0)
		return -1;
	return is_ours ? keep_beginning(w, job, "", err) : 0;
}

/*
 * Work on one line.  -1 only when the line cannot even be written with an
 * error, or when results cannot be written, which ends the stream.
 */
static int
process(struct worker *w, struct job *job, struct error *err)
{
	const char *shard = w->stream->options->shard;
	struct json *rec = record_line_parse(&job->in, &job->why);
	bool is_ours = true;
	int result = 0;

	/* A record that could not be read for want of memory is no bad one. */
	if (rec == NULL && job->why.code == ERROR_NOMEM)
		return error_set(err, ERROR_NOMEM, "%s", job->why.text);
	if (rec == NULL)
		return keep_broken(w, job, err);
	name_job(job, record_id(rec));
	if (shard != NULL)
		result = stream_shard_has(shard, record_id(rec), &is_ours, err);
	if (result != 0 || !is_ours) {
		json_free(rec);
		return result;
	}
	if (record_has_failed(rec)) {
		job->outcome = OUTCOME_FAILED_BEFORE;
		result = keep_output(job, job->in.text, job->in.n_bytes, err);
	} else if (attempt(w, job, rec, &job->why) == 0) {
		job->outcome = OUTCOME_DONE;
	} else if (job->why.code == ERROR_BUSY && stream_must_stop()) {
		job->outcome = OUTCOME_CUT;
	} else {
		result = job->why.code == ERROR_OUTPUT ?
		    error_set(err, ERROR_OUTPUT, "%s", job->why.text) :
		    keep_failure(w, job, err);
	}
	json_free(rec);
	return result;
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct stream *s = w->stream;
	struct job *job;

	while ((job = ring_take(s->ring)) != NULL) {
		struct error err = { ERROR_NONE, "" };

		if (process(w, job, &err) != 0)
			break_stream(s, &err);
		arena_reset(w->scratch);
		ring_finish(s->ring, job);
	}
	return NULL;
}

/* Count a record that is written, and say when it failed. */
static void
count(struct stream *s, const struct job *job)
{
	struct stream_result *r = &s->result;

	r->n_records++;
	progress_update(&s->progress, r->n_records, job->id);
	if (job->outcome == OUTCOME_FAILED_BEFORE)
		r->n_failed_before++;
	if (job->outcome != OUTCOME_FAILED)
		return;
	r->n_failed++;
	if (r->n_failed <= MAX_MESSAGES)
		cli_warn(&job->why, "%s", record_line_is_named(job->why.text,
		    job->id) ? "" : job->id);
}

/* ring: the job's turn to be written has come. */
static void
leave(void *shared, void *arg)
{
	struct stream *s = shared;
	struct job *job = arg;
	struct error err = { ERROR_NONE, "" };

	if (job->outcome == OUTCOME_CUT)
		s->is_cut = true;
	if (job->out != NULL && !s->is_cut && !atomic_load(&s->is_broken)) {
		if (fwrite(job->out, 1, job->n_out, s->out) == job->n_out) {
			count(s, job);
		} else {
			error_set_errno(&err, "cannot write the records");
			break_stream(s, &err);
		}
	}
	release_job(s, job);
}

/* ring: nothing to write just now; let the next command have what is there. */
static void
pause_writing(void *shared)
{
	struct stream *s = shared;
	struct error err = { ERROR_NONE, "" };

	if (atomic_load(&s->is_broken) || fflush(s->out) == 0)
		return;
	error_set_errno(&err, "cannot write the records");
	break_stream(s, &err);
}

/* Read lines and put them in the ring until the end or a stop. */
static void
read_lines(struct stream *s)
{
	struct record_line line = { NULL, 0, 0, false };
	struct error err = { ERROR_NONE, "" };
	enum line_kind kind;

	while ((kind = line_reader_next(s->reader, &line.text, &line.n_bytes,
	    &err)) > LINE_END) {
		struct job *job;

		line.number++;
		line.is_too_long = kind == LINE_TOO_LONG;
		if (record_line_is_blank(&line))
			continue;
		job = ring_put(s->ring);
		if (job == NULL) {
			s->result.stopped = true;
			break;
		}
		job->line = memory_new(line.n_bytes + 1, 1, "bytes of a line",
		    &err);
		if (job->line == NULL) {
			kind = LINE_FAILED;
			break;
		}
		memcpy(job->line, line.text, line.n_bytes);
		job->in = line;
		job->in.text = job->line;
		ring_filled(s->ring);
	}
	if (kind == LINE_FAILED) {
		error_add(&err, "%s", s->options->in_path != NULL ?
		    s->options->in_path : "standard input");
		break_stream(s, &err);
	}
	if (line_reader_was_stopped(s->reader))
		s->result.stopped = true;
	ring_close(s->ring);
}

static void
free_workers(const struct stream *s, struct worker *workers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s->stage->free_worker != NULL)
			s->stage->free_worker(workers[i].local);
		arena_free(workers[i].scratch);
	}
	memory_free(workers);
}

static struct worker *
new_workers(struct stream *s, size_t n, struct error *err)
{
	const struct stream_stage *stage = s->stage;
	struct worker *workers = memory_new(n, sizeof(*workers), "workers",
	    err);

	for (size_t i = 0; workers != NULL && i < n; i++) {
		struct worker *w = &workers[i];

		w->stream = s;
		w->scratch = arena_new();
		if (w->scratch == NULL) {
			error_set(err, ERROR_NOMEM, "out of memory for worker "
			    "%zu", i + 1);
			free_workers(s, workers, i);
			return NULL;
		}
		if (stage->new_worker == NULL)
			continue;
		w->local = stage->new_worker(stage->shared, err);
		if (w->local == NULL) {
			arena_free(w->scratch);
			free_workers(s, workers, i);
			return NULL;
		}
	}
	return workers;
}

/* Start the threads, read to the end, wait for the threads. */
static void
run_workers(struct stream *s, struct worker *workers, size_t n)
{
	struct error err = { ERROR_NONE, "" };
	size_t n_started = 0;

	while (n_started < n && pthread_create(&workers[n_started].thread,
	    NULL, work, &workers[n_started]) == 0)
		n_started++;
	if (n_started < n) {
		error_set(&err, ERROR_IO, "cannot start thread %zu of %zu",
		    n_started + 1, n);
		break_stream(s, &err);
	}
	read_lines(s);
	for (size_t i = 0; i < n_started; i++)
		(void)pthread_join(workers[i].thread, NULL);
	if (s->is_cut || ring_n_left(s->ring) > 0)
		s->result.stopped = true;
}

/* Note a signal, unless the caller ignores it. */
static void
take_signal(int number, struct sigaction *old)
{
	struct sigaction ours;

	memset(&ours, 0, sizeof(ours));
	ours.sa_handler = note_signal;
	/* The second one ends the process; reads of workers go on. */
	ours.sa_flags = (int)(SA_RESETHAND | SA_RESTART);
	(void)sigemptyset(&ours.sa_mask);
	(void)sigaction(number, NULL, old);
	if (old->sa_handler != SIG_IGN)
		(void)sigaction(number, &ours, NULL);
}

static int
open_stream(struct stream *s, size_t n_threads, struct error *err)
{
	const struct ring_calls calls = { leave, pause_writing, must_stop,
	    release_job, s };
	bool has;

	if (n_threads < 1 || n_threads > MAX_THREADS)
		return error_set(err, ERROR_LIMIT, "%zu threads; 1 to %d are "
		    "possible", n_threads, MAX_THREADS);
	if (s->options->shard != NULL &&
	    stream_shard_has(s->options->shard, "", &has, err) != 0)
		return -1;
	s->ring = ring_new(2 * n_threads, sizeof(struct job), &calls, err);
	if (s->ring == NULL)
		return -1;
	s->reader = line_reader_open(s->options->in_path, RECORD_LINE_BYTES,
	    must_stop, s, err);
	return s->reader == NULL ? -1 : 0;
}

int
stream_run(const struct stream_stage *stage,
    const struct stream_options *options, FILE *out,
    struct stream_result *result, struct error *err)
{
	const size_t n_threads = options->n_threads;
	struct stream s = { .stage = stage, .options = options, .out = out };
	struct sigaction old[N_SIGNALS];
	struct worker *workers = NULL;

	atomic_init(&s.is_broken, false);
	(void)pthread_mutex_init(&s.lock, NULL);
	atomic_store(&signal_that_came, 0);
	for (size_t i = 0; i < N_SIGNALS; i++)
		take_signal(signals[i], &old[i]);
	progress_init(&s.progress, stage->name, 0);
	if (open_stream(&s, n_threads, &s.err) == 0)
		workers = new_workers(&s, n_threads, &s.err);
	if (workers != NULL) {
		run_workers(&s, workers, n_threads);
		free_workers(&s, workers, n_threads);
	} else {
		atomic_store(&s.is_broken, true);
	}
	progress_end(&s.progress);
	line_reader_close(s.reader);
	ring_free(s.ring);
	for (size_t i = 0; i < N_SIGNALS; i++)
		(void)sigaction(signals[i], &old[i], NULL);
	(void)pthread_mutex_destroy(&s.lock);
	*result = s.result;
	if (!atomic_load(&s.is_broken))
		return 0;
	if (err != NULL)
		*err = s.err;
	return -1;
}

int
stream_main(const struct stream_stage *stage,
    const struct stream_options *options)
{
	struct error err = { ERROR_NONE, "" };
	struct stream_result result;

	if (stream_run(stage, options, stdout, &result, &err) != 0) {
		cli_warn(&err, "stopped");
		return CLI_FATAL;
	}
	if (result.n_failed > 0)
		cli_note("%zu of %zu records failed", result.n_failed,
		    result.n_records);
	if (result.n_failed_before > 0)
		cli_note("%zu of %zu records had failed before",
		    result.n_failed_before, result.n_records);
	if (result.stopped) {
		cli_note("stopped by a signal after %zu records; run the "
		    "same command again", result.n_records);
		return CLI_AGAIN;
	}
	return result.n_failed > 0 ? CLI_SOME_FAILED : CLI_OK;
}
