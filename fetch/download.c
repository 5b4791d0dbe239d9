#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/file.h"
#include "base/progress.h"

#include "fetch/download.h"

#define MAX_REDIRECTS 10L
#define SLOW_BYTES_PER_SEC 1000L

/* How one transfer ended. */
enum outcome {
	OUTCOME_WHOLE,
	OUTCOME_WRONG,		/* not what it should be: of no use */
	OUTCOME_BROKEN		/* what there is can be gone on with */
};

/* A transfer under way. */
struct sink {
	const struct download *d;
	CURL *curl;
	FILE *out;
	size_t n_bytes;		/* in the file */
	bool is_too_long;
	int write_errno;	/* 0: all was written */
	struct progress progress;
	char text[CURL_ERROR_SIZE];
};

bool
download_is_pin(const char *sha256)
{
	const size_t n = strspn(sha256, "0123456789abcdefABCDEF");

	return sha256[n] == '\0' && n >= DOWNLOAD_MIN_PIN &&
	    n < HASH_HEX_BYTES;
}

/* Bytes that came in; fewer than n_bytes taken ends the transfer. */
static size_t
take(char *bytes, size_t size, size_t n_bytes, void *shared)
{
	struct sink *s = shared;
	curl_off_t n_more = -1;

	(void)size;
	if (n_bytes > s->d->max_bytes - s->n_bytes) {
		s->is_too_long = true;
		return 0;
	}
	if (s->progress.n_total == 0 && curl_easy_getinfo(s->curl,
	    CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &n_more) == CURLE_OK &&
	    n_more > 0)
		s->progress.n_total = s->n_bytes + (size_t)n_more;
	errno = EIO;
	if (fwrite(bytes, 1, n_bytes, s->out) != n_bytes) {
		s->write_errno = errno;
		return 0;
	}
	s->n_bytes += n_bytes;
	if (s->d->progress != NULL)
		progress_update(&s->progress, s->n_bytes, "bytes");
	return n_bytes;
}

/* What curl is to do.  0, or -1 when it has no memory. */
static int
set_up(struct sink *s)
{
	const struct download *d = s->d;
	const bool is_tls = strncasecmp(d->url, "https:", 6) == 0;
	CURL *c = s->curl;
	bool is_bad = false;

#define SET(option, value) \
	(is_bad |= curl_easy_setopt(c, (option), (value)) != CURLE_OK)
	SET(CURLOPT_URL, d->url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https,file");
	SET(CURLOPT_REDIR_PROTOCOLS_STR, is_tls ? "https" : "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 1L);
	SET(CURLOPT_MAXREDIRS, MAX_REDIRECTS);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	/* A password must not come into a card. */
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_FAILONERROR, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT, (long)d->stall_sec);
	SET(CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES_PER_SEC);
	SET(CURLOPT_LOW_SPEED_TIME, (long)d->stall_sec);
	SET(CURLOPT_USERAGENT, "chad-tools");
	SET(CURLOPT_RESUME_FROM_LARGE, (curl_off_t)s->n_bytes);
	SET(CURLOPT_ERRORBUFFER, s->text);
	SET(CURLOPT_WRITEFUNCTION, take);
	SET(CURLOPT_WRITEDATA, s);
#undef SET
	return is_bad ? -1 : 0;
}

/* The server answered with an error. */
static enum outcome
explain_answer(const struct sink *s, struct error *err)
{
	long code = 0;

	(void)curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &code);
	/* Nothing follows what is there: the hash tells whether it is all. */
	if (code == 416 && s->n_bytes > 0)
		return OUTCOME_WHOLE;
	if (code >= 500 || code == 408 || code == 429)
		error_set(err, ERROR_BUSY, "%s: the server answers %ld: try "
		    "again later", s->d->url, code);
	else
		error_set(err, ERROR_FORMAT, "%s: the server answers %ld: "
		    "check the address", s->d->url, code);
	return OUTCOME_BROKEN;
}

