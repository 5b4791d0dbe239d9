/*
 * reverb -- a room with one number: how long its sound takes to fade.
 *
 * Four comb filters side by side, then two all-pass filters (M. R. Schroeder,
 * "Natural sounding artificial reverberation", Journal of the Audio
 * Engineering Society 10(3), 1962).
 */
#ifndef DSP_REVERB_H
#define DSP_REVERB_H

#include <stddef.h>

#include "base/error.h"

/*
 * Add the room to x [n], in place.  fade_sec (0.05 to 10): time until the
 * echoes are 60 dB weaker; level (linear): root mean square of a long noise's
 * echoes against the noise itself; size (0.5 to 2): all delays are multiplied
 * with it, so that two rooms differ.
 */
int reverb_add(float *x, size_t n, double rate_hz, double fade_sec,
    double level, double size, struct error *err) MUST_CHECK;

#endif
