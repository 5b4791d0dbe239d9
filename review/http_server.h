/*
 * http_server -- HTTP/1.1 for the page, on libmicrohttpd: what can be refused
 * without knowing what the page is about is refused here.
 *
 * Each of n_threads serves its share of the connections and calls "answer",
 * which may wait for a file or the catalogue, but not for seconds.  Files and
 * slow readers hold no thread.
 *
 * Before "answer" is called
 *   the request line and header were read: 8 KiB and 16 KiB at most (414,
 *     431), each header that matters once (400), HTTP/1.x (505);
 *   the method is GET, HEAD or POST (405), the body 64 KiB at most, by length
 *     or in chunks, not by both (413, 400);
 *   path and query are decoded once and are in order (400);
 *   Host is ours (421): a name of loopback with our port, or an origin's;
 *   Origin is ours when there is one, and what a browser calls a foreign
 *     site's request (Sec-Fetch-Site) is refused unless somebody followed a
 *     link (403);
 *   the address has not asked too often (429).
 * Every answer forbids scripts, frames and requests of others; see http_send.c.
 * The few answers that libmicrohttpd gives by itself, to what is no HTTP, are
 * constant texts without those headers.  It hands on a line or value that has
 * a zero byte as if it ended there.
 */
#ifndef REVIEW_HTTP_SERVER_H
#define REVIEW_HTTP_SERVER_H

#include <stddef.h>

#include "base/error.h"

#include "review/http_answer.h"
#include "review/http_request.h"

/* 0 stands for the number behind. */
struct http_server_limits {
	double header_sec;	/* 10: for the whole header */
	double body_sec;	/* 20: for the whole body of a request */
	double idle_sec;	/* 30: without a byte either way; >= 1 */
	size_t bytes_per_sec;	/* 4096: an answer is read at least so fast */
	size_t n_connections;	/* 1000 */
	size_t n_per_address;	/* 32 connections; proxies are exempt */
	double requests_per_sec;	/* 50 by an address */
	double burst;		/* 500 of them at once */
};

struct http_server_options {
	const char *address;	/* IPv4 or IPv6 in digits, to listen on */
	unsigned port;		/* 0: a free one */
	/* "https://host[:port]" or "http://...": how browsers come to us. */
	const char *const *origins;
	size_t n_origins;
	size_t n_threads;	/* 1..64 */
	/* Called by n_threads threads; see http_request.h, http_answer.h. */
	void (*answer)(void *shared, const struct http_request *request,
	    struct http_answer *answer);
	void *shared;
	struct http_server_limits limits;
};

struct http_server;

/*
 * Listen and serve.  Refused: an address that is not loopback when there are
 * no origins, one that is taken, what is no origin.  Options are copied.
 * NULL with an error.
 */
struct http_server *http_server_start(const struct http_server_options *o,
    struct error *err) MUST_CHECK;

unsigned http_server_port(const struct http_server *s);

/*
 * No new connection; requests that have come are answered, for 10 s at most;
 * all is closed and released.  NULL: does nothing.
 */
void http_server_stop(struct http_server *s);

#endif
