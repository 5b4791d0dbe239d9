/*
 * works -- a corpus as a function of its seed: works, each a tune with an
 * original, covers and hums of it.
 *
 * Every work and version has a stream of random numbers of its own, so any of
 * them can be made alone, in any order, and is the same in a larger corpus.
 */
#ifndef SYNTH_WORKS_H
#define SYNTH_WORKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#include "synth/rendition.h"
#include "synth/tune.h"

#define WORKS_MAX_VERSIONS 1000		/* covers or hums of a work */

struct works {
	uint64_t seed;
	struct tune_options length;	/* of tunes that are made up */
	const char *const *midi_paths;	/* [n_midi], or tunes are read here */
	size_t n_midi;			/* 0: they are made up */
	const char *track_name;		/* as for tune_read_midi */
	double wrong;			/* share of covers of another tune */
	double poor;			/* share of hums by poor singers */
	bool has_band;
	double min_snr_db, max_snr_db, hum_sec;
};

struct work {
	size_t number;
	const char *name;		/* "work-00001"; the MIDI file's */
	struct tune tune;
};

struct work_version {
	char name[32];			/* "original", "cover-1", "hum-1" */
	const struct tune *tune;	/* the work's, or another when wrong */
	bool is_wrong;
	struct rendition rendition;
};

/* Take the MIDI files of a folder (.mid or .midi), sorted by name. */
int works_find_midi(struct works *w, const char *folder, struct arena *a,
    struct error *err) MUST_CHECK;

/* Refuse MIDI files that would give two works one name. */
int works_check_midi(const struct works *w, struct arena *a,
    struct error *err) MUST_CHECK;

/* Make up or read the tune of work number 0, 1, ...; MIDI: below n_midi. */
int works_draw(const struct works *w, size_t number, struct arena *a,
    struct work *work, struct error *err) MUST_CHECK;

/* Perform version i = 0, 1, ... of a kind; there is one original. */
int works_perform(const struct works *w, const struct work *work,
    enum rendition_kind kind, size_t i, struct arena *a,
    struct work_version *v, struct error *err) MUST_CHECK;

#endif
