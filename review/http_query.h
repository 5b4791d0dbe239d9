/*
 * http_query -- the part of an address behind "?": names and their values.
 *
 * As browsers write it (WHATWG URL, "application/x-www-form-urlencoded"):
 * NAME=VALUE joined by "&", "+" for a space, the rest percent-encoded.
 */
#ifndef REVIEW_HTTP_QUERY_H
#define REVIEW_HTTP_QUERY_H

#include "base/arena.h"
#include "base/error.h"

struct http_query;

/*
 * Read the text behind "?", NULL or "" when there is none.  Refused with
 * ERROR_FORMAT: a zero byte, what is not UTF-8 or no percent-encoding, a name
 * twice; more than 32 names (ERROR_LIMIT).  Arena memory, or NULL.
 */
const struct http_query *http_query_parse(const char *text, struct arena *a,
    struct error *err) MUST_CHECK;

/* The value of the name, "" for a name without "="; NULL when not given. */
const char *http_query_get(const struct http_query *q, const char *name);

#endif
