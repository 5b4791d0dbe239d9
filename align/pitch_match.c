#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "align/pitch_grid.h"
#include "align/pitch_match.h"

#define OCTAVE PITCH_MATCH_OCTAVE
#define HALF_WINDOW PITCH_MATCH_HALF_WINDOW
#define FRAME_SEC 0.01		/* steps of the exact measures */
#define COARSE_SEC 0.04		/* steps of the coarse search */
#define MIN_LOOK_SEC 0.02	/* a search looks no more often */
#define MIN_JOINT_SEC 1.0
#define KEY_SLACK 15		/* a singer may drift as far */
/* Strangers agree on about this share, and on more at their best shift. */
#define CHANCE 0.3
#define CHANCE_AT_BEST 0.45
/* What must be exceeded to go on: so far from CHANCE to what is reached. */
#define TRIM_PART 0.4
/* Frames in which one is silent speak a little against a match. */
#define SILENCE_COST 0.02
/* Where else a line might lie. */
#define ELSEWHERE_FROM_SEC 1.0
#define ELSEWHERE_TO_SEC 4.0
#define ELSEWHERE_STEP_SEC 0.08
#define N_TILTS 7
#define NO_VOICE (-1)
/* No pitch lies above; a multiple of the octave. */
#define HIGHEST (20 * OCTAVE)

int
pitch_match_prepare(const float *f0_hz, size_t n_frames, double hop_sec,
    struct arena *a, struct pitch_match_track *t, struct error *err)
{
	size_t k;

	t->tenths = arena_need(a, n_frames, sizeof(*t->tenths),
	    "frames of pitch", err);
	t->folded = arena_need(a, n_frames, sizeof(*t->folded),
	    "frames of pitch", err);
	if (t->tenths == NULL || t->folded == NULL)
		return -1;
	t->n_frames = n_frames;
	t->hop_sec = hop_sec;
	for (k = 0; k < n_frames; k++) {
		const bool is_voiced = f0_hz[k] >= 1.0f && f0_hz[k] < 1e5f;

		t->tenths[k] = is_voiced ?
		    (int16_t)lrint(OCTAVE * log2((double)f0_hz[k])) : NO_VOICE;
		t->folded[k] = is_voiced ? (uint8_t)(t->tenths[k] % OCTAVE) :
		    PITCH_MATCH_UNVOICED;
	}
	return 0;
}

/* How many steps of step_sec fit in the span. */
static size_t
n_steps(const struct pitch_match_span *span, double step_sec)
{
	const double n = (span->to_sec - span->from_sec) / step_sec;

	return n > 0.0 ? (size_t)n : 0;
}

/* The place of "i" on the circle; it is at most two turns below. */
static int
wrap(int i)
{
	return (i + 2 * OCTAVE) % OCTAVE;
}

/*
 * Find the window of the circular histogram that holds most, with its middle
 * from first to last; they may lie up to an octave outside the circle.
 */
static void
find_mode(const unsigned *histogram, int first, int last,
    struct pitch_match_count *count)
{
	unsigned sum = 0;
	int i;

	for (i = -HALF_WINDOW; i <= HALF_WINDOW; i++)
		sum += histogram[wrap(first + i)];
	for (i = first; i <= last; i++) {
		if (sum > count->n_agreeing) {
			count->n_agreeing = sum;
			count->mode = wrap(i);
		}
		sum -= histogram[wrap(i - HALF_WINDOW)];
		sum += histogram[wrap(i + 1 + HALF_WINDOW)];
	}
}

/* Positions in a track, in frames, at evenly spaced times. */
struct walk {
	double first, step;
};

/* The times t_sec + i * step_sec, i in [*begin, *end), lie in the track. */
static struct walk
walk_along(const struct pitch_match_track *t, double t_sec, double step_sec,
    size_t *begin, size_t *end)
{
	const struct walk w = { t_sec / t->hop_sec + 0.5,
	    step_sec / t->hop_sec };
	const double low = ceil(-w.first / w.step);
	const double high = ceil(((double)t->n_frames - w.first) / w.step);

	if (low > (double)*begin)
		*begin = low < (double)*end ? (size_t)low : *end;
	if (high < (double)*end)
		*end = high > (double)*begin ? (size_t)high : *begin;
	/* Rounding may have let in a position on the very edge. */
	while (*end > *begin && w.first + (double)(*end - 1) * w.step >=
	    (double)t->n_frames)
		(*end)--;
	while (*end > *begin && w.first + (double)*begin * w.step < 0.0)
		(*begin)++;
	return w;
}

/* The folded difference at step i of both walks, 0..119, or NO_VOICE. */
static int
difference_at(const struct pitch_match_pair *p,
    const struct walk *in_original, const struct walk *in_cover, size_t i)
{
	const int o = p->original->tenths[(size_t)(in_original->first +
	    (double)i * in_original->step)];
	const int c = p->cover->tenths[(size_t)(in_cover->first +
	    (double)i * in_cover->step)];

	return o < 0 || c < 0 ? NO_VOICE :
	    (int)((unsigned)(c - o + HIGHEST) % OCTAVE);
}

