#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

#include "dsp/track.h"

#define HEADER "time,frequency,confidence"
#define LINE_BYTES 128
#define DEFAULT_HOP_SEC 0.01
#define MAX_F0_HZ 1e5
#define MAX_LEAD_SEC 600.0	/* before the first time of a file */
#define MAX_EXACT_DIGITS 15	/* of which every number is a double */
/* A clock that is written finely may still shake a little. */
#define MIN_TOLERANCE_SEC 0.001
#define COARSEST_SEC 0.01	/* of the times that crepe has written */

/* The numbers of a line. */
struct row {
	double value[3];
	size_t n_values;		/* 2 or 3 */
	int n_decimals;			/* of the time */
};

/* What the first pass over a file finds. */
struct survey {
	size_t n_rows, n_columns;
	double first_sec, last_sec;
	int n_decimals;			/* of the finest time */
};

int
track_init(struct track *t, size_t n_frames, double hop_sec,
    struct arena *a, struct error *err)
{
	if (n_frames > TRACK_MAX_FRAMES)
		return error_set(err, ERROR_LIMIT,
		    "a pitch track of %zu frames; at most %u are allowed",
		    n_frames, TRACK_MAX_FRAMES);
	if (!(hop_sec > 0.0) || !isfinite(hop_sec))
		return error_set(err, ERROR_BUG, "hop of %g s", hop_sec);
	t->hop_sec = hop_sec;
	t->n_frames = n_frames;
	t->f0_hz = arena_need(a, n_frames, sizeof(*t->f0_hz), "pitch values",
	    err);
	t->confidence = arena_need(a, n_frames, sizeof(*t->confidence),
	    "confidence values", err);
	return t->f0_hz == NULL || t->confidence == NULL ? -1 : 0;
}

double
track_voiced_share(const struct track *t)
{
	size_t n_voiced = 0;

	for (size_t k = 0; k < t->n_frames; k++)
		n_voiced += t->f0_hz[k] > 0.0f;
	return t->n_frames == 0 ? 0.0 :
	    (double)n_voiced / (double)t->n_frames;
}

/* Digits after the point that hold the hop: milliseconds, or finer. */
static int
time_decimals(double hop_sec)
{
	for (int n = 3; n < 9; n += 3) {
		const double units = hop_sec * pow(10.0, n);

		if (fabs(units - round(units)) < 1e-6)
			return n;
	}
	return 9;
}

int
track_write(const char *path, const struct track *t, enum track_format format,
    struct error *err)
{
	struct file_new *f = file_create(path, err);
	const int n_decimals = time_decimals(t->hop_sec);
	FILE *out;

	if (f == NULL)
		return -1;
	out = file_stream(f);
	if (format == TRACK_CREPE)
		fputs(HEADER "\n", out);
	for (size_t k = 0; k < t->n_frames; k++) {
		fprintf(out, "%.*f%c%.3f", n_decimals,
		    (double)k * t->hop_sec, format == TRACK_CREPE ? ',' :
		    '\t', (double)t->f0_hz[k]);
		if (format == TRACK_CREPE)
			fprintf(out, ",%.6f", (double)t->confidence[k]);
		fputc('\n', out);
	}
	return file_commit(f, err);	/* tells of failed writes */
}

/*
 * Digits with a point among them, few enough that one division of two exact
 * numbers rounds as strtod does (Clinger, "How to read floating point numbers
 * accurately", 1990).  False, and nothing taken, for all else.
 */
static bool
take_digits(const char **s, double *value)
{
	static const double powers[] = { 1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6,
	    1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
	const char *p = *s;
	uint64_t digits = 0;
	int n = 0, n_behind = 0;

	for (; *p >= '0' && *p <= '9' && n <= MAX_EXACT_DIGITS; p++, n++)
		digits = 10 * digits + (uint64_t)(*p - '0');
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9' && n <= MAX_EXACT_DIGITS;
		    p++, n++, n_behind++)
			digits = 10 * digits + (uint64_t)(*p - '0');
	if (n == 0 || n > MAX_EXACT_DIGITS || *p == '.' || *p == '+' ||
	    *p == '-' || *p == 'e' || *p == 'E')
		return false;
	*value = (double)digits / powers[n_behind];
	*s = p;
	return true;
}

/* A plain decimal number at *s; moves *s behind it.  False: there is none. */
static bool
take_number(const char **s, double *value)
{
	char *end;
	size_t n;

	if (take_digits(s, value))
		return true;
	n = strspn(*s, "+-.0123456789eE");
	*value = strtod(*s, &end);
	if (n == 0 || end != *s + n || !isfinite(*value))
		return false;
	*s = end;
	return true;
}

