#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv_table.h"
#include "base/file.h"

#define MAX_COLUMNS 64
#define MAX_ROWS 1000000
#define MAX_BYTES ((size_t)64 << 20)

/*
 * Cut the next field off *text, up to "end"; NULL after the last.  "end" is
 * the zero behind the line.
 */
static char *
take_field(char **text, const char *end)
{
	char *field = *text;
	char *comma;

	if (field == NULL)
		return NULL;
	comma = memchr(field, ',', (size_t)(end - field));
	if (comma != NULL)
		*comma = '\0';
	*text = comma == NULL ? NULL : comma + 1;
	return field;
}

/* Cut the next line off *text; NULL at the end.  *end is set to its zero. */
static char *
take_line(char **text, char *text_end, char **end)
{
	char *line = *text;
	char *newline;

	if (line == NULL || line == text_end)
		return NULL;
	newline = memchr(line, '\n', (size_t)(text_end - line));
	*end = newline == NULL ? text_end : newline;
	*text = newline == NULL ? NULL : newline + 1;
	if (*end > line && (*end)[-1] == '\r')
		(*end)--;
	**end = '\0';
	return line;
}

static int
read_names(char *line, const char *end, struct arena *a, struct csv_table *t,
    struct error *err)
{
	char *name;

	t->columns = arena_need(a, MAX_COLUMNS, sizeof(*t->columns),
	    "columns", err);
	if (t->columns == NULL)
		return -1;
	while ((name = take_field(&line, end)) != NULL) {
		if (t->n_columns == MAX_COLUMNS)
			return error_set(err, ERROR_LIMIT,
			    "more than %d columns", MAX_COLUMNS);
		t->columns[t->n_columns++].name = name;
	}
	return 0;
}

static int
make_room(struct csv_table *t, size_t n_rows, struct arena *a,
    struct error *err)
{
	size_t i;

	for (i = 0; i < t->n_columns; i++) {
		t->columns[i].values = arena_need(a, n_rows, sizeof(double),
		    "values", err);
		t->columns[i].has_value = arena_need(a, n_rows, sizeof(bool),
		    "values", err);
		if (t->columns[i].values == NULL ||
		    t->columns[i].has_value == NULL)
			return -1;
	}
	return 0;
}

static int
read_row(char *line, const char *end, struct csv_table *t, struct error *err)
{
	size_t i = 0;
	char *field, *rest;

	while ((field = take_field(&line, end)) != NULL) {
		struct csv_table_column *c = &t->columns[i];

		if (i++ == t->n_columns)
			return error_set(err, ERROR_FORMAT,
			    "more fields than the %zu of the first line",
			    t->n_columns);
		if (*field == '\0')
			continue;
		c->values[t->n_rows] = strtod(field, &rest);
		if (rest == field || *rest != '\0' ||
		    !isfinite(c->values[t->n_rows]))
			return error_set(err, ERROR_FORMAT,
			    "\"%.40s\" is not a number", field);
		c->has_value[t->n_rows] = true;
	}
	if (i < t->n_columns)
		return error_set(err, ERROR_FORMAT, "%zu fields, not %zu", i,
		    t->n_columns);
	t->n_rows++;
	return 0;
}

int
csv_table_parse(char *text, size_t n_bytes, struct arena *a,
    struct csv_table *t, struct error *err)
{
	char *const text_end = text + n_bytes;
	size_t n_lines = 1, number = 1, i;
	char *line, *end;

	memset(t, 0, sizeof(*t));
	for (i = 0; i < n_bytes; i++)
		n_lines += text[i] == '\n';
	if (n_lines > MAX_ROWS)
		return error_set(err, ERROR_LIMIT, "more than %d lines",
		    MAX_ROWS);
	line = take_line(&text, text_end, &end);
	if (line == NULL)
		return error_set(err, ERROR_FORMAT, "the file is empty");
	if (read_names(line, end, a, t, err) != 0 ||
	    make_room(t, n_lines, a, err) != 0)
		return -1;
	while ((line = take_line(&text, text_end, &end)) != NULL) {
		number++;
		if (read_row(line, end, t, err) != 0)
			return error_add(err, "line %zu", number);
	}
	return 0;
}

int
csv_table_read(const char *path, struct arena *a, struct csv_table *t,
    struct error *err)
{
	size_t n_bytes;
	char *text = file_read(path, MAX_BYTES, a, &n_bytes, err);

	if (text == NULL)
		return -1;
	if (csv_table_parse(text, n_bytes, a, t, err) != 0)
		return error_add(err, "%s", path);
	return 0;
}

const struct csv_table_column *
csv_table_find(const struct csv_table *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->n_columns; i++) {
		if (strcmp(t->columns[i].name, name) == 0)
			return &t->columns[i];
	}
	return NULL;
}
