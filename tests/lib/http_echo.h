/*
 * http_echo -- a handler for tests of http_server.
 *
 * /ok says "ok".  /echo says what was asked, a line each: method, path, query
 * "x", cookie, csrf, content type, address, tls, body.  /file and
 * /media/... are a file of n_bytes, byte i being http_echo_byte(i).
 * /header?v=... puts v into Location.  /wait?ms=... answers after so long.
 * /api/claim, /api/verdict and /api/me say what chad-review might.  Others are
 * 404.
 */
#ifndef TESTS_LIB_HTTP_ECHO_H
#define TESTS_LIB_HTTP_ECHO_H

#include <stddef.h>

#include "review/http_server.h"

#define HTTP_ECHO_ETAG "\"abc\""

struct http_echo {
	char path[64];		/* of the file; made by http_echo_init */
	size_t n_bytes;
};

/* 0, or -1 when the file cannot be made in /tmp. */
int http_echo_init(struct http_echo *e, size_t n_bytes);
void http_echo_release(struct http_echo *e);	/* removes the file */

char http_echo_byte(size_t i);

/* For struct http_server_options; "shared" is the struct http_echo. */
void http_echo_answer(void *shared, const struct http_request *request,
    struct http_answer *answer);

#endif