/* Count the differences of the span; returns how many there are. */
static size_t
fill_histogram(const struct pitch_match_pair *p, const struct time_line *l,
    const struct pitch_match_span *span, double step_sec,
    unsigned histogram[OCTAVE])
{
	const double first_sec = span->from_sec + step_sec / 2.0;
	size_t i, begin = 0, end = n_steps(span, step_sec), n_joint = 0;
	const struct walk in_original = walk_along(p->original, first_sec,
	    step_sec, &begin, &end);
	const struct walk in_cover = walk_along(p->cover,
	    time_line_cover(l, first_sec), step_sec * l->tempo_ratio,
	    &begin, &end);

	memset(histogram, 0, OCTAVE * sizeof(histogram[0]));
	for (i = begin; i < end; i++) {
		const int d = difference_at(p, &in_original, &in_cover, i);

		if (d == NO_VOICE)
			continue;
		histogram[d]++;
		n_joint++;
	}
	return n_joint;
}

void
pitch_match_compare(const struct pitch_match_pair *p,
    const struct time_line *l, const struct pitch_match_span *span,
    double step_sec, struct pitch_match_count *count)
{
	unsigned histogram[OCTAVE];

	memset(count, 0, sizeof(*count));
	count->n_joint = fill_histogram(p, l, span, step_sec, histogram);
	if (count->n_joint > 0)
		find_mode(histogram, 0, OCTAVE - 1, count);
}

/* What the search maximises, in steps. */
static double
evidence(struct pitch_grid *g, int32_t shift)
{
	struct pitch_match_count c;

	pitch_grid_compare(g, shift, &c);
	return (double)c.n_agreeing - CHANCE_AT_BEST * (double)c.n_joint;
}

/*
 * One grid: shifts of about step_sec, in whole frames, up to +-shift_sec, at
 * N_TILTS tempo ratios.
 */
static int
search_grid(const struct pitch_match_pair *p,
    const struct pitch_match_span *span,
    const struct pitch_match_search *search, double step_sec,
    struct time_line *l, struct arena *a, struct error *err)
{
	const struct time_line start = *l;
	const double hop_sec = p->cover->hop_sec;
	const int32_t n_frames = (int32_t)fmax(1.0,
	    floor(step_sec / hop_sec + 0.5));
	const double look_sec = fmax(step_sec, MIN_LOOK_SEC);
	const int32_t last = (int32_t)(search->shift_sec /
	    (n_frames * hop_sec) + 0.5) * n_frames;
	struct pitch_grid g;
	double best;
	int32_t shift;
	int tilt;

	if (pitch_grid_init(&g, p, span, look_sec, a, err) != 0)
		return -1;
	pitch_grid_lay(&g, p, span, look_sec, &start);
	best = evidence(&g, 0);
	for (tilt = -N_TILTS / 2; tilt <= N_TILTS / 2; tilt++) {
		struct time_line at = start;

		at.tempo_ratio *= 1.0 + search->stretch * tilt / (N_TILTS / 2);
		if (at.tempo_ratio < search->min_tempo_ratio ||
		    at.tempo_ratio > search->max_tempo_ratio)
			continue;
		pitch_grid_lay(&g, p, span, look_sec, &at);
		for (shift = -last; shift <= last; shift += n_frames) {
			const double found = evidence(&g, shift);

			if (found > best) {
				best = found;
				*l = at;
				l->cover_sec += shift * hop_sec;
			}
		}
	}
	return 0;
}

int
pitch_match_refine(const struct pitch_match_pair *p,
    const struct pitch_match_span *span,
    const struct pitch_match_search *search, struct time_line *l,
    struct arena *a, struct error *err)
{
	const double middle = (span->from_sec + span->to_sec) / 2.0;
	struct pitch_match_search fine = *search;

	/* Tilt about the middle. */
	l->cover_sec = time_line_cover(l, middle);
	l->original_sec = middle;
	if (search_grid(p, span, search, COARSE_SEC, l, a, err) != 0)
		return -1;
	if (search->is_coarse)
		return 0;
	fine.shift_sec = COARSE_SEC;
	fine.stretch = search->stretch / (N_TILTS / 2);
	return search_grid(p, span, &fine, FRAME_SEC, l, a, err);
}

double
pitch_match_agreement(const struct pitch_match_pair *p,
    const struct time_line *l, const struct pitch_match_span *span, int key,
    double *voiced_sec)
{
	unsigned histogram[OCTAVE];
	struct pitch_match_count c = { 0, 0, 0 };

	c.n_joint = fill_histogram(p, l, span, FRAME_SEC, histogram);
	if (voiced_sec != NULL)
		*voiced_sec = (double)c.n_joint * FRAME_SEC;
	if ((double)c.n_joint * FRAME_SEC < MIN_JOINT_SEC)
		return 0.0;
	if (key == PITCH_MATCH_ANY_KEY)
		find_mode(histogram, 0, OCTAVE - 1, &c);
	else
		find_mode(histogram, key - KEY_SLACK, key + KEY_SLACK, &c);
	return (double)c.n_agreeing / (double)c.n_joint;
}

