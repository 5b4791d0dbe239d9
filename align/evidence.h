/*
 * evidence -- what speaks for a fragment besides its own scores.
 *
 *	voiced_sec	voiced in both, over the fragment and 4 s on either side
 *	margin		agreement there, less the most that is reached when the
 *			fragment is moved by 1 to 4 s: a phrase that resembles
 *			its neighbours proves little
 */
#ifndef ALIGN_EVIDENCE_H
#define ALIGN_EVIDENCE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "align/aligner.h"
#include "align/pitch_match.h"

/* Agreement is measured over a fragment and this much on either side. */
#define EVIDENCE_MARGIN_SEC 4.0

/* The line that a fragment lies on. */
struct time_line evidence_line(const struct aligner_fragment *f);

/* The key of a fragment: its transposition in tenths, folded to 0..119. */
int evidence_key(const struct aligner_fragment *f);

/* How far two keys are apart on the circle: 0..60. */
int evidence_key_distance(int a, int b);

/*
 * The share that agrees over the fragment and its surroundings: trimming has
 * chosen what agrees inside, and only what lies around it can contradict.
 * voiced_sec as in pitch_match_agreement.
 */
double evidence_agreement(const struct pitch_match_pair *p,
    const struct aligner_fragment *f, int key, double *voiced_sec);

/*
 * Fill in both, the agreement being known.  key: of the pair, or
 * PITCH_MATCH_ANY_KEY.  The arena gives scratch.
 */
int evidence_fill(const struct pitch_match_pair *p,
    struct aligner_fragment *fragments, size_t n, int key, struct arena *a,
    struct error *err) MUST_CHECK;

#endif
