/*
 * melody_line -- a pitch track as one line of pitch, for comparing melodies.
 *
 * Ten values a second, in semitones: the median of the voiced frames of each
 * tenth of a second.  Runs of less than 60 ms and leaps of the tracker far
 * from everything else are dropped, rests hold the note before them, and the
 * silence before and behind is cut off.
 */
#ifndef EMBED_MELODY_LINE_H
#define EMBED_MELODY_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "dsp/track.h"

#define MELODY_LINE_HOP_SEC 0.1

struct melody_line {
	float *pitch;		/* [n], semitones of the MIDI scale */
	size_t n;		/* 0 of a track without voice */
	double start_sec;	/* where the first value lies in the track */
};

/*
 * Arrays of the arena.  With drops_outliers, frames more than 11 semitones
 * from the median of the whole track go too: right for a hum, not for a song.
 */
int melody_line_make(const struct track *t, bool drops_outliers,
    struct arena *a, struct melody_line *line, struct error *err) MUST_CHECK;

#endif
