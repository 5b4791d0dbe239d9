/*
 * spectral_fft -- Fourier transforms of 16 real sequences at once.
 *
 * For short sequences by the thousand: the sequences of 16 channels lie side
 * by side, so that each operation of the transform is one on vectors.  The n
 * real values of a sequence are taken as n / 2 complex ones, even places as
 * real and odd ones as imaginary parts, transformed by Stockham's FFT with
 * radices 5, 4 and 2 (Van Loan, "Computational Frameworks for the Fast Fourier
 * Transform", 1992, section 1.7), and the bins taken apart (section 4.3).
 *
 * Both forms fill a buffer of n * 16 floats:
 *
 *	values     [n][16], the lanes' values at one place side by side
 *	spectrum   [n / 2][2][16], real and imaginary parts of a bin; those of
 *	           bin 0 are the bins 0 and n / 2, which are real
 *
 * Neither direction is scaled as usual: forward gives twice the spectrum,
 * backward n times the values.  A plan does not change once made and may be
 * used by any number of threads.
 */
#ifndef NN_SPECTRAL_FFT_H
#define NN_SPECTRAL_FFT_H

#include <stddef.h>

#include "base/error.h"

#define SPECTRAL_FFT_LANES 16
#define SPECTRAL_FFT_MAX 512

/* Before a loop over lanes: what one round writes no other reads. */
#ifdef __GNUC__
#define SPECTRAL_FFT_ALONE _Pragma("GCC ivdep")
#else
#define SPECTRAL_FFT_ALONE
#endif

struct spectral_fft;

/*
 * For sequences of n values, 4..SPECTRAL_FFT_MAX, n / 2 a product of the
 * radices; another size is an ERROR_BUG.  Free with spectral_fft_free.
 */
struct spectral_fft *spectral_fft_new(size_t n, struct error *err)
    MUST_CHECK;
void spectral_fft_free(struct spectral_fft *f);

/*
 * Transform the values, or the spectrum, in "from"; the result goes to "to".
 * scratch is another buffer of that size; all three are apart and aligned to
 * 64 bytes.
 */
void spectral_fft_forward(const struct spectral_fft *f, const float *from,
    float *to, float *scratch);
void spectral_fft_backward(const struct spectral_fft *f, const float *from,
    float *to, float *scratch);

#endif
