/*
 * yin -- pitch of a frame by its difference function (de Cheveigne and
 * Kawahara, "YIN, a fundamental frequency estimator for speech and music",
 * JASA 111(4), 2002; steps 2 to 5).
 *
 * A window of 64 ms is compared with itself one lag later, the two lying
 * symmetrically about the frame's centre, so that the pitch is that of the
 * centre also in a glide.  Lags for 50 to 1200 Hz are searched.
 */
#ifndef PITCH_YIN_H
#define PITCH_YIN_H

#include <stddef.h>

#include "base/error.h"

#define YIN_RATE_HZ 16000
#define YIN_WINDOW 1024
#define YIN_MIN_LAG 13		/* 1231 Hz */
#define YIN_MAX_LAG 322		/* 49.7 Hz */
#define YIN_FRAME (YIN_WINDOW + YIN_MAX_LAG)

/*
 * The pitch of one frame at 16 kHz, in Hz, and its confidence: 1 minus the
 * depth of the dip at the chosen lag, 0..1.  A frame of silence gives 0 Hz
 * and 0.
 */
void yin_frame(const float samples[YIN_FRAME], double *f0_hz,
    double *confidence);

#endif
