#include <string.h>

#include "review/http_percent.h"
#include "review/http_query.h"

#define MAX_NAMES 32

struct http_query {
	size_t n_names;
	const char *names[MAX_NAMES], *values[MAX_NAMES];
};

/* Add NAME=VALUE of n_bytes. */
static int
add_pair(struct http_query *q, const char *text, size_t n_bytes,
    struct arena *a, struct error *err)
{
	const char *equals = memchr(text, '=', n_bytes);
	const size_t n_name = equals == NULL ? n_bytes :
	    (size_t)(equals - text);
	const size_t n_value = equals == NULL ? 0 : n_bytes - n_name - 1;
	const char *name, *value;

	if (q->n_names == MAX_NAMES)
		return error_set(err, ERROR_LIMIT,
		    "the address asks for more than %d things", MAX_NAMES);
	name = http_percent_decode(text, n_name, true, a, err);
	if (name == NULL)
		return -1;
	value = http_percent_decode(text + n_bytes - n_value, n_value, true,
	    a, err);
	if (value == NULL)
		return -1;
	if (http_query_get(q, name) != NULL)
		return error_set(err, ERROR_FORMAT,
		    "the address says something twice");
	q->names[q->n_names] = name;
	q->values[q->n_names++] = value;
	return 0;
}

const struct http_query *
http_query_parse(const char *text, struct arena *a, struct error *err)
{
	struct http_query *q = arena_need(a, 1, sizeof(*q), "query", err);

	if (q == NULL || text == NULL)
		return q;
	while (*text != '\0') {
		const size_t n_bytes = strcspn(text, "&");

		if (n_bytes > 0 && add_pair(q, text, n_bytes, a, err) != 0)
			return NULL;
		text += n_bytes + (text[n_bytes] == '&');
	}
	return q;
}

const char *
http_query_get(const struct http_query *q, const char *name)
{
	for (size_t i = 0; i < q->n_names; i++)
		if (strcmp(q->names[i], name) == 0)
			return q->values[i];
	return NULL;
}
