#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#include "pitch/pitch_series.h"

#define COLUMNS 3
#define BETWEEN " \t,\r"

/* The numbers of a line, 2 or 3 of them; 0: something else. */
static size_t
split(const char *line, double values[COLUMNS])
{
	size_t n = 0;

	for (line += strspn(line, BETWEEN); *line != '\0';
	    line += strspn(line, BETWEEN)) {
		const size_t n_bytes = strcspn(line, BETWEEN);
		char *end;

		if (n == COLUMNS || strspn(line, "+-.0123456789eE") < n_bytes)
			return 0;
		values[n] = strtod(line, &end);
		if (end != line + n_bytes || !isfinite(values[n]))
			return 0;
		n++;
		line = end;
	}
	return n == 1 ? 0 : n;
}

/* Add the value of a line. */
static int
put_line(struct pitch_series_file *s, const char *line, size_t line_number,
    size_t *n_columns, struct error *err)
{
	const size_t at = s->n_values;
	double values[COLUMNS];
	const size_t n = split(line, values);

	if (n == 0)
		return error_set(err, ERROR_FORMAT, "line %zu is no time and "
		    "frequency", line_number);
	if (at > 0 && n != *n_columns)
		return error_set(err, ERROR_FORMAT, "line %zu has %zu columns, "
		    "those before %zu", line_number, n, *n_columns);
	if (values[0] < 0.0 || (at > 0 && values[0] < s->time_sec[at - 1]))
		return error_set(err, ERROR_FORMAT, "line %zu: time %g does "
		    "not follow", line_number, values[0]);
	s->time_sec[at] = values[0];
	s->f0_hz[at] = values[1];
	s->confidence[at] = n == COLUMNS ? values[2] : 0.0;
	s->n_values++;
	*n_columns = n;
	return 0;
}

/* Names of columns begin with a letter. */
static bool
is_header(const char *line)
{
	const char c = line[strspn(line, BETWEEN "\"")];

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int
pitch_series_parse(char *text, size_t n_bytes, struct arena *a,
    struct pitch_series_file *s, struct error *err)
{
	size_t n_max = 1, line_number = 0, n_columns = 0;
	bool is_first = true;

	for (size_t i = 0; i < n_bytes; i++)
		n_max += text[i] == '\n';
	*s = (struct pitch_series_file){ .n_values = 0 };
	s->time_sec = arena_need(a, n_max, sizeof(double), "times", err);
	s->f0_hz = arena_need(a, n_max, sizeof(double), "pitches", err);
	s->confidence = arena_need(a, n_max, sizeof(double), "confidences",
	    err);
	if (s->time_sec == NULL || s->f0_hz == NULL || s->confidence == NULL)
		return -1;
	if (memchr(text, '\0', n_bytes) != NULL)
		return error_set(err, ERROR_FORMAT, "this is no text");
	for (char *line = text, *next; line != NULL; line = next) {
		const char *start;

		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		line_number++;
		start = line + strspn(line, BETWEEN);
		if (*start == '\0' || *start == '#')
			continue;
		if (!(is_first && is_header(line)) &&
		    put_line(s, line, line_number, &n_columns, err) != 0)
			return -1;
		is_first = false;
	}
	if (s->n_values == 0)
		return error_set(err, ERROR_FORMAT, "no pitch in it");
	if (n_columns < COLUMNS)
		s->confidence = NULL;
	return 0;
}

int
pitch_series_read(const char *path, struct arena *a,
    struct pitch_series_file *s, struct error *err)
{
	size_t n_bytes;
	char *text = file_read(path, PITCH_SERIES_MAX_BYTES, a, &n_bytes,
	    err);

	if (text == NULL)
		return -1;
	if (pitch_series_parse(text, n_bytes, a, s, err) != 0)
		return error_add(err, "%s", path);
	return 0;
}

void
pitch_series_unvoice(struct pitch_series_file *s, double threshold)
{
	if (s->confidence == NULL)
		return;
	for (size_t i = 0; i < s->n_values; i++)
		if (s->confidence[i] < threshold)
			s->f0_hz[i] = -fabs(s->f0_hz[i]);
}

/*
 * Move it in time.  Values that would come to lie before 0 are left out; fails
 * when none remain.
 */
static int
shift(struct pitch_series_file *s, double shift_sec,
    struct error *err)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_values; i++) {
		const double sec = s->time_sec[i] + shift_sec;

		if (sec < 0.0)
			continue;
		s->time_sec[n] = sec;
		s->f0_hz[n] = s->f0_hz[i];
		if (s->confidence != NULL)
			s->confidence[n] = s->confidence[i];
		n++;
	}
	s->n_values = n;
	return n > 0 ? 0 : error_set(err, ERROR_FORMAT,
	    "moved by %g s it ends before 0", shift_sec);
}

struct pitch_series
pitch_series_of(const struct pitch_series_file *s)
{
	return (struct pitch_series){ s->time_sec, s->f0_hz, s->n_values };
}

int
pitch_series_read_pair(const char *truth_path, const char *found_path,
    double shift_sec, double threshold, struct arena *a,
    struct pitch_series_pair *p, struct error *err)
{
	struct pitch_series_file truth;

	if (pitch_series_read(truth_path, a, &truth, err) != 0 ||
	    pitch_series_read(found_path, a, &p->found_file, err) != 0)
		return -1;
	if (shift(&truth, shift_sec, err) != 0)
		return error_add(err, "%s", truth_path);
	pitch_series_unvoice(&p->found_file, threshold);
	p->truth = pitch_series_of(&truth);
	p->found = pitch_series_of(&p->found_file);
	return 0;
}
