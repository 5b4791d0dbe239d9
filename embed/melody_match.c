#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"

#include "nn/simd.h"

#include "embed/melody_match.h"

#define N_SCALES 15
#define LANES 16		/* places compared side by side */
#define COARSE 2		/* values of 0.2 s while searching */
#define MIN_VALUES 10
#define CUT 3.0f		/* semitones */
#define OVERHANG 0.13		/* share of the hum that may be past the end */
#define REACH 3			/* tenths of a second of refinement */
#define WARP_PENALTY 0.3f
#define WARP_SLACK 1.2		/* song frames a hum frame may take up */

static const double scales[N_SCALES] = { 0.60, 0.66, 0.72, 0.78, 0.84, 0.90,
	0.95, 1.00, 1.06, 1.13, 1.21, 1.30, 1.40, 1.52, 1.65 };

#define MAX_SCALED ((size_t)(MELODY_MATCH_MAX_QUERY * 1.65) + 2)

struct melody_query {
	float *scaled[N_SCALES];	/* stretched hum, every 0.1 s */
	size_t n[N_SCALES];
	float *coarse;			/* one stretched hum, every 0.2 s */
	float *song;			/* part of the song */
	float *table;			/* of the warping */
	uint8_t *steps;
};

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

static size_t
warp_columns(size_t n)
{
	return (size_t)(WARP_SLACK * (double)n) + 4;
}

struct melody_query *
melody_query_new(const struct melody_line *line, struct error *err)
{
	struct melody_query *q = memory_new(1, sizeof(*q), "query", err);
	const size_t n_line = line->n < MELODY_MATCH_MAX_QUERY ? line->n :
	    MELODY_MATCH_MAX_QUERY;

	if (q == NULL)
		return NULL;
	if (n_line < MIN_VALUES)
		return q;
	for (size_t s = 0; s < N_SCALES; s++) {
		q->n[s] = (size_t)((double)n_line * scales[s] + 0.5);
		q->scaled[s] = memory_new(q->n[s], sizeof(float), "values",
		    err);
		if (q->scaled[s] == NULL)
			goto fail;
		stretch(line, n_line, q->scaled[s], q->n[s]);
	}
	q->coarse = memory_new(MAX_SCALED, sizeof(float), "values", err);
	q->song = memory_new(warp_columns(MAX_SCALED) + LANES, sizeof(float),
	    "values", err);
	if (q->coarse != NULL && q->song != NULL)
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
	for (size_t s = 0; s < N_SCALES; s++)
		memory_free(q->scaled[s]);
	memory_free(q->coarse);
	memory_free(q->song);
	memory_free(q->table);
	memory_free(q->steps);
	memory_free(q);
}

static inline float
cut(float value, float limit)
{
	return value > limit ? limit : value < -limit ? -limit : value;
}

/*
 * Distances of hum x [n] from the song at LANES places: place l begins at
 * song[l].  song must hold n + LANES values.  The key is the mean
 * difference, taken again with what is far off cut to 2 and then 1 semitone.
 */
SIMD static void
compare_places(const float *x, size_t n, const float *song,
    float distance[LANES])
{
	const float share = 1 / (float)n;
	float key[LANES], sum[LANES];

	key[0] = 0;
	for (size_t i = 0; i < n; i++)
		key[0] += song[i] - x[i];
	for (size_t l = 1; l < LANES; l++)
		key[l] = key[l - 1] + song[n + l - 1] - song[l - 1];
	for (size_t l = 0; l < LANES; l++)
		key[l] *= share;
	for (size_t pass = 0; pass < 2; pass++) {
		const float limit = pass == 0 ? 2 : 1;

		memset(sum, 0, sizeof(sum));
		for (size_t i = 0; i < n; i++)
			for (size_t l = 0; l < LANES; l++)
				sum[l] += cut(song[i + l] - x[i] - key[l],
				    limit);
		for (size_t l = 0; l < LANES; l++)
			key[l] += sum[l] * share;
	}
	memset(sum, 0, sizeof(sum));
	for (size_t i = 0; i < n; i++)
		for (size_t l = 0; l < LANES; l++)
			sum[l] += fminf(fabsf(song[i + l] - x[i] - key[l]),
			    CUT);
	for (size_t l = 0; l < LANES; l++)
		distance[l] = sum[l] * share;
}

