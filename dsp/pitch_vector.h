/*
 * pitch_vector -- a hum as a list of pitches, as query-by-humming contests
 * give them.
 *
 * MIREX's task and MIR-QBSH (Jang) write a hum as one number a frame of 32 ms,
 * in semitones of the MIDI scale, 0 where unvoiced, a line each.
 */
#ifndef DSP_PITCH_VECTOR_H
#define DSP_PITCH_VECTOR_H

#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"

#include "dsp/track.h"

#define PITCH_VECTOR_HOP_SEC 0.032
#define PITCH_VECTOR_MAX_PITCH 140.0

/*
 * Read a file as a track with a frame every 10 ms, each the nearest of the
 * vector's, in arena memory.  Numbers outside 0..140 and words are refused by
 * their line.
 */
int pitch_vector_read(const char *path, struct arena *a, struct track *t,
    struct error *err) MUST_CHECK;

/* The same from a stream that can be rewound and stands at its start. */
int pitch_vector_read_stream(FILE *in, struct arena *a, struct track *t,
    struct error *err) MUST_CHECK;

#endif
