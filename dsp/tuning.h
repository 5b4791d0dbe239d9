/*
 * tuning -- how far from A = 440 Hz the notes of a sound lie.
 *
 * librosa 0.10's estimate_tuning: the peaks of every spectrum from 150 to 4000
 * Hz that reach a tenth of its largest value, placed by a parabola (Smith,
 * "Spectral audio signal processing", 2011, on quadratic interpolation); of
 * these the stronger half; and the hundredth of a bin where most of them lie
 * beside the nearest note.
 *
 * So that memory does not grow with the sound, strengths are kept to two parts
 * in a thousand: peaks that near to the median count as stronger than it.
 */
#ifndef DSP_TUNING_H
#define DSP_TUNING_H

#include <stddef.h>

#include "base/error.h"

struct tuning;

/*
 * For spectra of n_fft samples at rate_hz and notes of bins_per_octave.  Free
 * with tuning_free.  NULL with an error.
 */
struct tuning *tuning_new(double rate_hz, size_t n_fft,
    size_t bins_per_octave, struct error *err) MUST_CHECK;
void tuning_free(struct tuning *t);
/* Begin another sound. */
void tuning_reset(struct tuning *t);

/* Hear one spectrum, magnitudes or power, [n_fft / 2 + 1]. */
void tuning_put(struct tuning *t, const float *spectrum);

/* In bins, -0.5..0.49; 0 where nothing has peaks. */
double tuning_estimate(const struct tuning *t);

#endif