/*
 * Copy n values of the song from "first", "step" apart, into q->song; past
 * its end the last note is held.
 */
static void
take_song(struct melody_query *q, const struct melody_line *song,
    size_t first, size_t step, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const size_t k = first + i * step;

		q->song[i] = song->pitch[k < song->n ? k : song->n - 1];
	}
}

/* The best place at one tempo, looking every 0.2 s. */
static void
search_scale(struct melody_query *q, const struct melody_line *song,
    size_t scale, float *best, size_t *place)
{
	const size_t n = q->n[scale] / COARSE;
	const size_t inside = (size_t)((1 - OVERHANG) * (double)q->n[scale]);
	const size_t n_places = song->n < inside ? 0 :
	    (song->n - inside) / COARSE + 1;

	*best = CUT;
	*place = 0;
	for (size_t i = 0; i < n; i++)
		q->coarse[i] = q->scaled[scale][i * COARSE];
	for (size_t p = 0; p < n_places; p += LANES) {
		float distance[LANES];

		take_song(q, song, p * COARSE, COARSE, n + LANES);
		compare_places(q->coarse, n, q->song, distance);
		for (size_t l = 0; l < LANES && p + l < n_places; l++) {
			if (distance[l] < *best) {
				*best = distance[l];
				*place = (p + l) * COARSE;
			}
		}
	}
}

/* Look again every 0.1 s around the place. */
static void
refine_place(struct melody_query *q, const struct melody_line *song,
    size_t scale, float *best, size_t *place)
{
	const size_t first = *place < REACH ? 0 : *place - REACH;
	float distance[LANES];

	take_song(q, song, first, 1, q->n[scale] + LANES);
	compare_places(q->scaled[scale], q->n[scale], q->song, distance);
	*best = CUT;
	for (size_t l = 0; l <= 2 * REACH; l++) {
		if (distance[l] < *best && first + l < song->n) {
			*best = distance[l];
			*place = first + l;
		}
	}
}

void
melody_match_find(struct melody_query *q, const struct melody_line *song,
    struct melody_match *match)
{
	float found[N_SCALES];
	size_t place[N_SCALES], scale = 0;

	*match = (struct melody_match){ .distance = (double)CUT,
	    .tempo_ratio = 1 };
	if (q->coarse == NULL || song->n < MIN_VALUES)
		return;
	for (size_t s = 0; s < N_SCALES; s++) {
		search_scale(q, song, s, &found[s], &place[s]);
		if (found[s] < CUT)
			refine_place(q, song, s, &found[s], &place[s]);
		if (found[s] < found[scale])
			scale = s;
	}
	match->distance = (double)found[scale];
	match->offset_sec = song->start_sec + (double)place[scale] *
	    MELODY_LINE_HOP_SEC;
	match->tempo_ratio = scales[scale];
}

/* A table of the warping: hum x [n] down, song y [m] across. */
struct warp {
	const float *x, *y;
	size_t n, m;
	float key;
	float *cost;		/* [n][m] */
	uint8_t *steps;		/* [n][m]: which step led here */
};

static float
cell(const struct warp *w, size_t i, size_t k)
{
	return fminf(fabsf(w->y[k] - w->x[i] - w->key), CUT);
}

static void
fill_row(struct warp *w, size_t i)
{
	const size_t m = w->m;

	for (size_t k = 0; k < m; k++) {
		float best = INFINITY;
		uint8_t step = 0;

		if (k >= 1 && w->cost[(i - 1) * m + k - 1] < best) {
			best = w->cost[(i - 1) * m + k - 1];
			step = 1;
		}
		if (k >= 2 && w->cost[(i - 1) * m + k - 2] + WARP_PENALTY <
		    best) {
			best = w->cost[(i - 1) * m + k - 2] + WARP_PENALTY;
			step = 2;
		}
		if (i >= 2 && k >= 1) {
			const float two = w->cost[(i - 2) * m + k - 1] +
			    cell(w, i - 1, k) + WARP_PENALTY;

			if (two < best) {
				best = two;
				step = 3;
			}
		}
		w->cost[i * m + k] = best + cell(w, i, k);
		w->steps[i * m + k] = step;
	}
}

