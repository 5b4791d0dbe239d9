/*
 * bss_eval -- how much of an estimate is the source it stands for, how much
 * other sources, and how much neither: the measures of BSS Eval.
 *
 * Vincent, Gribonval and Fevotte, "Performance measurement in blind audio
 * source separation", IEEE Transactions on Audio, Speech, and Language
 * Processing 14(4), 2006, sections II and III, with the references allowed a
 * filter of 512 taps (section III.B.2); for images of several channels,
 * Vincent, Sawada, Bofill, Makino and Rosca, "First stereo audio source
 * separation evaluation campaign", ICA 2007.  The estimate e, with silence of
 * 511 samples behind it, is projected on the delayed channels of its own
 * reference (p) and of all references (q).  With s the reference itself, and
 * energies summed over time and channels,
 *
 *	SDR = |p|^2 / |e - p|^2		SIR = |p|^2 / |q - p|^2
 *	SAR = |q|^2 / |e - q|^2
 *	SDR of images = |s|^2 / |e - s|^2	ISR = |s|^2 / |p - s|^2
 *
 * in dB.  The first three are those of bss_eval_sources of the toolbox of
 * version 3 and of mir_eval, and forgive a gain and a filter; with the last
 * two in place of the first they are those of bss_eval_images, which do not.
 * A measure is infinite when nothing is left to divide by, as the SIR of a
 * single source, and -infinite when there is nothing to divide.
 *
 * Normal equations that are singular, as those of equal channels, are solved
 * by least squares (nn/lapack.h).  With N = 512 * signals, N^2 doubles and a
 * third of N^3 multiplications are needed once for the references: 8 MB and
 * 0.4 thousand millions for two.  Each estimate takes a few transforms of all
 * signals.  Beyond what the caller holds, memory does not grow with time.
 */
#ifndef SEPARATE_BSS_EVAL_H
#define SEPARATE_BSS_EVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define BSS_EVAL_MAX_SOURCES 8
#define BSS_EVAL_MAX_SIGNALS 16		/* channels of all sources */

/* Borrowed samples of sources, each of as many channels. */
struct bss_eval_signals {
	const double *const *samples;	/* [n_sources][n_channels], each
					 * [n_samples] */
	size_t n_sources, n_channels, n_samples;
};

struct bss_eval_measures {
	double sdr_db, sir_db, sar_db;
	double image_sdr_db, isr_db;
	/* A source has nothing but zeros here; the others are then 0. */
	bool is_silent;
};

/* Whether samples first..first + n_samples - 1 of all channels are zero. */
bool bss_eval_is_silent(const double *const *channels, size_t n_channels,
    size_t first, size_t n_samples);

/* References that are made ready for any number of estimates. */
struct bss_eval;

/*
 * *keeps* the signals, which must stay until bss_eval_free.  NULL with an error
 * when there are too many, one is silent (ERROR_LIMIT) or not finite.
 */
struct bss_eval *bss_eval_new(const struct bss_eval_signals *references,
    struct error *err) MUST_CHECK;
void bss_eval_free(struct bss_eval *e);

/*
 * An estimate [n_channels][n_samples] of the reference "target", over the
 * whole signal.  Fails when the estimate is silent (ERROR_LIMIT) or not
 * finite.  Any number of threads at a time.
 */
int bss_eval_measure(const struct bss_eval *e, const double *const *estimate,
    size_t target, struct bss_eval_measures *measures, struct error *err)
    MUST_CHECK;

/*
 * The same in windows of "window" samples every "hop", as BSS Eval version 4
 * does (Stoter, Liutkus and Ito, "The 2018 signal separation evaluation
 * campaign", LVA/ICA 2018): filters are those of the whole signal, energies
 * those of the window with silence around it.  As in museval the windows that
 * would reach beyond the end are left out, a signal no longer than a window is
 * one window, and a window in which a source is silent has no measures;
 * museval reports the SDR of images as SDR.  Unlike there, "is_silent" sees
 * this one estimate (join it with those of the others), channels are silent
 * when each is and not when their sum is, and the normal equations have no
 * epsilon on their diagonal.
 * measures [bss_eval_n_windows].
 */
size_t bss_eval_n_windows(size_t n_samples, size_t window, size_t hop);
int bss_eval_measure_windows(const struct bss_eval *e,
    const double *const *estimate, size_t target, size_t window, size_t hop,
    struct bss_eval_measures *measures, struct error *err) MUST_CHECK;

#endif
