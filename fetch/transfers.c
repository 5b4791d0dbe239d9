#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>

#include "base/memory.h"

#include "fetch/explain.h"
#include "fetch/request.h"
#include "fetch/transfers.h"

#define HOST_BYTES 280
#define FOLLOW_BYTES ((size_t)1 << 20)	/* between two calls of follow */
#define LOOK_MS 200		/* between two looks at must_stop */
#define MAX_IDLE_CONNECTIONS 64L

/*
 * A transfer handed in, or a turn (without "t").  It lies with who waits for
 * it, and belongs to the thread of the transfers until it has ended.
 */
struct job {
	struct job *next;
	struct transfer *t;
	struct host *host;
	double not_before_sec;
	CURL *easy;
	struct curl_slist *headers;
	size_t n_bytes;		/* that came */
	size_t n_told;		/* the same, for who waits; under the lock */
	struct transfers *transfers;
	bool has_begun;
	pthread_cond_t changed;
	bool has_started, has_ended;
	struct error err;
	char text[CURL_ERROR_SIZE];
};

struct turn {
	struct job job;
};

struct transfers {
	struct transfers_options o;
	CURLM *multi;
	pthread_t thread;
	pthread_mutex_t lock;	/* of what follows */
	struct hosts *hosts;
	struct job *waiting;	/* in the order in which they came */
	struct job *running;	/* with a handle; of our thread alone */
	struct job *ended;	/* to be handed back */
	size_t n_running;
	bool is_closing;
};

double
transfers_now_sec(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		return 0.0;
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Seconds since 1970. */
static double
wall_sec(void)
{
	struct timespec t;

	return clock_gettime(CLOCK_REALTIME, &t) != 0 ? 0.0 :
	    (double)t.tv_sec;
}

/* curl: a line of a header. */
static size_t
take_line(char *bytes, size_t size, size_t n_bytes, void *shared)
{
	struct job *j = shared;

	(void)size;
	if (request_is_http(j->t->url))
		answer_line(&j->t->answer, bytes, n_bytes);
	return n_bytes;
}

/* What files and ftp servers say without a header. */
static void
fill_answer(struct job *j)
{
	struct answer *a = &j->t->answer;
	curl_off_t n = -1, changed = -1;

	/* Of ftp the code of its last reply. */
	(void)curl_easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &a->status);
	if (request_is_http(j->t->url))
		return;
	(void)curl_easy_getinfo(j->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
	    &n);
	(void)curl_easy_getinfo(j->easy, CURLINFO_FILETIME_T, &changed);
	a->has_length = n >= 0;
	a->n_bytes = n >= 0 ? (size_t)n : 0;
	if (changed >= 0)
		(void)snprintf(a->last_modified, sizeof(a->last_modified),
		    "%lld", (long long)changed);
}

/* The header is complete.  False: enough. */
static bool
begin(struct job *j)
{
	struct transfer *t = j->t;

	j->has_begun = true;
	fill_answer(j);
	/* Where redirects are not followed. */
	if (request_is_http(t->url) && t->answer.status / 100 != 2)
		return false;
	t->is_cut = t->begin != NULL && !t->begin(t->shared, &t->answer);
	return !t->is_cut;
}

/* Let who waits know of the bytes that came. */
static void
tell(struct job *j)
{
	(void)pthread_mutex_lock(&j->transfers->lock);
	j->n_told = j->n_bytes;
	(void)pthread_cond_signal(&j->changed);
	(void)pthread_mutex_unlock(&j->transfers->lock);
}

/* curl: bytes that came in; fewer than n_bytes taken ends the transfer. */
static size_t
take(char *bytes, size_t size, size_t n_bytes, void *shared)
{
	struct job *j = shared;

	(void)size;
	if (!j->has_begun && !begin(j))
		return 0;
	if (j->t->take != NULL &&
	    !j->t->take(j->t->shared, bytes, n_bytes)) {
		j->t->is_cut = true;
		return 0;
	}
	j->n_bytes += n_bytes;
	if (j->t->follow != NULL && j->n_bytes - j->n_told >= FOLLOW_BYTES)
		tell(j);
	return n_bytes;
}

/* What curl is to do.  False when it has no memory. */
static bool
set_up(struct job *j, double now_sec)
{
	bool is_bad = false;

	j->easy = request_new(j->t, now_sec, &j->headers);
	if (j->easy == NULL)
		return false;
#define SET(option, value) \
	(is_bad |= curl_easy_setopt(j->easy, (option), (value)) != CURLE_OK)
	SET(CURLOPT_ERRORBUFFER, j->text);
	SET(CURLOPT_HEADERFUNCTION, take_line);
	SET(CURLOPT_HEADERDATA, j);
	SET(CURLOPT_WRITEFUNCTION, take);
	SET(CURLOPT_WRITEDATA, j);
	SET(CURLOPT_PRIVATE, j);
#undef SET
	return !is_bad;
}

