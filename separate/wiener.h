/*
 * wiener -- two estimates in, voice and accompaniment, and what each is more
 * likely to be given where it stands in the stereo picture.
 *
 * Expectation and maximisation of a Gaussian model in which each source has a
 * variance for each time and frequency and a covariance of its channels for
 * each frequency (Duong, Vincent and Gribonval, "Under-determined reverberant
 * audio source separation using a full-rank spatial covariance model", IEEE
 * TASLP 18(7), 2010), begun with a network's estimate (Nugraha, Liutkus and
 * Vincent, "Multichannel audio source separation with deep neural networks",
 * IEEE/ACM TASLP 24(9), 2016).
 */
#ifndef SEPARATE_WIENER_H
#define SEPARATE_WIENER_H

#include <stddef.h>

#define WIENER_MAX_ITERATIONS 10

/*
 * mixture and voice: left and right, each [n_frames][n_bins][2]; voice is
 * refined in place.  The accompaniment is what the mixture has besides.
 */
void wiener_run(size_t n_iterations, size_t n_frames, size_t n_bins,
    const float *const mixture[2], float *const voice[2]);

#endif
