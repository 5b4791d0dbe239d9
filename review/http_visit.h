/*
 * http_visit -- the header of one request: read, and refused where it is not
 * as it must be.  Seen by http_server alone.
 */
#ifndef REVIEW_HTTP_VISIT_H
#define REVIEW_HTTP_VISIT_H

#include <stdbool.h>
#include <stddef.h>

#include <microhttpd.h>

#include "review/http_origin.h"
#include "review/http_request.h"
#include "review/http_send.h"

#define HTTP_VISIT_TARGET_BYTES ((size_t)8192)	/* path and query, encoded */
#define HTTP_VISIT_HEADER_BYTES ((size_t)16384)
#define HTTP_VISIT_BODY_BYTES ((size_t)65536)

/* What a request asks, and why it is refused. */
struct http_visit {
	struct http_request request;
	struct http_send_wish wish;
	/* 0: not refused, or the status and what it says. */
	unsigned refused;
	const char *why;
	/* Where its body ends is in doubt: answer at once, and close. */
	bool is_unframed;
};

/* The names we have. */
struct http_visit_host {
	const struct http_origin *origins;	/* [n_origins] */
	size_t n_origins;
	bool has_proxy;		/* loopback peers say for whom they ask */
};

/*
 * Read the request whose header has come into *visit: "target" is what stands
 * between method and version, NULL when it is too long; "peer" is the address
 * of who is connected.  Memory is the connection's or of the arena "a".
 */
void http_visit_read(struct http_visit *visit,
    struct MHD_Connection *connection, const struct http_visit_host *host,
    const char *method, const char *target, const char *version,
    const char *peer, struct arena *a);

#endif
