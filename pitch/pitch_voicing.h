/*
 * pitch_voicing -- from activations to f0 and a voicing decision, by the
 * likeliest path through all frames (pitch/voiced_path.h).
 *
 * What a frame says, from its 360 activations a[b], their maximum m, and the
 * confidence c in a voice, with a threshold t at which both ways are as likely:
 *
 *	chance of a voice	1 / (1 + exp(-x)),
 *				x = slope * (logit c - logit t)
 *	chance of bin b		proportional to a[b] / m + floor
 *
 * The logarithms of both are weighed by the hop, in units of 10 ms, where that
 * is less than 1: frames that overlap more say less that is new.  The pitch is
 * the weighted mean around the path's bin, as in pitch/pitch_decode.h.
 */
#ifndef PITCH_PITCH_VOICING_H
#define PITCH_PITCH_VOICING_H

#include <stddef.h>

#include "base/error.h"

#include "dsp/activations.h"

#include "pitch/voiced_path.h"

struct pitch_voicing_options {
	double threshold;	/* 0..1; 0: all frames but silent ones */
	double hop_sec;
	double slope, floor;
	struct voiced_path_costs costs;
	double hz_scale;	/* of all pitches */
};

/* What was found best, threshold and hop left open: see pitch_voicing.c. */
extern const struct pitch_voicing_options pitch_voicing_voice;
extern const struct pitch_voicing_options pitch_voicing_whistle;

/* Free with pitch_voicing_free. */
struct pitch_voicing;
struct pitch_voicing *pitch_voicing_new(
    const struct pitch_voicing_options *options, struct error *err)
    MUST_CHECK;
void pitch_voicing_free(struct pitch_voicing *v);

/* Begin a new sequence, whose pitches go to f0_hz, 0 where unvoiced. */
void pitch_voicing_reset(struct pitch_voicing *v, float *f0_hz);

/* The pitches lie elsewhere now, those that are written having been copied. */
void pitch_voicing_move(struct pitch_voicing *v, float *f0_hz);

/*
 * Take the next frame.  Its pitch is multiplied by "multiple", 2 for one that
 * the activations show an octave lower.  A confidence of 0 is silence, which
 * never has a voice.
 */
void pitch_voicing_put(struct pitch_voicing *v,
    const float row[ACTIVATIONS_N_BINS], double confidence, float multiple);

/* The sequence is over: write the pitches that are left. */
void pitch_voicing_end(struct pitch_voicing *v);

#endif
