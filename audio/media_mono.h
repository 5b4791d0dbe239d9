/*
 * media_mono -- the samples of a decoded frame as one channel of floats.
 * Private to audio/.
 */
#ifndef AUDIO_MEDIA_MONO_H
#define AUDIO_MEDIA_MONO_H

#include <stdint.h>

#include <libavutil/frame.h>

#include "base/error.h"

/*
 * The mean over the channels of frame->nb_samples samples.  *n_nonfinite
 * grows by the number of values that were NaN or infinite and count as 0.
 */
int media_mono(const AVFrame *frame, float *samples, uint64_t *n_nonfinite,
    struct error *err) MUST_CHECK;

#endif
