/*
 * media_mix -- the samples of a decoded frame as one channel of floats or two.
 * Private to audio/; audio/media.h says how channels are mixed.
 */
#ifndef AUDIO_MEDIA_MIX_H
#define AUDIO_MEDIA_MIX_H

#include <stddef.h>
#include <stdint.h>

#include <libavutil/channel_layout.h>
#include <libavutil/frame.h>

#include "base/error.h"

#include "audio/media.h"

/* Zeros to begin with; release with media_mix_release. */
struct media_mix {
	AVChannelLayout layout;		/* that the weights are for */
	/*
	 * weights[k][c]: of channel c of the file in channel k of the result.
	 * Two rows are used, but libswresample scales them all.
	 */
	double weights[MEDIA_MAX_CHANNELS][MEDIA_MAX_CHANNELS];
};

/*
 * frame->nb_samples samples of at most MEDIA_MAX_CHANNELS channels become
 * "samples", [nb_samples][n_channels], n_channels being 1 or 2.  *n_nonfinite
 * grows by the number of values that were NaN or infinite and count as 0.
 */
int media_mix_run(struct media_mix *mix, const AVFrame *frame,
    size_t n_channels, float *samples, uint64_t *n_nonfinite,
    struct error *err) MUST_CHECK;

void media_mix_release(struct media_mix *mix);

#endif
