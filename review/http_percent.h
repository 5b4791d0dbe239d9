/*
 * http_percent -- percent-encoding (RFC 3986, section 2.1) taken back, once.
 */
#ifndef REVIEW_HTTP_PERCENT_H
#define REVIEW_HTTP_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * The n_bytes of text decoded, with "+" as a space when has_plus.  Refused
 * with ERROR_FORMAT: "%" without two hex digits; bytes that must be encoded
 * and are not, those outside 33..126; a result that has a zero byte or is not
 * UTF-8.  Arena memory, or NULL.
 */
char *http_percent_decode(const char *text, size_t n_bytes, bool has_plus,
    struct arena *a, struct error *err) MUST_CHECK;

#endif
