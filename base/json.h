/*
 * json -- JSON values, with jansson behind them.
 *
 * struct json is a tree.  Members keep the order in which they were put or
 * read.  Numbers are int64 or double; NaN and infinity are refused.  Nesting
 * is limited to 64 levels, text to 16 MiB.  An object that names a member
 * twice is refused, and so is text that is not UTF-8.
 *
 * A path such as "f0.model.name" walks through nested objects, and json_put_*
 * makes the objects on the way.  A path part of digits walks into an array
 * when reading.  The path "" is the value itself.
 *
 * Getters that "want" fail with a sentence when the member is missing or of
 * another type; getters with a fallback return it when the member is missing,
 * and fail when it is there with another type.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct json;

struct json *json_new_object(struct error *err) MUST_CHECK;
struct json *json_new_array(struct error *err) MUST_CHECK;
void json_free(struct json *j);
/* A deep copy; free with json_free. */
struct json *json_clone(const struct json *j, struct error *err) MUST_CHECK;

/* Read one value from n_bytes of text; free with json_free. */
struct json *json_parse(const char *text, size_t n_bytes, struct error *err)
    MUST_CHECK;

/* Read a file that holds one value (at most 16 MiB); free with json_free. */
struct json *json_load(const char *path, struct error *err) MUST_CHECK;

/*
 * Write compactly on one line, members in order; doubles with the fewest
 * digits (at most 17) that read back the same.  Arena memory, or NULL.
 */
char *json_text(const struct json *j, struct arena *a, struct error *err)
    MUST_CHECK;

/*
 * The same without the members at these paths (ends with NULL), none of which
 * leads through an array.
 */
char *json_text_without(const struct json *j, const char *const *paths,
    struct arena *a, struct error *err) MUST_CHECK;

/* As json_text with two spaces of indent, for files that people read. */
char *json_text_pretty(const struct json *j, struct arena *a,
    struct error *err) MUST_CHECK;

/* Reading.  Texts are borrowed from "j" and live until it changes. */
bool json_has(const struct json *j, const char *path);
int json_want_string(const struct json *j, const char *path,
    const char **value, struct error *err) MUST_CHECK;
int json_want_number(const struct json *j, const char *path, double *value,
    struct error *err) MUST_CHECK;
int json_want_size(const struct json *j, const char *path, size_t *value,
    struct error *err) MUST_CHECK;
int json_get_string(const struct json *j, const char *path,
    const char *fallback, const char **value, struct error *err) MUST_CHECK;
int json_get_number(const struct json *j, const char *path, double fallback,
    double *value, struct error *err) MUST_CHECK;
int json_get_size(const struct json *j, const char *path, size_t fallback,
    size_t *value, struct error *err) MUST_CHECK;
int json_get_bool(const struct json *j, const char *path, bool fallback,
    bool *value, struct error *err) MUST_CHECK;

/* The value at the path, borrowed, or NULL when there is none. */
const struct json *json_at(const struct json *j, const char *path);
/* Item i of an array or the value of member i of an object, or NULL. */
const struct json *json_item(const struct json *j, size_t i);
/* Items of an array or members of an object; 0 of anything else. */
size_t json_count(const struct json *j);
/* Name of member i of an object, borrowed, or NULL. */
const char *json_member_name(const struct json *j, size_t i);
bool json_is_object(const struct json *j);
bool json_is_array(const struct json *j);
bool json_is_string(const struct json *j);
bool json_is_number(const struct json *j);
bool json_is_null(const struct json *j);

/* Writing.  A member that exists is replaced in its place. */
int json_put_string(struct json *j, const char *path, const char *value,
    struct error *err) MUST_CHECK;
int json_put_number(struct json *j, const char *path, double value,
    struct error *err) MUST_CHECK;
int json_put_size(struct json *j, const char *path, size_t value,
    struct error *err) MUST_CHECK;
int json_put_bool(struct json *j, const char *path, bool value,
    struct error *err) MUST_CHECK;
int json_put_null(struct json *j, const char *path, struct error *err)
    MUST_CHECK;
/* Any bytes: what is not UTF-8 and zero bytes are put as "?". */
int json_put_bytes(struct json *j, const char *path, const char *bytes,
    size_t n_bytes, struct error *err) MUST_CHECK;
/* Rounded to n_decimals, so that texts do not depend on the last bits. */
int json_put_rounded(struct json *j, const char *path, double value,
    int n_decimals, struct error *err) MUST_CHECK;
/* Puts a copy. */
int json_put(struct json *j, const char *path, const struct json *value,
    struct error *err) MUST_CHECK;
/* Append a copy to the array at the path (made when missing; "" is j). */
int json_append(struct json *j, const char *path, const struct json *value,
    struct error *err) MUST_CHECK;
/* Append a number to the array at the path. */
int json_append_number(struct json *j, const char *path, double value,
    struct error *err) MUST_CHECK;
int json_append_size(struct json *j, const char *path, size_t value,
    struct error *err) MUST_CHECK;
/* Remove the member; nothing happens when it is missing. */
void json_remove(struct json *j, const char *path);

#endif
