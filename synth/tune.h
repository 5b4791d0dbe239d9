/*
 * tune -- a melody as notes, read from MIDI or made up.
 *
 * synth/ turns melodies into covers and hums whose every alignment is known.
 * It is a kit, not a stage: training of pitch, voice and fingerprints all draw
 * on it.
 */
#ifndef SYNTH_TUNE_H
#define SYNTH_TUNE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"

#define TUNE_MAX_NOTES 20000

struct tune_note {
	double start_sec;
	double duration_sec;	/* > 0 */
	double pitch;		/* MIDI note number, 69 = 440 Hz */
	int section;		/* number of its section */
};

struct tune_chord {
	double start_sec;
	double duration_sec;
	int root;		/* MIDI pitch class 0..11 */
	int is_minor;
};

/*
 * A part of the song.  Sections follow each other without gaps from 0 to the
 * end; one that is heard again names the first section with the same notes.
 */
struct tune_section {
	double start_sec, end_sec;
	size_t same_as;		/* its own number when it is new */
};

/* Notes in order of time and not overlapping; chords likewise. */
struct tune {
	struct tune_note *notes;
	size_t n_notes;
	struct tune_chord *chords;	/* for accompaniment; may be none */
	size_t n_chords;
	struct tune_section *sections;
	size_t n_sections;	/* at least 1 */
	double beat_sec;
	double duration_sec;
};

struct tune_options {
	double min_sec, max_sec;	/* length wanted, 5..3600, min <= max */
};

/*
 * Make up a tonal tune in song form (verse, chorus, bridge; phrases that
 * repeat with variation; steps more often than leaps; rests between phrases).
 */
int tune_generate(const struct tune_options *o, struct random *r,
    struct arena *a, struct tune *t, struct error *err) MUST_CHECK;

/*
 * Read the melody of a Standard MIDI File (format 0 or 1): the track named
 * "track_name", or, when it is NULL, a track called MELODY, vocal, voice or
 * lead, else the one with most notes that sounds one note at a time.
 * Overlapping notes keep the highest.  The tune starts with its first note.
 * Sections are cut at rests; no chords.  Files up to 8 MiB.
 */
int tune_read_midi(const char *path, const char *track_name, struct arena *a,
    struct tune *t, struct error *err) MUST_CHECK;

/* The same from memory; for tests and fuzzing. */
int tune_parse_midi(const void *bytes, size_t n_bytes, const char *track_name,
    struct arena *a, struct tune *t, struct error *err) MUST_CHECK;

/* Write one melody track as a format 0 file. */
int tune_write_midi(const char *path, const struct tune *t,
    struct error *err) MUST_CHECK;

#endif
