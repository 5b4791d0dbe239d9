/*
 * melody_warp -- a hum and a song compared where they were laid on each other.
 *
 * Dynamic time warping with steps (1,1), (1,2), (2,1) (Sakoe and Chiba,
 * "Dynamic programming algorithm optimization for spoken word recognition",
 * 1978) finds which moment of the hum is which of the song, the key being
 * taken again along the path.  Differences of an octave count a semitone,
 * since trackers slip by one.  Two things are read off the path, both for
 * people who cannot hold a tune:
 *
 *	drift	mean difference in semitones from a key that is followed on
 *		the way: the median of the differences within 1.5 s
 *	motion	correlation of the changes of pitch over 0.3 s, which sees
 *		that the melody goes up and down in time, whatever the
 *		intervals (after the derivatives of Keogh and Pazzani,
 *		"Derivative dynamic time warping", 2001)
 */
#ifndef EMBED_MELODY_WARP_H
#define EMBED_MELODY_WARP_H

#include "embed/melody_line.h"
#include "embed/melody_match.h"
#include "embed/melody_query.h"

/*
 * Add what warping says to a match of melody_match_find with this hum and
 * song.  A match at distance 3 gets the worst of both.
 */
void melody_warp_run(struct melody_query *q, const struct melody_line *song,
    struct melody_match *match);

#endif
