/*
 * fft_double -- dsp/fft.h in double precision, for measures that are compared
 * with those of others to many digits.
 *
 * Spectra are laid out and scaled as there: [n / 2 + 1][2], and
 * backward(forward(x)) is x.  A plan does not change once made and may be used
 * by any number of threads.
 */
#ifndef DSP_FFT_DOUBLE_H
#define DSP_FFT_DOUBLE_H

#include <stddef.h>

#include "base/error.h"

struct fft_double;

/*
 * For n samples, 2..2^22, even; free with fft_double_free.  NULL with an
 * error.
 */
struct fft_double *fft_double_new(size_t n, struct error *err) MUST_CHECK;
void fft_double_free(struct fft_double *f);

/* samples [n] to spectrum [n / 2 + 1][2]; the arrays must not overlap. */
void fft_double_forward(const struct fft_double *f, const double *samples,
    double *spectrum);

/* spectrum [n / 2 + 1][2] to samples [n]; the spectrum is left as it is. */
void fft_double_backward(const struct fft_double *f, const double *spectrum,
    double *samples);

#endif
