/*
 * noise -- noise of a band of frequencies: breath and consonants.
 */
#ifndef SYNTH_NOISE_H
#define SYNTH_NOISE_H

#include <stddef.h>

#include "base/random.h"

/* A resonance of second order (bilinear transform) and its state. */
struct noise_band {
	double b, a1, a2;
	double last[2];		/* outputs */
	double before[2];	/* inputs */
};

/* Centre f_hz (cut to 0.45 rate_hz), width f_hz / q; gain 1 at the centre. */
void noise_band_init(struct noise_band *n, double f_hz, double q,
    double rate_hz);

/*
 * Add noise whose RMS before filtering moves linearly from one gain to the
 * other.
 */
void noise_add(struct noise_band *n, double from_gain, double to_gain,
    struct random *r, float *samples, size_t n_samples);

#endif
