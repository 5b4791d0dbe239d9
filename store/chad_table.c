#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv_rows.h"
#include "base/csv_text.h"
#include "base/utf8.h"

#include "store/chad_table.h"

enum field_kind {
	FIELD_TEXT,
	FIELD_INTERVAL,
	FIELD_NUMBER,
	FIELD_SECONDS,
	FIELD_TRUTH
};

static const struct column {
	const char *name;
	enum field_kind kind;
} columns[] = {
	{ "group_id", FIELD_TEXT },
	{ "fragment_id", FIELD_TEXT },
	{ "id", FIELD_TEXT },
	{ "audio_type", FIELD_TEXT },
	{ "youtube_id", FIELD_TEXT },
	{ "interval", FIELD_INTERVAL },
	{ "correlation", FIELD_NUMBER },
	{ "check_by_crowdsource", FIELD_TRUTH },
	{ "is_available", FIELD_TRUTH },
	{ "duration", FIELD_SECONDS },
};

#define MAX_WHOLE 1e15		/* whole numbers that a double holds */
#define MAX_TEXT_BYTES 4096	/* as of a record's id */
#define MAX_SHOWN_BYTES ((size_t)1 << 19)	/* of a row that is none */
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* A number and the white space behind it, finite. */
static int
parse_number(const char *text, double *value, const char **rest)
{
	char *stop;

	*value = strtod(text, &stop);
	if (stop == text || !isfinite(*value))
		return -1;
	while (isspace((unsigned char)*stop))
		stop++;
	*rest = stop;
	return 0;
}

/* Python writes whole numbers without a point, and so do we. */
static bool
is_whole(double value, const char *text, const char *rest)
{
	return value >= 0.0 && value < MAX_WHOLE && !signbit(value) &&
	    strspn(text, " \t0123456789") >= (size_t)(rest - text);
}

/* "(12.34, 22.34)", or with square brackets. */
static int
put_interval(struct json *rec, const char *name, const char *text,
    struct error *err)
{
	const char *s = text + strspn(text, " \t");
	const char *at[2], *rest[2];
	double value[2];

	if (*s != '[' && *s != '(')
		goto bad;
	for (size_t i = 0; i < 2; i++) {
		at[i] = s + 1;
		if (parse_number(at[i], &value[i], &s) != 0)
			goto bad;
		rest[i] = s;
		if (i == 0 && *s != ',')
			goto bad;
	}
	if ((*s != ']' && *s != ')') || s[1 + strspn(s + 1, " \t")] != '\0')
		goto bad;
	for (size_t i = 0; i < 2; i++)
		if (is_whole(value[i], at[i], rest[i]) ?
		    json_append_size(rec, name, (size_t)value[i], err) != 0 :
		    json_append_number(rec, name, value[i], err) != 0)
			return -1;
	return 0;
bad:
	return error_set(err, ERROR_FORMAT,
	    "%s is \"%.40s\" and must look like (12.34, 22.34)", name, text);
}

static int
put_number(struct json *rec, const char *name, const char *text,
    bool is_seconds, struct error *err)
{
	const char *rest;
	double value;

	if (parse_number(text, &value, &rest) != 0 || *rest != '\0')
		return error_set(err, ERROR_FORMAT,
		    "%s is \"%.40s\" and must be a number", name, text);
	if (is_seconds && value < 0.0)
		return error_set(err, ERROR_LIMIT,
		    "%s is %g and must not be negative", name, value);
	if (is_whole(value, text, rest))
		return json_put_size(rec, name, (size_t)value, err);
	return json_put_number(rec, name, value, err);
}

/* What names things fits into a line: a line end comes of a lost quote. */
static int
put_text(struct json *rec, const char *name, const char *text,
    struct error *err)
{
	if (strlen(text) > MAX_TEXT_BYTES)
		return error_set(err, ERROR_LIMIT, "%s has %zu bytes; at most "
		    "%d are allowed", name, strlen(text), MAX_TEXT_BYTES);
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 32 || *p == 127)
			return error_set(err, ERROR_FORMAT,
			    "%s holds a control character", name);
	return json_put_string(rec, name, text, err);
}

static int
put_truth(struct json *rec, const char *name, const char *text,
    struct error *err)
{
	static const char *const words[] = { "False", "True", "false", "true",
	    "0", "1" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i]) == 0)
			return json_put_bool(rec, name, i % 2 == 1, err);
	return error_set(err, ERROR_FORMAT,
	    "%s is \"%.40s\" and must be True or False", name, text);
}

static const struct column *
find_column(const char *name)
{
	for (size_t i = 0; i < N_COLUMNS; i++)
		if (strcmp(columns[i].name, name) == 0)
			return &columns[i];
	return NULL;
}

static bool
is_utf8(const char *text)
{
	size_t left = strlen(text), n;

	for (; left > 0; text += n, left -= n)
		if ((n = utf8_length(text, left)) == 0)
			return false;
	return true;
}

