#include <string.h>

#include "base/csv_rows.h"

/* Copy a field in quotes; at stands behind the first quote. */
static int
read_quoted(struct csv_rows *r, char *field, size_t *n, struct error *err)
{
	while (r->at < r->end) {
		if (*r->at == '"') {
			r->at++;
			if (r->at == r->end || *r->at != '"')
				return 0;
		}
		if (*r->at == '\n')
			r->next_line++;
		field[(*n)++] = *r->at++;
	}
	return error_set(err, ERROR_FORMAT, "a quote is not closed");
}

/* True at a comma, LF or CRLF. */
static bool
ends_field(const struct csv_rows *r)
{
	return *r->at == ',' || *r->at == '\n' || (*r->at == '\r' &&
	    (r->at + 1 == r->end || r->at[1] == '\n'));
}

/* Bytes that the field at hand can have at most; no further than is allowed. */
static size_t
field_limit(const struct csv_rows *r)
{
	const size_t left = (size_t)(r->end - r->at);
	const char *end = left > CSV_ROWS_MAX_BYTES ?
	    r->at + CSV_ROWS_MAX_BYTES + 1 : r->end;
	const char *p = r->at;

	if (p < end && *p == '"') {
		for (p++; p < end; p++)
			if (*p == '"' && (p + 1 == r->end || *++p != '"'))
				break;
	} else {
		while (p < end && *p != ',' && *p != '\n')
			p++;
	}
	return (size_t)(p - r->at);
}

/*
 * Copy a field that stands in no quotes.  A quote within it is taken as it is,
 * but not where it may be the end of a field that began in a row given up.
 */
static int
read_bare(struct csv_rows *r, char *field, size_t *n, struct error *err)
{
	while (r->at < r->end && !ends_field(r)) {
		if (r->is_lost && *r->at == '"')
			return error_set(err, ERROR_FORMAT,
			    "a quote within a field");
		field[(*n)++] = *r->at++;
	}
	return 0;
}

static int
read_field(struct csv_rows *r, struct error *err)
{
	const size_t limit = field_limit(r);
	size_t n = 0;
	char *field;
	int status;

	if (r->n_fields == CSV_ROWS_MAX_FIELDS)
		return error_set(err, ERROR_LIMIT, "more than %d fields",
		    CSV_ROWS_MAX_FIELDS);
	if (limit > CSV_ROWS_MAX_BYTES)
		return error_set(err, ERROR_LIMIT,
		    "a field of more than %zu bytes", CSV_ROWS_MAX_BYTES);
	field = arena_need(r->a, limit + 1, 1, "bytes of a field", err);
	if (field == NULL)
		return -1;
	if (r->at < r->end && *r->at == '"') {
		r->at++;
		status = read_quoted(r, field, &n, err);
	} else {
		status = read_bare(r, field, &n, err);
	}
	if (status != 0)
		return -1;
	if (r->at < r->end && *r->at == '\r')
		r->at++;
	if (r->at < r->end && !ends_field(r))
		return error_set(err, ERROR_FORMAT,
		    "text behind a closing quote");
	if (memchr(field, '\0', n) != NULL)
		return error_set(err, ERROR_FORMAT,
		    "a zero byte, which no CSV has");
	field[n] = '\0';
	r->fields[r->n_fields++] = field;
	return 0;
}

int
csv_rows_init(struct csv_rows *r, const char *text, size_t n_bytes,
    struct error *err)
{
	static const char byte_order_mark[] = "\xEF\xBB\xBF";

	*r = (struct csv_rows){ .at = text, .end = text + n_bytes,
		.next_line = 1, .a = arena_new() };
	if (r->a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (n_bytes >= 3 && memcmp(text, byte_order_mark, 3) == 0)
		r->at += 3;
	return 0;
}

void
csv_rows_release(struct csv_rows *r)
{
	arena_free(r->a);
	r->a = NULL;
}

int
csv_rows_next(struct csv_rows *r, struct error *err)
{
	arena_reset(r->a);
	r->n_fields = 0;
	if (r->at == r->end)
		return 0;
	r->row = r->at;
	r->line = r->next_line++;
	r->fields = arena_need(r->a, CSV_ROWS_MAX_FIELDS,
	    sizeof(*r->fields), "fields", err);
	if (r->fields == NULL)
		return -1;
	for (;;) {
		if (read_field(r, err) != 0)
			return -1;
		if (r->at == r->end || *r->at++ == '\n')
			return 0;
	}
}

void
csv_rows_give_up(struct csv_rows *r)
{
	const char *end = memchr(r->row, '\n', (size_t)(r->end - r->row));

	r->at = end != NULL ? end + 1 : r->end;
	r->next_line = r->line + 1;
	r->is_lost = true;
}
