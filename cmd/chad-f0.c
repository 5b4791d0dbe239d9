/*
 * chad-f0 -- add the pitch of the voice to every recording of a manifest.
 *
 * Listens to vocals_filepath, else to decode.path, else to a 16 kHz
 * audio_filepath, and writes KEY.f0.csv and, if asked, the 360 activations of
 * every frame.  Memory does not grow with the activations: they stream through.
 *
 * Options: chad-f0.1.  Members of a record: manifests/FORMAT.md.
 */

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

#include "audio/clip.h"
#include "dsp/activations.h"
#include "dsp/npy.h"
#include "dsp/track.h"
#include "manifests/artefact.h"
#include "manifests/record.h"
#include "manifests/stream.h"

#include "pitch/tracker.h"

#define SKIP_SAMPLES 1024
/* A part may reach this far beyond the end: durations are often rounded. */
#define PART_SLACK_SEC 0.1

/* What the user chose.  Read-only once the command line is parsed. */
struct settings {
	struct tracker_options tracker;
	const char *method, *model_path;
	double hop_ms;
	bool wants_activations;
	struct stream_options stream;
};

/* What every worker shares. */
struct shared {
	const struct settings *set;
	const struct tracker_model *model;	/* NULL for YIN */
	const char *model_name;			/* "f0-tiny", or NULL */
	const char *folder;
};

/* The sound of a record while it is read. */
struct sound {
	struct clip_reader *reader;
	uint64_t n_left;	/* of the part that is meant */
};

/* The files made for a record. */
struct result {
	char key[HASH_HEX_BYTES];
	const char *track_path, *activations_path;
};

static void *
new_worker(const void *shared, struct error *err)
{
	const struct shared *sh = shared;

	return tracker_new(sh->model, &sh->set->tracker, err);
}

static void
free_worker(void *local)
{
	tracker_free(local);
}

static int
read_sound(void *context, float *samples, size_t n_max, size_t *n_read,
    struct error *err)
{
	struct sound *s = context;
	const size_t n = s->n_left < n_max ? (size_t)s->n_left : n_max;

	if (clip_reader_get(s->reader, samples, n, n_read, err) != 0)
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

/* Open the sound and stand at the start of the part that is meant. */
static int
open_sound(struct sound *s, const struct json *rec, const char *member,
    const char *path, struct frames_source *source, struct error *err)
{
	float skipped[SKIP_SAMPLES];
	uint64_t first;
	size_t n = SKIP_SAMPLES;

	s->reader = clip_reader_open(path, TRACKER_RATE_HZ, err);
	if (s->reader == NULL || read_part(rec, member,
	    clip_reader_n_samples(s->reader), &first, &s->n_left, err) != 0)
		return -1;
	for (; first > 0 && n == SKIP_SAMPLES; first -= n) {
		const size_t n_wanted = first < SKIP_SAMPLES ? (size_t)first :
		    SKIP_SAMPLES;

		if (clip_reader_get(s->reader, skipped, n_wanted, &n,
		    err) != 0)
			return -1;
	}
	*source = (struct frames_source){ read_sound, s, s->n_left,
	    TRACKER_RATE_HZ };
	return 0;
}

/* Track the sound and write what was asked for. */
static int
track_sound(const struct shared *sh, struct tracker *tracker,
    const struct frames_source *source, const struct result *result,
    struct arena *scratch, struct track *track, struct error *err)
{
	struct npy_writer *w = NULL;
	struct tracker_sink sink = { write_rows, NULL };

