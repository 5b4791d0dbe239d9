/*
 * track_sound -- what a tracker hears of a record: its voice, else its
 * recording, at the tracker's rate.
 *
 * WAV and FLAC of any rate and number of channels; where the rate is not the
 * tracker's, audio/decoder.h makes it so, with the same times.  A voice that
 * chad-separate found has some of its recording left under it (under_voice.h).
 */
#ifndef PITCH_TRACK_SOUND_H
#define PITCH_TRACK_SOUND_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "audio/clip.h"
#include "audio/decoder.h"

#include "pitch/frames.h"
#include "pitch/under_voice.h"

/* Which files, and which part of them; strings are the arena's. */
struct track_sound_files {
	const char *member, *path;	/* of the record; the file */
	const char *recording_path;	/* NULL: nothing goes under the voice */
	double share;
	/* Of an audio_filepath; other members have been cut already. */
	double offset_sec, duration_sec;	/* 0: to the end */
};

/* folder: of the manifest, or NULL; share: 0..1. */
int track_sound_find(const struct json *rec, const char *folder, double share,
    struct arena *a, struct track_sound_files *files, struct error *err)
    MUST_CHECK;

/* A file while it is read; one of the two is there. */
struct track_sound_input {
	struct clip_reader *reader;	/* has the tracker's rate */
	struct decoder *decoder;	/* makes it of another rate */
};

struct track_sound {
	struct track_sound_input voice, recording;
	struct under_voice *under;
	struct frames_source whole;
	uint64_t n_left;		/* of the part that is meant */
};
#define TRACK_SOUND_NONE { .under = NULL }

/*
 * Stand at the start of the part that is meant; *source, of the tracker's rate,
 * reads from there and borrows s.  Close s whether it could be opened or not.
 */
int track_sound_open(struct track_sound *s,
    const struct track_sound_files *files, struct frames_source *source,
    struct error *err) MUST_CHECK;
void track_sound_close(struct track_sound *s);

#endif
