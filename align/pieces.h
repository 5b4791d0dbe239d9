/*
 * pieces -- where to cut a long stretch of singing: in the pauses of the voice.
 */
#ifndef ALIGN_PIECES_H
#define ALIGN_PIECES_H

#include <stddef.h>

#include "align/pitch_match.h"

/* No stretch is cut into more pieces than this. */
size_t pieces_max(double stretch_sec, double max_sec);

/*
 * Cut the span, in the time of the track, into pieces of max_sec / 2 to
 * max_sec, each cut in the middle of the longest pause within reach, or, where
 * there is none, so that what is left falls into equal parts.  A span of at
 * most max_sec is one piece.  pieces: [pieces_max()].  Returns how many.
 */
size_t pieces_cut(const struct pitch_match_track *t,
    const struct pitch_match_span *span, double max_sec,
    struct pitch_match_span *pieces);

#endif
