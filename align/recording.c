#include <string.h>

#include "dsp/npy.h"
#include "dsp/track.h"
#include "manifests/record.h"

#include "align/recording.h"

#define MAX_DIMS 65536
#define MAX_WINDOW_SEC 3600.0
#define MIN_HOP_SEC 0.001

static int
load_fingerprints(const struct json *rec, const char *base_folder,
    struct arena *a, struct recording *r, struct error *err)
{
	const char *path;
	float *values;

	if (!json_has(rec, "embed.path"))
		return error_set(err, ERROR_FORMAT, "\"%s\" has no "
		    "fingerprints: run chad-embed first", record_id(rec));
	path = record_path(rec, "embed.path", base_folder, a, err);
	if (path == NULL ||
	    json_want_number(rec, "embed.window_sec", &r->window_sec,
	    err) != 0 ||
	    json_want_number(rec, "embed.hop_sec", &r->hop_sec, err) != 0 ||
	    json_get_string(rec, "embed.model_sha256", "", &r->model_sha256,
	    err) != 0)
		return -1;
	if (!(r->window_sec >= MIN_HOP_SEC &&
	    r->window_sec <= MAX_WINDOW_SEC) ||
	    !(r->hop_sec >= MIN_HOP_SEC && r->hop_sec <= MAX_WINDOW_SEC))
		return error_set(err, ERROR_LIMIT,
		    "windows of %g s every %g s cannot be aligned",
		    r->window_sec, r->hop_sec);
	if (npy_read(path, a, &values, &r->arrays.n_windows, &r->n_dims,
	    err) != 0)
		return error_add(err, "fingerprints");
	if (r->n_dims > MAX_DIMS)
		return error_set(err, ERROR_LIMIT,
		    "fingerprints %s: more than %d dimensions", path,
		    MAX_DIMS);
	r->arrays.fingerprints = values;
	return 0;
}

static int
load_pitch(const struct json *rec, const char *base_folder, struct arena *a,
    struct recording *r, struct error *err)
{
	struct track track;
	const char *path;

	if (!json_has(rec, "f0.path"))
		return error_set(err, ERROR_FORMAT,
		    "\"%s\" has no pitch track: run chad-f0 first",
		    record_id(rec));
	path = record_path(rec, "f0.path", base_folder, a, err);
	if (path == NULL)
		return -1;
	if (track_read(path, a, &track, err) != 0)
		return error_add(err, "pitch track");
	r->arrays.f0_hz = track.f0_hz;
	r->arrays.n_frames = track.n_frames;
	r->arrays.f0_hop_sec = track.hop_sec;
	r->arrays.duration_sec = (double)track.n_frames * track.hop_sec;
	return json_get_number(rec, "decode.duration_sec",
	    r->arrays.duration_sec, &r->arrays.duration_sec, err);
}

int
recording_load(const struct json *rec, const char *base_folder,
    struct arena *a, struct recording *r, struct error *err)
{
	memset(r, 0, sizeof(*r));
	if (load_fingerprints(rec, base_folder, a, r, err) != 0)
		return -1;
	return load_pitch(rec, base_folder, a, r, err);
}

int
recording_agree(const struct recording *original,
    const struct recording *cover, struct aligner_options *o,
    struct error *err)
{
	if (strcmp(original->model_sha256, cover->model_sha256) != 0)
		return error_set(err, ERROR_FORMAT, "the fingerprints come "
		    "from different models (%.12s and %.12s): run chad-embed "
		    "on both with one model", original->model_sha256,
		    cover->model_sha256);
	if (original->n_dims != cover->n_dims)
		return error_set(err, ERROR_FORMAT, "the fingerprints have "
		    "%zu and %zu dimensions: run chad-embed on both with one "
		    "model", original->n_dims, cover->n_dims);
	if (original->window_sec != cover->window_sec ||
	    original->hop_sec != cover->hop_sec)
		return error_set(err, ERROR_FORMAT, "the fingerprints have "
		    "windows of %g s every %g s and of %g s every %g s: run "
		    "chad-embed on both with the same options",
		    original->window_sec, original->hop_sec,
		    cover->window_sec, cover->hop_sec);
	o->n_dims = original->n_dims;
	o->window_sec = original->window_sec;
	o->hop_sec = original->hop_sec;
	return 0;
}
