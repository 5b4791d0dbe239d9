/*
 * track_record -- the pitch of the recording that a record of a manifest names.
 *
 * Listens to vocals_filepath, else to decode.path, else to audio_filepath, a
 * WAV or FLAC of any rate and number of channels (track_sound.h), and writes
 * KEY.f0.csv and, if asked, the 360 activations of every frame into the work
 * folder; the record gets "f0" (manifests/FORMAT.md).  What is there already is
 * not made again.  The calls are those of a struct stream_stage.
 */
#ifndef PITCH_TRACK_RECORD_H
#define PITCH_TRACK_RECORD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "pitch/tracker.h"

/* What every worker shares. */
struct track_record_job {
	const struct tracker_options *tracker;
	const char *method;			/* name, for the record */
	double hop_ms;
	bool has_activations;
	double mixture_share;			/* under_voice.h */
	const struct tracker_model *model;	/* NULL for YIN */
	const char *model_name;			/* "f0-tiny", or NULL */
	const char *folder;			/* of the manifest, or NULL */
	const char *work_folder;
};

/* "shared" is a struct track_record_job; a worker is a struct tracker. */
void *track_record_new_worker(const void *shared, struct error *err)
    MUST_CHECK;
void track_record_free_worker(void *local);
int track_record_work(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err) MUST_CHECK;

#endif