/* strspn is slow for what mostly is not there. */
static size_t
count_blanks(const char *s)
{
	size_t n = 0;

	while (s[n] == ' ' || s[n] == '\t')
		n++;
	return n;
}

/* Blanks with at most one comma among them.  False: there is nothing. */
static bool
take_separator(const char **s)
{
	const char *start = *s;

	*s += count_blanks(*s);
	if (**s == ',')
		*s += 1 + count_blanks(*s + 1);
	return *s > start;
}

/* Digits behind the point of the number at s. */
static int
count_decimals(const char *s)
{
	const char *point = s + strspn(s, "+-0123456789");

	return *point == '.' ? (int)strspn(point + 1, "0123456789") : 0;
}

/* The numbers of a line, as they stand. */
static int
split_line(const char *line, size_t line_number, struct row *row,
    struct error *err)
{
	const char *s = line + count_blanks(line);

	row->n_decimals = count_decimals(s);
	for (row->n_values = 0; row->n_values < 3;) {
		if (!take_number(&s, &row->value[row->n_values]))
			break;
		row->n_values++;
		if (s[count_blanks(s)] == '\0' && row->n_values >= 2)
			return 0;
		if (!take_separator(&s))
			break;
	}
	return error_set(err, ERROR_FORMAT, "line %zu is neither a time, a "
	    "frequency and a confidence nor the first two of them",
	    line_number);
}

/* A line's frame; the frequency of an unvoiced one becomes 0. */
static int
parse_line(const char *line, size_t line_number, struct row *row,
    struct error *err)
{
	double *value = row->value;

	if (split_line(line, line_number, row, err) != 0)
		return -1;
	if (value[0] < 0.0)
		return error_set(err, ERROR_FORMAT,
		    "line %zu: a time before 0", line_number);
	/* A guess at the pitch of a frame that is held to be unvoiced. */
	if (row->n_values == 2) {
		if (value[1] < 0.0 && value[1] >= -MAX_F0_HZ)
			value[1] = 0.0;
		value[2] = value[1] > 0.0 ? 1.0 : 0.0;
	}
	if (value[1] < 0.0 || value[1] > MAX_F0_HZ)
		return error_set(err, ERROR_FORMAT,
		    "line %zu: a frequency outside 0 to %g Hz", line_number,
		    MAX_F0_HZ);
	if (value[2] < 0.0 || value[2] > 1.0)
		return error_set(err, ERROR_FORMAT,
		    "line %zu: a confidence outside 0 to 1", line_number);
	return 0;
}

/*
 * Read a line without its end into "line".  *has is false at the end of the
 * stream.  Empty lines and those that begin with # are skipped.
 */
static int
next_line(FILE *in, char line[LINE_BYTES], size_t *line_number, bool *has,
    struct error *err)
{
	*has = false;
	while (fgets(line, LINE_BYTES, in) != NULL) {
		size_t n = strcspn(line, "\r\n");

		(*line_number)++;
		if (n + 1 >= LINE_BYTES)
			return error_set(err, ERROR_FORMAT,
			    "line %zu is too long", *line_number);
		line[n] = '\0';
		n = count_blanks(line);
		*has = line[n] != '\0' && line[n] != '#';
		if (*has)
			return 0;
	}
	if (ferror(in))
		return error_set_errno(err, "reading a pitch track");
	return 0;
}

/* "time,frequency,confidence", or other names behind a time. */
static bool
is_header(const char *line)
{
	const char *s = line + strspn(line, " \t\"");

	return strncasecmp(s, "time", 4) == 0;
}

/* The next line that is no header.  The first line may be one. */
static int
next_row(FILE *in, size_t *line_number, struct row *row, bool *has,
    struct error *err)
{
	const bool is_first = *line_number == 0;
	char line[LINE_BYTES];

	if (next_line(in, line, line_number, has, err) != 0)
		return -1;
	if (*has && is_first && is_header(line) &&
	    next_line(in, line, line_number, has, err) != 0)
		return -1;
	return *has ? parse_line(line, *line_number, row, err) : 0;
}

/* Whether there is anything: a file of one header is an empty track. */
static int
check_begun(size_t line_number, struct error *err)
{
	return line_number > 0 ? 0 : error_set(err, ERROR_FORMAT,
	    "not a pitch track: it is empty");
}

