/*
 * melody_match -- where in a song does this hum fit, and how well?
 *
 * Linear scaling (Jang, Lee, "Hierarchical filtering method for content-based
 * music retrieval via acoustic input", ACM Multimedia 2001): the hum,
 * stretched by each of a number of tempo ratios, is laid on the song at every
 * place, with the difference in key taken out, and the mean absolute
 * difference in semitones, each cut at 3, is its distance.  At a place that
 * deserves it the two are then compared by dynamic time warping
 * (embed/melody_warp.h).
 *
 * Cost is linear in the song and in the hum; memory does not depend on the
 * song.
 */
#ifndef EMBED_MELODY_MATCH_H
#define EMBED_MELODY_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#include "embed/melody_line.h"
#include "embed/melody_query.h"

/* Semitones that a factor of e in tempo counts as, choosing a place. */
#define MELODY_MATCH_TEMPO_WEIGHT 0.3

struct melody_match {
	double distance;	/* semitones, 0..3: by linear scaling */
	double offset_sec;	/* where in the song the hum begins */
	double tempo_ratio;	/* song seconds per hum second */
	bool is_beginning;	/* of the song: within half a second */
	/* By warping; not is_warped: not known. */
	bool is_warped;
	double drift;		/* semitones, 0..3: key followed on the way */
	double motion;		/* correlation of the changes, -1..1 */
};

enum melody_match_place {
	MELODY_MATCH_ANYWHERE, MELODY_MATCH_BEGINNING, MELODY_MATCH_N_PLACES
};

/*
 * Find the best place anywhere, and the best one at the beginning of the song,
 * which may be the same.  The distance is 3 when the hum or the song has less
 * than a second of voice, or where the hum does not fit.
 */
void melody_match_find(struct melody_query *q, const struct melody_line *song,
    struct melody_match matches[MELODY_MATCH_N_PLACES]);

#endif
