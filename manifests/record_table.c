#include <string.h>

#include "base/arena.h"
#include "base/csv_text.h"
#include "base/memory.h"

#include "manifests/record_table.h"

#define MAX_COLUMNS 32

struct record_table {
	FILE *out;
	enum record_table_format format;
	const char *const *members;
	size_t n_columns;
	struct arena *a;	/* of a row; aligned: of all cells */
	/* Aligned: */
	const char **cells;	/* [n_cells], row by row, the header first */
	size_t n_cells, capacity;
	size_t width[MAX_COLUMNS];	/* characters */
};

/* UTF-8 characters of the text. */
static size_t
count_characters(const char *text)
{
	size_t n = 0;

	for (const char *s = text; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static int
keep_cell(struct record_table *t, const char *text, struct error *err)
{
	const size_t column = t->n_cells % t->n_columns;
	const size_t n = count_characters(text);
	char *copy = arena_strdup(t->a, text);

	if (copy == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	for (char *s = copy; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			*s = '?';
	if (memory_grow(&t->cells, &t->capacity, t->n_cells + 1,
	    sizeof(*t->cells), "cells", err) != 0)
		return -1;
	t->cells[t->n_cells++] = copy;
	if (n > t->width[column])
		t->width[column] = n;
	return 0;
}

static int
put_cell(struct record_table *t, size_t column, const char *text,
    struct error *err)
{
	const bool is_last = column + 1 == t->n_columns;

	if (t->format == RECORD_TABLE_ALIGNED)
		return keep_cell(t, text, err);
	if (csv_text_put(t->out, text) == EOF ||
	    putc(is_last ? '\n' : ',', t->out) == EOF)
		return error_set_errno(err, "writing the table");
	return 0;
}

struct record_table *
record_table_new(FILE *out, enum record_table_format format,
    const char *const *members, struct error *err)
{
	struct record_table *t = memory_new(1, sizeof(*t), "table", err);

	if (t == NULL)
		return NULL;
	t->out = out;
	t->format = format;
	t->members = members;
	while (members[t->n_columns] != NULL && t->n_columns < MAX_COLUMNS)
		t->n_columns++;
	if ((t->a = arena_new()) == NULL) {
		(void)error_set(err, ERROR_NOMEM, "out of memory");
		record_table_free(t);
		return NULL;
	}
	for (size_t i = 0; i < t->n_columns; i++)
		if (put_cell(t, i, members[i], err) != 0) {
			record_table_free(t);
			return NULL;
		}
	return t;
}

void
record_table_free(struct record_table *t)
{
	if (t == NULL)
		return;
	arena_free(t->a);
	memory_free(t->cells);
	memory_free(t);
}

int
record_table_put(struct record_table *t, const struct json *rec,
    struct error *err)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct json *value = json_at(rec, t->members[i]);
		const char *text = "";

		if (value != NULL && json_is_string(value)) {
			if (json_want_string(value, "", &text, err) != 0)
				return -1;
		} else if (value != NULL) {
			if ((text = json_text(value, t->a, err)) == NULL)
				return -1;
		}
		if (put_cell(t, i, text, err) != 0)
			return -1;
	}
	if (t->format == RECORD_TABLE_CSV)
		arena_reset(t->a);
	return 0;
}

int
record_table_end(struct record_table *t, struct error *err)
{
	for (size_t i = 0; i < t->n_cells; i++) {
		const size_t column = i % t->n_columns;
		const size_t n = count_characters(t->cells[i]);
		const bool is_last = column + 1 == t->n_columns;
		const int pad = is_last ? 0 : (int)(t->width[column] - n) + 2;

		if (fprintf(t->out, "%s%*s%s", t->cells[i], pad, "",
		    is_last ? "\n" : "") < 0)
			return error_set_errno(err, "writing the table");
	}
	t->n_cells = 0;
	return 0;
}
