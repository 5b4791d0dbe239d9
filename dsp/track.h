/*
 * track -- a pitch track: f0 and confidence, one value a frame.
 *
 * Frame k is centred on k * hop_sec of the recording.  This is the one place
 * where that is said; whoever makes frames pads the sound so that it is true.
 * Unvoiced frames hold 0 Hz; their confidence says how sure a voice was.
 *
 * Files are text, a line a frame, times of %.3f seconds, or of 6 or 9 digits
 * where the hop asks for them:
 *
 *	TRACK_CREPE	the header "time,frequency,confidence" and these three
 *			as %.3f,%.3f,%.6f: what the crepe command writes
 *	TRACK_MIR_EVAL	time and frequency with a tab between them, 0 Hz where
 *			unvoiced: what mir_eval.io.load_time_series reads
 *
 * Read are both and what is like them: two or three numbers separated by tabs,
 * spaces or a comma, with or without a first line of names that begins with
 * "time"; empty lines and those that begin with # are skipped.  Where there is
 * no confidence it is 1 of voiced frames and 0 of others, and a negative
 * frequency, mir_eval's guess for an unvoiced frame, is taken as 0.
 */
#ifndef DSP_TRACK_H
#define DSP_TRACK_H

#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"

enum track_format { TRACK_CREPE, TRACK_MIR_EVAL };

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
int track_write(const char *path, const struct track *t,
    enum track_format format, struct error *err) MUST_CHECK;

/*
 * Read a file.  Times must be evenly spaced.  The hop is their mean spacing;
 * as times are rounded, the number of the fewest digits that gives the last of
 * them (10 ms when there are fewer than two).  Times may begin at a multiple
 * of it of at most ten minutes: the frames before are unvoiced.  Errors name
 * the file and, where one is wrong, the line.
 */
int track_read(const char *path, struct arena *a, struct track *t,
    struct error *err) MUST_CHECK;

/* The same from a stream that can be rewound and stands at its start. */
int track_read_stream(FILE *in, struct arena *a, struct track *t,
    struct error *err) MUST_CHECK;

#endif
