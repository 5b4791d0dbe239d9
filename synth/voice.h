/*
 * voice -- a singing-like or humming-like sound of an f0 contour.
 *
 * A band-limited glottal pulse train with jitter, shimmer and breath noise
 * through moving formants, with consonant-like noise at some onsets (source
 * and filter: Fant 1960; pulse shape: Rosenberg 1971).  The pitch of the sound
 * is exactly the contour's.
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
	double roughness;	/* jitter and shimmer, 0..1 */
	double tilt_db;		/* per octave, -18 .. -6 */
	double consonants;	/* chance at an onset, 0..1 */
};

void voice_draw(struct voice *v, enum voice_kind kind, struct random *r);

/*
 * samples: [n_samples] at rate_hz, added to what is there, peak about 0.5;
 * n_samples is usually performance duration * rate.
 */
int voice_sing(const struct voice *v, const struct performance *p,
    unsigned rate_hz, struct random *r, struct arena *a, float *samples,
    size_t n_samples, struct error *err) MUST_CHECK;

#endif
