#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <curl/curl.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/progress.h"

#include "fetch/download.h"
#include "fetch/part.h"
#include "fetch/request.h"

/* A try that brought so much was none in vain. */
#define PROGRESS_BYTES ((size_t)1 << 20)

/* What comes in less time is fetched again as soon as gone on with. */
#define SAVE_AFTER_SEC 0.2

/* How one transfer ended. */
enum outcome {
	OUTCOME_WHOLE,
	OUTCOME_WRONG,		/* not what it should be: of no use */
	OUTCOME_BROKEN		/* what there is can be gone on with */
};

/* A file under way. */
struct sink {
	const struct download *d;
	struct download_result *result;
	struct transfers *transfers;
	const char *url;	/* of http for s3 */
	const struct s3_access *s3;
	struct part part;
	double save_sec;	/* from then on the state is put beside */
	double deadline_sec;
	double not_before_sec;
	double asked_sec;	/* by the server of the last try, to wait */
	bool was_resumed;	/* the last try went on from earlier bytes */
	/* Why begin or take cut the transfer off. */
	enum outcome cut;
	struct error why;
	struct progress progress;
};

bool
download_is_pin(const char *sha256)
{
	const size_t n = strspn(sha256, "0123456789abcdefABCDEF");

	return sha256[n] == '\0' && n >= DOWNLOAD_MIN_PIN &&
	    n < HASH_HEX_BYTES;
}

/* End the transfer: the bytes are not those of the file that is meant. */
static bool
cut_off(struct sink *s, enum failure f)
{
	s->cut = OUTCOME_WRONG;
	s->result->failure = f;
	s->why.code = failure_code(f);
	return false;
}

static bool
refuse_length(struct sink *s)
{
	error_set(&s->why, ERROR_LIMIT, "%s: longer than the %zu bytes that "
	    "it may have, and cut off there: check the address", s->d->url,
	    s->d->max_bytes);
	return cut_off(s, FAILURE_TOO_LARGE);
}

/* Is what the server is about to send what follows the bytes we have? */
static bool
fits(const struct part *p, const struct answer *a, bool is_http)
{
	const struct part_state *st = &p->state;

	if (!is_http)
		return p->n_bytes == 0 || st->validator[0] == '\0' ||
		    strcmp(st->validator, a->last_modified) == 0;
	if (a->status != 206)
		return p->n_bytes == 0;
	return a->has_range && a->first == p->n_bytes &&
	    (!st->has_total || !a->has_total || a->total == st->n_total) &&
	    (st->validator[0] != '"' || a->etag[0] != '"' ||
	    strcmp(st->validator, a->etag) == 0);
}

/* Note the version and the length of what comes. */
static void
note_state(struct part *p, const struct answer *a, bool is_http)
{
	const char *validator = is_http ? answer_validator(a) :
	    a->last_modified;
	struct part_state *st = &p->state;

	if (validator[0] != '\0')
		memcpy(st->validator, validator, strlen(validator) + 1);
	if (is_http && a->status == 206) {
		st->has_total = a->has_total;
		st->n_total = a->total;
	} else {
		st->has_total = a->has_length;
		st->n_total = p->n_bytes + a->n_bytes;
	}
}

/* transfer: the header is there. */
static bool
begin(void *shared, const struct answer *a)
{
	struct sink *s = shared;
	struct part *p = &s->part;
	const bool is_http = request_is_http(s->url);

	/* All of it, since the version is another or ranges are unknown. */
	if (is_http && a->status != 206 && p->n_bytes > 0 &&
	    part_empty(p, &s->why) != 0) {
		s->cut = OUTCOME_BROKEN;
		s->result->failure = FAILURE_LOCAL;
		return false;
	}
	if (s->d->refuse_pages && strncasecmp(a->content_type, "text/html",
	    9) == 0) {
		error_set(&s->why, ERROR_FORMAT, "%s: a web page, and no "
		    "file: check the address, or see --pages", s->d->url);
		return cut_off(s, FAILURE_REFUSED);
	}
	if (!fits(p, a, is_http)) {
		error_set(&s->why, ERROR_FORMAT, "%s: the server sends "
		    "another part than the one asked for", s->d->url);
		return cut_off(s, FAILURE_CORRUPT);
	}
	note_state(p, a, is_http);
	if (p->state.has_total && p->state.n_total > s->d->max_bytes)
		return refuse_length(s);
	s->progress.n_total = p->state.n_total;
	s->save_sec = transfers_now_sec() + SAVE_AFTER_SEC;
	return true;
}

