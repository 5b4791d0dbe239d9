/*
 * trellis -- the memory of a Viterbi search over any number of frames.
 *
 * It keeps the scores of the best paths into each state, from where each came,
 * and the values of the frames not yet decided; what a state means and how
 * scores grow is its user's.  What lies before the point where all survivors
 * have one ancestor is final (Sramek, Brejova and Vinar, "On-line Viterbi
 * algorithm for analysis of long biological sequences", WABI 2007).  When
 * there is no such point within TRELLIS_WINDOW frames, the best path so far
 * decides about the older half of them, so that memory is bounded.
 *
 * A user's loop over frames:
 *
 *	from = trellis_put(t, values);
 *	for each state j of 0..n_states - 1, unless the frame is the first:
 *		from[j] = the best state before it
 *		t->next_score[j] = the score of coming from there
 *	trellis_advance(t);
 *	add what the frame says to t->score[j]
 */
#ifndef PITCH_TRELLIS_H
#define PITCH_TRELLIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define TRELLIS_WINDOW 2048	/* frames held at most */
#define TRELLIS_MAX_STATES 1024

/* Is handed each frame's values and the path's state, in order of time. */
struct trellis_sink {
	void (*put)(void *context, const float *values, size_t state);
	void *context;
};

struct trellis {
	double *score;		/* [n_states], the higher the better */
	double *next_score;	/* [n_states], for the user to fill */
	bool is_first;		/* the newest frame is the first */
	size_t n_states, n_values;
	struct trellis_sink sink;
	float *values;		/* [TRELLIS_WINDOW][n_values] */
	int16_t *from;		/* [TRELLIS_WINDOW][n_states]: state before */
	size_t n_held;
	bool has_begun;
};

/*
 * 1..TRELLIS_MAX_STATES states, frames of n_values floats.  Free with
 * trellis_free.
 */
struct trellis *trellis_new(size_t n_states, size_t n_values,
    struct error *err) MUST_CHECK;
void trellis_free(struct trellis *t);

/* Begin a new sequence, all scores 0; keeps a copy of the sink. */
void trellis_reset(struct trellis *t, const struct trellis_sink *sink);

/*
 * Take the next frame's values, [n_values], and give the place for its
 * predecessors, [n_states], zeros so far.  Scores are moved to have 0 as the
 * highest.  May hand old frames to the sink.
 */
int16_t *trellis_put(struct trellis *t, const float *values);

/* next_score becomes score, unless the frame is the first. */
void trellis_advance(struct trellis *t);

/* The sequence is over: hand all that is left to the sink. */
void trellis_end(struct trellis *t);

#endif
