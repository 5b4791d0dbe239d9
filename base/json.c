/* Our header comes first: Jansson has macros with the names of functions. */
#include "base/json.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "base/json_path.h"

#undef json_is_object
#undef json_is_array
#undef json_is_string
#undef json_is_number
#undef json_is_null

#define MAX_LEVELS 64
#define MAX_TEXT_BYTES ((size_t)16 << 20)

/*
 * A struct json is never defined: a pointer to one is a pointer to Jansson's
 * value under another name, so that borrowed parts of a tree cost nothing.
 */
static json_t *
inside(struct json *j)
{
	return (json_t *)(void *)j;
}

static const json_t *
inside_const(const struct json *j)
{
	return (const json_t *)(const void *)j;
}

static struct json *
outside(json_t *j)
{
	return (struct json *)(void *)j;
}

static int
out_of_memory(struct error *err)
{
	return error_set(err, ERROR_NOMEM, "out of memory for JSON");
}

struct json *
json_new_object(struct error *err)
{
	json_t *j = json_object();

	if (j == NULL)
		out_of_memory(err);
	return outside(j);
}

struct json *
json_new_array(struct error *err)
{
	json_t *j = json_array();

	if (j == NULL)
		out_of_memory(err);
	return outside(j);
}

void
json_free(struct json *j)
{
	json_decref(inside(j));
}

struct json *
json_clone(const struct json *j, struct error *err)
{
	json_t *copy = json_deep_copy(inside_const(j));

	if (copy == NULL)
		out_of_memory(err);
	return outside(copy);
}

/* True when the tree has at most n_left levels. */
static bool
is_shallow(json_t *j, int n_left)
{
	const char *name;
	json_t *value;
	size_t i;

	if (!json_is_object(outside(j)) && !json_is_array(outside(j)))
		return true;
	if (n_left == 0)
		return false;
	json_object_foreach(j, name, value)
		if (!is_shallow(value, n_left - 1))
			return false;
	json_array_foreach(j, i, value)
		if (!is_shallow(value, n_left - 1))
			return false;
	return true;
}

struct json *
json_parse(const char *text, size_t n_bytes, struct error *err)
{
	json_error_t why;
	json_t *j;

	if (n_bytes > MAX_TEXT_BYTES) {
		error_set(err, ERROR_LIMIT, "JSON of %zu bytes; at most %zu "
		    "are read", n_bytes, MAX_TEXT_BYTES);
		return NULL;
	}
	j = json_loadb(text, n_bytes, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES,
	    &why);
	if (j == NULL) {
		if (json_error_code(&why) == json_error_out_of_memory)
			out_of_memory(err);
		else
			error_set(err, ERROR_FORMAT,
			    "not JSON: %s (line %d, column %d)", why.text,
			    why.line, why.column);
		return NULL;
	}
	if (!is_shallow(j, MAX_LEVELS)) {
		error_set(err, ERROR_LIMIT, "JSON nested deeper than %d "
		    "levels", MAX_LEVELS);
		json_decref(j);
		return NULL;
	}
	return outside(j);
}

struct json *
json_load(const char *path, struct error *err)
{
	struct arena *a = arena_new();
	struct json *j = NULL;
	size_t n_bytes;
	char *text;

	if (a == NULL) {
		out_of_memory(err);
		return NULL;
	}
	text = file_read(path, MAX_TEXT_BYTES, a, &n_bytes, err);
	if (text != NULL) {
		j = json_parse(text, n_bytes, err);
		if (j == NULL)
			error_add(err, "%s", path);
	}
	arena_free(a);
	return j;
}

/* The child of that name or number, or NULL. */
static json_t *
child(const json_t *j, const char *part)
{
	if (json_typeof(j) == JSON_OBJECT)
		return json_object_get(j, part);
	if (json_typeof(j) == JSON_ARRAY &&
	    part[strspn(part, "0123456789")] == '\0')
		return json_array_get(j, strtoul(part, NULL, 10));
	return NULL;
}

const struct json *
json_at(const struct json *j, const char *path)
{
	const json_t *at = inside_const(j);
	char part[JSON_PART_BYTES];

	/* Most paths are one name. */
	if (at != NULL && json_typeof(at) == JSON_OBJECT && *path != '\0' &&
	    strchr(path, '.') == NULL)
		return outside(json_object_get(at, path));
	while (at != NULL && *path != '\0') {
		if (json_path_part(&path, part) == 0)
			return NULL;
		at = child(at, part);
	}
	return (const struct json *)(const void *)at;
}

bool
json_has(const struct json *j, const char *path)
{
	return json_at(j, path) != NULL;
}

static int
wrong_type(const char *path, const char *wanted, struct error *err)
{
	return error_set(err, ERROR_FORMAT, "\"%s\" must be %s", path, wanted);
}

static int
missing(const char *path, struct error *err)
{
	return error_set(err, ERROR_FORMAT, "there is no \"%s\"", path);
}

