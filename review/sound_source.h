/*
 * sound_source -- the file that a recording's sound is taken from.
 *
 * All have the recording's times: the user's file is cut and freed of its
 * encoder's delay as chad-decode did it, and what commands wrote begins where
 * the recording does.
 */
#ifndef REVIEW_SOUND_SOURCE_H
#define REVIEW_SOUND_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

#include "audio/decoder.h"

enum sound_source_kind {
	/* audio_filepath, or else what chad-decode wrote. */
	SOUND_SOURCE_MIX,
	/* The other way round: poorer, but quickly read. */
	SOUND_SOURCE_DECODED,
	SOUND_SOURCE_VOICE		/* vocals_filepath */
};

struct sound_source {
	const char *path;
	double offset_sec, duration_sec;	/* as decoder_options */
	size_t stream;
	bool is_given;		/* the user's file: of any format */
	bool is_truncated;	/* chad-decode was told to take it so */
	/* Another when the samples may be others: the file's size and time. */
	char key[HASH_HEX_BYTES];
};

/*
 * Find it for a record of the catalogue (store/recordings.h), whose paths are
 * relative to the working folder.  Texts are arena memory.  -1, with a
 * sentence that says which file is missing, when there is none.
 */
int sound_source_find(const struct json *rec,
    enum sound_source_kind kind, struct arena *a, struct sound_source *s,
    struct error *err) MUST_CHECK;

/*
 * Open the recording's seconds from from_sec on, duration_sec of them (0: the
 * rest), mono at rate_hz.
 */
struct decoder *sound_source_open(const struct sound_source *s,
    unsigned rate_hz, double from_sec, double duration_sec,
    struct error *err) MUST_CHECK;

/*
 * What a file's content may depend on, for keys: its path, size and time of
 * last change.  Of a file that is missing just the path.  Arena memory.
 */
const char *sound_source_mark(const char *path, struct arena *a,
    struct error *err) MUST_CHECK;

#endif