	if (sh->set->wants_activations) {
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
name_result(const struct shared *sh, const struct json *rec,
    const char *member, const char *path, struct arena *scratch,
    struct result *result, struct error *err)
{
	const struct settings *set = sh->set;
	struct artefact_recipe recipe = { .tool = "chad-f0", .revision = "2",
	    .model_sha256 = sh->model == NULL ? "" :
	    tracker_model_sha256(sh->model) };
	char input_key[HASH_HEX_BYTES];
	double offset_sec, duration_sec;

	/* Both mean something only for a sound that nobody has cut yet. */
	if (json_get_number(rec, "offset", 0.0, &offset_sec, err) != 0 ||
	    json_get_number(rec, "duration", 0.0, &duration_sec, err) != 0)
		return -1;
	if (strcmp(member, "audio_filepath") != 0)
		offset_sec = duration_sec = 0.0;
	recipe.options = arena_printf(scratch, "method=%s hop_ms=%.6f "
	    "threshold=%.6f viterbi=%d median=%zu offset_sec=%.9f "
	    "duration_sec=%.9f", set->method, set->hop_ms,
	    set->tracker.voicing_threshold, set->tracker.has_viterbi,
	    set->tracker.n_median, offset_sec, duration_sec);
	if (recipe.options == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a name");
	if (artefact_input_key(rec, member, path, input_key, err) != 0)
		return -1;
	artefact_key(&recipe, input_key, result->key);
	result->track_path = artefact_path(set->stream.work_folder, &recipe,
	    result->key, "f0.csv", scratch, err);
	result->activations_path = artefact_path(set->stream.work_folder,
	    &recipe, result->key, "activation.npy", scratch, err);
	return result->track_path == NULL ||
	    result->activations_path == NULL ? -1 : 0;
}

/* Put "f0" on the record. */
static int
put_result(const struct shared *sh, struct json *rec,
    const struct result *result, const struct track *track,
    struct error *err)
{
	json_remove(rec, "f0");
	if (json_put_string(rec, "f0.path", result->track_path, err) != 0 ||
	    json_put_string(rec, "f0.key", result->key, err) != 0)
		return -1;
	if (sh->set->wants_activations && json_put_string(rec,
	    "f0.activations", result->activations_path, err) != 0)
		return -1;
	if (json_put_number(rec, "f0.hop_sec", sh->set->tracker.hop_sec,
	    err) != 0 ||
	    json_put_size(rec, "f0.n_frames", track->n_frames, err) != 0 ||
	    json_put_rounded(rec, "f0.voiced_share",
	    track_voiced_share(track), 4, err) != 0 ||
	    json_put_string(rec, "f0.method", sh->set->method, err) != 0)
		return -1;
	return sh->model_name == NULL ? 0 :
	    json_put_string(rec, "f0.model", sh->model_name, err);
}

static int
track_one(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err)
{
	const struct shared *sh = shared;
	struct sound sound = { NULL, 0 };
	struct frames_source source;
	struct result result;
	struct track track;
	const char *member, *path;
	int status = -1;

	path = record_sound_path(rec, true, sh->folder, &member, scratch,
	    err);
	if (path == NULL || name_result(sh, rec, member, path, scratch,
	    &result, err) != 0)
		return -1;
	if (file_exists(result.track_path) && (!sh->set->wants_activations ||
	    file_exists(result.activations_path))) {
		if (track_read(result.track_path, scratch, &track, err) != 0)
			return -1;
		return put_result(sh, rec, &result, &track, err);
	}
	if (open_sound(&sound, rec, member, path, &source, err) == 0 &&
	    track_sound(sh, local, &source, &result, scratch, &track,
	    err) == 0)
		status = put_result(sh, rec, &result, &track, err);
	clip_reader_close(sound.reader);
	return status;
}

/* Check the method and load what it needs. */
static int
prepare(struct settings *set, struct tracker_model **model,
    const char **name, char **folder, struct arena *a, struct error *err)
{
	set->tracker.hop_sec = set->hop_ms / 1000.0;
	if (set->tracker.n_median % 2 == 0)
		return error_set(err, ERROR_FORMAT,
		    "--median %zu is not odd", set->tracker.n_median);
	if (strcmp(set->method, "yin") == 0)
		set->tracker.method = TRACKER_YIN;
	else if (strcmp(set->method, "crepe") != 0)
		return error_set(err, ERROR_FORMAT,
		    "--method %s is neither crepe nor yin", set->method);
	if (set->tracker.method == TRACKER_YIN && set->tracker.has_viterbi)
		return error_set(err, ERROR_FORMAT,
		    "--viterbi goes with --method crepe only");
	if (set->tracker.method == TRACKER_CREPE) {
		*model = tracker_model_load(set->model_path, err);
		if (*model == NULL || (*name = file_stem(set->model_path, a,
		    err)) == NULL)
			return -1;
	}
	return stream_folder(set->stream.in_path, folder, err);
}

int
main(int argc, char *argv[])
{
	struct settings set = { .method = "crepe", .hop_ms = 10.0,
	    .model_path = "models/f0-tiny.safetensors",
	    .tracker = { .voicing_threshold = -1.0, .n_median = 1 } };
	const struct cli_option options[] = {
		{ CLI_FLAG, "activations", &set.wants_activations, 0, 0, NULL,
		    "write the 360 activations of every frame too" },
		{ CLI_STRING, "method", &set.method, 0, 0, "NAME",
		    "crepe (a network) or yin" },
		{ CLI_SHARED, "model", &set.model_path, 0, 0, "FILE",
		    "weights of the network" },
		{ CLI_FLAG, "viterbi", &set.tracker.has_viterbi, 0, 0, NULL,
		    "follow the most likely path (crepe)" },
		{ CLI_DOUBLE, "hop", &set.hop_ms, 1, 100, "MS",
		    "time from frame to frame" },
		{ CLI_DOUBLE, "voicing-threshold",
		    &set.tracker.voicing_threshold, 0, 1, "C",
		    "unvoiced below this confidence (default: the model's)" },
		{ CLI_SIZE, "median", &set.tracker.n_median, 1, 101, "N",
		    "smooth by the median of N frames, odd" },
		STREAM_OPTIONS(set.stream),
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-f0",
	    "add the pitch of the voice to every recording of a manifest",
	    "[options] [manifest] > manifest", options };
	struct error err = { ERROR_NONE, "" };
	struct tracker_model *model = NULL;
	struct arena *a = arena_new();
	const char *model_name = NULL;
	char *folder = NULL;
	int i, status = CLI_FATAL;

	stream_options_init(&set.stream);
	i = cli_parse(&tool, argc, argv);
	if (a == NULL)
		error_set(&err, ERROR_NOMEM, "out of memory");
	if (a == NULL ||
	    stream_take_manifest(&set.stream, argc, argv, i, &err) != 0 ||
	    prepare(&set, &model, &model_name, &folder, a, &err) != 0) {
		cli_warn(&err, "cannot start");
	} else {
		const struct shared shared = { &set, model, model_name,
		    folder };
		const struct stream_stage stage = { tool.name,
		    model == NULL ? NULL : tracker_model_sha256(model),
		    &shared, new_worker, free_worker, track_one };

		status = stream_main(&stage, &set.stream);
	}
	tracker_model_free(model);
	memory_free(folder);
	arena_free(a);
	return cli_finish(status);
}
