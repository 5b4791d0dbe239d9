/*
 * http_request -- what was asked, as the handlers of http_server see it.
 */
#ifndef REVIEW_HTTP_REQUEST_H
#define REVIEW_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#include "review/http_query.h"

#define HTTP_REQUEST_COOKIE "chad_review"	/* whose value is "cookie" */

enum http_method {
	HTTP_GET,		/* and HEAD, whose answer goes without body */
	HTTP_POST
};

/* All of it is borrowed for the time of the call. */
struct http_request {
	enum http_method method;
	/* As http_path_decode gives it; the part before the "?". */
	const char *path;
	const struct http_query *query;	/* never NULL */
	const char *body;	/* of a POST; a zero byte follows */
	size_t n_body_bytes;
	/* Of the header, or NULL. */
	const char *content_type;
	const char *cookie;	/* HTTP_REQUEST_COOKIE's, as http_cookie.h has
				 * it */
	const char *csrf;	/* X-Csrf */
	/*
	 * The client's address, without port: the peer's, or the last one of
	 * X-Forwarded-For, when there are origins and the peer is a proxy on
	 * this machine.
	 */
	const char *address;
	bool is_tls;		/* came by an origin of https */
	struct arena *a;	/* lasts until the answer has been sent */
};

#endif
