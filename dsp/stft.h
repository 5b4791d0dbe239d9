/*
 * stft -- short-time Fourier transform and its inverse, as streams.
 *
 * Frame k is centred on sample k * n_hop: it covers
 * [k * n_hop - n_window/2, k * n_hop + n_window/2) under a Hann window, with
 * zeros outside of the sound.  A sound of n samples has n / n_hop + 1 frames.
 * A frame is [n_window / 2 + 1][2], real and imaginary part of each bin.
 *
 * Back again, frames are windowed once more, added where they overlap and
 * divided by the sum of the squared windows (Griffin and Lim, "Signal
 * estimation from modified short-time Fourier transform", 1984), so unchanged
 * frames give the sound unchanged.
 */
#ifndef DSP_STFT_H
#define DSP_STFT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The transform's sizes and tables; shared by any number of streams. */
struct stft;

/*
 * n_window: even, 16..65536; n_hop: 1..n_window / 2.  Free with stft_free
 * after the streams that use it.  NULL with an error.
 */
struct stft *stft_new(size_t n_window, size_t n_hop, struct error *err)
    MUST_CHECK;

/*
 * For analysis alone: frames of n_window samples (even, 2..2^20), in the
 * middle of each a Hann window of n_hann (1..n_window), or no window at all
 * when that is 0.  n_hop: 1..2^31, also beyond the window.
 */
struct stft *stft_new_analysis(size_t n_window, size_t n_hann, size_t n_hop,
    struct error *err) MUST_CHECK;
void stft_free(struct stft *s);

size_t stft_n_bins(const struct stft *s);	/* n_window / 2 + 1 */

/* Frames of a sound of n_samples. */
uint64_t stft_n_frames(const struct stft *s, uint64_t n_samples);

/* Samples in, frames out. */
struct stft_analysis;
struct stft_analysis *stft_analysis_new(const struct stft *s,
    struct error *err) MUST_CHECK;
void stft_analysis_free(struct stft_analysis *a);
/* Begin another sound. */
void stft_analysis_reset(struct stft_analysis *a);

/*
 * Take n samples; returns how many frames are ready and puts them in
 * frames [.][n_bins][2], which must have room for n / n_hop + 1.
 */
size_t stft_analysis_put(struct stft_analysis *a, const float *samples,
    size_t n, float *frames);

/* End the sound: at most n_window / 2 / n_hop + 1 frames. */
size_t stft_analysis_finish(struct stft_analysis *a, float *frames);

/* Frames in, samples out. */
struct stft_synthesis;
struct stft_synthesis *stft_synthesis_new(const struct stft *s,
    struct error *err) MUST_CHECK;
void stft_synthesis_free(struct stft_synthesis *y);
void stft_synthesis_reset(struct stft_synthesis *y);

/*
 * Take n_frames; returns how many samples are finished and puts them in
 * samples, which must have room for n_frames * n_hop.
 */
size_t stft_synthesis_put(struct stft_synthesis *y, const float *frames,
    size_t n_frames, float *samples);

/*
 * End a sound of n_total samples; gives those not given yet, at most
 * n_window / 2 + n_hop.  There is nothing to give when the frames put were
 * fewer than stft_n_frames(n_total) by more than that.
 */
size_t stft_synthesis_finish(struct stft_synthesis *y, uint64_t n_total,
    float *samples);

#endif
