#include <math.h>
#include <string.h>

#include "nn/simd.h"

#include "align/pitch_grid.h"

#define OCTAVE PITCH_MATCH_OCTAVE
#define WINDOW (2 * PITCH_MATCH_HALF_WINDOW + 1)
/*
 * The sum of base (1..120) and a folded pitch (0..119) is a difference, an
 * octave too high; with PITCH_MATCH_UNVOICED (255) it lies above all of them.
 */
#define N_SUMS 384
#define N_CIRCLE 128	/* an octave and what is idle */
/* An octave and, going on from its beginning, a window and what is idle. */
#define N_ONE 176
#define N_TWO 160
#define N_FOUR 144
#define N_EIGHT 128
/* Frames further from the beginning than this are in no track. */
#define FAR_FRAMES ((double)(1 << 29))

int
pitch_grid_init(struct pitch_grid *g, const struct pitch_match_pair *p,
    const struct pitch_match_span *span, double step_sec, struct arena *a,
    struct error *err)
{
	const double n = (span->to_sec - span->from_sec) / step_sec;
	const size_t n_steps = n <= 0.0 ? 0 : n < PITCH_GRID_MAX_STEPS ?
	    (size_t)n : PITCH_GRID_MAX_STEPS;

	g->cover = p->cover;
	g->n = 0;
	g->n_bytes = 2 * N_SUMS * sizeof(*g->sums);
	g->at = arena_need(a, n_steps, sizeof(*g->at), "frames", err);
	g->base = arena_need(a, n_steps, sizeof(*g->base), "frames", err);
	g->sums = arena_need(a, 2 * N_SUMS, sizeof(*g->sums), "sums", err);
	return g->at == NULL || g->base == NULL || g->sums == NULL ? -1 : 0;
}

void
pitch_grid_lay(struct pitch_grid *g, const struct pitch_match_pair *p,
    const struct pitch_match_span *span, double step_sec,
    const struct time_line *l)
{
	const struct pitch_match_track *o = p->original;
	const double n = (span->to_sec - span->from_sec) / step_sec;
	const double first_sec = span->from_sec + step_sec / 2.0;
	const double there = time_line_cover(l, first_sec) /
	    p->cover->hop_sec + 0.5;
	const double stride = step_sec * l->tempo_ratio / p->cover->hop_sec;
	size_t i;

	g->n = 0;
	for (i = 0; (double)(i + 1) <= n && i < PITCH_GRID_MAX_STEPS; i++) {
		const double here = (first_sec + (double)i * step_sec) /
		    o->hop_sec + 0.5;
		const double at = there + (double)i * stride;
		unsigned folded;

		if (here < 0.0 || here >= (double)o->n_frames ||
		    fabs(at) >= FAR_FRAMES)
			continue;
		folded = o->folded[(size_t)here];
		if (folded == PITCH_MATCH_UNVOICED)
			continue;
		/* Rounded down, below 0 too. */
		g->at[g->n] = (int32_t)((int64_t)(at + FAR_FRAMES) -
		    (int64_t)FAR_FRAMES);
		g->base[g->n++] = (uint8_t)(OCTAVE - folded);
	}
}

/* Fold the sums of both tables to one octave. */
static inline void
fold(const uint16_t *restrict even, const uint16_t *restrict odd,
    uint16_t *restrict circle)
{
	size_t i;

	for (i = 0; i < N_CIRCLE; i++)
		circle[i] = (uint16_t)(even[i] + odd[i] + even[i + OCTAVE] +
		    odd[i + OCTAVE]);
}

/* The highest sum of a window on the circle, and the sum of all. */
static inline void
find_most(const uint16_t circle[N_CIRCLE], struct pitch_match_count *count)
{
	uint16_t one[N_ONE], two[N_TWO], four[N_FOUR], eight[N_EIGHT];
	uint16_t most = 0, sum = 0;
	size_t i;

	for (i = 0; i < OCTAVE; i++)
		one[i] = circle[i];
	for (i = 0; i < N_ONE - OCTAVE; i++)
		one[OCTAVE + i] = circle[i];
	for (i = 0; i < N_TWO; i++)
		two[i] = (uint16_t)(one[i] + one[i + 1]);
	for (i = 0; i < N_FOUR; i++)
		four[i] = (uint16_t)(two[i] + two[i + 2]);
	for (i = 0; i < N_EIGHT; i++)
		eight[i] = (uint16_t)(four[i] + four[i + 4]);
	/* 15 = 8 + 4 + 2 + 1 */
	for (i = 0; i < OCTAVE; i++) {
		const uint16_t all = (uint16_t)(eight[i] + four[i + 8] +
		    two[i + 12] + one[i + 14]);

		most = all > most ? all : most;
		sum = (uint16_t)(sum + circle[i]);
	}
	count->n_agreeing = most;
	count->n_joint = sum;
}

SIMD void
pitch_grid_compare(struct pitch_grid *g, int32_t shift,
    struct pitch_match_count *count)
{
	_Static_assert(WINDOW == 15, "find_most adds up 15");
	/* Two tables, so that equal neighbours do not wait for each other. */
	uint16_t *even = g->sums, *odd = g->sums + N_SUMS, circle[N_CIRCLE];
	const uint8_t *folded = g->cover->folded;
	const int64_t n_frames = (int64_t)g->cover->n_frames;
	size_t begin = 0, end = g->n, i;

	while (begin < end && (int64_t)g->at[begin] + shift < 0)
		begin++;
	while (end > begin && (int64_t)g->at[end - 1] + shift >= n_frames)
		end--;
	/* Of a size that the compiler does not know, it is the library's. */
	memset(g->sums, 0, g->n_bytes);
	for (i = begin; i + 1 < end; i += 2) {
		even[folded[g->at[i] + shift] + g->base[i]]++;
		odd[folded[g->at[i + 1] + shift] + g->base[i + 1]]++;
	}
	if (i < end)
		even[folded[g->at[i] + shift] + g->base[i]]++;
	fold(even, odd, circle);
	count->mode = 0;
	find_most(circle, count);
}
