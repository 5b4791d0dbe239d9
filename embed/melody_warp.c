#include <math.h>
#include <string.h>

#include "embed/melody_warp.h"

#define CUT 3.0f		/* semitones */
#define OCTAVE 12.0f
#define OCTAVE_COST 1.0f
#define STEP_PENALTY 0.3f
#define REACH 2			/* tenths of a second before the place */
#define KEY_REACH 15		/* tenths of a second to either side */
#define MAX_KEY_CHANGE 2.0f
#define MOTION 3		/* tenths of a second */
#define MAX_MOTION 7.0f
#define N_PASSES 3

/* A table of the warping: hum x [n] down, song y [m] across. */
struct warp {
	const float *x, *y;
	size_t n, m;
	float key;
	float *cost;		/* [n][m] */
	uint8_t *steps;		/* [n][m]: which step led here */
};

static inline float
cut(float value, float limit)
{
	return value > limit ? limit : value < -limit ? -limit : value;
}

static inline float
cost_of(float difference)
{
	const float size = fabsf(difference);

	return fminf(fminf(size, CUT), fabsf(size - OCTAVE) + OCTAVE_COST);
}

static inline float
cell(const struct warp *w, size_t i, size_t k)
{
	return cost_of(w->y[k] - w->x[i] - w->key);
}

/* Row i: columns further than a fifth from the diagonal stay out. */
static void
fill_row(struct warp *w, size_t i)
{
	const size_t m = w->m, away = i / 5 + 6;
	const size_t first = i > away ? i - away : 1;
	const size_t end = i + away < m ? i + away : m;
	float *row = w->cost + i * m;

	for (size_t k = 0; k < m; k++)
		row[k] = INFINITY;
	for (size_t k = first; k < end; k++) {
		float best = row[k - 1 - m];
		uint8_t step = 1;

		if (k >= 2 && row[k - 2 - m] + STEP_PENALTY < best) {
			best = row[k - 2 - m] + STEP_PENALTY;
			step = 2;
		}
		if (i >= 2) {
			const float two = row[k - 1 - 2 * m] +
			    cell(w, i - 1, k) + STEP_PENALTY;

			if (two < best) {
				best = two;
				step = 3;
			}
		}
		row[k] = best + cell(w, i, k);
		w->steps[i * m + k] = step;
	}
}

/* The cheapest path, begun in the first columns and ended in the last ones. */
static float
run_warp(struct warp *w, size_t *end)
{
	float best = INFINITY;

	*end = 0;
	for (size_t k = 0; k < w->m; k++)
		w->cost[k] = k <= 2 * REACH ? cell(w, 0, k) : INFINITY;
	memset(w->steps, 0, w->m);
	for (size_t i = 1; i < w->n; i++)
		fill_row(w, i);
	for (size_t k = w->n * 4 / 5; k < w->m; k++) {
		if (w->cost[(w->n - 1) * w->m + k] < best) {
			best = w->cost[(w->n - 1) * w->m + k];
			*end = k;
		}
	}
	return best;
}

/*
 * Write the path that ends in column k, backwards, as pitches of the hum and
 * of the song.  Returns its length, n: no value of the hum is left out.
 */
static size_t
trace(const struct warp *w, size_t k, float *hum, float *song)
{
	size_t i = w->n - 1, n = 0;

	for (;;) {
		const uint8_t step = w->steps[i * w->m + k];

		hum[n] = w->x[i];
		song[n++] = w->y[k];
		if (step == 0)
			return n;
		if (step == 3) {
			hum[n] = w->x[i - 1];
			song[n++] = w->y[k];
		}
		i -= step == 3 ? 2 : 1;
		k -= step == 2 ? 2 : 1;
	}
}

/* The key at which x fits best where it was laid. */
static float
first_key(const float *x, size_t n, const float *song)
{
	static const float limits[] = { 1000, 2, 1 };
	double key = 0;

	for (size_t pass = 0; pass < sizeof(limits) / sizeof(limits[0]);
	    pass++) {
		double sum = 0;

		for (size_t i = 0; i < n; i++)
			sum += (double)cut(song[i] - x[i] - (float)key,
			    limits[pass]);
		key += sum / (double)n;
	}
	return (float)key;
}

