/*
 * loudness -- how loud a recording is, by EBU R 128 (libebur128).
 *
 * Programme loudness as in ITU-R BS.1770-4 (gated at -70 LUFS and 10 LU below
 * the mean), loudness range as in EBU Tech 3342, and the true peak of all
 * channels, four samples a sample (BS.1770-4, annex 2).  A recording of one
 * channel is that channel, not two.
 */
#ifndef AUDIO_LOUDNESS_H
#define AUDIO_LOUDNESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#include "audio/media.h"

struct loudness;

struct loudness_result {
	bool is_known;			/* false: nothing above -70 LUFS */
	double integrated_lufs;
	double range_lu;		/* 0 for less than 3 s */
	double true_peak_dbtp;
};

/*
 * For sound of rate_hz and channels at "places", [n_channels], which are not
 * kept.  Free with loudness_free.
 */
struct loudness *loudness_new(unsigned rate_hz, const enum media_place *places,
    size_t n_channels, struct error *err) MUST_CHECK;
void loudness_free(struct loudness *l);

/* The next n samples, [n][n_channels]. */
int loudness_put(struct loudness *l, const float *samples, size_t n,
    struct error *err) MUST_CHECK;

struct loudness_result loudness_get(const struct loudness *l);

#endif
