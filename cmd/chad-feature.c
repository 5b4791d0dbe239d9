/*
 * chad-feature -- add a spectral feature of every recording of a manifest.
 *
 * Reads "decode.path", or an "audio_filepath" that is a sound file of any rate,
 * and writes the rows of the feature as KEY.npy, named by "KIND_filepath";
 * "feature.KIND" says how they lie in time.
 *
 * Options: chad-feature.1.  Members of a record: manifests/FORMAT.md.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"

#include "audio/clip.h"
#include "dsp/feature.h"
#include "dsp/npy.h"
#include "manifests/artefact.h"
#include "manifests/record.h"
#include "manifests/stream.h"

/* What the user chose. */
struct settings {
	struct stream_options stream;
	const char *kind;
	struct feature_options feature;
	bool wants_vocals;
};

/* What every worker shares. */
struct shared {
	const struct settings *set;
	const char *folder;
};

/* The feature of sounds of one rate, kept while the rate stays. */
struct worker {
	struct feature *feature;
	unsigned rate_hz;
};

/* One recording. */
struct sound {
	const char *path, *npy_path;
	char key[HASH_HEX_BYTES];
	unsigned rate_hz;
	uint64_t n_samples;
};

static void *
new_worker(const void *shared, struct error *err)
{
	(void)shared;
	return memory_new(1, sizeof(struct worker), "worker", err);
}

static void
free_worker(void *local)
{
	struct worker *w = local;

	if (w != NULL)
		feature_free(w->feature);
	memory_free(w);
}

/* Name the file by the sound and all that is chosen. */
static int
name_file(const struct shared *sh, const struct json *rec, const char *member,
    struct sound *sound, struct arena *scratch, struct error *err)
{
	const struct feature_options *o = &sh->set->feature;
	struct artefact_recipe recipe = { "chad-feature", "1", "", "" };
	char input_key[HASH_HEX_BYTES];

	recipe.options = arena_printf(scratch, "kind=%s hop=%zu fmin=%.9g "
	    "bins=%zu an_octave=%zu tuning=%.9g filter_scale=%.9g "
	    "sparsity=%.9g", sh->set->kind, o->cqt.n_hop, o->cqt.fmin_hz,
	    o->cqt.n_bins, o->cqt.bins_per_octave, o->cqt.tuning,
	    o->cqt.filter_scale, o->cqt.sparsity);
	if (recipe.options == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a name");
	if (artefact_input_key(rec, member, sound->path, input_key, err) != 0)
		return -1;
	artefact_key(&recipe, input_key, sound->key);
	sound->npy_path = artefact_path(sh->set->stream.work_folder, &recipe,
	    sound->key, "npy", scratch, err);
	return sound->npy_path == NULL ? -1 : 0;
}

/* Move the sound through the feature into the file. */
static int
convert(struct feature *f, struct clip_reader *reader, struct npy_writer *w,
    struct arena *scratch, struct error *err)
{
	float *block = arena_need(scratch, FEATURE_MAX_PUT, sizeof *block,
	    "samples", err);
	size_t n;

	if (block == NULL)
		return -1;
	feature_reset(f);
	do {
		const float *rows;
		size_t n_rows;

		if (clip_reader_get(reader, block, FEATURE_MAX_PUT, &n,
		    err) != 0)
			return -1;
		n_rows = n > 0 ? feature_put(f, block, n, &rows) :
		    feature_finish(f, &rows);
		if (npy_writer_put(w, rows, n_rows, err) != 0)
			return -1;
	} while (n > 0);
	return 0;
}

/* Make the worker's feature that of this rate. */
static int
tune_in(struct worker *w, const struct settings *set, unsigned rate_hz,
    struct error *err)
{
	if (w->feature != NULL && w->rate_hz == rate_hz)
		return 0;
	feature_free(w->feature);
	w->feature = feature_new(&set->feature, rate_hz, err);
	w->rate_hz = rate_hz;
	return w->feature == NULL ? -1 : 0;
}

static int
write_file(struct worker *w, const struct settings *set, struct sound *sound,
    struct clip_reader *reader, struct arena *scratch, struct error *err)
{
	struct npy_writer *writer;

