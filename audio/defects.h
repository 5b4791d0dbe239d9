/*
 * defects -- what is wrong with a recording, as far as its samples tell:
 * clipping, silence, channels that are none.
 *
 * Nothing here allocates or fails; begin with zeros.
 */
#ifndef AUDIO_DEFECTS_H
#define AUDIO_DEFECTS_H

#include <stddef.h>
#include <stdint.h>

#include "audio/media.h"

/* Below this peak a tenth of a second is silent: -60 dBFS. */
#define DEFECTS_SILENCE 1e-3f

/*
 * A run of this many samples of one channel at or beyond full scale (0.999
 * and more) is a place that was clipped.
 */
#define DEFECTS_RUN 3
#define DEFECTS_FULL_SCALE 0.999f

/* Of the source, before channels are mixed. */
struct defects_source {
	unsigned n_run[MEDIA_MAX_CHANNELS];	/* at full scale, just now */
	uint64_t n_clipped_runs;
	/* Energies, of two channels: each, their sum, their difference. */
	double left, right, both, apart;
};

/* The next n samples, [n][n_channels]. */
void defects_source_put(struct defects_source *s, const float *samples,
    size_t n, size_t n_channels);

/*
 * What two channels are, or NULL when they are nothing unusual:
 * "mono" when they are the same (their difference 60 dB below their sum),
 * "left" or "right" when only that one has sound (the other 60 dB below it),
 * "opposite" when one is the other turned over, so that one channel made of
 * them is silent (their sum 20 dB below their difference).
 */
const char *defects_stereo(const struct defects_source *s);

/* Of the result. */
struct defects_silence {
	size_t n_in_tenth;			/* of the tenth begun */
	float peak;				/* in it */
	uint64_t n_tenths, n_silent;		/* whole ones */
	uint64_t n_leading, n_trailing;		/* silent ones */
};

/* The next n samples, [n][n_channels], of rate_hz. */
void defects_silence_put(struct defects_silence *s, const float *samples,
    size_t n, size_t n_channels, unsigned rate_hz);

#endif
