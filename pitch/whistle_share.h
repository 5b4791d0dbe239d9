/*
 * whistle_share -- is a recording whistled or sung?
 *
 * The share of the sound's energy that lies in frames in which the strongest
 * peak has at least half of the power and is no harmonic of a voice
 * (pitch/whistle.h).  Over all clips of MIR-1K and MIR-QBSH it is at most 0.21,
 * for a real whistle 0.98.
 */
#ifndef PITCH_WHISTLE_SHARE_H
#define PITCH_WHISTLE_SHARE_H

#include "base/arena.h"
#include "base/error.h"

#include "pitch/frames.h"

#define WHISTLE_SHARE_WHISTLED 0.5	/* from here on */

/*
 * Listen to all of a sound of 16 kHz; memory does not grow with its length.
 * 0 for silence.
 */
int whistle_share(const struct frames_source *source, struct arena *a,
    double *share, struct error *err) MUST_CHECK;

#endif
