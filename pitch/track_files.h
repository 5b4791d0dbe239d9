/*
 * track_files -- a sound file in any format in, the files that the crepe
 * command writes out: NAME.f0.csv, NAME.activation.npy, NAME.activation.png.
 *
 * NAME is the name of the sound without its last extension.  The files lie
 * beside the sound or in one folder; what was there under their names is
 * replaced.  Each appears whole or not at all, and none of a sound that could
 * not be tracked to its end.
 */
#ifndef PITCH_TRACK_FILES_H
#define PITCH_TRACK_FILES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

#include "dsp/track.h"

#include "pitch/tracker.h"

struct track_files_options {
	const char *folder;		/* NULL: beside the sound */
	enum track_format format;	/* mir_eval's is NAME.f0.txt */
	bool has_activations;		/* float32, [n_frames][360] */
	bool has_picture;		/* see pitch/activation_picture.h */
	bool has_voicing_strip;		/* in the picture */
	bool accept_truncated, accept_nonfinite;	/* audio/decoder.h */
	/*
	 * Called now and then with the seconds that have been read; -1 with an
	 * error ends the work.
	 */
	int (*go_on)(void *context, double sec, struct error *err);
	void *context;
};

/* One after another; keeps references to t and options until freed. */
struct track_files;
struct track_files *track_files_new(struct tracker *t,
    const struct track_files_options *options, struct error *err) MUST_CHECK;
void track_files_free(struct track_files *f);

/*
 * Track the sound and write its files.  Refused, besides what audio/decoder.h
 * refuses, is a sound whose files would be those of one that came before.
 * "a" is for working memory.  *is_sound is false when the file could not even
 * be opened as one.
 */
int track_files_make(struct track_files *f, const char *sound_path,
    struct arena *a, bool *is_sound, struct error *err) MUST_CHECK;

/* Whether a file of that name is one that track_files_make writes. */
bool track_files_is_ours(const char *name);

#endif
