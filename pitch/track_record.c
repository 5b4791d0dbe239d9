#include <string.h>

#include "base/file.h"
#include "base/hash.h"

#include "dsp/activations.h"
#include "dsp/npy.h"
#include "dsp/track.h"
#include "manifests/artefact.h"
#include "manifests/record.h"

#include "pitch/track_record.h"
#include "pitch/track_sound.h"
#include "pitch/tracker_names.h"

/* The files made for a record. */
struct result {
	char key[HASH_HEX_BYTES];
	const char *track_path, *activations_path;
};

void *
track_record_new_worker(const void *shared, struct error *err)
{
	const struct track_record_job *job = shared;

	return tracker_new(job->model, job->tracker, err);
}

void
track_record_free_worker(void *local)
{
	tracker_free(local);
}

static int
write_rows(void *writer, const float *rows, size_t n_rows, struct error *err)
{
	return npy_writer_put(writer, rows, n_rows, err);
}

/* Let a tracker that wants to hear all of the sound first do so. */
static int
listen(struct tracker *t, const struct track_sound_files *files,
    struct arena *scratch, struct error *err)
{
	struct track_sound sound = TRACK_SOUND_NONE;
	struct frames_source source;
	int status = -1;

	if (!tracker_listens_first(t))
		return 0;
	if (track_sound_open(&sound, files, &source, err) == 0)
		status = tracker_listen(t, &source, scratch, err);
	track_sound_close(&sound);
	return status;
}

/* Track the sound and write what was asked for. */
static int
run(const struct track_record_job *job, struct tracker *tracker,
    const struct frames_source *source, const struct result *result,
    struct arena *scratch, struct track *track, struct error *err)
{
	struct npy_writer *w = NULL;
	struct tracker_sink sink = { write_rows, NULL };

	if (job->has_activations) {
		w = npy_writer_open(result->activations_path, STORED_FLOAT16,
		    ACTIVATIONS_N_BINS, err);
		if (w == NULL)
			return -1;
		sink.context = w;
	}
	if (tracker_run(tracker, source, w == NULL ? NULL : &sink, scratch,
	    track, err) != 0) {
		npy_writer_abandon(w);
		return -1;
	}
	if (w != NULL && npy_writer_commit(w, err) != 0)
		return -1;
	return track_write(result->track_path, track, TRACK_CREPE, err);
}

/* Name the files by what the sound is and how it is tracked. */
static int
name_result(const struct track_record_job *job, const struct json *rec,
    const struct track_sound_files *files, struct arena *scratch,
    struct result *result, struct error *err)
{
	const struct tracker_options *o = job->tracker;
	struct artefact_recipe recipe = { .tool = "chad-f0", .revision = "4",
	    .model_sha256 = job->model == NULL ? "" :
	    tracker_model_sha256(job->model) };
	char input_key[HASH_HEX_BYTES];
	const char *mixture = "";

	if (files->recording_path != NULL && (mixture = arena_printf(scratch,
	    " mixture=%.6f", files->share)) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a name");
	recipe.options = arena_printf(scratch, "method=%s hop_ms=%.6f "
	    "threshold=%.6f decoder=%s median=%zu offset_sec=%.9f "
	    "duration_sec=%.9f%s%s", job->method, job->hop_ms,
	    o->voicing_threshold, tracker_names_decoder(o->decoder),
	    o->n_median, files->offset_sec, files->duration_sec,
	    o->is_bf16 ? " bf16=1" : "", mixture);
	if (recipe.options == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a name");
	if (artefact_input_key(rec, files->member, files->path, input_key,
	    err) != 0)
		return -1;
	artefact_key(&recipe, input_key, result->key);
	result->track_path = artefact_path(job->work_folder, &recipe,
	    result->key, "f0.csv", scratch, err);
	result->activations_path = artefact_path(job->work_folder,
	    &recipe, result->key, "activation.npy", scratch, err);
	return result->track_path == NULL ||
	    result->activations_path == NULL ? -1 : 0;
}

/* Put "f0" on the record. */
static int
put_result(const struct track_record_job *job, struct json *rec,
    const struct track_sound_files *files, const struct result *result,
    const struct track *track, struct error *err)
{
	json_remove(rec, "f0");
	if (json_put_string(rec, "f0.path", result->track_path, err) != 0 ||
	    json_put_string(rec, "f0.key", result->key, err) != 0)
		return -1;
	if (job->has_activations && json_put_string(rec,
	    "f0.activations", result->activations_path, err) != 0)
		return -1;
	if (json_put_number(rec, "f0.hop_sec", job->tracker->hop_sec,
	    err) != 0 ||
	    json_put_size(rec, "f0.n_frames", track->n_frames, err) != 0 ||
	    json_put_rounded(rec, "f0.voiced_share",
	    track_voiced_share(track), 4, err) != 0 ||
	    json_put_string(rec, "f0.method", job->method, err) != 0)
		return -1;
	if (files->recording_path != NULL && json_put_number(rec,
	    "f0.mixture", files->share, err) != 0)
		return -1;
	return job->model_name == NULL ? 0 :
	    json_put_string(rec, "f0.model", job->model_name, err);
}

int
track_record_work(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err)
{
	const struct track_record_job *job = shared;
	struct track_sound sound = TRACK_SOUND_NONE;
	struct track_sound_files files;
	struct frames_source source;
	struct result result;
	struct track track;
	int status = -1;

	if (track_sound_find(rec, job->folder, job->mixture_share, scratch,
	    &files, err) != 0 || name_result(job, rec, &files, scratch,
	    &result, err) != 0)
		return -1;
	if (file_exists(result.track_path) && (!job->has_activations ||
	    file_exists(result.activations_path))) {
		if (track_read(result.track_path, scratch, &track, err) != 0)
			return -1;
		return put_result(job, rec, &files, &result, &track, err);
	}
	if (listen(local, &files, scratch, err) == 0 &&
	    track_sound_open(&sound, &files, &source, err) == 0 &&
	    run(job, local, &source, &result, scratch, &track,
	    err) == 0)
		status = put_result(job, rec, &files, &result, &track, err);
	track_sound_close(&sound);
	return status;
}
