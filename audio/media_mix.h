/*
 * media_mix -- the samples of a decoded frame as floats, and these as one
 * channel or two.  Private to audio/; audio/media.h says how channels are
 * mixed.
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
	/* weights[k][c]: of channel c of the file in channel k of two. */
	double weights[MEDIA_MAX_CHANNELS][MEDIA_MAX_CHANNELS];
	double mono[MEDIA_MAX_CHANNELS];	/* the mean of the two rows */
};

/*
 * The frame's samples, of at most MEDIA_MAX_CHANNELS channels, as "source",
 * [nb_samples][channels of the frame].  *n_nonfinite grows by the number of
 * values that were NaN or infinite and count as 0.
 */
int media_mix_take(const AVFrame *frame, float *source,
    uint64_t *n_nonfinite, struct error *err) MUST_CHECK;

/*
 * "source", as media_mix_take gives it for this frame, mixed to n_channels, 1
 * or 2: [nb_samples][n_channels].
 */
int media_mix_run(struct media_mix *mix, const AVFrame *frame,
    const float *source, size_t n_channels, float *samples, struct error *err)
    MUST_CHECK;

/*
 * Places of the channels of a layout: MEDIA_LOW for low-frequency channels,
 * MEDIA_SIDE for those at 60 to 120 degrees to the side (ITU-R BS.1770-4,
 * table 4), which are the back ones of layouts that have no others, and
 * MEDIA_FRONT for the rest.
 */
void media_mix_places(const AVChannelLayout *layout,
    enum media_place places[MEDIA_MAX_CHANNELS]);

void media_mix_release(struct media_mix *mix);

#endif
