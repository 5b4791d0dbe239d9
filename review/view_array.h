/*
 * view_array -- arrays of numbers as members of a view, put as short text.
 * Private to review/.
 */
#ifndef REVIEW_VIEW_ARRAY_H
#define REVIEW_VIEW_ARRAY_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

/* Values [n] as numbers of n_decimals, 0 to 6, NAN as null. */
int view_array_put(struct json *j, const char *path, const float *values,
    size_t n, int n_decimals, struct arena *a, struct error *err) MUST_CHECK;

/* Bytes as base64 (RFC 4648, section 4), a text. */
int view_array_put_bytes(struct json *j, const char *path, const void *bytes,
    size_t n_bytes, struct arena *a, struct error *err) MUST_CHECK;

/* Two numbers as [first, second], to the microsecond. */
int view_array_put_pair(struct json *j, const char *path, double first,
    double second, struct error *err) MUST_CHECK;

#endif
