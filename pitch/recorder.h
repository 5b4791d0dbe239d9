/*
 * recorder -- a sound as a poor recorder gives it back.
 *
 * The effects work in place on x [n], full scale being -1..1, at rate_hz.
 * What is random in them is drawn from r in a fixed order.
 */
#ifndef PITCH_RECORDER_H
#define PITCH_RECORDER_H

#include <stddef.h>

#include "base/error.h"
#include "base/random.h"

/* What a power or amplitude ratio in dB is as a factor of samples. */
double recorder_gain_of_db(double db);

/* Root mean square. */
double recorder_level(const float *x, size_t n);

/*
 * Add noise of that root mean square: of one band, as breath, wind or a hiss,
 * or of a spectrum between white and nearly brown.
 */
void recorder_add_noise(float *x, size_t n, double rate_hz, double level,
    struct random *r);

/* The band of a telephone, 3 to 4 kHz wide. */
void recorder_narrow(float *x, size_t n, double rate_hz, struct random *r);

/* Too loud: the peaks are cut off at 0.15 to 0.8 of the highest. */
void recorder_clip(float *x, size_t n, struct random *r);

/* Samples of 8 bits, "level" lying 12 to 34 dB below their full scale. */
void recorder_quantise(float *x, size_t n, double level, struct random *r);

/*
 * All of it, each with a probability of its own: echoes of a room, noise 3 to
 * 30 dB below the sound (Amatov et al., ISMIR 2023, section 3.2), the hum of
 * the mains, clipping, the band of a telephone, another recording level, 8
 * bits.  Nothing moves in time or pitch.  Silence stays silence.
 */
int recorder_spoil(float *x, size_t n, double rate_hz, struct random *r,
    struct error *err) MUST_CHECK;

#endif
