/*
 * true_peak -- the highest value of the wave between samples (ITU-R BS.1770-4,
 * annex 2).
 *
 * Four values a sample below 96 kHz, two below 192 kHz and one from there on,
 * by the interpolator of libebur128 (a sinc of 49 values under a Hann window),
 * at a tenth of its cost: loops that the compiler makes vector code of, and
 * blocks that cannot reach the peak so far are passed over.
 */
#ifndef AUDIO_TRUE_PEAK_H
#define AUDIO_TRUE_PEAK_H

#include <stddef.h>

#include "base/error.h"

struct true_peak;

/* Free with true_peak_free.  NULL with an error. */
struct true_peak *true_peak_new(unsigned rate_hz, size_t n_channels,
    struct error *err) MUST_CHECK;
void true_peak_free(struct true_peak *t);

/* The next n samples, [n][n_channels]. */
void true_peak_put(struct true_peak *t, const float *samples, size_t n);

/* Of all channels; 1 is full scale. */
double true_peak_get(const struct true_peak *t);

#endif
