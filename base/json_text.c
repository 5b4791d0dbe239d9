/*
 * Writing JSON.  Jansson prints 0.1 as 0.10000000000000001; manifests are
 * read by people and compared by tests, so doubles are written here with the
 * fewest digits that read back the same.  Texts are escaped by Jansson.
 */

/* Our header comes first: Jansson has macros with the names of functions. */
#include "base/json.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/memory.h"

#undef json_is_object
#undef json_is_array
#undef json_is_string
#undef json_is_number
#undef json_is_null

#define MAX_LEVELS 72	/* a little over what is read: members are added */
#define FIRST_BYTES 1024	/* room that most texts need */

struct writer {
	char *text;
	size_t n_bytes;
	size_t capacity;
	bool is_pretty;
	struct error *err;
	const char *const *left_out;	/* paths, ends with NULL; or NULL */
	/*
	 * Paths that begin with these n_prefix bytes lead into what is being
	 * written; NULL: none do.
	 */
	const char *prefix;
	size_t n_prefix;
};

static int
put_bytes(struct writer *w, const char *bytes, size_t n_bytes)
{
	if (n_bytes > w->capacity - w->n_bytes && memory_grow(&w->text,
	    &w->capacity, w->n_bytes + n_bytes, 1, "bytes of JSON",
	    w->err) != 0)
		return -1;
	memcpy(w->text + w->n_bytes, bytes, n_bytes);
	w->n_bytes += n_bytes;
	return 0;
}

static int
put_text(struct writer *w, const char *text)
{
	return put_bytes(w, text, strlen(text));
}

static int
take_dumped(const char *bytes, size_t n_bytes, void *writer)
{
	return put_bytes(writer, bytes, n_bytes);
}

/* Anything but reals, objects and arrays, as Jansson writes it. */
static int
put_simple(struct writer *w, const json_t *j)
{
	if (json_dump_callback(j, take_dumped, w,
	    JSON_ENCODE_ANY | JSON_COMPACT) == 0)
		return 0;
	return error_set(w->err, ERROR_NOMEM, "out of memory for JSON");
}

/* Text that needs no escapes, as nearly all does, is not handed to Jansson. */
static bool
is_plain(const char *text, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++)
		if (text[i] < ' ' || text[i] > '~' || text[i] == '"' ||
		    text[i] == '\\')
			return false;
	return true;
}

static int
put_plain(struct writer *w, const char *text, size_t n_bytes)
{
	if (put_bytes(w, "\"", 1) != 0 || put_bytes(w, text, n_bytes) != 0)
		return -1;
	return put_bytes(w, "\"", 1);
}