/* Check every line, count them and note where their times begin and end. */
static int
take_survey(FILE *in, struct survey *found, struct error *err)
{
	struct row row = { .n_values = 0 };
	size_t line_number = 0;
	bool has;

	*found = (struct survey){ .n_rows = 0 };
	for (;;) {
		if (next_row(in, &line_number, &row, &has, err) != 0)
			return -1;
		if (!has)
			return check_begun(line_number, err);
		if (found->n_rows == 0) {
			found->first_sec = row.value[0];
			found->n_columns = row.n_values;
		}
		if (row.n_values != found->n_columns)
			return error_set(err, ERROR_FORMAT, "line %zu has "
			    "%zu numbers, those before it %zu", line_number,
			    row.n_values, found->n_columns);
		if (++found->n_rows > TRACK_MAX_FRAMES)
			return error_set(err, ERROR_LIMIT,
			    "more than %u frames", TRACK_MAX_FRAMES);
		found->last_sec = row.value[0];
		if (row.n_decimals > found->n_decimals)
			found->n_decimals = row.n_decimals;
	}
}

/* The last digit of the times that are written. */
static double
resolution_sec(const struct survey *found)
{
	return fmin(pow(10.0, -found->n_decimals), COARSEST_SEC);
}

/*
 * The mean spacing is finer than the written times, and rounded like them.
 * Of the hops that give the last time as it is written, the one of the fewest
 * digits is meant.
 */
static double
find_hop(const struct survey *found)
{
	const double n_hops = (double)found->n_rows - 1.0;
	const double length_sec = found->last_sec - found->first_sec;
	/* One end or both are rounded. */
	const double slack_sec = resolution_sec(found) *
	    (found->first_sec > 0.0 ? 1.0 : 0.5) + 1e-12 * (1.0 + length_sec);

	if (found->n_rows < 2)
		return DEFAULT_HOP_SEC;
	for (int n = 3; n <= 12; n++) {
		const double unit = pow(10.0, n);
		const double hop_sec = round(length_sec / n_hops * unit) /
		    unit;

		if (fabs(hop_sec * n_hops - length_sec) <= slack_sec)
			return hop_sec;
	}
	return length_sec / n_hops;
}

/* Frames before the first that the file has: those are unvoiced. */
static int
count_lead(const struct survey *found, double hop_sec, double tolerance_sec,
    size_t *n_lead, struct error *err)
{
	const double n = round(found->first_sec / hop_sec);

	if (found->first_sec > MAX_LEAD_SEC || (found->n_rows < 2 && n > 0.0))
		return error_set(err, ERROR_FORMAT,
		    "the first time is %g s", found->first_sec);
	if (fabs(found->first_sec - n * hop_sec) > tolerance_sec)
		return error_set(err, ERROR_FORMAT, "the first time, %g s, is "
		    "no whole number of the steps of %g s that follow",
		    found->first_sec, hop_sec);
	*n_lead = (size_t)n;
	return 0;
}

/* The second pass: fill t, whose hop is known, from frame n_lead on. */
static int
fill(FILE *in, struct track *t, size_t n_lead, double tolerance_sec,
    struct error *err)
{
	size_t line_number = 0;
	struct row row;
	bool has;

	for (size_t k = n_lead; k < t->n_frames; k++) {
		if (next_row(in, &line_number, &row, &has, err) != 0)
			return -1;
		if (!has)
			return error_set(err, ERROR_IO,
			    "a pitch track changed while it was read");
		if (fabs(row.value[0] - (double)k * t->hop_sec) >
		    tolerance_sec)
			return error_set(err, ERROR_FORMAT,
			    "line %zu: times must be evenly spaced (%g s)",
			    line_number, t->hop_sec);
		t->f0_hz[k] = (float)row.value[1];
		t->confidence[k] = (float)row.value[2];
	}
	return 0;
}

int
track_read_stream(FILE *in, struct arena *a, struct track *t,
    struct error *err)
{
	struct survey found;
	size_t n_lead = 0;
	double hop_sec, tolerance_sec;

	if (take_survey(in, &found, err) != 0)
		return -1;
	hop_sec = find_hop(&found);
	if (!(hop_sec > 0.0))
		return error_set(err, ERROR_FORMAT, "times do not rise");
	/* A time is rounded, and so is the last, which gave the hop. */
	tolerance_sec = fmax(1.01 * resolution_sec(&found),
	    MIN_TOLERANCE_SEC);
	if (count_lead(&found, hop_sec, tolerance_sec, &n_lead, err) != 0 ||
	    track_init(t, n_lead + found.n_rows, hop_sec, a, err) != 0)
		return -1;
	if (fseek(in, 0, SEEK_SET) != 0)
		return error_set_errno(err, "going back to the start");
	return fill(in, t, n_lead, tolerance_sec, err);
}

int
track_read(const char *path, struct arena *a, struct track *t,
    struct error *err)
{
	FILE *in = fopen(path, "r");
	int status;

	if (in == NULL)
		return error_set_errno(err, "%s", path);
	status = track_read_stream(in, a, t, err);
	fclose(in);
	return status == 0 ? 0 : error_add(err, "%s", path);
}
