/*
 * mel -- power spectra in mel bands, their level, and their cepstrum.
 *
 * Numbers are those of librosa 0.10 (filters.mel, power_to_db, feature.mfcc)
 * within a millionth, levels within 1e-4 dB.
 *
 * Band m is a triangle between neighbours equally spaced on the mel scale, of
 * area 1 in Hz (Slaney, "Auditory toolbox", 1998):
 *
 *	mel(f) = 3 f / 200 below 1000 Hz, 15 + 27 ln(f / 1000) / ln 6.4 above
 *	HTK's:   2595 log10(1 + f / 700)
 *
 * The cepstrum is the orthonormal DCT-II of the levels (Davis and Mermelstein,
 * IEEE TASSP 28(4), 1980).
 */
#ifndef DSP_MEL_H
#define DSP_MEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct mel_options {
	size_t n_mels;		/* bands, 1..1024 */
	double fmin_hz;		/* where the lowest begins, 0 or more */
	double fmax_hz;		/* where the highest ends; 0: half the rate */
	bool is_htk;
};

struct mel;

/*
 * For spectra of n_fft samples at rate_hz.  Free with mel_free.  NULL with an
 * error, so when fmax_hz is not above fmin_hz.
 */
struct mel *mel_new(const struct mel_options *o, double rate_hz, size_t n_fft,
    struct error *err) MUST_CHECK;
void mel_free(struct mel *m);

/* power [n_fft / 2 + 1] to bands [n_mels]. */
void mel_run(const struct mel *m, const float *power, float *bands);

/* 10 log10 of power, which counts as 1e-10 at least. */
float mel_level_db(float power);

struct mel_cepstrum;

/*
 * n_coefficients: 1..n_mels.  lifter above 0 weighs coefficient k by 1 +
 * lifter / 2 * sin(pi (k + 1) / lifter).  Free with mel_cepstrum_free.
 */
struct mel_cepstrum *mel_cepstrum_new(size_t n_mels, size_t n_coefficients,
    double lifter, struct error *err) MUST_CHECK;
void mel_cepstrum_free(struct mel_cepstrum *c);

/* levels_db [n_mels] to coefficients [n_coefficients]. */
void mel_cepstrum_run(const struct mel_cepstrum *c, const float *levels_db,
    float *coefficients);

#endif
