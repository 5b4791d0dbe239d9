/*
 * pitch_decode -- from activations to f0, as crepe does it.
 *
 * The pitch of a frame is the mean of the bins' cents around one bin, at most
 * 4 to each side, weighted by their activations.  That bin is the strongest,
 * or lies on a Viterbi path over all frames: states are the bins, the start
 * is uniform, the chance to move by d bins falls off as 12 - |d|, and the
 * strongest bin of a frame is observed, which is the state itself with 0.1 +
 * 0.9/360 and every other with 0.9/360.  A frame without any activation
 * (digital silence) observes nothing.
 */
#ifndef PITCH_PITCH_DECODE_H
#define PITCH_PITCH_DECODE_H

#include <stddef.h>

#include "base/error.h"

#include "dsp/activations.h"

/* The strongest bin, the first of equals. */
size_t pitch_decode_peak(const float row[ACTIVATIONS_N_BINS]);

/* The weighted mean around bin "centre" in Hz; 0 where all is zero. */
double pitch_decode_hz(const float row[ACTIVATIONS_N_BINS], size_t centre);

/*
 * The Viterbi path over any number of frames in bounded memory (see
 * pitch/trellis.h).
 */
struct pitch_viterbi;

struct pitch_viterbi *pitch_viterbi_new(struct error *err) MUST_CHECK;
void pitch_viterbi_free(struct pitch_viterbi *v);

/* Begin a new sequence, whose pitches go to f0_hz, one a frame. */
void pitch_viterbi_reset(struct pitch_viterbi *v, float *f0_hz);

/* The pitches lie elsewhere now, those that are written having been copied. */
void pitch_viterbi_move(struct pitch_viterbi *v, float *f0_hz);

/*
 * Take the next frame.  Its pitch is multiplied by "multiple", 2 for one that
 * the activations show an octave lower.
 */
void pitch_viterbi_put(struct pitch_viterbi *v,
    const float row[ACTIVATIONS_N_BINS], float multiple);

/* The sequence is over: write the pitches that are left. */
void pitch_viterbi_end(struct pitch_viterbi *v);

#endif
