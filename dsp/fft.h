/*
 * fft -- discrete Fourier transforms of real samples (FFTW behind it).
 *
 * A spectrum is [n / 2 + 1][2]: real and imaginary part of the bins 0 to n/2,
 * bin b at b * rate / n.  Nothing is scaled forward; backward divides by n, so
 * that backward(forward(x)) is x.
 *
 * A plan does not change once made and may be used by any number of threads.
 */
#ifndef DSP_FFT_H
#define DSP_FFT_H

#include <stddef.h>

#include "base/error.h"

struct fft;

/* For n samples, 2..2^22, even; free with fft_free.  NULL with an error. */
struct fft *fft_new(size_t n, struct error *err) MUST_CHECK;
void fft_free(struct fft *f);

/* samples [n] to spectrum [n / 2 + 1][2]; the arrays must not overlap. */
void fft_forward(const struct fft *f, const float *samples, float *spectrum);

/* spectrum [n / 2 + 1][2] to samples [n]; the spectrum is left as it is. */
void fft_backward(const struct fft *f, const float *spectrum, float *samples);

#endif
