/*
 * chroma -- spectra folded into pitch classes, C first.
 *
 * Numbers are those of librosa 0.10: feature.chroma_stft, chroma_cqt and
 * chroma_cens, within 1e-5.
 *
 * From an STFT: each FFT bin goes to the classes around it by a Gaussian, and
 * bins count less the further they are from octave 5, 880 Hz (Ellis, "Chroma
 * feature analysis and synthesis", 2007).  From a CQT: bins of one class are
 * summed.  A row's largest value is 1 then; rows of silence stay 0.
 *
 * CENS (Mueller and Ewert, "Chroma toolbox", ISMIR 2011): rows that sum to 1,
 * each value counted by how many of 0.05, 0.1, 0.2 and 0.4 it exceeds, smoothed
 * over 41 frames, of length 1.  A value within the tolerance of one of these
 * thresholds can fall to either side.
 */
#ifndef DSP_CHROMA_H
#define DSP_CHROMA_H

#include <stddef.h>

#include "base/error.h"

#define CHROMA_MAX_CLASSES 256

/* A matrix that folds; classes are 1..CHROMA_MAX_CLASSES to the octave. */
struct chroma;

/*
 * Of power spectra of n_fft samples at rate_hz; "tuning" in classes.  Free with
 * chroma_free.  NULL with an error.
 */
struct chroma *chroma_new_stft(double rate_hz, size_t n_fft,
    size_t n_classes, double tuning, struct error *err) MUST_CHECK;

/*
 * Of the magnitudes of a CQT from fmin_hz on; bins_per_octave must be a
 * multiple of n_classes.
 */
struct chroma *chroma_new_cqt(size_t n_bins, size_t bins_per_octave,
    double fmin_hz, size_t n_classes, struct error *err) MUST_CHECK;
void chroma_free(struct chroma *c);

/* A row of the spectrum to classes [n_classes], not scaled. */
void chroma_fold(const struct chroma *c, const float *spectrum,
    float *classes);

/* Divide a row by its largest value, its sum, or its length. */
void chroma_scale_peak(float *classes, size_t n);
void chroma_scale_sum(float *classes, size_t n);
void chroma_scale_length(float *classes, size_t n);

/* CENS of a sequence of rows, as a stream. */
struct chroma_cens;

/* n_smooth: frames that are smoothed over, 1..4096; 0: none. */
struct chroma_cens *chroma_cens_new(size_t n_classes, size_t n_smooth,
    struct error *err) MUST_CHECK;
void chroma_cens_free(struct chroma_cens *s);
/* Begin another sound. */
void chroma_cens_reset(struct chroma_cens *s);
/* Take a row as chroma_fold gives it; 1 when "out" got one, else 0. */
size_t chroma_cens_put(struct chroma_cens *s, const float *classes,
    float *out);
/* One more row of those that are left; 0 when there are none. */
size_t chroma_cens_finish(struct chroma_cens *s, float *out);

#endif