/* A column of another name: "title" and "url" are members, the others extra. */
static int
put_other(struct json *rec, const char *name, const char *text,
    struct arena *a, struct error *err)
{
	const bool is_known = strcmp(name, "title") == 0 ||
	    strcmp(name, "url") == 0;
	const char *path = is_known ? name : arena_printf(a, "extra.%s", name);

	if (path == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	return json_put_string(rec, path, text, err);
}

static int
put_field(struct json *rec, const char *name, const char *text,
    struct arena *a, struct error *err)
{
	const struct column *column = find_column(name);

	/* pandas leaves its index column without a name. */
	if (name[0] == '\0' || text[0] == '\0' || strcmp(text, "nan") == 0)
		return 0;
	if (!is_utf8(text))
		return error_set(err, ERROR_FORMAT, "%s is not UTF-8", name);
	if (column == NULL)
		return put_other(rec, name, text, a, err);
	switch (column->kind) {
	case FIELD_INTERVAL:
		return put_interval(rec, name, text, err);
	case FIELD_NUMBER:
	case FIELD_SECONDS:
		return put_number(rec, name, text, column->kind ==
		    FIELD_SECONDS, err);
	case FIELD_TRUTH:
		return put_truth(rec, name, text, err);
	case FIELD_TEXT:
		break;
	}
	return put_text(rec, name, text, err);
}

/* What stands for a row that is none: why, and its text. */
static struct json *
bad_row(const struct csv_rows *r, const struct error *why, struct error *err)
{
	size_t n_bytes = (size_t)(r->at - r->row);
	struct json *rec = json_new_object(err);

	if (rec == NULL)
		return NULL;
	if (n_bytes > 0 && r->row[n_bytes - 1] == '\n')
		n_bytes--;
	if (n_bytes > 0 && r->row[n_bytes - 1] == '\r')
		n_bytes--;
	if (n_bytes > MAX_SHOWN_BYTES)
		n_bytes = MAX_SHOWN_BYTES;
	if (json_put_bytes(rec, "error", why->text, strlen(why->text),
	    err) == 0 && json_put_bytes(rec, "line", r->row, n_bytes,
	    err) == 0)
		return rec;
	json_free(rec);
	return NULL;
}

/* -1 when the fields that were read are no row, which is then given up. */
static int
check_row(struct csv_rows *r, int status, size_t n_names, struct error *why)
{
	if (status != 0) {
		csv_rows_give_up(r);
		return -1;
	}
	if (r->n_fields == n_names) {
		r->is_lost = false;
		return 0;
	}
	/* A quote may have taken in the rows behind. */
	if (r->next_line > r->line + 1)
		csv_rows_give_up(r);
	return error_set(why, ERROR_FORMAT,
	    "%zu fields where the header has %zu", r->n_fields, n_names);
}

/*
 * The record of the row at hand, or of why it is none: "why" holds that when
 * reading it has failed ("status").  NULL when memory is out.
 */
static struct json *
record_of(struct csv_rows *r, int status, char *const *names, size_t n_names,
    struct error *why, struct error *err)
{
	struct json *rec = json_new_object(err);

