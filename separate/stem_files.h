/*
 * stem_files -- one recording to the files of its voice and accompaniment.
 *
 * Both are FLAC of 16 bits, as long as the recording, with its rate and its
 * channels.  Their samples add up to the recording's, to the bit: the
 * accompaniment is what is left when the voice, rounded to 16 bits, is taken
 * away.  Where that would exceed full scale the voice gives way.  Memory does
 * not grow with the recording.
 */
#ifndef SEPARATE_STEM_FILES_H
#define SEPARATE_STEM_FILES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "separate/separator.h"

struct stem_files {
	const char *sound_path;		/* WAV or FLAC, one or two channels */
	const char *voice_path;
	const char *accompaniment_path;	/* NULL: not wanted */
	const char *facts_path;		/* JSON, written last */
	const char *key;		/* goes into the facts */
};

/*
 * What is said of the stems.  A tenth of a second counts as voiced when the
 * voice has a tenth of its energy or more; those of silence (below -60 dBFS)
 * are not counted.  Overlap is separator_overlap's.  A recording that is voiced
 * for less than a tenth has dropout: there is hardly a voice in it, or it was
 * not found.  So has one whose overlap is more than a fifth: much of what was
 * given as the voice is the accompaniment.
 */
struct stem_facts {
	double vocal_level_db;		/* RMS in dBFS, at least -120 */
	double vocal_share;		/* of the energy, 0..1 */
	double voiced_share;		/* of the time, 0..1 */
	double overlap;			/* at least 0 */
	bool has_dropout;
};

/*
 * Separate and write; the files appear when all went well, and what they held
 * before is replaced.
 */
int stem_files_write(struct separator *s, const struct stem_files *files,
    struct arena *scratch, struct error *err) MUST_CHECK;

/*
 * The facts of stems that were written; *is_same says whether they are those
 * of this key.  An ERROR_IO or ERROR_FORMAT when they cannot be read.
 */
int stem_files_read(const struct stem_files *files, struct stem_facts *facts,
    bool *is_same, struct error *err) MUST_CHECK;

#endif
