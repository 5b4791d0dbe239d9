#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"

#include "audio/clip.h"
#include "audio/decoder.h"
#include "dsp/activations.h"
#include "dsp/npy.h"
#include "dsp/track.h"
#include "manifests/artefact.h"
#include "manifests/record.h"

#include "pitch/track_record.h"
#include "pitch/tracker_names.h"

#define SKIP_SAMPLES 1024
/* A part may reach this far beyond the end: durations are often rounded. */
#define PART_SLACK_SEC 0.1

/* The sound of a record while it is read; one of the two is there. */
struct sound {
	struct clip_reader *reader;	/* has the tracker's rate */
	struct decoder *decoder;	/* makes it of another rate */
	uint64_t n_left;		/* of the part that is meant */
};

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
get_samples(struct sound *s, float *samples, size_t n_max, size_t *n_read,
    struct error *err)
{
	return s->decoder != NULL ?
	    decoder_get(s->decoder, samples, n_max, n_read, err) :
	    clip_reader_get(s->reader, samples, n_max, n_read, err);
}

static int
read_sound(void *context, float *samples, size_t n_max, size_t *n_read,
    struct error *err)
{
	struct sound *s = context;
	const size_t n = s->n_left < n_max ? (size_t)s->n_left : n_max;

	if (get_samples(s, samples, n, n_read, err) != 0)
		return -1;
	s->n_left = *n_read < n ? 0 : s->n_left - n;
	return 0;
}

static int
write_rows(void *writer, const float *rows, size_t n_rows, struct error *err)
{
	return npy_writer_put(writer, rows, n_rows, err);
}

/* The part that is meant, in samples; other commands have cut it already. */
static int
read_part(const struct json *rec, const char *member, uint64_t n_samples,
    uint64_t *first, uint64_t *n, struct error *err)
{
	double offset_sec, duration_sec, from;

	*first = 0;
	*n = n_samples;
	if (strcmp(member, "audio_filepath") != 0)
		return 0;
	if (json_get_number(rec, "offset", 0.0, &offset_sec, err) != 0 ||
	    json_get_number(rec, "duration", 0.0, &duration_sec, err) != 0)
		return -1;
	from = offset_sec * TRACKER_RATE_HZ;
	if (!(from >= 0.0) || from > (double)n_samples)
		return error_set(err, ERROR_FORMAT, "offset %g s lies outside "
		    "the sound", offset_sec);
	*first = (uint64_t)(from + 0.5);
	*n -= *first < *n ? *first : *n;
	if (duration_sec > PART_SLACK_SEC &&
	    (duration_sec - PART_SLACK_SEC) * TRACKER_RATE_HZ > (double)*n)
		return error_set(err, ERROR_FORMAT, "the part from %g s to "
		    "%g s is not in the sound, which is %.3f s long",
		    offset_sec, offset_sec + duration_sec,
		    (double)n_samples / TRACKER_RATE_HZ);
	if (duration_sec > 0.0 &&
	    duration_sec * TRACKER_RATE_HZ < (double)*n)
		*n = (uint64_t)(duration_sec * TRACKER_RATE_HZ + 0.5);
	return 0;
}

static void
close_sound(struct sound *s)
{
	clip_reader_close(s->reader);
	decoder_close(s->decoder);
}

/*
 * Open the file, or have it decoded when its rate is another.  *n_samples at
 * the tracker's rate, as both will give them.
 */
static int
open_file(struct sound *s, const char *path, uint64_t *n_samples,
    struct error *err)
{
	/* As a clip is read: what is NaN becomes 0. */
	const struct decoder_options options = { .rate_hz = TRACKER_RATE_HZ,
	    .accept_nonfinite = true };
	unsigned rate_hz;

	s->reader = clip_reader_open(path, CLIP_ANY_RATE, err);
	if (s->reader == NULL)
		return -1;
	*n_samples = clip_reader_n_samples(s->reader);
	rate_hz = clip_reader_rate_hz(s->reader);
	if (rate_hz == TRACKER_RATE_HZ)
		return 0;
	*n_samples = (uint64_t)llround((double)*n_samples * TRACKER_RATE_HZ /
	    rate_hz);
	clip_reader_close(s->reader);
	s->reader = NULL;
	s->decoder = decoder_open(path, &options, err);
	return s->decoder == NULL ? -1 : 0;
}