/* Put what curl says in our words. */
static enum outcome
explain(const struct sink *s, CURLcode code, struct error *err)
{
	const char *url = s->d->url;
	const char *text = s->text[0] != '\0' ? s->text :
	    curl_easy_strerror(code);

	switch (code) {
	case CURLE_RANGE_ERROR:
	case CURLE_BAD_DOWNLOAD_RESUME:
		error_set(err, ERROR_FORMAT, "%s: %s", url, text);
		return OUTCOME_WRONG;
	case CURLE_HTTP_RETURNED_ERROR:
		return explain_answer(s, err);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
		error_set(err, ERROR_FORMAT, "%s: not an address that begins "
		    "with https://, http:// or file:// (nor leads to one): "
		    "give such a one", url);
		break;
	case CURLE_LOGIN_DENIED:
		error_set(err, ERROR_FORMAT, "an address with a user's name "
		    "in it is not fetched: give one without");
		break;
	case CURLE_FILE_COULDNT_READ_FILE:
		error_set(err, ERROR_FORMAT, "%s: cannot be read: check the "
		    "address", url);
		break;
	case CURLE_TOO_MANY_REDIRECTS:
		error_set(err, ERROR_FORMAT, "%s: more than %ld redirects: "
		    "check the address", url, MAX_REDIRECTS);
		break;
	case CURLE_OPERATION_TIMEDOUT:
		error_set(err, ERROR_BUSY, "%s: no answer, or less than %ld "
		    "bytes a second, for %zu s: the same command goes on from "
		    "there", url, SLOW_BYTES_PER_SEC, s->d->stall_sec);
		break;
	case CURLE_PARTIAL_FILE:
		error_set(err, ERROR_BUSY, "%s: the connection was lost after "
		    "%zu bytes: the same command goes on from there", url,
		    s->n_bytes);
		break;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		error_set(err, ERROR_BUSY, "%s: %s: try again when the "
		    "network is there", url, curl_easy_strerror(code));
		break;
	default:
		error_set(err, code == CURLE_OUT_OF_MEMORY ? ERROR_NOMEM :
		    ERROR_IO, "%s: %s", url, text);
	}
	return OUTCOME_BROKEN;
}

/* Ask for what follows the n_bytes that are there. */
static enum outcome
transfer(struct sink *s, struct error *err)
{
	const struct download *d = s->d;
	enum outcome outcome = OUTCOME_WHOLE;
	CURLcode code;

	s->curl = curl_easy_init();
	if (s->curl == NULL || set_up(s) != 0) {
		curl_easy_cleanup(s->curl);
		error_set(err, ERROR_NOMEM, "out of memory to fetch %s",
		    d->url);
		return OUTCOME_BROKEN;
	}
	progress_init(&s->progress, d->progress, d->n_bytes);
	code = curl_easy_perform(s->curl);
	if (d->progress != NULL)
		progress_end(&s->progress);
	if (s->is_too_long) {
		error_set(err, ERROR_LIMIT, "%s: longer than the %zu bytes "
		    "that it may have, and cut off there: check the address",
		    d->url, d->max_bytes);
		outcome = OUTCOME_WRONG;
	} else if (s->write_errno != 0) {
		errno = s->write_errno;
		(void)error_set_errno(err, "cannot write %s", d->path);
		outcome = OUTCOME_BROKEN;
	} else if (code != CURLE_OK) {
		outcome = explain(s, code, err);
	}
	curl_easy_cleanup(s->curl);
	return outcome;
}

/* Is the file what it should be? */
static enum outcome
check(const struct download *d, char sha256[HASH_HEX_BYTES],
    struct error *err)
{
	if (hash_file(d->path, sha256, err) != 0)
		return OUTCOME_BROKEN;
	if (d->sha256 == NULL ||
	    strncasecmp(d->sha256, sha256, strlen(d->sha256)) == 0)
		return OUTCOME_WHOLE;
	error_set(err, ERROR_FORMAT, "%s: its SHA-256 is %s and should %s "
	    "%s: this is another file, and it was not kept", d->url, sha256,
	    strlen(d->sha256) + 1 < HASH_HEX_BYTES ? "begin with" : "be",
	    d->sha256);
	return OUTCOME_WRONG;
}

