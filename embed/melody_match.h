/*
 * melody_match -- where in a song does this hum fit, and how well?
 *
 * Linear scaling (Jang, Lee, "Hierarchical filtering method for content-based
 * music retrieval via acoustic input", ACM Multimedia 2001): the hum,
 * stretched by each of a number of tempo ratios, is laid on the song at every
 * place, with the difference in key taken out, and the mean absolute
 * difference in semitones, each cut at 3, is its distance.  The best place is
 * then compared again by dynamic time warping with steps (1,1), (1,2), (2,1)
 * (Sakoe and Chiba 1978), so that tempo may vary.
 *
 * Cost is linear in the song and in the hum; memory does not depend on the
 * song.
 */
#ifndef EMBED_MELODY_MATCH_H
#define EMBED_MELODY_MATCH_H

#include <stddef.h>

#include "base/error.h"

#include "embed/melody_line.h"

#define MELODY_MATCH_MAX_QUERY 600	/* tenths of a second of a hum used */

struct melody_match {
	double distance;	/* semitones, 0..3: by scaling and warping */
	double offset_sec;	/* where in the song the hum begins */
	double tempo_ratio;	/* song seconds per hum second */
};

/* A hum made ready; keeps nothing of the line. */
struct melody_query;

struct melody_query *melody_query_new(const struct melody_line *line,
    struct error *err) MUST_CHECK;
void melody_query_free(struct melody_query *q);

/*
 * Find the best place.  The distance is 3 when the hum or the song has less
 * than a second of voice.  The query is scratch memory too: one thread at a
 * time.
 */
void melody_match_find(struct melody_query *q, const struct melody_line *song,
    struct melody_match *match);

/* Sharpen a match by warping: its distance becomes the mean of both. */
int melody_match_warp(struct melody_query *q, const struct melody_line *song,
    struct melody_match *match, struct error *err) MUST_CHECK;

#endif
