/*
 * voiced_path -- the likeliest course of pitch and voicing over all frames.
 *
 * A Viterbi search over 2 * n_bins states: each bin of pitch with a voice and
 * without one (the states of pYIN: Mauch and Dixon, ICASSP 2014, section 2.2).
 * An unvoiced state keeps the pitch that was, or the guess of what it would be,
 * so that a voice comes back near where it left.  Costs are negative logarithms
 * of chances:
 *
 *	a move by d bins		min(step * |d|, jump)
 *	voice on or off			turn
 *	a frame in voiced bin b		voiced + bin[b]
 *	in unvoiced bin b		unvoiced + unvoiced_share * bin[b]
 *
 * Moves are chances that fall off exponentially with distance, but for a jump,
 * which costs the same to anywhere, an octave included.  They are searched in
 * time linear in n_bins (Felzenszwalb and Huttenlocher, "Efficient Belief
 * Propagation for Early Vision", IJCV 70(1), 2006, section 3.1: truncated
 * linear costs).  The sum of moves of a contour does not depend on the hop; a
 * user whose frames overlap more scales what frames say.
 *
 * Memory is bounded, for any number of frames (pitch/trellis.h).
 */
#ifndef PITCH_VOICED_PATH_H
#define PITCH_VOICED_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define VOICED_PATH_MAX_BINS 512

struct voiced_path_costs {
	double step, jump, turn;
	double unvoiced_share;	/* 0..1: what pitch counts without a voice */
};

/* Is handed each frame's values and the path's bin, in order of time. */
struct voiced_path_sink {
	void (*put)(void *context, const float *values, size_t bin,
	    bool is_voiced);
	void *context;
};

struct voiced_path;

/* 1..512 bins, frames of n_values floats; free with voiced_path_free. */
struct voiced_path *voiced_path_new(size_t n_bins, size_t n_values,
    const struct voiced_path_costs *costs, struct error *err) MUST_CHECK;
void voiced_path_free(struct voiced_path *v);

/* Begin a new sequence; keeps a copy of the sink. */
void voiced_path_reset(struct voiced_path *v,
    const struct voiced_path_sink *sink);

/*
 * The next frame: the costs of its bins [n_bins], of having a voice and of
 * having none, all finite, and the values that the sink will see.
 */
void voiced_path_put(struct voiced_path *v, const double *bin_cost,
    double voiced_cost, double unvoiced_cost, const float *values);

/* The sequence is over: hand all that is left to the sink. */
void voiced_path_end(struct voiced_path *v);

#endif
