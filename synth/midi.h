/*
 * midi -- Standard MIDI Files: the notes of each track in seconds.
 *
 * Reads formats 0 and 1 ("Standard MIDI Files 1.0", RP-001): chunks of unknown
 * kinds are skipped, running status, tempo changes in any track, division in
 * ticks a quarter or in SMPTE frames.  A byte that makes no sense refuses the
 * file.  This is read here rather than with libsmf, the library of the
 * distribution (1.3), because that one ends the process by a failed assertion
 * on one malformed file in twelve and prints on standard error.
 */
#ifndef SYNTH_MIDI_H
#define SYNTH_MIDI_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#define MIDI_MAX_BYTES (8u << 20)
#define MIDI_MAX_TRACKS 1024
#define MIDI_MAX_SEC (24.0 * 3600.0)

struct midi_note {
	double start_sec;
	double duration_sec;	/* >= 0 */
	uint64_t start_tick, end_tick;
	uint16_t track;		/* of the file, from 0 */
	uint8_t channel;	/* 0..15; 9 is percussion */
	uint8_t key;		/* 0..127, 69 = 440 Hz */
};

struct midi {
	struct midi_note *notes;	/* by start, then track */
	size_t n_notes;
	const char **track_names;	/* [n_tracks], "" where there is none */
	size_t n_tracks;
	double quarter_sec;		/* a quarter note at the first note */
};

/*
 * Read a file from memory into the arena.  A note that begins again while it
 * sounds ends there; one that is never ended ends with its track.
 */
int midi_parse(const void *bytes, size_t n_bytes, struct arena *a,
    struct midi *m, struct error *err) MUST_CHECK;

/*
 * The bytes of a format 0 file with one named track, 480 ticks a quarter, in
 * arena memory, or NULL.  Only start_sec, duration_sec, channel and key of
 * the notes are used; times are rounded to ticks.
 */
void *midi_bytes(const struct midi_note *notes, size_t n_notes,
    const char *track_name, double quarter_sec, struct arena *a,
    size_t *n_bytes, struct error *err) MUST_CHECK;

#endif