/* Open the sound and stand at the start of the part that is meant. */
static int
open_sound(struct sound *s, const struct json *rec, const char *member,
    const char *path, struct frames_source *source, struct error *err)
{
	float skipped[SKIP_SAMPLES];
	uint64_t n_samples, first;
	size_t n = SKIP_SAMPLES;

	if (open_file(s, path, &n_samples, err) != 0 || read_part(rec, member,
	    n_samples, &first, &s->n_left, err) != 0)
		return -1;
	for (; first > 0 && n == SKIP_SAMPLES; first -= n) {
		const size_t n_wanted = first < SKIP_SAMPLES ? (size_t)first :
		    SKIP_SAMPLES;

		if (get_samples(s, skipped, n_wanted, &n, err) != 0)
			return -1;
	}
	*source = (struct frames_source){ read_sound, s, s->n_left,
	    TRACKER_RATE_HZ };
	return 0;
}

/* Let a tracker that wants to hear all of the sound first do so. */
static int
listen(struct tracker *t, const struct json *rec, const char *member,
    const char *path, struct arena *scratch, struct error *err)
{
	struct sound sound = { .n_left = 0 };
	struct frames_source source;
	int status = -1;

	if (!tracker_listens_first(t))
		return 0;
	if (open_sound(&sound, rec, member, path, &source, err) == 0)
		status = tracker_listen(t, &source, scratch, err);
	close_sound(&sound);
	return status;
}

/* Track the sound and write what was asked for. */
static int
track_sound(const struct track_record_job *job, struct tracker *tracker,
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
    const char *member, const char *path, struct arena *scratch,
    struct result *result, struct error *err)
{
	const struct tracker_options *o = job->tracker;
	struct artefact_recipe recipe = { .tool = "chad-f0", .revision = "3",
	    .model_sha256 = job->model == NULL ? "" :
	    tracker_model_sha256(job->model) };
	char input_key[HASH_HEX_BYTES];
	double offset_sec, duration_sec;

	/* Both mean something only for a sound that nobody has cut yet. */
	if (json_get_number(rec, "offset", 0.0, &offset_sec, err) != 0 ||
	    json_get_number(rec, "duration", 0.0, &duration_sec, err) != 0)
		return -1;
	if (strcmp(member, "audio_filepath") != 0)
		offset_sec = duration_sec = 0.0;
	recipe.options = arena_printf(scratch, "method=%s hop_ms=%.6f "
	    "threshold=%.6f decoder=%s median=%zu offset_sec=%.9f "
	    "duration_sec=%.9f%s", job->method, job->hop_ms,
	    o->voicing_threshold, tracker_names_decoder(o->decoder),
	    o->n_median, offset_sec, duration_sec,
	    o->is_bf16 ? " bf16=1" : "");
	if (recipe.options == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a name");
	if (artefact_input_key(rec, member, path, input_key, err) != 0)
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
    const struct result *result, const struct track *track,
    struct error *err)
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
	return job->model_name == NULL ? 0 :
	    json_put_string(rec, "f0.model", job->model_name, err);
}

int
track_record_work(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err)
{
	const struct track_record_job *job = shared;
	struct sound sound = { .n_left = 0 };
	struct frames_source source;
	struct result result;
	struct track track;
	const char *member, *path;
	int status = -1;

	path = record_sound_path(rec, true, job->folder, &member, scratch,
	    err);
	if (path == NULL || name_result(job, rec, member, path, scratch,
	    &result, err) != 0)
		return -1;
	if (file_exists(result.track_path) && (!job->has_activations ||
	    file_exists(result.activations_path))) {
		if (track_read(result.track_path, scratch, &track, err) != 0)
			return -1;
		return put_result(job, rec, &result, &track, err);
	}
	if (listen(local, rec, member, path, scratch, err) == 0 &&
	    open_sound(&sound, rec, member, path, &source, err) == 0 &&
	    track_sound(job, local, &source, &result, scratch, &track,
	    err) == 0)
		status = put_result(job, rec, &result, &track, err);
	close_sound(&sound);
	return status;
}