/* All that run get an equal share of the rate. */
static void
share_rate(struct transfers *ts)
{
	const size_t n = ts->n_running > 0 ? ts->n_running : 1;
	const size_t share = ts->o.bytes_per_sec / n + 1;
	const long slow = share / 2 < (size_t)EXPLAIN_SLOW_BYTES_PER_SEC ?
	    (long)(share / 2) : EXPLAIN_SLOW_BYTES_PER_SEC;

	if (ts->o.bytes_per_sec == 0)
		return;
	for (struct job *j = ts->running; j != NULL; j = j->next) {
		(void)curl_easy_setopt(j->easy, CURLOPT_MAX_RECV_SPEED_LARGE,
		    (curl_off_t)share);
		(void)curl_easy_setopt(j->easy, CURLOPT_LOW_SPEED_LIMIT,
		    slow);
	}
}

/* Take the job out of its list. */
static void
unlink_job(struct job **list, const struct job *j)
{
	while (*list != j)
		list = &(*list)->next;
	*list = j->next;
}

/* The job is over and in no list.  Lock held. */
static void
end_job(struct transfers *ts, struct job *j)
{
	if (j->easy != NULL)
		curl_easy_cleanup(j->easy);
	curl_slist_free_all(j->headers);
	j->easy = NULL;
	j->headers = NULL;
	hosts_leave(j->host);
	j->next = ts->ended;
	ts->ended = j;
}

/*
 * Wake those whose jobs have ended and leave the lock, which they need: done
 * once in a while, it is free when they are awake.
 */
static void
leave_lock(struct transfers *ts)
{
	struct job *j, *next;

	for (j = ts->ended; j != NULL; j = next) {
		next = j->next;
		j->has_ended = true;
		(void)pthread_cond_signal(&j->changed);
	}
	ts->ended = NULL;
	(void)pthread_mutex_unlock(&ts->lock);
}

/* A running one ended.  Lock held. */
static void
finish(struct transfers *ts, struct job *j, CURLcode code)
{
	struct transfer *t = j->t;
	const char *last_url = NULL;

	if (!j->has_begun && code == CURLE_OK && !begin(j))
		code = CURLE_WRITE_ERROR;
	if (!j->has_begun)
		fill_answer(j);
	if (code != CURLE_OK && !t->is_cut && !t->is_stopped)
		explain_end(t, (int)code, j->text, t->first + j->n_bytes,
		    &j->err);
	(void)curl_easy_getinfo(j->easy, CURLINFO_EFFECTIVE_URL, &last_url);
	if (last_url != NULL && strlen(last_url) < sizeof(t->last_url))
		memcpy(t->last_url, last_url, strlen(last_url) + 1);
	(void)curl_multi_remove_handle(ts->multi, j->easy);
	unlink_job(&ts->running, j);
	ts->n_running--;
	t->asked_sec = answer_wait_sec(&t->answer, wall_sec());
	hosts_end(ts->hosts, j->host, transfers_now_sec(), t->failure,
	    t->asked_sec);
	end_job(ts, j);
	share_rate(ts);
}

/* Begin with it.  Lock held. */
static void
start(struct transfers *ts, struct job *j, double now_sec)
{
	unlink_job(&ts->waiting, j);
	j->has_started = true;
	if (j->t == NULL) {
		hosts_start(ts->hosts, j->host, now_sec);
		(void)pthread_cond_signal(&j->changed);
		return;
	}
	if (!set_up(j, now_sec) ||
	    curl_multi_add_handle(ts->multi, j->easy) != CURLM_OK) {
		explain_end(j->t, CURLE_OUT_OF_MEMORY, "", 0, &j->err);
		end_job(ts, j);
		return;
	}
	hosts_start(ts->hosts, j->host, now_sec);
	j->next = ts->running;
	ts->running = j;
	ts->n_running++;
	share_rate(ts);
}

/* Its host wants to be left alone for longer than it may wait.  Lock held. */
static void
give_up(struct transfers *ts, struct job *j, double held_sec)
{
	unlink_job(&ts->waiting, j);
	j->t->failure = FAILURE_THROTTLED;
	error_set(&j->err, ERROR_BUSY, "%.*s: its host wants no requests for "
	    "%.0f s: run the same command after that",
	    TRANSFERS_URL_BYTES / 4, j->t->url, ceil(held_sec));
	end_job(ts, j);
}

