/*
 * chad-embed -- fingerprints of every recording of a manifest.
 *
 * For each record the activations of chad-f0, or without them its pitch
 * track, or the CQT of chad-feature, as the model wants, go through the
 * encoder window by window; the record gets "embed.path" and what else
 * FORMAT.md lists.  With --query the records are
 * hums to be searched for, and are embedded at several time scales.
 *
 * Options: chad-embed.1.  Members of a record: manifests/FORMAT.md.
 */

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"

#include "dsp/npy.h"
#include "dsp/track.h"
#include "manifests/artefact.h"
#include "manifests/record.h"
#include "manifests/stream.h"

#include "embed/cqt_crop.h"
#include "embed/encoder.h"
#include "embed/image_kind.h"
#include "embed/query.h"

#define TOOL "chad-embed"

/* What the user chose.  A hop of 0 is the model's. */
struct settings {
	struct stream_options stream;
	const char *model_path, *join_path;
	double hop_sec, join_share;
	bool is_query;
};

/* What every worker shares. */
struct shared {
	const struct settings *set;
	const struct encoder_model *model;
	const char *model_name;		/* file name without its ending */
	const char *folder;		/* of the manifest, or NULL */
	double hop_sec;
};

/* What one record's fingerprints are made from. */
struct input {
	const char *member;		/* of the record, with its path */
	const char *path;
	struct encoder_source source;
	struct npy_reader *reader;	/* of an array, or NULL */
	struct track track;
};

static void *
new_worker(const void *shared, struct error *err)
{
	const struct shared *sh = shared;

	return encoder_new(sh->model, err);
}

static void
free_worker(void *local)
{
	encoder_free(local);
}

/* The member that the model reads, and the one with its hop. */
static void
choose_member(const struct image_kind *kind, const struct json *rec,
    const char **member, const char **hop_member)
{
	*hop_member = "f0.hop_sec";
	if (!kind->is_tracked) {
		*member = "cqt_filepath";
		*hop_member = "feature.cqt.hop_sec";
	} else if (json_has(rec, "f0.activations")) {
		*member = "f0.activations";
	} else {
		*member = "f0.path";
	}
}

/* A CQT of other bins would be taken for another music. */
static int
check_cqt(const struct json *rec, struct error *err)
{
	double fmin_hz, bins_per_octave;

	if (json_get_number(rec, "feature.cqt.fmin_hz", CQT_CROP_FMIN_HZ,
	    &fmin_hz, err) != 0 ||
	    json_get_number(rec, "feature.cqt.bins_per_octave", 12,
	    &bins_per_octave, err) != 0)
		return -1;
	if (fabs(fmin_hz / CQT_CROP_FMIN_HZ - 1) < 1e-3 &&
	    fabs(bins_per_octave - 12) < 1e-6)
		return 0;
	return error_set(err, ERROR_FORMAT, "a cqt of %g bins an octave from "
	    "%g Hz on: the encoder needs 12 from C1 on, as "
	    "chad-feature makes them by default", bins_per_octave, fmin_hz);
}

static int
open_input(const struct shared *sh, const struct json *rec,
    struct arena *scratch, struct input *in, struct error *err)
{
	const struct image_kind *kind =
	    encoder_model_features(sh->model)->kind;
	const char *hop_member;
	double hop_sec;

	memset(in, 0, sizeof(*in));
	choose_member(kind, rec, &in->member, &hop_member);
	in->path = record_path(rec, in->member, sh->folder, scratch, err);
	if (in->path == NULL)
		return error_add(err, "run %s first", kind->command);
	if (strcmp(in->member, "f0.path") == 0) {
		if (track_read(in->path, scratch, &in->track, err) != 0)
			return -1;
		if (encoder_source_of_track(&in->track, &in->source,
		    err) != 0)
			return error_add(err, "%s", in->path);
		return 0;
	}
	if ((!kind->is_tracked && check_cqt(rec, err) != 0) ||
	    json_get_number(rec, hop_member, kind->frame_sec, &hop_sec,
	    err) != 0 ||
	    (in->reader = npy_reader_open(in->path, err)) == NULL)
		return -1;
	if (encoder_source_of_npy(in->reader, kind, hop_sec, &in->source,
	    err) != 0) {
		npy_reader_close(in->reader);
		return error_add(err, "%s", in->path);
	}
	return 0;
}