/* Put "in" into the sorted window [*n], or take "out" out of it. */
static void
window_add(float *window, size_t *n, float in)
{
	size_t at = *n;

	for (; at > 0 && window[at - 1] > in; at--)
		window[at] = window[at - 1];
	window[at] = in;
	(*n)++;
}

static void
window_remove(float *window, size_t *n, float out)
{
	size_t at = 0;

	while (window[at] < out)
		at++;
	memmove(window + at, window + at + 1, (*n - at - 1) *
	    sizeof(*window));
	(*n)--;
}

/* Mean cost of differences [n] from their running median. */
static double
drift_of(const float *difference, size_t n)
{
	float window[2 * KEY_REACH + 1];
	size_t n_window = 0;
	double sum = 0;

	for (size_t i = 0; i < KEY_REACH && i < n; i++)
		window_add(window, &n_window, difference[i]);
	for (size_t i = 0; i < n; i++) {
		float key;

		if (i + KEY_REACH < n)
			window_add(window, &n_window,
			    difference[i + KEY_REACH]);
		key = 0.5f * (window[(n_window - 1) / 2] +
		    window[n_window / 2]);
		sum += (double)cost_of(difference[i] - cut(key,
		    MAX_KEY_CHANGE));
		if (i >= KEY_REACH)
			window_remove(window, &n_window,
			    difference[i - KEY_REACH]);
	}
	return sum / (double)n;
}

static double
motion_of(const float *hum, const float *song, size_t n)
{
	double hum_power = 1e-3, song_power = 1e-3, both = 0;

	for (size_t i = MOTION; i < n; i++) {
		const double h = (double)cut(hum[i] - hum[i - MOTION],
		    MAX_MOTION);
		const double s = (double)cut(song[i] - song[i - MOTION],
		    MAX_MOTION);

		hum_power += h * h;
		song_power += s * s;
		both += h * s;
	}
	return both / sqrt(hum_power * song_power);
}

/* Follow the cheapest path in the key at hand; the next one is returned. */
static float
follow(struct melody_query *q, struct warp *w, size_t end,
    struct melody_match *match, bool is_best)
{
	const size_t n = trace(w, end, q->hum_path, q->song_path);
	double off = 0;

	for (size_t i = 0; i < n; i++) {
		q->difference[i] = q->song_path[i] - q->hum_path[i] - w->key;
		off += (double)cut(q->difference[i], 1.5f);
	}
	if (is_best) {
		match->drift = drift_of(q->difference, n);
		match->motion = motion_of(q->hum_path, q->song_path, n);
	}
	return w->key + (float)(off / (double)n);
}

void
melody_warp_run(struct melody_query *q, const struct melody_line *song,
    struct melody_match *match)
{
	size_t scale = 0, place, first, end;
	float best = INFINITY;
	struct warp w;

	match->is_warped = true;
	match->drift = (double)CUT;
	match->motion = -1;
	if (q->coarse == NULL || song->n < MELODY_QUERY_MIN ||
	    !(match->distance < (double)CUT))
		return;
	while (scale + 1 < MELODY_QUERY_N_SCALES &&
	    melody_query_ratio(scale) < match->tempo_ratio - 1e-6)
		scale++;
	place = (size_t)fmax(0, floor((match->offset_sec - song->start_sec) /
	    MELODY_LINE_HOP_SEC + 0.5));
	first = place < REACH ? 0 : place - REACH;
	w = (struct warp){ .x = q->scaled[scale], .n = q->n[scale],
	    .y = q->song, .m = melody_query_columns(q->n[scale]),
	    .cost = q->table, .steps = q->steps };
	melody_query_take_song(q, song, first, 1, w.m);
	w.key = first_key(w.x, w.n, q->song + (place - first));
	for (size_t pass = 0; pass < N_PASSES; pass++) {
		const float cost = run_warp(&w, &end);

		if (!isfinite(cost))
			return;
		w.key = follow(q, &w, end, match, cost < best);
		best = fminf(best, cost);
	}
}