/* Start whom the rules let; the seconds to the next chance.  Lock held. */
static double
admit(struct transfers *ts)
{
	double next_sec = 1.0;
	struct job *j, *next;

	for (j = ts->waiting; j != NULL; j = next) {
		const double now_sec = transfers_now_sec();
		const double held_sec = hosts_held_sec(j->host, now_sec);
		const double wait_sec = fmax(hosts_wait_sec(ts->hosts,
		    j->host, now_sec), j->not_before_sec - now_sec);

		next = j->next;
		if (j->t != NULL && held_sec > ts->o.rules.max_wait_sec)
			give_up(ts, j, held_sec);
		else if (wait_sec <= 0.0)
			start(ts, j, now_sec);
		else
			next_sec = fmin(next_sec, wait_sec);
	}
	return next_sec;
}

/* End all, as they are.  Lock held. */
static void
stop_all(struct transfers *ts)
{
	struct job *j;

	while (ts->running != NULL) {
		ts->running->t->is_stopped = true;
		finish(ts, ts->running, CURLE_ABORTED_BY_CALLBACK);
	}
	while ((j = ts->waiting) != NULL) {
		unlink_job(&ts->waiting, j);
		if (j->t != NULL)
			j->t->is_stopped = true;
		end_job(ts, j);
	}
}

/* What ended since the last look.  Lock held. */
static void
reap(struct transfers *ts)
{
	CURLMsg *message;
	int n_left;

	while ((message = curl_multi_info_read(ts->multi, &n_left)) != NULL) {
		char *private = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(message->easy_handle,
		    CURLINFO_PRIVATE, &private);
		finish(ts, (struct job *)(void *)private,
		    message->data.result);
	}
}

static void *
work(void *shared)
{
	struct transfers *ts = shared;
	double wait_sec = 0.0;
	int n_running = 0;

	(void)pthread_mutex_lock(&ts->lock);
	while (!ts->is_closing) {
		if (ts->o.must_stop != NULL && ts->o.must_stop(ts->o.shared))
			stop_all(ts);
		wait_sec = admit(ts);
		leave_lock(ts);
		(void)curl_multi_perform(ts->multi, &n_running);
		(void)pthread_mutex_lock(&ts->lock);
		reap(ts);
		if (ts->waiting != NULL)
			wait_sec = fmin(wait_sec, admit(ts));
		leave_lock(ts);
		(void)curl_multi_poll(ts->multi, NULL, 0,
		    (int)fmin(ceil(wait_sec * 1e3), LOOK_MS), NULL);
		(void)pthread_mutex_lock(&ts->lock);
	}
	leave_lock(ts);
	return NULL;
}

struct transfers *
transfers_new(const struct transfers_options *o, struct error *err)
{
	struct transfers *ts;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		error_set(err, ERROR_NOMEM, "out of memory to fetch");
		return NULL;
	}
	ts = memory_new(1, sizeof(*ts), "transfers", err);
	if (ts == NULL)
		goto fail;
	ts->o = *o;
	ts->hosts = hosts_new(&o->rules, err);
	if (ts->hosts == NULL)
		goto fail;
	ts->multi = curl_multi_init();
	if (ts->multi == NULL || curl_multi_setopt(ts->multi,
	    CURLMOPT_MAXCONNECTS, MAX_IDLE_CONNECTIONS +
	    (long)o->rules.max_running) != CURLM_OK) {
		error_set(err, ERROR_NOMEM, "out of memory to fetch");
		goto fail;
	}
	(void)pthread_mutex_init(&ts->lock, NULL);
	if (pthread_create(&ts->thread, NULL, work, ts) != 0) {
		(void)pthread_mutex_destroy(&ts->lock);
		error_set(err, ERROR_IO, "cannot start a thread to fetch");
		goto fail;
	}
	return ts;
fail:
	if (ts != NULL) {
		(void)curl_multi_cleanup(ts->multi);
		hosts_free(ts->hosts);
		memory_free(ts);
	}
	curl_global_cleanup();
	return NULL;
}

void
transfers_free(struct transfers *ts)
{
	if (ts == NULL)
		return;
	(void)pthread_mutex_lock(&ts->lock);
	ts->is_closing = true;
	(void)pthread_mutex_unlock(&ts->lock);
	(void)curl_multi_wakeup(ts->multi);
	(void)pthread_join(ts->thread, NULL);
	(void)curl_multi_cleanup(ts->multi);
	(void)pthread_mutex_destroy(&ts->lock);
	hosts_free(ts->hosts);
	memory_free(ts);
	curl_global_cleanup();
}

