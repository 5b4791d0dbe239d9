/*
 * halver -- samples at half their rate, as a stream.
 *
 * A sinc under a Kaiser window, the filter that the resampler of librosa 0.10
 * (soxr, quality HQ) takes for this: flat up to 0.913 of the new Nyquist
 * frequency, and from that on, nothing (-126 dB) is left to be folded back.
 * Against soxr's own impulse response the taps differ by 2.5e-7 at most.
 *
 * No delay: sample k out lies at sample 2 * k in, and n samples in give
 * (n + 1) / 2 out.  Beyond the sound is silence.
 */
#ifndef DSP_HALVER_H
#define DSP_HALVER_H

#include <stddef.h>

#include "base/error.h"

#define HALVER_MAX_PUT 4096
#define HALVER_DELAY 194	/* samples in that an output waits for */
/* Most that put and finish give. */
#define HALVER_MAX_GET (HALVER_MAX_PUT / 2 + HALVER_DELAY)

struct halver;

/* Free with halver_free.  NULL with an error. */
struct halver *halver_new(struct error *err) MUST_CHECK;
void halver_free(struct halver *h);
/* Begin another sound. */
void halver_reset(struct halver *h);

/*
 * Take n samples, at most HALVER_MAX_PUT; returns how many are ready.  *out is
 * valid until the next call.
 */
size_t halver_put(struct halver *h, const float *samples, size_t n,
    const float **out);

/* End the sound: the rest of it. */
size_t halver_finish(struct halver *h, const float **out);

#endif
