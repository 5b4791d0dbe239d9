/*
 * http_origin -- under which names browsers come to us, and whether a request
 * is from a page of ours (RFC 6454; W3C, "Fetch Metadata Request Headers").
 *
 * Host guards against names that a stranger lets point to this machine (DNS
 * rebinding), Origin and Sec-Fetch-Site against requests that a stranger's
 * page makes with our cookie.
 */
#ifndef REVIEW_HTTP_ORIGIN_H
#define REVIEW_HTTP_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define HTTP_ORIGIN_BYTES 280

/* In lower case, without the port that goes without saying. */
struct http_origin {
	char text[HTTP_ORIGIN_BYTES];	/* "https://host:port" */
	const char *host;	/* the part of "text" behind "://" */
	bool is_tls;
};

/*
 * Read "http://HOST[:PORT]" or "https://...": HOST of letters, digits, ".",
 * "-" and "_", or IPv6 in brackets; PORT 1..65535.  *o must not be copied.
 */
int http_origin_parse(const char *text, struct http_origin *o,
    struct error *err) MUST_CHECK;

/*
 * Does the Host header name the origin?  A port that goes without saying may
 * be said.
 */
bool http_origin_is_host(const struct http_origin *o, const char *host);

/* Headers of a request; NULL when not there. */
struct http_origin_headers {
	const char *origin;
	const char *fetch_site, *fetch_mode, *fetch_dest;	/* Sec-Fetch- */
};

/*
 * May a request to the origin "o" have been made by a page of it, or, unless
 * is_post, by somebody who followed a link to it?
 */
bool http_origin_allows(const struct http_origin *o, bool is_post,
    const struct http_origin_headers *h);

#endif