/* Where the result lies: named by the input, the options and the model. */
static const char *
name_result(const struct shared *sh, const struct json *rec,
    const struct input *in, struct arena *scratch, char key[HASH_HEX_BYTES],
    struct error *err)
{
	struct artefact_recipe recipe = { .tool = TOOL, .revision = "1",
	    .model_sha256 = encoder_model_sha256(sh->model) };
	char input_key[HASH_HEX_BYTES];

	recipe.options = arena_printf(scratch, "input=%s hop_sec=%.6f query=%d",
	    in->member, sh->hop_sec, sh->set->is_query);
	if (recipe.options == NULL) {
		error_set(err, ERROR_NOMEM, "out of memory for a name");
		return NULL;
	}
	if (artefact_input_key(rec, in->member, in->path, input_key,
	    err) != 0)
		return NULL;
	artefact_key(&recipe, input_key, key);
	return artefact_path(sh->set->stream.work_folder, &recipe, key, "npy",
	    scratch, err);
}

static int
put_rows(void *writer, const float *fingerprints, size_t n, struct error *err)
{
	return npy_writer_put(writer, fingerprints, n, err);
}

static int
embed_views(struct encoder *e, const struct input *in,
    const struct encoder_view *views, size_t n_views, size_t dimension,
    const char *path, struct error *err)
{
	struct npy_writer *w;

	w = npy_writer_open(path, STORED_FLOAT32, dimension, err);
	if (w == NULL)
		return -1;
	if (encoder_run(e, &in->source, views, n_views, put_rows, w,
	    err) != 0) {
		npy_writer_abandon(w);
		return -1;
	}
	return npy_writer_commit(w, err);
}

static int
put_result(const struct shared *sh, const char *path, const char *key,
    size_t n_windows, struct json *rec, struct error *err)
{
	const struct encoder_features *f = encoder_model_features(sh->model);

	if (json_put_string(rec, "embed.path", path, err) != 0 ||
	    json_put_string(rec, "embed.key", key, err) != 0 ||
	    json_put_rounded(rec, "embed.window_sec", f->window_sec, 6,
	    err) != 0 ||
	    json_put_rounded(rec, "embed.hop_sec", sh->hop_sec, 6, err) != 0 ||
	    json_put_size(rec, "embed.n_windows", n_windows, err) != 0 ||
	    json_put_string(rec, "embed.model", sh->model_name, err) != 0)
		return -1;
	return json_put_string(rec, "embed.model_sha256",
	    encoder_model_sha256(sh->model), err);
}

static int
embed_input(const struct shared *sh, struct encoder *e, struct input *in,
    struct json *rec, struct arena *scratch, struct error *err)
{
	const struct encoder_view all = { .n_frames = in->source.n_frames,
	    .time_scale = 1, .hop_sec = sh->hop_sec };
	struct query_plan plan = { .n_all_windows = 0 };
	const struct encoder_view *views = &all;
	size_t n_views = 1, n_windows = encoder_n_windows(e, &all);
	char key[HASH_HEX_BYTES];
	const char *path = name_result(sh, rec, in, scratch, key, err);

	if (path == NULL)
		return -1;
	if (sh->set->is_query) {
		if (query_plan_make(e, &in->source, sh->hop_sec, &plan,
		    err) != 0)
			return -1;
		views = plan.views;
		n_views = QUERY_N_SCALES;
		n_windows = plan.n_all_windows;
	}
	if (n_windows == 0)
		return error_set(err, ERROR_LIMIT, "%s: %s", in->path,
		    in->source.n_frames == 0 ? "it is empty" :
		    "nothing in it is voiced");
	if (!file_exists(path) && embed_views(e, in, views, n_views,
	    encoder_model_dimension(sh->model), path, err) != 0)
		return -1;
	json_remove(rec, "embed");
	if (put_result(sh, path, key, n_windows, rec, err) != 0)
		return -1;
	return sh->set->is_query ? query_plan_put(&plan, rec, err) : 0;
}

