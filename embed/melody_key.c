#include <math.h>
#include <stdlib.h>

#include "embed/melody_key.h"

static int
compare_floats(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

int
melody_key_find(const struct melody_line *hum,
    const struct melody_line *song, double offset_sec, double tempo_ratio,
    struct arena *a, double *semitones, struct error *err)
{
	float *apart = arena_need(a, hum->n, sizeof(*apart), "values", err);
	const double first = (offset_sec - song->start_sec) /
	    MELODY_LINE_HOP_SEC;
	size_t n = 0;

	if (apart == NULL)
		return -1;
	for (size_t i = 0; i < hum->n; i++) {
		const double at = floor(first + (double)i * tempo_ratio + 0.5);

		if (at >= 0 && at < (double)song->n)
			apart[n++] = hum->pitch[i] - song->pitch[(size_t)at];
	}
	*semitones = (double)NAN;
	if (n == 0)
		return 0;
	qsort(apart, n, sizeof(*apart), compare_floats);
	*semitones = 0.5 * ((double)apart[(n - 1) / 2] + (double)apart[n / 2]);
	return 0;
}