int
pitch_match_elsewhere(const struct pitch_match_pair *p,
    const struct time_line *l, const struct pitch_match_span *span,
    struct arena *a, double *agreement, struct error *err)
{
	const double look_sec = ELSEWHERE_STEP_SEC;
	const double hop_sec = p->cover->hop_sec;
	const int32_t step = (int32_t)fmax(1.0, floor(look_sec / hop_sec +
	    0.5));
	const int32_t near = (int32_t)ceil(ELSEWHERE_FROM_SEC / hop_sec);
	const int32_t far = (int32_t)(ELSEWHERE_TO_SEC / hop_sec);
	struct pitch_grid g;
	int32_t shift;

	*agreement = 0.0;
	if (pitch_grid_init(&g, p, span, look_sec, a, err) != 0)
		return -1;
	pitch_grid_lay(&g, p, span, look_sec, l);
	for (shift = near; shift <= far; shift += step) {
		int sign;

		for (sign = -1; sign <= 1; sign += 2) {
			struct pitch_match_count c;

			pitch_grid_compare(&g, sign * shift, &c);
			if ((double)c.n_joint * look_sec >= MIN_JOINT_SEC)
				*agreement = fmax(*agreement,
				    (double)c.n_agreeing / (double)c.n_joint);
		}
	}
	return 0;
}

struct pitch_match_span
pitch_match_trim(const struct pitch_match_pair *p, const struct time_line *l,
    const struct pitch_match_span *span)
{
	const size_t n = n_steps(span, FRAME_SEC);
	struct pitch_match_span best = { span->from_sec, span->from_sec };
	struct pitch_match_count count;
	double sum = 0.0, best_sum = 0.0, from = span->from_sec, level;
	struct walk in_original, in_cover;
	size_t i, begin = 0, end = n;

	pitch_match_compare(p, l, span, FRAME_SEC, &count);
	if (count.n_joint == 0)
		return best;
	in_original = walk_along(p->original, span->from_sec + FRAME_SEC /
	    2.0, FRAME_SEC, &begin, &end);
	in_cover = walk_along(p->cover, time_line_cover(l, span->from_sec +
	    FRAME_SEC / 2.0), FRAME_SEC * l->tempo_ratio, &begin, &end);
	level = CHANCE + TRIM_PART *
	    ((double)count.n_agreeing / (double)count.n_joint - CHANCE);
	for (i = 0; i < n; i++) {
		const double at = span->from_sec + (double)i * FRAME_SEC;
		const int d = i < begin || i >= end ? NO_VOICE :
		    difference_at(p, &in_original, &in_cover, i);
		int off;

		if (d == NO_VOICE) {
			sum -= SILENCE_COST;
		} else {
			off = abs(d - count.mode);
			if (off > OCTAVE / 2)
				off = OCTAVE - off;
			sum += off <= HALF_WINDOW ? 1.0 - level : -level;
		}
		if (sum <= 0.0) {
			sum = 0.0;
			from = at + FRAME_SEC;
		} else if (sum > best_sum) {
			best_sum = sum;
			best.from_sec = from;
			best.to_sec = at + FRAME_SEC;
		}
	}
	return best;
}

/* The k-th smallest of what is counted, k from 0. */
static int
kth(const unsigned *counts, size_t k)
{
	size_t n = 0;
	int i = 0;

	while ((n += counts[i]) <= k)
		i++;
	return i - HIGHEST;
}

int
pitch_match_transposition(const struct pitch_match_pair *p,
    const struct time_line *l, const struct pitch_match_span *span,
    struct arena *a, double *semitones, struct error *err)
{
	const double first_sec = span->from_sec + FRAME_SEC / 2.0;
	size_t i, begin = 0, end = n_steps(span, FRAME_SEC), n_joint = 0;
	const struct walk in_original = walk_along(p->original, first_sec,
	    FRAME_SEC, &begin, &end);
	const struct walk in_cover = walk_along(p->cover,
	    time_line_cover(l, first_sec), FRAME_SEC * l->tempo_ratio,
	    &begin, &end);
	unsigned *counts = arena_need(a, 2 * HIGHEST + 1, sizeof(*counts),
	    "differences", err);

	*semitones = 0.0;
	if (counts == NULL)
		return -1;
	memset(counts, 0, (2 * HIGHEST + 1) * sizeof(*counts));
	for (i = begin; i < end; i++) {
		const int o = p->original->tenths[(size_t)(in_original.first +
		    (double)i * in_original.step)];
		const int c = p->cover->tenths[(size_t)(in_cover.first +
		    (double)i * in_cover.step)];

		if (o < 0 || c < 0)
			continue;
		counts[c - o + HIGHEST]++;
		n_joint++;
	}
	if (n_joint == 0)
		return 0;
	*semitones = (double)(kth(counts, (n_joint - 1) / 2) +
	    kth(counts, n_joint / 2)) / 20.0;
	return 0;
}
