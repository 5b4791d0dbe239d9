/*
 * http_answer -- what a handler of http_server says: a status and memory or a
 * file.
 *
 * The server adds the headers that guard the page, Date and Content-Length.
 * With a status of 200 it answers If-None-Match by 304, where there is an
 * etag, and for files ranges (RFC 9110, sections 13 and 14) by 206 or 416.
 */
#ifndef REVIEW_HTTP_ANSWER_H
#define REVIEW_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Zeroed before the call.  Texts are borrowed until it returns. */
struct http_answer {
	unsigned status;	/* 200..599; others become 500 */
	const char *type;	/* Content-Type */
	/* Of the request's arena, or static. */
	const void *body;
	size_t n_bytes;
	/* Instead, with has_fd: a plain file, which the server closes. */
	int fd;
	bool has_fd;
	uint64_t n_file_bytes;
	const char *etag;	/* in its quotes, strong */
	const char *location;	/* where a 303 leads */
	const char *allow;	/* of a 405; NULL: what the server knows */
	const char *set_cookie;	/* the whole value of Set-Cookie */
	const char *download_name;	/* to be saved under this name */
	unsigned retry_after_sec;	/* 0: nothing said */
	/* Without either nothing is kept ("no-store"). */
	bool is_public;		/* the browser keeps it, and asks each time
				 * whether it still is so */
	bool is_lasting;	/* the browser keeps it and does not ask: the
				 * address names the content */
};

struct http_request;

/* {"error": "sentence"} with the status; the rest of *answer stays. */
void http_answer_error(struct http_answer *answer,
    const struct http_request *request, unsigned status, const char *fmt, ...)
    ERROR_PRINTF(4, 5);

#endif
