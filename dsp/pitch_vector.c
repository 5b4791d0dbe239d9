#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/pitch_vector.h"

#define LINE_BYTES 64
#define TRACK_HOP_SEC 0.01
#define A4_HZ 440.0
#define MAX_VALUES (TRACK_MAX_FRAMES / 4)

/* The next number; 1, 0 at the end, -1 with an error.  *line counts. */
static int
next_pitch(FILE *in, size_t *line, double *pitch, struct error *err)
{
	char text[LINE_BYTES], *end;

	while (fgets(text, sizeof(text), in) != NULL) {
		(*line)++;
		text[strcspn(text, "\r\n")] = '\0';
		if (text[strspn(text, " \t")] == '\0')
			continue;
		*pitch = strtod(text, &end);
		if (end == text || end[strspn(end, " \t")] != '\0' ||
		    !(*pitch >= 0 && *pitch <= PITCH_VECTOR_MAX_PITCH))
			return error_set(err, ERROR_FORMAT, "line %zu is not "
			    "a pitch of 0 to %g semitones: \"%.20s\"", *line,
			    PITCH_VECTOR_MAX_PITCH, text);
		return 1;
	}
	return ferror(in) ? error_set(err, ERROR_IO, "cannot be read: %s",
	    strerror(errno)) : 0;
}

int
pitch_vector_read_stream(FILE *in, struct arena *a, struct track *t,
    struct error *err)
{
	size_t line = 0, n = 0;
	double pitch, *pitches;
	int kind;

	while ((kind = next_pitch(in, &line, &pitch, err)) > 0)
		if (++n > MAX_VALUES)
			return error_set(err, ERROR_LIMIT, "more than %u "
			    "pitches", MAX_VALUES);
	if (kind < 0)
		return -1;
	if (n == 0)
		return error_set(err, ERROR_FORMAT, "holds no pitch");
	rewind(in);
	line = 0;
	if ((pitches = arena_need(a, n, sizeof(*pitches), "pitches",
	    err)) == NULL ||
	    track_init(t, (size_t)((double)n * PITCH_VECTOR_HOP_SEC /
	    TRACK_HOP_SEC), TRACK_HOP_SEC, a, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (next_pitch(in, &line, &pitches[i], err) <= 0)
			return error_set(err, ERROR_IO, "changed while it was "
			    "read");
	for (size_t k = 0; k < t->n_frames; k++) {
		const size_t i = (size_t)((double)k * TRACK_HOP_SEC /
		    PITCH_VECTOR_HOP_SEC);

		if (!(pitches[i] > 0))
			continue;
		t->f0_hz[k] = (float)(A4_HZ * exp2((pitches[i] - 69) / 12));
		t->confidence[k] = 1;
	}
	return 0;
}

int
pitch_vector_read(const char *path, struct arena *a, struct track *t,
    struct error *err)
{
	FILE *in = fopen(path, "r");
	int status;

	if (in == NULL)
		return error_set(err, ERROR_IO, "%s: %s", path,
		    strerror(errno));
	status = pitch_vector_read_stream(in, a, t, err);
	fclose(in);
	return status == 0 ? 0 : error_add(err, "%s", path);
}