static int
embed_one(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err)
{
	const struct shared *sh = shared;
	struct input in;
	int status;

	if (open_input(sh, rec, scratch, &in, err) != 0)
		return -1;
	status = embed_input(sh, local, &in, rec, scratch, err);
	npy_reader_close(in.reader);
	return status;
}

/* The model, or the two joined ones, and what records call it. */
static int
load_model(struct shared *sh, struct encoder_model **model, struct arena *a,
    struct error *err)
{
	const struct settings *set = sh->set;
	struct encoder_model *other;
	const char *name;

	if ((*model = encoder_model_load(set->model_path, err)) == NULL)
		return error_add(err, "loading the model");
	sh->model = *model;
	sh->model_name = file_stem(set->model_path, a, err);
	if (sh->model_name == NULL || set->join_path == NULL)
		return sh->model_name == NULL ? -1 : 0;
	if ((other = encoder_model_load(set->join_path, err)) == NULL)
		return error_add(err, "loading the model");
	if (encoder_model_join(*model, other, set->join_share, err) != 0)
		return error_add(err, "%s", set->join_path);
	if ((name = file_stem(set->join_path, a, err)) == NULL)
		return -1;
	sh->model_name = arena_printf(a, "%s+%s", sh->model_name, name);
	return sh->model_name != NULL ? 0 :
	    error_set(err, ERROR_NOMEM, "out of memory for a name");
}

/* Fill what the workers share; 0, or -1 with an error. */
static int
prepare(struct shared *sh, struct encoder_model **model, char **folder,
    struct arena *a, struct error *err)
{
	const struct settings *set = sh->set;

	if (stream_folder(set->stream.in_path, folder, err) != 0)
		return -1;
	sh->folder = *folder;
	if (load_model(sh, model, a, err) != 0)
		return -1;
	sh->hop_sec = set->hop_sec > 0 ? set->hop_sec :
	    encoder_model_features(*model)->hop_sec;
	if (encoder_check_hop(encoder_model_features(*model)->kind,
	    sh->hop_sec, err) != 0)
		return error_add(err, "--hop");
	return 0;
}

int
main(int argc, char *argv[])
{
	struct settings set = { .model_path = "models/m0.safetensors",
	    .join_share = 0.3 };
	const struct cli_option options[] = {
		{ CLI_SHARED, "model", &set.model_path, 0, 0, "FILE",
		    "the encoder (default: models/m0.safetensors)" },
		{ CLI_SHARED, "join", &set.join_path, 0, 0, "FILE",
		    "a second encoder, of a shorter window" },
		{ CLI_DOUBLE, "share", &set.join_share, 0, 1, "S",
		    "its share of the similarity (default: 0.3)" },
		{ CLI_DOUBLE, "hop", &set.hop_sec, 0, ENCODER_MAX_HOP_SEC,
		    "SEC", "time between windows (default: the model's)" },
		{ CLI_FLAG, "query", &set.is_query, 0, 0, NULL,
		    "the records are hums to search for" },
		STREAM_OPTIONS(set.stream),
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL,
	    "fingerprints of every recording of a manifest",
	    "[options] [manifest] > manifest", options };
	struct shared shared = { .set = &set };
	struct encoder_model *model = NULL;
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	char *folder = NULL;
	int i, status = CLI_FATAL;

	stream_options_init(&set.stream);
	i = cli_parse(&tool, argc, argv);
	if (a == NULL) {
		error_set(&err, ERROR_NOMEM, "out of memory");
		cli_warn(&err, "cannot start");
	} else if (stream_take_manifest(&set.stream, argc, argv, i, &err) !=
	    0 || prepare(&shared, &model, &folder, a, &err) != 0) {
		cli_warn(&err, "cannot start");
	} else {
		const struct stream_stage stage = { TOOL,
		    encoder_model_sha256(model), &shared, new_worker,
		    free_worker, embed_one };

		status = stream_main(&stage, &set.stream);
	}
	encoder_model_free(model);
	memory_free(folder);
	arena_free(a);
	return cli_finish(status);
}
