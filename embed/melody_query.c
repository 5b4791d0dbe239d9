#include "base/memory.h"

#include "embed/melody_query.h"

#define WARP_SLACK 1.2		/* song values a hum value may take up */

static const double ratios[MELODY_QUERY_N_SCALES] = { 0.60, 0.66, 0.72, 0.78,
	0.84, 0.90, 0.95, 1.00, 1.06, 1.13, 1.21, 1.30, 1.40, 1.52,
	MELODY_QUERY_MAX_SCALE };

#define MAX_SCALED ((size_t)(MELODY_QUERY_MAX * MELODY_QUERY_MAX_SCALE) + 2)

double
melody_query_ratio(size_t scale)
{
	return ratios[scale];
}

size_t
melody_query_columns(size_t n)
{
	return (size_t)(WARP_SLACK * (double)n) + 4;
}

/* The hum as n values, each the nearest one. */
static void
stretch(const struct melody_line *line, size_t n_line, float *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const size_t k = (size_t)((double)i * (double)(n_line - 1) /
		    (double)(n - 1) + 0.5);

		out[i] = line->pitch[k];
	}
}

static float *
values_new(size_t n, struct error *err)
{
	return memory_new(n, sizeof(float), "values", err);
}

static int
make_scratch(struct melody_query *q, struct error *err)
{
	const size_t n = q->n[MELODY_QUERY_N_SCALES - 1];
	const size_t n_columns = melody_query_columns(n);

	/* A path has a cell for each value of the hum. */
	q->coarse = values_new(MAX_SCALED, err);
	q->song = values_new(melody_query_columns(MAX_SCALED) +
	    MELODY_QUERY_LANES, err);
	q->table = values_new(n * n_columns, err);
	q->steps = memory_new(n * n_columns, sizeof(*q->steps), "cells", err);
	q->hum_path = values_new(n, err);
	q->song_path = values_new(n, err);
	q->difference = values_new(n, err);
	return q->coarse == NULL || q->song == NULL || q->table == NULL ||
	    q->steps == NULL || q->hum_path == NULL ||
	    q->song_path == NULL || q->difference == NULL ? -1 : 0;
}

struct melody_query *
melody_query_new(const struct melody_line *line, struct error *err)
{
	struct melody_query *q = memory_new(1, sizeof(*q), "query", err);
	const size_t n_line = line->n < MELODY_QUERY_MAX ? line->n :
	    MELODY_QUERY_MAX;

	if (q == NULL)
		return NULL;
	if (n_line < MELODY_QUERY_MIN)
		return q;
	for (size_t s = 0; s < MELODY_QUERY_N_SCALES; s++) {
		q->n[s] = (size_t)((double)n_line * ratios[s] + 0.5);
		q->scaled[s] = values_new(q->n[s], err);
		if (q->scaled[s] == NULL)
			goto fail;
		stretch(line, n_line, q->scaled[s], q->n[s]);
	}
	if (make_scratch(q, err) == 0)
		return q;
fail:
	melody_query_free(q);
	return NULL;
}

void
melody_query_free(struct melody_query *q)
{
	if (q == NULL)
		return;
	for (size_t s = 0; s < MELODY_QUERY_N_SCALES; s++)
		memory_free(q->scaled[s]);
	memory_free(q->coarse);
	memory_free(q->song);
	memory_free(q->table);
	memory_free(q->steps);
	memory_free(q->hum_path);
	memory_free(q->song_path);
	memory_free(q->difference);
	memory_free(q);
}

void
melody_query_take_song(struct melody_query *q, const struct melody_line *song,
    size_t first, size_t step, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const size_t k = first + i * step;

		q->song[i] = song->pitch[k < song->n ? k : song->n - 1];
	}
}