static int
put_real(struct writer *w, double value)
{
	char text[40];

	if (!isfinite(value))
		return error_set(w->err, ERROR_BUG,
		    "a number for JSON is not finite");
	/* %g drops zeros at the end, so that 15 digits also print as one. */
	for (int n_digits = 15; n_digits <= 17; n_digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", n_digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	/* Without a point it would read back as an integer. */
	if (strpbrk(text, ".e") == NULL)
		strncat(text, ".0", sizeof(text) - strlen(text) - 1);
	return put_text(w, text);
}

static int
put_break(struct writer *w, int level)
{
	if (!w->is_pretty)
		return 0;
	if (put_text(w, "\n") != 0)
		return -1;
	while (level-- > 0)
		if (put_text(w, "  ") != 0)
			return -1;
	return 0;
}

static int put_value(struct writer *w, json_t *j, int level);

static int
put_member_name(struct writer *w, const char *name, size_t n_name)
{
	json_t *text;
	int result;

	if (is_plain(name, n_name)) {
		result = put_plain(w, name, n_name);
	} else {
		if ((text = json_string(name)) == NULL)
			return error_set(w->err, ERROR_NOMEM,
			    "out of memory for JSON");
		result = put_simple(w, text);
		json_decref(text);
	}
	if (result != 0)
		return -1;
	return put_text(w, w->is_pretty ? ": " : ":");
}

/* True when a path is "name"; *inside: one that leads on from it, or NULL. */
static bool
is_left_out(const struct writer *w, const char *name, size_t n_name,
    const char **inside)
{
	*inside = NULL;
	if (w->prefix == NULL || n_name == 0 || strchr(name, '.') != NULL)
		return false;
	for (size_t i = 0; w->left_out[i] != NULL; i++) {
		const char *path = w->left_out[i];
		const char *rest;

		if (w->n_prefix > 0 &&
		    strncmp(path, w->prefix, w->n_prefix) != 0)
			continue;
		rest = path + w->n_prefix;
		if (rest[0] != name[0] || strncmp(rest, name, n_name) != 0)
			continue;
		if (rest[n_name] == '\0')
			return true;
		if (rest[n_name] == '.')
			*inside = path;
	}
	return false;
}

static int
put_object(struct writer *w, json_t *j, int level)
{
	const char *prefix = w->prefix;
	const size_t n_prefix = w->n_prefix;
	const char *separator = "{";
	const char *name;
	json_t *value;

	json_object_foreach(j, name, value) {
		const size_t n_name = strlen(name);
		const char *inside;

		if (is_left_out(w, name, n_name, &inside))
			continue;
		if (put_text(w, separator) != 0 ||
		    put_break(w, level + 1) != 0 ||
		    put_member_name(w, name, n_name) != 0)
			return -1;
		w->prefix = inside;
		w->n_prefix = n_prefix + n_name + 1;
		if (put_value(w, value, level + 1) != 0)
			return -1;
		w->prefix = prefix;
		w->n_prefix = n_prefix;
		separator = ",";
	}
	if (separator[0] == '{')
		return put_text(w, "{}");
	return put_break(w, level) != 0 ? -1 : put_text(w, "}");
}

static int
put_array(struct writer *w, json_t *j, int level)
{
	const char *separator = "[";
	json_t *value;
	size_t i;

	w->prefix = NULL;
	json_array_foreach(j, i, value) {
		if (put_text(w, separator) != 0 ||
		    put_break(w, level + 1) != 0 ||
		    put_value(w, value, level + 1) != 0)
			return -1;
		separator = ",";
	}
	if (json_array_size(j) == 0)
		return put_text(w, "[]");
	return put_break(w, level) != 0 ? -1 : put_text(w, "]");
}

static int
put_value(struct writer *w, json_t *j, int level)
{
	if (level > MAX_LEVELS)
		return error_set(w->err, ERROR_LIMIT,
		    "JSON nested deeper than %d levels", MAX_LEVELS);
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		return put_object(w, j, level);
	case JSON_ARRAY:
		return put_array(w, j, level);
	case JSON_REAL:
		return put_real(w, json_real_value(j));
	case JSON_STRING:
		if (is_plain(json_string_value(j), json_string_length(j)))
			return put_plain(w, json_string_value(j),
			    json_string_length(j));
		return put_simple(w, j);
	default:
		return put_simple(w, j);
	}
}

static char *
write_text(const struct json *j, bool is_pretty, const char *const *left_out,
    struct arena *a, struct error *err)
{
	struct writer w = { .is_pretty = is_pretty, .left_out = left_out,
	    .prefix = left_out != NULL ? "" : NULL, .err = err };
	char *copy = NULL;

	/* Writing changes nothing, but Jansson iterates writable pointers. */
	if (memory_grow(&w.text, &w.capacity, FIRST_BYTES, 1, "bytes of JSON",
	    err) == 0 && put_value(&w, (json_t *)(uintptr_t)j, 0) == 0)
		copy = arena_need(a, w.n_bytes + 1, 1, "bytes of JSON", err);
	if (copy != NULL)
		memcpy(copy, w.text, w.n_bytes);
	memory_free(w.text);
	return copy;
}

char *
json_text(const struct json *j, struct arena *a, struct error *err)
{
	return write_text(j, false, NULL, a, err);
}

char *
json_text_without(const struct json *j, const char *const *paths,
    struct arena *a, struct error *err)
{
	return write_text(j, false, paths, a, err);
}

char *
json_text_pretty(const struct json *j, struct arena *a, struct error *err)
{
	return write_text(j, true, NULL, a, err);
}
