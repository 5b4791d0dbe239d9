/*
 * http_path -- the path of an address, such that no part of it can lead
 * elsewhere.
 */
#ifndef REVIEW_HTTP_PATH_H
#define REVIEW_HTTP_PATH_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * Decode the n_bytes before "?".  The path begins with "/"; each segment is
 * decoded once.  Refused with ERROR_FORMAT: what http_percent_decode refuses;
 * after decoding a segment that is empty (but for the last), "." or "..", or
 * has a slash, a backslash or a control character; "#".  Arena memory, or
 * NULL.
 */
const char *http_path_decode(const char *text, size_t n_bytes,
    struct arena *a, struct error *err) MUST_CHECK;

#endif
