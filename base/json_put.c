/* Our header comes first: Jansson has macros with the names of functions. */
#include "base/json.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/json_path.h"
#include "base/memory.h"
#include "base/utf8.h"

#undef json_is_object
#undef json_is_array
#undef json_is_string
#undef json_is_number
#undef json_is_null

#define MAX_PARTS 64

/* As in base/json.c: a struct json is Jansson's value by another name. */
static json_t *
inside(struct json *j)
{
	return (json_t *)(void *)j;
}

static json_t *
copy_of(const struct json *value)
{
	return json_deep_copy((const json_t *)(const void *)value);
}

static int
out_of_memory(struct error *err)
{
	return error_set(err, ERROR_NOMEM, "out of memory for JSON");
}

static int
wrong_type(const char *path, const char *wanted, struct error *err)
{
	return error_set(err, ERROR_FORMAT, "\"%s\" must be %s", path, wanted);
}

/*
 * The object that the last part of the path belongs to, with the objects on
 * the way made; the last part goes to "part".
 */
static json_t *
parent_of(struct json *j, const char *path, char part[JSON_PART_BYTES],
    struct error *err)
{
	json_t *at = inside(j);

	for (int level = 0; level < MAX_PARTS; level++) {
		json_t *next;

		if (json_typeof(at) != JSON_OBJECT) {
			wrong_type(path, "within objects", err);
			return NULL;
		}
		if (json_path_part(&path, part) == 0)
			break;
		if (*path == '\0')
			return at;
		next = json_object_get(at, part);
		if (next == NULL) {
			next = json_object();
			if (json_object_set_new(at, part, next) != 0) {
				out_of_memory(err);
				return NULL;
			}
		}
		at = next;
	}
	error_set(err, ERROR_BUG, "\"%s\" is no path of a member", path);
	return NULL;
}

/* Put the value, which becomes ours even when that fails. */
static int
put_new(struct json *j, const char *path, json_t *value, struct error *err)
{
	char part[JSON_PART_BYTES];
	json_t *parent;

	if (value == NULL)
		return out_of_memory(err);
	parent = parent_of(j, path, part, err);
	if (parent == NULL) {
		json_decref(value);
		return -1;
	}
	if (json_object_set_new(parent, part, value) != 0)
		return out_of_memory(err);
	return 0;
}

static bool
is_utf8(const char *s)
{
	size_t left = strlen(s);

	while (left > 0) {
		const size_t n = utf8_length(s, left);

		if (n == 0)
			return false;
		s += n;
		left -= n;
	}
	return true;
}

int
json_put_string(struct json *j, const char *path, const char *value,
    struct error *err)
{
	if (!is_utf8(value))
		return error_set(err, ERROR_FORMAT,
		    "the text for \"%s\" is not UTF-8", path);
	return put_new(j, path, json_string_nocheck(value), err);
}

int
json_put_bytes(struct json *j, const char *path, const char *bytes,
    size_t n_bytes, struct error *err)
{
	char *text = memory_new(n_bytes + 1, 1, "bytes of text", err);
	int result;

	if (text == NULL)
		return -1;
	utf8_clean(text, bytes, n_bytes);
	result = json_put_string(j, path, text, err);
	memory_free(text);
	return result;
}

int
json_put_number(struct json *j, const char *path, double value,
    struct error *err)
{
	if (!isfinite(value))
		return error_set(err, ERROR_BUG,
		    "the number for \"%s\" is not finite", path);
	return put_new(j, path, json_real(value), err);
}

int
json_put_size(struct json *j, const char *path, size_t value,
    struct error *err)
{
	if (value > (size_t)INT64_MAX)
		return error_set(err, ERROR_LIMIT,
		    "the number for \"%s\" is too large", path);
	return put_new(j, path, json_integer((json_int_t)value), err);
}

int
json_put_bool(struct json *j, const char *path, bool value, struct error *err)
{
	return put_new(j, path, json_boolean(value), err);
}

int
json_put_null(struct json *j, const char *path, struct error *err)
{
	return put_new(j, path, json_null(), err);
}

int
json_put_rounded(struct json *j, const char *path, double value,
    int n_decimals, struct error *err)
{
	char text[400];
	double rounded;

	if (!isfinite(value))
		return json_put_number(j, path, value, err);
	(void)snprintf(text, sizeof(text), "%.*f", n_decimals, value);
	rounded = strtod(text, NULL);
	/* No minus in front of zero. */
	return json_put_number(j, path, rounded == 0.0 ? 0.0 : rounded, err);
}

int
json_put(struct json *j, const char *path, const struct json *value,
    struct error *err)
{
	return put_new(j, path, copy_of(value), err);
}

static int
append_new(struct json *j, const char *path, json_t *value, struct error *err)
{
	char part[JSON_PART_BYTES];
	json_t *array = inside(j);

	if (value == NULL)
		return out_of_memory(err);
	if (*path != '\0') {
		json_t *parent = parent_of(j, path, part, err);

		if (parent == NULL) {
			json_decref(value);
			return -1;
		}
		array = json_object_get(parent, part);
		if (array == NULL) {
			array = json_array();
			if (json_object_set_new(parent, part, array) != 0) {
				json_decref(value);
				return out_of_memory(err);
			}
		}
	}
	if (json_typeof(array) != JSON_ARRAY) {
		json_decref(value);
		return wrong_type(path, "a list", err);
	}
	if (json_array_append_new(array, value) != 0)
		return out_of_memory(err);
	return 0;
}

int
json_append(struct json *j, const char *path, const struct json *value,
    struct error *err)
{
	return append_new(j, path, copy_of(value), err);
}

int
json_append_number(struct json *j, const char *path, double value,
    struct error *err)
{
	if (!isfinite(value))
		return error_set(err, ERROR_BUG,
		    "a number for \"%s\" is not finite", path);
	return append_new(j, path, json_real(value), err);
}

int
json_append_size(struct json *j, const char *path, size_t value,
    struct error *err)
{
	if (value > INT64_MAX)
		return error_set(err, ERROR_LIMIT, "%zu is too large for "
		    "\"%s\"", value, path);
	return append_new(j, path, json_integer((json_int_t)value), err);
}

void
json_remove(struct json *j, const char *path)
{
	char part[JSON_PART_BYTES];
	json_t *at = inside(j);

	while (at != NULL && json_typeof(at) == JSON_OBJECT &&
	    json_path_part(&path, part) != 0) {
		if (*path == '\0') {
			(void)json_object_del(at, part);
			return;
		}
		at = json_object_get(at, part);
	}
}
