/*
 * http_cookie -- one cookie of the header that browsers send (RFC 6265,
 * section 4.2).
 */
#ifndef REVIEW_HTTP_COOKIE_H
#define REVIEW_HTTP_COOKIE_H

#include <stddef.h>

#include "base/arena.h"

#define HTTP_COOKIE_MAX_BYTES 128	/* of a value */

/*
 * The value of the cookie "name" in "NAME=VALUE; NAME=VALUE": of letters,
 * digits, "-" and "_", at most HTTP_COOKIE_MAX_BYTES.  NULL when there is no
 * such cookie, when its value is none, and when it is there twice: a
 * neighbouring site may have planted one of the two.  Arena memory.
 */
const char *http_cookie_find(const char *header, const char *name,
    struct arena *a);

#endif