/* Is there more to come that a kill should not make come again? */
static bool
must_save(const struct sink *s)
{
	const struct part *p = &s->part;

	return !p->is_saved && p->state.validator[0] != '\0' &&
	    (!p->state.has_total || p->n_bytes < p->state.n_total) &&
	    transfers_now_sec() >= s->save_sec;
}

/* transfer: bytes that came in. */
static bool
take(void *shared, const char *bytes, size_t n_bytes)
{
	struct sink *s = shared;
	struct part *p = &s->part;

	if (n_bytes > s->d->max_bytes - p->n_bytes)
		return refuse_length(s);
	if (part_write(p, bytes, n_bytes, &s->why) != 0 ||
	    (must_save(s) && part_save(p, &s->why) != 0)) {
		s->cut = OUTCOME_BROKEN;
		s->result->failure = FAILURE_LOCAL;
		return false;
	}
	if (s->d->progress != NULL)
		progress_update(&s->progress, p->n_bytes, "bytes");
	return true;
}

/* transfer: the hash goes along, so that it is there at the end. */
static void
follow(void *shared)
{
	struct sink *s = shared;

	/* What cannot be read now is reported at the end. */
	(void)(part_hash(&s->part, NULL) == 0);
}

/* Nothing follows the bytes that are there: is that all of it? */
static enum outcome
judge_end(struct sink *s, struct error *err)
{
	const struct answer *a = &s->result->answer;

	/* Of the whole with a known hash that will tell. */
	if (s->d->sha256 != NULL || (a->has_total &&
	    a->total == s->part.n_bytes && s->part.state.has_total &&
	    s->part.state.n_total == a->total))
		return OUTCOME_WHOLE;
	error_set(err, ERROR_FORMAT, "%s: the server has less than the %zu "
	    "bytes that it gave before", s->d->url, s->part.n_bytes);
	s->result->failure = FAILURE_CORRUPT;
	return OUTCOME_WRONG;
}

/* Did as much come as was promised? */
static enum outcome
judge_length(struct sink *s, struct error *err)
{
	const struct part *p = &s->part;

	if (!p->state.has_total || p->n_bytes == p->state.n_total)
		return OUTCOME_WHOLE;
	s->result->failure = FAILURE_NETWORK;
	s->asked_sec = -1.0;
	error_set(err, ERROR_BUSY, "%s: the server sent %zu of %zu bytes: the "
	    "same command goes on from there", s->d->url, p->n_bytes,
	    p->state.n_total);
	return p->n_bytes < p->state.n_total ? OUTCOME_BROKEN : OUTCOME_WRONG;
}

