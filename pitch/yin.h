/*
 * yin -- pitch of a frame by its difference function (de Cheveigne and
 * Kawahara, "YIN, a fundamental frequency estimator for speech and music",
 * JASA 111(4), 2002; steps 2 to 5).
 *
 * For each lag the frame is compared with itself over all samples that it
 * shares with its copy, 1024 to 1345 of them, and the sum divided by their
 * number.  So the two compared pieces lie symmetrically about the frame's
 * centre, and the pitch is that of the centre also in a glide.  All lags are
 * done at once by the Fourier transform of the frame padded with zeros: the
 * difference is the energies of the two pieces less twice their product.
 *
 * Pitches of 50 to 1230 Hz are searched.  A dip at a shorter lag shows a pitch
 * above that range, whose multiples of the period are no pitches; so does a
 * frame with less than a tenth of its power below 1280 Hz.  A lag at the end of
 * the range without a dip may be the flank of one below it.  At lags up to 40
 * samples dips are looked for between the samples too, else multiples that
 * happen to meet a sample would seem deeper than the period.
 */
#ifndef PITCH_YIN_H
#define PITCH_YIN_H

#include <stddef.h>

#include "base/error.h"

#define YIN_RATE_HZ 16000
#define YIN_MIN_LAG 13		/* 1231 Hz */
#define YIN_MAX_LAG 322		/* 49.7 Hz */
#define YIN_FRAME (1024 + YIN_MAX_LAG)
#define YIN_MAX_DIPS (YIN_MAX_LAG / 2)	/* two are never neighbours */

/* Transforms and scratch of one thread; free with yin_free. */
struct yin;
struct yin *yin_new(struct error *err) MUST_CHECK;
void yin_free(struct yin *y);

/*
 * The pitch of one frame at 16 kHz, in Hz, and its confidence: 1 minus the
 * depth of the dip at the chosen lag, 0..1.  Both are 0 for a pitch out of the
 * range, without any dip, and for silence, also with a constant offset.
 */
void yin_frame(struct yin *y, const float samples[YIN_FRAME],
    double *f0_hz, double *confidence);

/* A local minimum of the cumulative mean normalised difference. */
struct yin_dip {
	double lag;		/* in samples, between them too */
	double depth;		/* of the normalised difference, 0 or more */
};

/*
 * All dips of a frame by rising lag, those at lags below YIN_MIN_LAG included;
 * returns how many, 0 for silence and where all power lies above the range.
 */
size_t yin_dips(struct yin *y, const float samples[YIN_FRAME],
    struct yin_dip dips[YIN_MAX_DIPS]);

#endif