	if (tune_in(w, set, sound->rate_hz, err) != 0)
		return error_add(err, "%s", sound->path);
	writer = npy_writer_open(sound->npy_path, STORED_FLOAT32,
	    feature_n_columns(w->feature), err);
	if (writer == NULL)
		return -1;
	if (convert(w->feature, reader, writer, scratch, err) != 0) {
		npy_writer_abandon(writer);
		return -1;
	}
	return npy_writer_commit(writer, err);
}

/* Put "KIND_filepath" and "feature.KIND" on the record. */
static int
put_result(const struct settings *set, struct json *rec,
    const struct sound *sound, struct arena *scratch, struct error *err)
{
	const struct cqt_options *o = &set->feature.cqt;
	const char *member = arena_printf(scratch, "%s_filepath", set->kind);
	const char *place = arena_printf(scratch, "feature.%s", set->kind);
	struct json *facts = json_new_object(err);
	int status = -1;

	if (facts == NULL || member == NULL || place == NULL)
		goto done;
	if (json_put_string(facts, "key", sound->key, err) == 0 &&
	    json_put_number(facts, "hop_sec", (double)o->n_hop /
	    (double)sound->rate_hz, err) == 0 &&
	    json_put_size(facts, "n_frames", (size_t)(sound->n_samples /
	    o->n_hop + 1), err) == 0 &&
	    json_put_size(facts, "n_columns", o->n_bins, err) == 0 &&
	    json_put_number(facts, "fmin_hz", o->fmin_hz, err) == 0 &&
	    json_put_size(facts, "bins_per_octave", o->bins_per_octave,
	    err) == 0 &&
	    json_put_string(rec, member, sound->npy_path, err) == 0)
		status = json_put(rec, place, facts, err);
done:
	json_free(facts);
	return status;
}

static int
work(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err)
{
	const struct shared *sh = shared;
	struct sound sound = { .path = NULL };
	struct clip_reader *reader;
	const char *member;
	int status = -1;

	sound.path = record_sound_path(rec, sh->set->wants_vocals, sh->folder,
	    &member, scratch, err);
	if (sound.path == NULL || record_check_whole(rec, member, err) != 0 ||
	    name_file(sh, rec, member, &sound, scratch, err) != 0)
		return -1;
	reader = clip_reader_open(sound.path, CLIP_ANY_RATE, err);
	if (reader == NULL)
		return -1;
	sound.rate_hz = clip_reader_rate_hz(reader);
	sound.n_samples = clip_reader_n_samples(reader);
	if (file_exists(sound.npy_path) || write_file(local, sh->set, &sound,
	    reader, scratch, err) == 0)
		status = put_result(sh->set, rec, &sound, scratch, err);
	clip_reader_close(reader);
	return status;
}

int
main(int argc, char *argv[])
{
	struct settings set = { .kind = NULL };
	struct cqt_options *cqt = &set.feature.cqt;
	const struct cli_option options[] = {
		{ CLI_STRING, "kind", &set.kind, 0, 0, "NAME", "cqt" },
		{ CLI_SIZE, "hop", &cqt->n_hop, 1, 1 << 24, "N",
		    "samples from frame to frame" },
		{ CLI_DOUBLE, "fmin", &cqt->fmin_hz, 1, 1e5, "HZ",
		    "frequency of the lowest bin" },
		{ CLI_SIZE, "bins", &cqt->n_bins, 1, 1024, "N",
		    "bins in all" },
		{ CLI_SIZE, "bins-per-octave", &cqt->bins_per_octave, 1, 256,
		    "N", "bins in an octave" },
		{ CLI_DOUBLE, "tuning", &cqt->tuning, -1, 1, "BINS",
		    "how much higher the bins lie" },
		{ CLI_DOUBLE, "filter-scale", &cqt->filter_scale, 0.01, 100,
		    "X", "length of the filters; below 1 they are shorter" },
		{ CLI_DOUBLE, "sparsity", &cqt->sparsity, 0, 0.99, "SHARE",
		    "of the filters' spectra that is left out" },
		{ CLI_FLAG, "vocals", &set.wants_vocals, 0, 0, NULL,
		    "of the separated voice, where there is one" },
		STREAM_OPTIONS(set.stream),
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-feature",
	    "add a spectral feature of every recording of a manifest",
	    "--kind NAME [options] [manifest] > manifest", options };
	struct error err = { ERROR_NONE, "" };
	char *folder = NULL;
	int i, status = CLI_FATAL;

	*cqt = cqt_defaults();
	stream_options_init(&set.stream);
	i = cli_parse(&tool, argc, argv);
	if (set.kind == NULL)
		error_set(&err, ERROR_FORMAT, "which feature? give --kind");
	if (set.kind == NULL ||
	    feature_kind_find(set.kind, &set.feature.kind, &err) != 0 ||
	    stream_take_manifest(&set.stream, argc, argv, i, &err) != 0 ||
	    stream_folder(set.stream.in_path, &folder, &err) != 0) {
		cli_warn(&err, "cannot start");
	} else {
		const struct shared shared = { &set, folder };
		const struct stream_stage stage = { tool.name, NULL, &shared,
		    new_worker, free_worker, work };

		status = stream_main(&stage, &set.stream);
	}
	memory_free(folder);
	return cli_finish(status);
}
