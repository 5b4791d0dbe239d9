/*
 * voice -- a singing-like or humming-like sound of an f0 contour.
 *
 * A source of harmonics with shimmer and breath noise through a tract that
 * moves from vowel to vowel, and noise of consonants before some onsets
 * (source and filter: Fant, "Acoustic Theory of Speech Production", 1960).  The
 * harmonics are summed rather than filtered, so the pitch of the sound is the
 * contour's, linear between frames, at the same sample: without roughness to
 * within 2 cents and 1 ms.
 */
#ifndef SYNTH_VOICE_H
#define SYNTH_VOICE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"

#include "synth/performance.h"

enum voice_kind { VOICE_SUNG, VOICE_HUMMED, VOICE_WHISTLED };

struct voice {
	enum voice_kind kind;
	double tract;		/* formant scale: 0.85 low .. 1.25 high */
	double breath;		/* 0..1 */
	double roughness;	/* jitter (4 cents at 0.5) and shimmer, 0..1 */
	double tilt_db;		/* of the source per octave, -18 .. -6 */
	double consonants;	/* chance at an onset, 0..1 */
};

void voice_draw(struct voice *v, enum voice_kind kind, struct random *r);

/*
 * samples: [n_samples] at rate_hz (8000..192000), added to what is there, peak
 * about 0.5; n_samples is usually performance duration * rate.  Same voice,
 * performance and random state: same samples.
 */
int voice_sing(const struct voice *v, const struct performance *p,
    unsigned rate_hz, struct random *r, struct arena *a, float *samples,
    size_t n_samples, struct error *err) MUST_CHECK;

#endif
