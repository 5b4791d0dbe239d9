/*
 * A frame counts 1 where both agree and nothing from 1.5 semitones on, so the
 * sum over the frames rises to the right move from either side; the vertex of
 * the parabola through the best move and its neighbours is finer than a step.
 */
#include <math.h>
#include <stddef.h>

#include "review/drift.h"

#define REACH_CENTS 150.0f
#define OCTAVE_CENTS 1200.0f
#define HALF_SEC 1.0		/* looked at on either side */
#define MOVE_SEC 0.5
#define MIN_VOICED_SEC 0.6	/* in both */
#define MIN_SHARE 0.4		/* of it that agrees */
/* A move of one step must agree better by this much of a frame. */
#define STEP_COST 0.1

/* Frames to compare, and how far to move. */
struct span {
	size_t from, to;
	int n_steps;
};

static struct span
span_around(const struct drift *d, size_t k)
{
	const size_t half = (size_t)(HALF_SEC / d->step_sec + 0.5);
	const double n_steps = MOVE_SEC / d->step_sec + 0.5;
	const struct span s = { k > half ? k - half : 0,
	    k + half < d->n ? k + half + 1 : d->n,
	    n_steps < DRIFT_MAX_STEPS ? (int)n_steps : DRIFT_MAX_STEPS };

	return s;
}

/* How well they agree when the original is taken "move" steps later. */
static double
agreement(const struct drift *d, const struct span *s, int move,
    size_t *n_voiced)
{
	const float *original = d->original + DRIFT_MAX_STEPS + move;
	double sum = 0.0;

	*n_voiced = 0;
	for (size_t i = s->from; i < s->to; i++) {
		const float off = d->other[i] - original[i];
		float folded;

		if (isnan(off))
			continue;
		(*n_voiced)++;
		folded = off / OCTAVE_CENTS;
		folded -= (float)(int)(folded + (folded < 0.0f ? -0.5f :
		    0.5f));
		folded = fabsf(folded) * OCTAVE_CENTS;
		sum += folded < REACH_CENTS ?
		    (double)(1.0f - folded / REACH_CENTS) : 0.0;
	}
	return sum;
}

double
drift_at(const struct drift *d, size_t k)
{
	const struct span s = span_around(d, k);
	double sums[2 * DRIFT_MAX_STEPS + 1], best_value = -1.0, bend, tip;
	size_t n_voiced, n_at_best = 0;
	int best = 0;

	for (int move = -s.n_steps; move <= s.n_steps; move++) {
		const double sum = agreement(d, &s, move, &n_voiced);
		const double value = sum - STEP_COST * fabs((double)move);

		sums[move + s.n_steps] = sum;
		if (value > best_value) {
			best_value = value;
			best = move;
			n_at_best = n_voiced;
		}
	}
	if ((double)n_at_best * d->step_sec < MIN_VOICED_SEC ||
	    sums[best + s.n_steps] < MIN_SHARE * (double)n_at_best ||
	    best == s.n_steps || best == -s.n_steps)
		return (double)NAN;
	bend = sums[best + s.n_steps - 1] - 2.0 * sums[best + s.n_steps] +
	    sums[best + s.n_steps + 1];
	tip = bend < 0.0 ? 0.5 * (sums[best + s.n_steps - 1] -
	    sums[best + s.n_steps + 1]) / bend : 0.0;
	if (!(fabs(tip) <= 0.5))
		tip = 0.0;
	return ((double)best + tip) * d->step_sec;
}