/*
 * Open the partial file to write behind its end and keep others off it.
 * Unbuffered, so that a kill loses nothing that came.
 */
static FILE *
open_part(const struct download *d, size_t *n_bytes, struct error *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct stat st;
	FILE *out;
	int fd;

	if (file_make_parent(d->path, err) != 0)
		return NULL;
	fd = open(d->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK, 0666);
	if (fd < 0 || fstat(fd, &st) != 0) {
		error_set_errno(err, "cannot write %s", d->path);
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		error_set(err, ERROR_OUTPUT, "%s is no plain file, so it is "
		    "not written over", d->path);
		goto fail;
	}
	if (fcntl(fd, F_SETLK, &lock) != 0 &&
	    (errno == EACCES || errno == EAGAIN)) {
		error_set(err, ERROR_BUSY, "%s: another program is fetching "
		    "into it: wait for its end", d->path);
		goto fail;
	}
	out = fdopen(fd, "ab");
	if (out == NULL) {
		error_set_errno(err, "cannot write %s", d->path);
		goto fail;
	}
	(void)setvbuf(out, NULL, _IONBF, 0);
	*n_bytes = (size_t)st.st_size;
	return out;
fail:
	if (fd >= 0)
		(void)close(fd);
	return NULL;
}

/* Go on from n_before bytes to the end and check the whole. */
static enum outcome
attempt(const struct download *d, FILE *out, size_t n_before,
    char sha256[HASH_HEX_BYTES], struct error *err)
{
	struct sink s = { .d = d, .out = out, .n_bytes = n_before };
	enum outcome outcome = OUTCOME_WHOLE;

	if (n_before > d->max_bytes) {
		error_set(err, ERROR_LIMIT, "%s is longer than it may be",
		    d->path);
		return OUTCOME_WRONG;
	}
	/* All is there when only what came afterwards was stopped. */
	if (n_before == 0 || n_before != d->n_bytes)
		outcome = transfer(&s, err);
	return outcome == OUTCOME_WHOLE ? check(d, sha256, err) : outcome;
}

int
download_file(const struct download *d, char sha256[HASH_HEX_BYTES],
    struct error *err)
{
	enum outcome outcome;
	struct stat st;
	size_t n_before;
	FILE *out;

	if (d->sha256 != NULL && !download_is_pin(d->sha256))
		return error_set(err, ERROR_FORMAT, "\"%s\" is no SHA-256: "
		    "give its 64 hex digits, or at least the first %d",
		    d->sha256, DOWNLOAD_MIN_PIN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(err, ERROR_NOMEM, "out of memory to fetch %s",
		    d->url);
	out = open_part(d, &n_before, err);
	if (out == NULL) {
		curl_global_cleanup();
		return -1;
	}
	outcome = attempt(d, out, n_before, sha256, err);
	if (outcome == OUTCOME_WRONG && n_before > 0) {
		/* The bytes that were there may be to blame. */
		outcome = OUTCOME_BROKEN;
		if (ftruncate(fileno(out), 0) != 0)
			(void)error_set_errno(err, "cannot empty %s", d->path);
		else
			outcome = attempt(d, out, 0, sha256, err);
	}
	if (outcome == OUTCOME_WRONG || (outcome == OUTCOME_BROKEN &&
	    fstat(fileno(out), &st) == 0 && st.st_size == 0))
		(void)unlink(d->path);
	if (fclose(out) != 0 && outcome == OUTCOME_WHOLE) {
		(void)error_set_errno(err, "cannot write %s", d->path);
		outcome = OUTCOME_BROKEN;
	}
	curl_global_cleanup();
	return outcome == OUTCOME_WHOLE ? 0 : -1;
}
