/*
 * http_rate -- so many requests a second by each who asks.
 *
 * A token bucket a key (Turner, "New directions in communications", IEEE
 * Communications Magazine 24(10), 1986): it holds "burst" tokens, gains
 * "per_sec" a second, and each request takes one.  Memory is bounded: of many
 * keys those are forgotten that have been quiet longest.  Any number of
 * threads.
 */
#ifndef REVIEW_HTTP_RATE_H
#define REVIEW_HTTP_RATE_H

#include "base/error.h"

struct http_rate;

/* per_sec is positive, burst at least 1.  NULL with an error. */
struct http_rate *http_rate_new(double per_sec, double burst,
    struct error *err) MUST_CHECK;
void http_rate_free(struct http_rate *r);	/* NULL: does nothing */

/*
 * A request by the key, an address or a name, at now_sec (of a clock that does
 * not go back).  0 when it may go on, else the whole seconds to wait.
 */
unsigned http_rate_take(struct http_rate *r, const char *key, double now_sec);

#endif
