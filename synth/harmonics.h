/*
 * harmonics -- a sum of harmonics of a moving fundamental.
 *
 * Harmonic h of the phase x is a[h] sin(h x) + b[h] cos(h x); x is the
 * integral of the frequency, so the pitch is that of the frequency given and
 * nothing is delayed.  Nothing reaches beyond the harmonics asked for, so
 * nothing aliases.
 */
#ifndef SYNTH_HARMONICS_H
#define SYNTH_HARMONICS_H

#include <stddef.h>

#define HARMONICS_MAX 256

/* Weights of harmonics 1, 2, ... at one moment. */
struct harmonics {
	float a[HARMONICS_MAX], b[HARMONICS_MAX];
	size_t n;		/* those behind are zero */
};

/* A stretch over which frequency and weights move linearly. */
struct harmonics_block {
	const struct harmonics *from, *to;	/* at x = 0 and x = 1 */
	double from_hz, to_hz;
	double x, x_step;	/* x of the first sample, and a sample's step */
	double rate_hz;
};

/*
 * Add n_samples of the block to samples and move *phase (radians, at x = 0 of
 * the block when it is called, at x = 1 afterwards).
 */
void harmonics_add(const struct harmonics_block *block, double *phase,
    float *samples, size_t n_samples);

#endif