/* 1: taken; 0: no such member; -1: of another type. */
static int
take_string(const struct json *j, const char *path, const char **value,
    struct error *err)
{
	const struct json *at = json_at(j, path);

	if (at == NULL)
		return 0;
	if (!json_is_string(at))
		return wrong_type(path, "a text", err);
	*value = json_string_value(inside_const(at));
	return 1;
}

static int
take_number(const struct json *j, const char *path, double *value,
    struct error *err)
{
	const struct json *at = json_at(j, path);

	if (at == NULL)
		return 0;
	if (!json_is_number(at))
		return wrong_type(path, "a number", err);
	*value = json_number_value(inside_const(at));
	return 1;
}

/* Whole numbers that some writers give as 3.0 are taken too. */
static int
take_size(const struct json *j, const char *path, size_t *value,
    struct error *err)
{
	const struct json *at = json_at(j, path);
	double number;

	if (at == NULL)
		return 0;
	if (json_is_number(at)) {
		const json_t *n = inside_const(at);

		number = json_number_value(n);
		if (json_typeof(n) == JSON_INTEGER && number >= 0.0) {
			*value = (size_t)json_integer_value(n);
			return 1;
		}
		if (number >= 0.0 && number <= 0x1p53 &&
		    number == floor(number)) {
			*value = (size_t)number;
			return 1;
		}
	}
	return wrong_type(path, "a whole number, not negative", err);
}

int
json_want_string(const struct json *j, const char *path, const char **value,
    struct error *err)
{
	const int found = take_string(j, path, value, err);

	return found == 0 ? missing(path, err) : found < 0 ? -1 : 0;
}

int
json_want_number(const struct json *j, const char *path, double *value,
    struct error *err)
{
	const int found = take_number(j, path, value, err);

	return found == 0 ? missing(path, err) : found < 0 ? -1 : 0;
}

int
json_want_size(const struct json *j, const char *path, size_t *value,
    struct error *err)
{
	const int found = take_size(j, path, value, err);

	return found == 0 ? missing(path, err) : found < 0 ? -1 : 0;
}

int
json_get_string(const struct json *j, const char *path, const char *fallback,
    const char **value, struct error *err)
{
	*value = fallback;
	return take_string(j, path, value, err) < 0 ? -1 : 0;
}

int
json_get_number(const struct json *j, const char *path, double fallback,
    double *value, struct error *err)
{
	*value = fallback;
	return take_number(j, path, value, err) < 0 ? -1 : 0;
}

int
json_get_size(const struct json *j, const char *path, size_t fallback,
    size_t *value, struct error *err)
{
	*value = fallback;
	return take_size(j, path, value, err) < 0 ? -1 : 0;
}

int
json_get_bool(const struct json *j, const char *path, bool fallback,
    bool *value, struct error *err)
{
	const struct json *at = json_at(j, path);

	*value = fallback;
	if (at == NULL)
		return 0;
	if (!json_is_boolean(inside_const(at)))
		return wrong_type(path, "true or false", err);
	*value = json_boolean_value(inside_const(at));
	return 0;
}

size_t
json_count(const struct json *j)
{
	return json_is_object(j) ? json_object_size(inside_const(j)) :
	    json_array_size(inside_const(j));
}

/* Where member i of an object stands, or NULL. */
static void *
member_at(const struct json *j, size_t i)
{
	/* Iterating changes nothing, but Jansson wants a writable pointer. */
	json_t *object = (json_t *)(uintptr_t)j;
	void *at;

	if (!json_is_object(j))
		return NULL;
	at = json_object_iter(object);
	while (at != NULL && i-- > 0)
		at = json_object_iter_next(object, at);
	return at;
}

const struct json *
json_item(const struct json *j, size_t i)
{
	void *at;

	if (!json_is_object(j))
		return outside(json_array_get(inside_const(j), i));
	at = member_at(j, i);
	return at == NULL ? NULL : outside(json_object_iter_value(at));
}

const char *
json_member_name(const struct json *j, size_t i)
{
	void *at = member_at(j, i);

	return at == NULL ? NULL : json_object_iter_key(at);
}

bool
json_is_object(const struct json *j)
{
	return j != NULL && json_typeof(inside_const(j)) == JSON_OBJECT;
}

bool
json_is_array(const struct json *j)
{
	return j != NULL && json_typeof(inside_const(j)) == JSON_ARRAY;
}

bool
json_is_string(const struct json *j)
{
	return j != NULL && json_typeof(inside_const(j)) == JSON_STRING;
}

bool
json_is_number(const struct json *j)
{
	return j != NULL && (json_typeof(inside_const(j)) == JSON_INTEGER ||
	    json_typeof(inside_const(j)) == JSON_REAL);
}

bool
json_is_null(const struct json *j)
{
	return j != NULL && json_typeof(inside_const(j)) == JSON_NULL;
}
