#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/table.h"

#define N_DECIMALS 4
#define GAP "  "

int
table_put_interval(struct json *row, const char *column,
    const struct bootstrap_interval *interval, struct error *err)
{
	struct json *value = json_new_object(err);
	int status = -1;

	if (value == NULL)
		return -1;
	if (json_put_rounded(value, "mean", interval->mean, N_DECIMALS,
	    err) == 0 &&
	    json_put_rounded(value, "low", interval->low, N_DECIMALS,
	    err) == 0 &&
	    json_put_rounded(value, "high", interval->high, N_DECIMALS,
	    err) == 0)
		status = json_put(row, column, value, err);
	json_free(value);
	return status;
}

/* The text of one cell, or NULL when memory is out. */
static const char *
cell_text(const struct json *row, const char *column, struct arena *a)
{
	const struct json *value = json_at(row, column);
	double mean, low, high;
	const char *text;

	if (value == NULL)
		return "";
	if (json_want_number(value, "mean", &mean, NULL) == 0 &&
	    json_want_number(value, "low", &low, NULL) == 0 &&
	    json_want_number(value, "high", &high, NULL) == 0)
		return arena_printf(a, "%.3f (%.3f-%.3f)", mean, low, high);
	if (json_is_number(value) &&
	    json_want_number(row, column, &mean, NULL) == 0)
		return arena_printf(a, fabs(mean) < 1e15 &&
		    mean == floor(mean) ? "%.0f" : "%.6g", mean);
	return json_want_string(row, column, &text, NULL) == 0 ? text : "";
}

/* Line "r" of column "column": its name first, then the rows. */
static const char *
line_text(const struct json *rows, size_t r, const char *column,
    struct arena *a)
{
	return r == 0 ? column : cell_text(json_item(rows, r - 1), column, a);
}

/* Of UTF-8: bytes but for those that go on with a character. */
static size_t
n_characters(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* Put a column behind the lines so far. */
static int
add_column(const struct json *rows, const char *column, const char **lines,
    struct arena *a)
{
	const size_t n_lines = json_count(rows) + 1;
	size_t r, width = 0;

	for (r = 0; r < n_lines; r++) {
		const char *cell = line_text(rows, r, column, a);

		if (cell == NULL)
			return -1;
		if (n_characters(cell) > width)
			width = n_characters(cell);
	}
	for (r = 0; r < n_lines; r++) {
		const char *cell = line_text(rows, r, column, a);

		if (cell == NULL)
			return -1;
		lines[r] = arena_printf(a, "%s%s%-*s", lines[r],
		    lines[r][0] == '\0' ? "" : GAP, (int)(width +
		    strlen(cell) - n_characters(cell)), cell);
		if (lines[r] == NULL)
			return -1;
	}
	return 0;
}

/* The lines one below the other, without the spaces at their ends. */
static const char *
join(const char *const *lines, size_t n_lines, struct arena *a)
{
	size_t n_bytes = 1, r;
	char *text, *at;

	for (r = 0; r < n_lines; r++)
		n_bytes += strlen(lines[r]) + 1;
	text = arena_alloc(a, n_bytes, 1);
	if (text == NULL)
		return NULL;
	for (at = text, r = 0; r < n_lines; r++) {
		size_t n = strlen(lines[r]);

		while (n > 0 && lines[r][n - 1] == ' ')
			n--;
		memcpy(at, lines[r], n);
		at += n;
		*at++ = '\n';
	}
	*at = '\0';
	return text;
}

const char *
table_text(const struct json *rows, struct arena *a, struct error *err)
{
	const struct json *first = json_item(rows, 0);
	const size_t n_lines = json_count(rows) + 1;
	const char **lines;
	const char *text;
	size_t i;

	if (first == NULL)
		return "";
	lines = arena_need(a, n_lines, sizeof(*lines), "lines", err);
	if (lines == NULL)
		return NULL;
	for (i = 0; i < n_lines; i++)
		lines[i] = "";
	for (i = 0; i < json_count(first); i++) {
		if (add_column(rows, json_member_name(first, i), lines,
		    a) != 0) {
			error_set(err, ERROR_NOMEM, "making a table");
			return NULL;
		}
	}
	text = join(lines, n_lines, a);
	if (text == NULL)
		error_set(err, ERROR_NOMEM, "making a table");
	return text;
}

/* Put member i of all rows on a line; the columns are named by member 0. */
static int
turn_member(const struct json *rows, size_t i, bool is_named,
    struct json *turned, struct error *err)
{
	struct json *line = json_new_object(err);
	int status = line == NULL ? -1 : json_put_string(line, "score",
	    json_member_name(json_item(rows, 0), i), err);

	for (size_t r = 0; status == 0 && r < json_count(rows); r++) {
		const struct json *row = json_item(rows, r);
		const char *column = "mean";

		status = is_named && json_want_string(row,
		    json_member_name(row, 0), &column, err) != 0 ? -1 :
		    json_put(line, column, json_item(row, i), err);
	}
	if (status == 0)
		status = json_append(turned, "", line, err);
	json_free(line);
	return status;
}

const char *
table_turned_text(const struct json *rows, struct arena *a,
    struct error *err)
{
	const struct json *first = json_item(rows, 0);
	const bool is_named = json_is_string(json_item(first, 0));
	struct json *turned = json_new_array(err);
	const char *text = NULL;
	int status = turned == NULL ? -1 : 0;

	for (size_t i = is_named; status == 0 && i < json_count(first); i++)
		status = turn_member(rows, i, is_named, turned, err);
	if (status == 0)
		text = table_text(turned, a, err);
	json_free(turned);
	return text;
}
