/*
 * activations -- the 360 pitch bins that crepe's networks give per frame.
 *
 * Bin b stands for 1997.3794 + b * 7180/359 cents above 10 Hz (20 cents
 * apart, 31.7 Hz to 2005.5 Hz; Kim et al., "CREPE", ICASSP 2018).  Values are
 * 0..1.  A sequence is [n_frames][360], frame k centred on k * hop_sec.
 */
#ifndef DSP_ACTIVATIONS_H
#define DSP_ACTIVATIONS_H

#include <stddef.h>

#include "base/error.h"

#include "dsp/track.h"

#define ACTIVATIONS_N_BINS 360
#define ACTIVATIONS_FIRST_CENTS 1997.3794084376191
#define ACTIVATIONS_BIN_CENTS (7180.0 / 359.0)

/* Cents above 10 Hz and back; f0_hz > 0. */
double activations_hz_to_cents(double f0_hz);
double activations_cents_to_hz(double cents);

/*
 * The target a network is trained to give for f0_hz: a Gaussian of height 1
 * and standard deviation 25 cents (CREPE, section 2.2); all zero for 0 Hz.
 */
void activations_of_f0(double f0_hz, float row[ACTIVATIONS_N_BINS]);

/* The rows of a whole track: [n_frames][360], scaled by its confidence. */
void activations_of_track(const struct track *t, float *rows);

/* Write these rows as a .npy file of float16, whole or not at all. */
int activations_write(const char *path, const struct track *t,
    struct error *err) MUST_CHECK;

#endif
