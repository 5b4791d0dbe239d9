/*
 * http_deadlines -- connections that are cut off when their time is up.
 *
 * A client that sends a byte now and then keeps a connection alive for ever by
 * the time-outs of libmicrohttpd, which count from the last byte.  Here each
 * connection has a moment by which it must have done what it is about; a
 * thread looks five times a second and shuts down the sockets of those that
 * have not.
 */
#ifndef REVIEW_HTTP_DEADLINES_H
#define REVIEW_HTTP_DEADLINES_H

#include <stddef.h>

#include "base/error.h"

#include "review/http_address.h"

/* One connection's: lies with the caller, from add to remove. */
struct http_deadline {
	int fd;
	char key[HTTP_ADDRESS_BYTES];	/* whose connection it is */
	double at_sec;		/* set by http_deadlines_set; INFINITY: never */
	struct http_deadline *next, **link;
};

struct http_deadlines;

/* Starts the thread.  NULL with an error. */
struct http_deadlines *http_deadlines_new(struct error *err) MUST_CHECK;
/* All must have been removed.  NULL: does nothing. */
void http_deadlines_free(struct http_deadlines *ds);

/* Seconds of the clock that deadlines are read on. */
double http_deadlines_now_sec(void);

/* Any thread.  The socket must not be closed before it is removed. */
void http_deadlines_add(struct http_deadlines *ds, struct http_deadline *d);
void http_deadlines_set(struct http_deadlines *ds, struct http_deadline *d,
    double at_sec);
void http_deadlines_remove(struct http_deadlines *ds,
    struct http_deadline *d);

/* Connections that have this key. */
size_t http_deadlines_count(struct http_deadlines *ds, const char *key);

#endif
