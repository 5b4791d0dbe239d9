#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#include "dsp/track.h"

#define HEADER "time,frequency,confidence"
#define LINE_BYTES 128
#define DEFAULT_HOP_SEC 0.01
#define MAX_F0_HZ 1e5
/* Times are written in milliseconds, by the crepe command in hundredths. */
#define TIME_TOLERANCE_SEC 0.006
#define ROUNDING_SEC 0.000501	/* of a time in milliseconds, and a bit */

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

int
track_write(const char *path, const struct track *t, struct error *err)
{
	struct file_new *f = file_create(path, err);
	FILE *out;

	if (f == NULL)
		return -1;
	out = file_stream(f);
	fputs(HEADER "\n", out);
	for (size_t k = 0; k < t->n_frames; k++)
		fprintf(out, "%.3f,%.3f,%.6f\n", (double)k * t->hop_sec,
		    (double)t->f0_hz[k], (double)t->confidence[k]);
	return file_commit(f, err);	/* tells of failed writes */
}

/* A plain decimal number at *s; moves *s behind it.  False: there is none. */
static bool
take_number(const char **s, double *value)
{
	char *end;
	const size_t n = strspn(*s, "+-.0123456789eE");

	*value = strtod(*s, &end);
	if (n == 0 || end != *s + n || !isfinite(*value))
		return false;
	*s = end;
	return true;
}

/* The three numbers of a line. */
static int
parse_line(const char *line, size_t line_number, double value[3],
    struct error *err)
{
	const char *s = line;

	for (size_t i = 0; i < 3; i++) {
		if (!take_number(&s, &value[i]) ||
		    *s != (i < 2 ? ',' : '\0'))
			return error_set(err, ERROR_FORMAT,
			    "line %zu is not \"time,frequency,confidence\"",
			    line_number);
		s += i < 2;
	}
	if (value[0] < 0.0)
		return error_set(err, ERROR_FORMAT,
		    "line %zu: a time before 0", line_number);
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
 * stream.  Empty lines are skipped.
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
		*has = n > 0;
		if (*has)
			return 0;
	}
	if (ferror(in))
		return error_set_errno(err, "reading a pitch track");
	return 0;
}

/* Check the header, count the lines and find the time of the last. */
static int
survey(FILE *in, size_t *n_frames, double *last_sec, struct error *err)
{
	char line[LINE_BYTES];
	double value[3];
	size_t line_number = 0;
	bool has;

	*n_frames = 0;
	*last_sec = 0.0;
	if (next_line(in, line, &line_number, &has, err) != 0)
		return -1;
	if (!has || strcmp(line, HEADER) != 0)
		return error_set(err, ERROR_FORMAT,
		    "not a pitch track: it does not begin with \"%s\"",
		    HEADER);
	for (;;) {
		if (next_line(in, line, &line_number, &has, err) != 0)
			return -1;
		if (!has)
			return 0;
		if (parse_line(line, line_number, value, err) != 0)
			return -1;
		if (++*n_frames > TRACK_MAX_FRAMES)
			return error_set(err, ERROR_LIMIT,
			    "more than %u frames", TRACK_MAX_FRAMES);
		*last_sec = value[0];
	}
}

/* The second pass: fill t, whose hop is known. */
static int
fill(FILE *in, struct track *t, struct error *err)
{
	char line[LINE_BYTES];
	double value[3];
	size_t line_number = 0;
	bool has;

	if (next_line(in, line, &line_number, &has, err) != 0)
		return -1;
	for (size_t k = 0; k < t->n_frames; k++) {
		if (next_line(in, line, &line_number, &has, err) != 0)
			return -1;
		if (!has)
			return error_set(err, ERROR_IO,
			    "a pitch track changed while it was read");
		if (parse_line(line, line_number, value, err) != 0)
			return -1;
		if (fabs(value[0] - (double)k * t->hop_sec) >
		    TIME_TOLERANCE_SEC)
			return error_set(err, ERROR_FORMAT,
			    "line %zu: times must start at 0 and be evenly "
			    "spaced (%g s)", line_number, t->hop_sec);
		t->f0_hz[k] = (float)value[1];
		t->confidence[k] = (float)value[2];
	}
	return 0;
}

/*
 * The mean spacing is finer than the written times.  Most hops are whole
 * microseconds; one that is not would drift away in a long track.
 */
static double
find_hop(size_t n_frames, double last_sec)
{
	const double n_hops = (double)n_frames - 1.0;
	double mean_sec, whole_sec;

	if (n_frames < 2)
		return DEFAULT_HOP_SEC;
	mean_sec = last_sec / n_hops;
	whole_sec = round(mean_sec * 1e6) / 1e6;
	return fabs(whole_sec * n_hops - last_sec) <= ROUNDING_SEC ?
	    whole_sec : mean_sec;
}

int
track_read_stream(FILE *in, struct arena *a, struct track *t,
    struct error *err)
{
	size_t n_frames;
	double last_sec, hop_sec;

	if (survey(in, &n_frames, &last_sec, err) != 0)
		return -1;
	hop_sec = find_hop(n_frames, last_sec);
	if (!(hop_sec > 0.0))
		return error_set(err, ERROR_FORMAT, "times do not rise");
	if (track_init(t, n_frames, hop_sec, a, err) != 0)
		return -1;
	if (fseek(in, 0, SEEK_SET) != 0)
		return error_set_errno(err, "going back to the start");
	return fill(in, t, err);
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
