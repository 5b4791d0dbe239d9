/*
 * whistle -- the pitch of a whistle by the strongest peak of a spectrum.
 *
 * A whistle is nearly a pure tone, often too high for what hears voices: 500
 * to 4000 Hz.  The spectrum is that of 32 ms under a Hann window, which is
 * short because whistles glide fast.  Each of its peaks in that range is a
 * candidate; its frequency is that of the parabola through the logarithms of
 * three bins (Smith and Serra, "PARSHL", ICMC 1987), its share is the power of
 * the window's main lobe around it over that of all the sound above 60 Hz: 1
 * for a pure tone, a tenth and less for noise.
 *
 * A voice is told from a whistle by its other harmonics: they lower the share
 * of the strongest, and where there is power at a half, a third, two thirds,
 * three halves or twice its frequency, more than -20 dB of its own, all shares
 * count for a tenth.
 */
#ifndef PITCH_WHISTLE_H
#define PITCH_WHISTLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#include "dsp/activations.h"

#define WHISTLE_RATE_HZ 16000
#define WHISTLE_FRAME 512
#define WHISTLE_LOWEST_HZ 500.0
#define WHISTLE_HIGHEST_HZ 4000.0

/* Transform and scratch of one thread; free with whistle_free. */
struct whistle;
struct whistle *whistle_new(struct error *err) MUST_CHECK;
void whistle_free(struct whistle *w);

/*
 * The shares of one frame's peaks, as activations of bins an octave above the
 * usual ones (63 to 4011 Hz): a peak's share is divided between the two bins
 * around it.  Returns the largest share, 0..1; 0 for silence.
 */
double whistle_frame(struct whistle *w, const float samples[WHISTLE_FRAME],
    float row[ACTIVATIONS_N_BINS]);

/*
 * The frequency of the strongest peak of the whole spectrum in Hz and its
 * share of the power, 0..1; both 0 for silence.
 */
double whistle_strongest(struct whistle *w,
    const float samples[WHISTLE_FRAME], double *share);

/*
 * False where a look at the samples tells that whistle_strongest would find no
 * peak above hz with most of the power; costs next to nothing.
 */
bool whistle_may_be_above(const float samples[WHISTLE_FRAME], double hz);

/*
 * Make the usual activations of it: pitches above their range go an octave
 * lower, as the network shows them (pitch/pitch_net.h).
 */
void whistle_fold(float row[ACTIVATIONS_N_BINS]);

#endif