/* Ask for what follows the bytes that are there. */
static enum outcome
transfer(struct sink *s, struct error *err)
{
	const struct download *d = s->d;
	struct transfer t = {
		.url = s->url,
		.s3 = s->s3,
		.first = s->part.n_bytes,
		.if_range = s->part.n_bytes > 0 &&
		    s->part.state.validator[0] != '\0' ?
		    s->part.state.validator : NULL,
		.stall_sec = d->stall_sec,
		.not_before_sec = s->not_before_sec,
		.deadline_sec = s->deadline_sec,
		.begin = begin,
		.take = take,
		.follow = follow,
		.shared = s
	};
	int status;

	if (d->progress != NULL)
		progress_init(&s->progress, d->progress, d->n_bytes);
	status = transfers_run(s->transfers, &t, err);
	if (d->progress != NULL)
		progress_end(&s->progress);
	s->result->n_requests++;
	s->result->answer = t.answer;
	memcpy(s->result->last_url, t.last_url, sizeof(t.last_url));
	s->result->is_stopped = t.is_stopped;
	if (status == 0)
		return judge_length(s, err);
	if (t.is_out_of_range)
		return judge_end(s, err);
	if (t.is_cut) {
		if (err != NULL)
			*err = s->why;
		return s->cut;
	}
	s->result->failure = t.failure;
	s->asked_sec = t.asked_sec;
	return OUTCOME_BROKEN;
}

/* Is the file what it should be? */
static enum outcome
check(struct sink *s, struct error *err)
{
	const struct download *d = s->d;
	char *sha256 = s->result->sha256;

	s->result->n_bytes = s->part.n_bytes;
	if (part_finish_hash(&s->part, sha256, err) != 0) {
		s->result->failure = FAILURE_LOCAL;
		return OUTCOME_BROKEN;
	}
	s->result->failure = FAILURE_CORRUPT;
	if (d->sha256 != NULL &&
	    strncasecmp(d->sha256, sha256, strlen(d->sha256)) != 0) {
		error_set(err, ERROR_FORMAT, "%s: its SHA-256 is %s and "
		    "should %s %s: this is another file, and it was not kept",
		    d->url, sha256, strlen(d->sha256) + 1 < HASH_HEX_BYTES ?
		    "begin with" : "be", d->sha256);
		return OUTCOME_WRONG;
	}
	if (d->n_bytes != 0 && d->n_bytes != s->part.n_bytes) {
		error_set(err, ERROR_FORMAT, "%s: it has %zu bytes and should "
		    "have %zu: this is another file, and it was not kept",
		    d->url, s->part.n_bytes, d->n_bytes);
		return OUTCOME_WRONG;
	}
	s->result->failure = FAILURE_NONE;
	return OUTCOME_WHOLE;
}

/* Go on from the bytes that are there to the end and check the whole. */
static enum outcome
attempt(struct sink *s, struct error *err)
{
	const struct download *d = s->d;
	struct part *p = &s->part;
	enum outcome outcome = OUTCOME_WHOLE;
	bool is_all;

	s->result->failure = FAILURE_NONE;
	/* Of which version they are, nothing can tell. */
	if (p->n_bytes > 0 && p->state.validator[0] == '\0' &&
	    d->sha256 == NULL && part_empty(p, err) != 0) {
		s->result->failure = FAILURE_LOCAL;
		return OUTCOME_BROKEN;
	}
	s->was_resumed = p->n_bytes > 0;
	if (p->n_bytes > d->max_bytes) {
		error_set(err, ERROR_LIMIT, "%s is longer than it may be",
		    d->path);
		s->result->failure = FAILURE_TOO_LARGE;
		return OUTCOME_WRONG;
	}
	/* All is there when only what came afterwards was stopped. */
	is_all = p->n_bytes > 0 && (p->n_bytes == d->n_bytes ||
	    (p->state.has_total && p->n_bytes == p->state.n_total));
	if (!is_all)
		outcome = transfer(s, err);
	return outcome == OUTCOME_WHOLE ? check(s, err) : outcome;
}

/* Is there any use in another try?  If so, not at once. */
static bool
may_try_again(struct sink *s, size_t n_in_vain)
{
	if (!failure_may_pass(s->result->failure) ||
	    n_in_vain >= s->d->n_tries)
		return false;
	s->not_before_sec = transfers_next_try(s->transfers,
	    s->result->failure, s->asked_sec, n_in_vain + 2);
	return s->not_before_sec >= 0.0 && (s->deadline_sec == 0.0 ||
	    s->not_before_sec < s->deadline_sec);
}