/* How far the key is off along the path that ends at column k. */
static float
key_error(const struct warp *w, size_t k)
{
	size_t i = w->n - 1, n = 0;
	double sum = 0;

	for (;;) {
		sum += (double)cut(w->y[k] - w->x[i] - w->key, 1.5f);
		n++;
		switch (w->steps[i * w->m + k]) {
		case 1:
			i--;
			k--;
			break;
		case 2:
			i--;
			k -= 2;
			break;
		case 3:
			i -= 2;
			k--;
			break;
		default:
			return (float)(sum / (double)n);
		}
	}
}

/* The cheapest path, begun in the first columns and ended in the last ones. */
static float
run_warp(struct warp *w, float *key_off)
{
	size_t end = 0;
	float best = INFINITY;

	for (size_t k = 0; k < w->m; k++) {
		w->cost[k] = k <= REACH ? cell(w, 0, k) : INFINITY;
		w->steps[k] = 0;
	}
	for (size_t i = 1; i < w->n; i++)
		fill_row(w, i);
	for (size_t k = w->n * 4 / 5; k < w->m; k++) {
		if (w->cost[(w->n - 1) * w->m + k] < best) {
			best = w->cost[(w->n - 1) * w->m + k];
			end = k;
		}
	}
	*key_off = isfinite(best) ? key_error(w, end) : 0;
	return best / (float)w->n;
}

static size_t
scale_of(double tempo_ratio)
{
	size_t scale = 0;

	for (size_t s = 1; s < N_SCALES; s++)
		if (fabs(scales[s] - tempo_ratio) <
		    fabs(scales[scale] - tempo_ratio))
			scale = s;
	return scale;
}

/* The key at which x fits best where it was laid. */
static float
first_key(const float *x, size_t n, const float *song)
{
	static const float limits[] = { 1000, 2, 1 };
	double key = 0;

	for (size_t pass = 0; pass < 3; pass++) {
		double sum = 0;

		for (size_t i = 0; i < n; i++)
			sum += (double)cut(song[i] - x[i] - (float)key,
			    limits[pass]);
		key += sum / (double)n;
	}
	return (float)key;
}

static int
make_table(struct melody_query *q, struct error *err)
{
	size_t n = q->n[N_SCALES - 1];
	const size_t size = n * warp_columns(n);

	if (q->table != NULL)
		return 0;
	q->table = memory_new(size, sizeof(*q->table), "cells", err);
	q->steps = memory_new(size, sizeof(*q->steps), "cells", err);
	return q->table == NULL || q->steps == NULL ? -1 : 0;
}

int
melody_match_warp(struct melody_query *q, const struct melody_line *song,
    struct melody_match *match, struct error *err)
{
	const size_t scale = scale_of(match->tempo_ratio);
	const double at = (match->offset_sec - song->start_sec) /
	    MELODY_LINE_HOP_SEC;
	size_t place, first;
	float best = CUT;
	struct warp w;

	if (q->coarse == NULL || song->n < MIN_VALUES)
		return 0;
	if (make_table(q, err) != 0)
		return -1;
	place = (size_t)fmax(0, floor(at + 0.5));
	first = place < 2 ? 0 : place - 2;
	w = (struct warp){ .x = q->scaled[scale], .n = q->n[scale],
	    .y = q->song, .m = warp_columns(q->n[scale]), .cost = q->table,
	    .steps = q->steps };
	take_song(q, song, first, 1, w.m);
	w.key = first_key(w.x, w.n, q->song + (place - first));
	for (size_t pass = 0; pass < 3; pass++) {
		float key_off;

		best = fminf(best, run_warp(&w, &key_off));
		w.key += key_off;
	}
	match->distance = 0.5 * (match->distance + (double)best);
	return 0;
}
