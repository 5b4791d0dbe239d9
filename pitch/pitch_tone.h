/*
 * pitch_tone -- made-up sounds of exactly known pitch, to train a pitch
 * network on more than voices.
 *
 * A sound is a sum of harmonics: a lone sine as in a whistle, all of them or
 * the odd ones, falling off by some decibels an octave, coloured by random
 * resonances, with the lowest ones sometimes nearly missing as small speakers
 * and telephones leave them, or the even ones above the odd, as in some voices.
 * Its pitch glides and wavers.  Some lie below or above what can be told as
 * pitch: those are to be heard as unvoiced.
 */
#ifndef PITCH_PITCH_TONE_H
#define PITCH_PITCH_TONE_H

#include <stddef.h>

#include "base/random.h"

#define PITCH_TONE_BLOCK 256	/* samples over which pitch moves linearly */

/*
 * Fill [n_samples] at 16 kHz with a sound drawn from r, root mean
 * square 0.1.  Returns its pitch at sample "centre" in Hz, 8 to 7500.  Both
 * numbers are multiples of PITCH_TONE_BLOCK.
 */
double pitch_tone_draw(struct random *r, size_t n_samples, size_t centre,
    float *samples);

#endif
