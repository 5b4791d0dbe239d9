/*
 * pyin -- what a frame says about pitch when no one threshold is believed
 * (Mauch and Dixon, "pYIN: a fundamental frequency estimator using
 * probabilistic threshold distributions", ICASSP 2014, section 2.1).
 *
 * YIN takes the first dip below a threshold.  Here the threshold has a
 * distribution, Beta(2, 18) with mean 0.1, so that each dip gets the chance of
 * being the one taken: that of a threshold between its depth and that of the
 * deepest dip before it.  The paper sums over 100 thresholds; the integral has
 * a closed form, which is used.  When the threshold lies below all dips the
 * deepest is taken with a chance of 0.01.  What remains up to 1 is the chance
 * of no voice.
 *
 * Dips at lags shorter than the range take their share and are no candidates:
 * a tone above 1230 Hz has no voice here.  Section 2.2, the path through all
 * frames, is pitch/pitch_voicing.h.
 */
#ifndef PITCH_PYIN_H
#define PITCH_PYIN_H

#include "dsp/activations.h"

#include "pitch/yin.h"

/*
 * The chances of one frame's pitches as activations: that of a candidate is
 * shared by the two bins between which it lies, so that the mean of their
 * cents is its own.  Their sum is returned: the chance of a voice, 0..1.
 */
double pyin_frame(struct yin *y, const float samples[YIN_FRAME],
    float row[ACTIVATIONS_N_BINS]);

#endif