	if (rec == NULL)
		return NULL;
	status = check_row(r, status, n_names, why);
	for (size_t i = 0; i < n_names && status == 0; i++)
		status = put_field(rec, names[i], r->fields[i], r->a, why);
	if (status == 0)
		return rec;
	json_free(rec);
	if (why->code == ERROR_NOMEM) {
		(void)error_set(err, ERROR_NOMEM, "%s", why->text);
		return NULL;
	}
	(void)error_add(why, "line %zu", r->line);
	return bad_row(r, why, err);
}

/* Keep the header's names beyond its row; every column must be there. */
static int
read_header(struct csv_rows *r, struct arena *a, char ***names, size_t *n_names,
    struct error *err)
{
	if (csv_rows_next(r, err) != 0)
		return error_add(err, "line %zu", r->line);
	*names = arena_need(a, r->n_fields + 1, sizeof(**names), "columns",
	    err);
	if (*names == NULL)
		return -1;
	for (size_t i = 0; i < r->n_fields; i++) {
		(*names)[i] = arena_strdup(a, r->fields[i]);
		if ((*names)[i] == NULL)
			return error_set(err, ERROR_NOMEM, "out of memory");
	}
	*n_names = r->n_fields;
	for (size_t i = 0; i < *n_names; i++)
		if (!is_utf8((*names)[i]))
			return error_set(err, ERROR_FORMAT,
			    "the name of column %zu is not UTF-8", i + 1);
	for (size_t k = 0; k < N_COLUMNS; k++) {
		size_t n_found = 0;

		for (size_t i = 0; i < *n_names; i++)
			if (strcmp((*names)[i], columns[k].name) == 0)
				n_found++;
		if (n_found != 1)
			return error_set(err, ERROR_FORMAT, "the header has "
			    "%s column \"%s\": a CHAD table has group_id, "
			    "fragment_id, id, audio_type, youtube_id, "
			    "interval, correlation, check_by_crowdsource, "
			    "is_available and duration",
			    n_found == 0 ? "no" : "more than one",
			    columns[k].name);
	}
	return 0;
}

static bool
is_blank(const struct csv_rows *r)
{
	return r->n_fields == 1 && r->fields[0][0] == '\0';
}

static int
read_rows(struct csv_rows *r, char *const *names, size_t n_names,
    int (*each)(void *context, struct json *rec, struct error *err),
    void *context, struct error *err)
{
	for (;;) {
		struct error why = { ERROR_NONE, "" };
		int status = csv_rows_next(r, &why);
		struct json *rec;

		if (status == 0 && r->n_fields == 0)
			return 0;
		if (status == 0 && is_blank(r))
			continue;
		rec = record_of(r, status, names, n_names, &why, err);
		if (rec == NULL)
			return -1;
		status = each(context, rec, err);
		json_free(rec);
		if (status != 0)
			return -1;
	}
}

int
chad_table_read(const char *text, size_t n_bytes,
    int (*each)(void *context, struct json *rec, struct error *err),
    void *context, struct error *err)
{
	struct csv_rows r;
	struct arena *a = arena_new();
	char **names = NULL;
	size_t n_names = 0;
	int status = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (csv_rows_init(&r, text, n_bytes, err) == 0 &&
	    read_header(&r, a, &names, &n_names, err) == 0)
		status = read_rows(&r, names, n_names, each, context, err);
	csv_rows_release(&r);
	arena_free(a);
	return status;
}

static int
write_failed(struct error *err)
{
	return error_set_errno(err, "writing the table");
}

static int
want_number(const struct json *value, const char *name, const char *member,
    struct error *err)
{
	if (json_is_number(value))
		return 0;
	return error_set(err, ERROR_FORMAT, "\"%s\"%s is not a number", name,
	    member);
}

/*
 * The text of a field before it is quoted; "" when missing.  JSON writes
 * numbers as Python does: the fewest digits, a point unless they are whole.
 */
static const char *
field_text(const struct json *rec, const struct column *column,
    struct arena *a, struct error *err)
{
	const struct json *value = json_at(rec, column->name);
	const char *start, *end, *text;
	bool truth;

	if (value == NULL)
		return "";
	switch (column->kind) {
	case FIELD_INTERVAL:
		if (want_number(json_at(value, "0"), column->name, "[0]",
		    err) != 0 || want_number(json_at(value, "1"),
		    column->name, "[1]", err) != 0 ||
		    (start = json_text(json_at(value, "0"), a, err)) == NULL ||
		    (end = json_text(json_at(value, "1"), a, err)) == NULL)
			return NULL;
		text = arena_printf(a, "(%s, %s)", start, end);
		if (text == NULL)
			(void)error_set(err, ERROR_NOMEM, "out of memory");
		return text;
	case FIELD_NUMBER:
	case FIELD_SECONDS:
		if (want_number(value, column->name, "", err) != 0)
			return NULL;
		return json_text(value, a, err);
	case FIELD_TRUTH:
		if (json_get_bool(rec, column->name, false, &truth, err) != 0)
			return NULL;
		return truth ? "True" : "False";
	case FIELD_TEXT:
		break;
	}
	return json_want_string(rec, column->name, &text, err) == 0 ? text :
	    NULL;
}

int
chad_table_write_header(FILE *out, const struct chad_table_extra *extra,
    struct error *err)
{
	for (size_t i = 0; i < N_COLUMNS; i++)
		if (fprintf(out, "%s%s", i == 0 ? "" : ",",
		    columns[i].name) < 0)
			return write_failed(err);
	for (size_t i = 0; extra != NULL && i < extra->n_names; i++)
		if (putc(',', out) == EOF ||
		    csv_text_put(out, extra->names[i]) == EOF)
			return write_failed(err);
	return putc('\n', out) == EOF ? write_failed(err) : 0;
}

int
chad_table_write_row(FILE *out, const struct json *rec,
    const struct chad_table_extra *extra, struct arena *a, struct error *err)
{
	const size_t n_extra = extra != NULL ? extra->n_names : 0;
	const char **texts = arena_need(a, N_COLUMNS + n_extra,
	    sizeof(*texts), "fields", err);

	if (texts == NULL)
		return -1;
	for (size_t i = 0; i < N_COLUMNS; i++)
		if ((texts[i] = field_text(rec, &columns[i], a, err)) == NULL)
			return -1;
	for (size_t i = 0; i < n_extra; i++)
		if (json_get_string(rec, extra->paths[i], "",
		    &texts[N_COLUMNS + i], err) != 0)
			return -1;
	for (size_t i = 0; i < N_COLUMNS + n_extra; i++)
		if ((i > 0 && putc(',', out) == EOF) ||
		    csv_text_put(out, texts[i]) == EOF)
			return write_failed(err);
	return putc('\n', out) == EOF ? write_failed(err) : 0;
}
