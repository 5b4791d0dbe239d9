/*
 * resampler -- samples at one rate to samples at another, in blocks.
 *
 * libswresample's windowed-sinc filter (32 taps at the lower rate, cutoff at
 * 0.97 of the lower Nyquist frequency) with its delay removed: output sample
 * k lies at time k / to_hz, and n samples in give round(n * to_hz / from_hz)
 * samples out, whatever the blocks.  With equal rates samples pass unchanged.
 * Several channels are [n][n_channels] and do not touch each other; n counts
 * moments.
 */
#ifndef AUDIO_RESAMPLER_H
#define AUDIO_RESAMPLER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct resampler;

/*
 * Samples in, on either side of one out, that it depends on at most; 0 with
 * equal rates.
 */
size_t resampler_reach(unsigned from_hz, unsigned to_hz);

/* Rates 1000..768000, 1..8 channels.  Free with resampler_free. */
struct resampler *resampler_new(unsigned from_hz, unsigned to_hz,
    size_t n_channels, struct error *err) MUST_CHECK;
void resampler_free(struct resampler *r);

/*
 * Take n samples (n 0: the end of the sound; nothing may follow).  *out is
 * what is ready, [*n_out][n_channels], valid until the next call.
 */
int resampler_put(struct resampler *r, const float *samples, size_t n,
    const float **out, size_t *n_out, struct error *err) MUST_CHECK;

#endif
