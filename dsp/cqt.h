/*
 * cqt -- the constant-Q transform: a spectrum whose bins lie as the notes do,
 * as a stream.
 *
 * The method is that of Schoerkhuber and Klapuri, "Constant-Q transform toolbox
 * for music processing", SMC 2010: an octave is filtered in the frequency
 * domain, then the sound is brought to half its rate and the octave below is
 * filtered.  Numbers are those of |librosa.cqt| of librosa 0.10 with its
 * defaults (norm 1, Hann window, scale, zeros outside of the sound):
 *
 *	f(b) = fmin_hz * 2^((b + tuning) / bins_per_octave)
 *	r = 2^(1 / bins_per_octave),  Q = filter_scale * (r^2 + 1) / (r^2 - 1)
 *	L(b) = Q * rate_hz / f(b), the samples of a filter
 *	C(k, b) = sqrt(L(b)) * |sum over t of h(b, t) * x(k * n_hop - t)|
 *
 * where h is a windowed exponential of frequency f(b) whose magnitudes sum to
 * 1: a tone of amplitude A that lies on a bin gives A / 2 * sqrt(L(b)) there.
 * As in librosa, the weakest bins of h's spectrum, "sparsity" of its
 * magnitudes' sum, are left out, which changes values by about a hundredth of
 * the largest; filters of the lower octaves are made at the lower rates, which
 * rounds their lengths; and the rate is halved, by the filter of librosa's
 * resampler (dsp/halver.h), as often as the hop is even.
 *
 * Tolerance: 2e-6 of the largest value of a sound, which is what librosa's own
 * single precision leaves.
 */
#ifndef DSP_CQT_H
#define DSP_CQT_H

#include <stddef.h>

#include "base/error.h"

#define CQT_C1_HZ 32.70319566257483	/* librosa's lowest note */
#define CQT_MAX_PUT 4096		/* samples at a time */

struct cqt_options {
	size_t n_hop;		/* samples, 1..2^31 */
	double fmin_hz;		/* of bin 0, above 0 */
	size_t n_bins;		/* 1..1024 */
	size_t bins_per_octave;	/* 1..256 */
	double tuning;		/* of bin 0, in bins */
	double filter_scale;	/* 1: as above; below: shorter filters */
	double sparsity;	/* 0..1, below 1 */
};

/* librosa's: hop 512, 84 bins from C1, 12 an octave. */
struct cqt_options cqt_defaults(void);

struct cqt;

/*
 * For sounds of one rate; one sound at a time.  Free with cqt_free.  NULL with
 * an error when the highest filter reaches beyond half the rate or the longest
 * has more than 2^20 samples.
 */
struct cqt *cqt_new(const struct cqt_options *o, double rate_hz,
    struct error *err) MUST_CHECK;
void cqt_free(struct cqt *c);
/* Frames that put and finish give at most. */
size_t cqt_max_rows(const struct cqt *c);
/* Begin another sound. */
void cqt_reset(struct cqt *c);

/*
 * Take n samples, at most CQT_MAX_PUT; returns how many frames are ready.
 * *rows, [.][n_bins], is valid until the next call.  Frame k is centred on
 * sample k * n_hop; a sound of n samples has n / n_hop + 1.
 */
size_t cqt_put(struct cqt *c, const float *samples, size_t n,
    const float **rows);

/* End the sound: the frames that are left. */
size_t cqt_finish(struct cqt *c, const float **rows);

#endif