/* Try until it is there or nothing helps. */
static enum outcome
persist(struct sink *s, struct error *err)
{
	bool is_anew = false;
	size_t n_in_vain = 0;

	for (;;) {
		const size_t n_before = s->part.n_bytes;
		const enum outcome outcome = attempt(s, err);

		if (outcome == OUTCOME_WHOLE || s->result->is_stopped)
			return outcome;
		if (outcome == OUTCOME_WRONG) {
			/* The bytes that were there may be to blame. */
			if (is_anew || !s->was_resumed)
				return outcome;
			is_anew = true;
			if (part_empty(&s->part, err) != 0) {
				s->result->failure = FAILURE_LOCAL;
				return OUTCOME_BROKEN;
			}
			continue;
		}
		n_in_vain = s->part.n_bytes >= n_before + PROGRESS_BYTES ? 0 :
		    n_in_vain + 1;
		if (!may_try_again(s, n_in_vain))
			return outcome;
	}
}

/* Devices and pipes would keep the thread of the transfers for ever. */
static int
check_local(const char *url, struct error *err)
{
	CURLU *u = strncasecmp(url, "file:", 5) == 0 ? request_address(url) :
	    NULL;
	char *path = NULL;
	struct stat st;
	int result = 0;

	if (u != NULL &&
	    curl_url_get(u, CURLUPART_PATH, &path, CURLU_URLDECODE) ==
	    CURLUE_OK && stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		result = error_set(err, ERROR_FORMAT, "%s: no plain file: "
		    "check the address", url);
	curl_free(path);
	curl_url_cleanup(u);
	return result;
}

/* Fetch into the part and give it its name. */
static int
run(struct sink *s, struct error *err)
{
	const struct download *d = s->d;
	enum outcome outcome;

	if (part_open(&s->part, d->path, d->url, err) != 0) {
		s->result->failure = FAILURE_LOCAL;
		return -1;
	}
	outcome = persist(s, err);
	if (outcome == OUTCOME_WHOLE && d->final_path != NULL &&
	    file_place(d->path, d->final_path, err) != 0) {
		s->result->failure = FAILURE_LOCAL;
		outcome = OUTCOME_BROKEN;
	}
	s->part.is_whole = outcome == OUTCOME_WHOLE;
	part_close(&s->part, outcome != OUTCOME_WRONG);
	return outcome == OUTCOME_WHOLE ? 0 : -1;
}

int
download_file(const struct download *d, struct download_result *result,
    struct error *err)
{
	const struct transfers_options own = { .rules = { 1, 1, 0.0, 1.0,
		0.0, 0 } };
	struct sink s = { .d = d, .result = result,
		.transfers = d->transfers };
	struct arena *a = arena_new();
	struct s3_access access;
	int status = -1;

	memset(result, 0, sizeof(*result));
	result->failure = FAILURE_REFUSED;
	if (d->sha256 != NULL && !download_is_pin(d->sha256))
		error_set(err, ERROR_FORMAT, "\"%s\" is no SHA-256: give its "
		    "64 hex digits, or at least the first %d", d->sha256,
		    DOWNLOAD_MIN_PIN);
	else if (a == NULL)
		error_set(err, ERROR_NOMEM, "out of memory");
	else if (s3_address_find(d->url, &access, &s.url, &s.s3, a,
	    err) == 0 && check_local(d->url, err) == 0)
		status = 0;
	if (status == 0 && s.transfers == NULL)
		s.transfers = transfers_new(&own, err);
	if (status == 0 && s.transfers != NULL) {
		if (d->max_sec > 0.0)
			s.deadline_sec = transfers_now_sec() + d->max_sec;
		status = run(&s, err);
	} else {
		status = -1;
	}
	if (s.transfers != d->transfers)
		transfers_free(s.transfers);
	arena_free(a);
	return status;
}