/* The name that the rules know the host of the address by. */
static void
host_of(const char *url, char name[HOST_BYTES])
{
	CURLU *u = request_address(url);
	char *host = NULL, *port = NULL;

	name[0] = '\0';
	if (u != NULL &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		(void)curl_url_get(u, CURLUPART_PORT, &port,
		    CURLU_DEFAULT_PORT);
	(void)snprintf(name, HOST_BYTES, "%.256s:%.8s",
	    host != NULL ? host : "", port != NULL ? port : "");
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
}

/*
 * Wait until the job has ended, or started when it is a turn.  Lock held, but
 * not while what there is to do meanwhile is done.
 */
static void
wait_for(struct transfers *ts, struct job *j)
{
	size_t n_followed = 0;

	while (!j->has_ended && (j->t != NULL || !j->has_started)) {
		if (j->n_told == n_followed) {
			(void)pthread_cond_wait(&j->changed, &ts->lock);
			continue;
		}
		n_followed = j->n_told;
		(void)pthread_mutex_unlock(&ts->lock);
		j->t->follow(j->t->shared);
		(void)pthread_mutex_lock(&ts->lock);
	}
}

/*
 * Put the job in the list and wait until it has ended, or for a turn until it
 * has started.
 */
static int
submit(struct transfers *ts, struct job *j, const char *url,
    struct error *err)
{
	char host_name[HOST_BYTES];
	struct job **at = &ts->waiting;
	int result = -1;

	host_of(url, host_name);
	(void)pthread_cond_init(&j->changed, NULL);
	(void)pthread_mutex_lock(&ts->lock);
	j->host = hosts_enter(ts->hosts, host_name, transfers_now_sec(), err);
	if (j->host != NULL) {
		while (*at != NULL)
			at = &(*at)->next;
		*at = j;
		/* When somebody else has to end first, that end will do. */
		if (isfinite(hosts_wait_sec(ts->hosts, j->host,
		    transfers_now_sec())))
			(void)curl_multi_wakeup(ts->multi);
		wait_for(ts, j);
		result = 0;
	}
	(void)pthread_mutex_unlock(&ts->lock);
	(void)pthread_cond_destroy(&j->changed);
	return result;
}

int
transfers_run(struct transfers *ts, struct transfer *t, struct error *err)
{
	struct job j = { .t = t, .not_before_sec = t->not_before_sec,
		.transfers = ts };

	t->failure = FAILURE_NONE;
	t->asked_sec = -1.0;
	t->is_cut = t->is_stopped = t->is_out_of_range = false;
	memset(&t->answer, 0, sizeof(t->answer));
	t->last_url[0] = '\0';
	if (submit(ts, &j, t->url, err) != 0) {
		t->failure = FAILURE_LOCAL;
		return -1;
	}
	if (t->failure != FAILURE_NONE && err != NULL)
		*err = j.err;
	return t->failure != FAILURE_NONE || t->is_cut || t->is_stopped ||
	    t->is_out_of_range ? -1 : 0;
}

struct turn *
transfers_take_turn(struct transfers *ts, const char *url,
    double not_before_sec, struct error *err)
{
	struct turn *turn = memory_new(1, sizeof(*turn), "turn", err);

	if (turn == NULL)
		return NULL;
	turn->job.not_before_sec = not_before_sec;
	if (submit(ts, &turn->job, url, err) == 0 &&
	    turn->job.has_started)
		return turn;
	memory_free(turn);
	return NULL;
}

void
transfers_end_turn(struct transfers *ts, struct turn *turn, enum failure how)
{
	(void)pthread_mutex_lock(&ts->lock);
	hosts_end(ts->hosts, turn->job.host, transfers_now_sec(), how, -1.0);
	hosts_leave(turn->job.host);
	(void)pthread_mutex_unlock(&ts->lock);
	(void)curl_multi_wakeup(ts->multi);
	memory_free(turn);
}

double
transfers_next_try(struct transfers *ts, enum failure f, double asked_sec,
    size_t n)
{
	double wait_sec = fmax(asked_sec, 0.0);

	/* What a host that throttles does not say, it is held for anyway. */
	if (f != FAILURE_THROTTLED) {
		(void)pthread_mutex_lock(&ts->lock);
		wait_sec = fmax(wait_sec, hosts_backoff_sec(ts->hosts,
		    ts->o.rules.backoff_sec, n - 1));
		(void)pthread_mutex_unlock(&ts->lock);
	}
	return wait_sec > ts->o.rules.max_wait_sec ? -1.0 :
	    transfers_now_sec() + wait_sec;
}

bool
transfers_must_stop(const struct transfers *ts)
{
	return ts->o.must_stop != NULL && ts->o.must_stop(ts->o.shared);
}
