/*
 * track -- a pitch track: f0 and confidence, one value a frame.
 *
 * Frame k is centred on k * hop_sec of the recording.  This is the one place
 * where that is said; whoever makes frames pads the sound so that it is true.
 * Unvoiced frames hold 0 Hz; their confidence says how sure a voice was.
 *
 * File: text, the header "time,frequency,confidence" and a line per frame in
 * the formats %.3f,%.3f,%.6f (those of the crepe command).
 */
#ifndef DSP_TRACK_H
#define DSP_TRACK_H

#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"

#define TRACK_MAX_FRAMES (1u << 26)	/* a week at 10 ms */

struct track {
	double hop_sec;
	size_t n_frames;
	float *f0_hz;		/* [n_frames], 0 where unvoiced */
	float *confidence;	/* [n_frames], 0..1 */
};

/* Arrays of the arena, zeroed. */
int track_init(struct track *t, size_t n_frames, double hop_sec,
    struct arena *a, struct error *err) MUST_CHECK;

/* Share of frames with f0 > 0; 0 of an empty track. */
double track_voiced_share(const struct track *t);

/* Write the file at "path", whole or not at all. */
int track_write(const char *path, const struct track *t, struct error *err)
    MUST_CHECK;

/*
 * Read a file.  Times must start at 0 and be evenly spaced; the hop is their
 * mean spacing, in whole microseconds where that fits all of them (10 ms when
 * there are fewer than two).
 */
int track_read(const char *path, struct arena *a, struct track *t,
    struct error *err) MUST_CHECK;

/* The same from a stream that can be rewound and stands at its start. */
int track_read_stream(FILE *in, struct arena *a, struct track *t,
    struct error *err) MUST_CHECK;

#endif
