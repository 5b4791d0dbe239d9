/*
 * chad-feature -- add a spectral feature of every recording of a manifest.
 *
 * Reads "decode.path", or an "audio_filepath" that is a sound file of any rate,
 * and writes the rows of the feature as KEY.npy, named by "KIND_filepath";
 * "feature.KIND" says how they lie in time.
 *
 * Options: chad-feature.1.  Members of a record: manifests/FORMAT.md.
 */

#include <math.h>
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

/* Of a number that was not given. */
#define UNSET (-1e9)
#define N_MOST ((double)(1 << 20))

/* What the user chose. */
struct settings {
	struct stream_options stream;
	const char *kind;
	size_t n_hop, n_fft, n_window, n_mels, n_mfcc, n_bins;
	size_t bins_per_octave, n_classes, n_octaves, n_smooth;
	double fmin_hz, fmax_hz, top_db, lifter, tuning, filter_scale;
	double sparsity;
	bool is_htk, wants_vocals;
	struct feature_options feature;		/* what follows from it */
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

	recipe.options = arena_printf(scratch, "kind=%s hop=%zu fft=%zu "
	    "window=%zu mels=%zu from=%.9g to=%.9g htk=%d top_db=%.9g "
	    "mfcc=%zu lifter=%.9g fmin=%.9g bins=%zu an_octave=%zu "
	    "scale=%.9g sparsity=%.9g tuning=%.9g classes=%zu octaves=%zu "
	    "smooth=%zu", feature_kind_name(o->kind), o->n_hop, o->n_fft,
	    o->n_window, o->mel.n_mels, o->mel.fmin_hz, o->mel.fmax_hz,
	    (int)o->mel.is_htk, o->top_db, o->n_mfcc, o->lifter,
	    o->cqt.fmin_hz, o->cqt.n_bins, o->cqt.bins_per_octave,
	    o->cqt.filter_scale, o->cqt.sparsity, o->tuning, o->n_classes,
	    o->n_octaves, o->n_smooth);
	if (recipe.options == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a name");
	if (artefact_input_key(rec, member, sound->path, input_key, err) != 0)
		return -1;
	artefact_key(&recipe, input_key, sound->key);
	sound->npy_path = artefact_path(sh->set->stream.work_folder, &recipe,
	    sound->key, "npy", scratch, err);
	return sound->npy_path == NULL ? -1 : 0;
}

/* Move the sound through the feature and, unless heard only, into the file. */
static int
convert(struct feature *f, const char *path, struct npy_writer *w,
    float *block, struct error *err)
{
	struct clip_reader *reader = clip_reader_open(path, CLIP_ANY_RATE,
	    err);
	int status = -1;
	size_t n;

	if (reader == NULL || feature_begin(f, w == NULL, err) != 0)
		goto done;
	do {
		const float *rows;
		size_t n_rows;

		if (clip_reader_get(reader, block, FEATURE_MAX_PUT, &n,
		    err) != 0)
			goto done;
		n_rows = n > 0 ? feature_put(f, block, n, &rows) :
		    feature_finish(f, &rows);
		if (w != NULL && npy_writer_put(w, rows, n_rows, err) != 0)
			goto done;
	} while (n > 0);
	status = 0;

done:
	clip_reader_close(reader);
	return status;
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
write_file(struct worker *w, const struct settings *set,
    const struct sound *sound, struct arena *scratch, struct error *err)
{
	float *block = arena_need(scratch, FEATURE_MAX_PUT, sizeof *block,
	    "samples", err);
	const size_t n_columns = feature_n_columns(&set->feature);
	struct npy_writer *writer;

	if (block == NULL)
		return -1;
	if (tune_in(w, set, sound->rate_hz, err) != 0)
		return error_add(err, "%s", sound->path);
	if (feature_listens_first(w->feature) && convert(w->feature,
	    sound->path, NULL, block, err) != 0)
		return -1;
	writer = set->feature.kind == FEATURE_STFT ?
	    npy_writer_open_complex(sound->npy_path, n_columns, err) :
	    npy_writer_open(sound->npy_path, STORED_FLOAT32, n_columns, err);
	if (writer == NULL)
		return -1;
	if (convert(w->feature, sound->path, writer, block, err) != 0) {
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
	const struct feature_options *o = &set->feature;
	const char *kind = feature_kind_name(o->kind);
	const char *member = arena_printf(scratch, "%s_filepath", kind);
	const char *place = arena_printf(scratch, "feature.%s", kind);
	struct json *facts = json_new_object(err);
	int status = -1;

	if (facts == NULL)
		return -1;
	if (member == NULL || place == NULL) {
		error_set(err, ERROR_NOMEM, "out of memory for a name");
		goto done;
	}
	if (json_put_string(facts, "key", sound->key, err) != 0 ||
	    json_put_number(facts, "hop_sec", (double)o->n_hop /
	    (double)sound->rate_hz, err) != 0 ||
	    json_put_size(facts, "n_frames", (size_t)(sound->n_samples /
	    o->n_hop + 1), err) != 0 ||
	    json_put_size(facts, "n_columns", feature_n_columns(o), err) != 0)
		goto done;
	if (o->kind == FEATURE_CQT && (json_put_number(facts, "fmin_hz",
	    o->cqt.fmin_hz * exp2(o->tuning / (double)
	    o->cqt.bins_per_octave), err) != 0 || json_put_size(facts,
	    "bins_per_octave", o->cqt.bins_per_octave, err) != 0))
		goto done;
	if (json_put_string(rec, member, sound->npy_path, err) == 0)
		status = json_put(rec, place, facts, err);

done:
	json_free(facts);
	return status;
}

/* Open the sound to see what it is. */
static int
look(struct sound *sound, struct error *err)
{
	struct clip_reader *reader = clip_reader_open(sound->path,
	    CLIP_ANY_RATE, err);

	if (reader == NULL)
		return -1;
	sound->rate_hz = clip_reader_rate_hz(reader);
	sound->n_samples = clip_reader_n_samples(reader);
	clip_reader_close(reader);
	return 0;
}

static int
work(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err)
{
	const struct shared *sh = shared;
	struct sound sound = { .path = NULL };
	const char *member;

	sound.path = record_sound_path(rec, sh->set->wants_vocals, sh->folder,
	    &member, scratch, err);
	if (sound.path == NULL || record_check_whole(rec, member, err) != 0 ||
	    look(&sound, err) != 0 ||
	    name_file(sh, rec, member, &sound, scratch, err) != 0)
		return -1;
	if (!file_exists(sound.npy_path) && write_file(local, sh->set,
	    &sound, scratch, err) != 0)
		return -1;
	return put_result(sh->set, rec, &sound, scratch, err);
}

/* ---- options ---- */

#define ALL_OF_STFT (1u << FEATURE_STFT | ALL_OF_MEL | 1u << \
    FEATURE_CHROMA_STFT)
#define ALL_OF_MEL (1u << FEATURE_MEL | ALL_OF_LEVELS)
#define ALL_OF_LEVELS (1u << FEATURE_LOGMEL | 1u << FEATURE_MFCC)
#define ALL_OF_CQT (1u << FEATURE_CQT | FOLDED_CQT)
#define FOLDED_CQT (1u << FEATURE_CHROMA_CQT | 1u << FEATURE_CHROMA_CENS)
#define ALL_OF_CHROMA (1u << FEATURE_CHROMA_STFT | FOLDED_CQT)

/* Refuse what says nothing about the kind. */
static int
check_given(const struct settings *set, struct error *err)
{
	const struct {
		const char *name;
		bool is_given;
		unsigned kinds;		/* bits */
	} options[] = {
		{ "n-fft", set->n_fft > 0, ALL_OF_STFT },
		{ "win-length", set->n_window > 0, ALL_OF_STFT },
		{ "n-mels", set->n_mels > 0, ALL_OF_MEL },
		{ "fmin", set->fmin_hz > UNSET, ALL_OF_MEL | ALL_OF_CQT },
		{ "fmax", set->fmax_hz > UNSET, ALL_OF_MEL },
		{ "htk", set->is_htk, ALL_OF_MEL },
		{ "top-db", set->top_db > UNSET, ALL_OF_LEVELS },
		{ "n-mfcc", set->n_mfcc > 0, 1u << FEATURE_MFCC },
		{ "lifter", set->lifter > UNSET, 1u << FEATURE_MFCC },
		{ "bins", set->n_bins > 0, 1u << FEATURE_CQT },
		{ "bins-per-octave", set->bins_per_octave > 0, ALL_OF_CQT },
		{ "filter-scale", set->filter_scale > UNSET, ALL_OF_CQT },
		{ "sparsity", set->sparsity > UNSET, ALL_OF_CQT },
		{ "tuning", set->tuning > UNSET, ALL_OF_CHROMA |
		    1u << FEATURE_CQT },
		{ "n-chroma", set->n_classes > 0, ALL_OF_CHROMA },
		{ "n-octaves", set->n_octaves > 0, FOLDED_CQT },
		{ "smooth", set->n_smooth != SIZE_MAX,
		    1u << FEATURE_CHROMA_CENS },
	};

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (options[i].is_given && (options[i].kinds >>
		    set->feature.kind & 1u) == 0)
			return error_set(err, ERROR_FORMAT, "--%s says nothing "
			    "about %s", options[i].name, set->kind);
	return 0;
}

static void
take_size(size_t *value, size_t given)
{
	if (given > 0)
		*value = given;
}

static void
take_number(double *value, double given)
{
	if (given > UNSET)
		*value = given;
}

/* What was given over the defaults of its kind. */
static int
choose(struct settings *set, struct error *err)
{
	struct feature_options *o = &set->feature;
	enum feature_kind kind;

	if (set->kind == NULL)
		return error_set(err, ERROR_FORMAT, "which feature? give "
		    "--kind");
	if (feature_kind_find(set->kind, &kind, err) != 0)
		return -1;
	*o = feature_defaults(kind);
	take_size(&o->n_hop, set->n_hop);
	take_size(&o->n_fft, set->n_fft);
	o->n_window = o->n_fft;
	take_size(&o->n_window, set->n_window);
	take_size(&o->mel.n_mels, set->n_mels);
	take_size(&o->n_mfcc, set->n_mfcc);
	take_size(&o->cqt.n_bins, set->n_bins);
	take_size(&o->cqt.bins_per_octave, set->bins_per_octave);
	take_size(&o->n_classes, set->n_classes);
	take_size(&o->n_octaves, set->n_octaves);
	if (set->n_smooth != SIZE_MAX)
		o->n_smooth = set->n_smooth;
	take_number(&o->mel.fmin_hz, set->fmin_hz);
	take_number(&o->mel.fmax_hz, set->fmax_hz);
	take_number(&o->cqt.fmin_hz, set->fmin_hz);
	take_number(&o->top_db, set->top_db);
	take_number(&o->lifter, set->lifter);
	take_number(&o->tuning, set->tuning);
	take_number(&o->cqt.filter_scale, set->filter_scale);
	take_number(&o->cqt.sparsity, set->sparsity);
	o->mel.is_htk = set->is_htk;
	return check_given(set, err);
}

static struct settings set = { .n_smooth = SIZE_MAX, .fmin_hz = UNSET,
	.fmax_hz = UNSET, .top_db = UNSET, .lifter = UNSET, .tuning = UNSET,
	.filter_scale = UNSET, .sparsity = UNSET };

static const struct cli_option options[] = {
	{ CLI_STRING, "kind", &set.kind, 0, 0, "NAME",
	    "stft mel logmel mfcc cqt chroma_stft chroma_cqt chroma_cens" },
	{ CLI_SIZE, "hop", &set.n_hop, 1, 1 << 24, "N",
	    "samples from row to row (default: 512)" },
	{ CLI_SIZE, "n-fft", &set.n_fft, 4, N_MOST, "N",
	    "samples of a frame, even (default: 2048)" },
	{ CLI_SIZE, "win-length", &set.n_window, 1, N_MOST, "N",
	    "samples of the window in it (default: all)" },
	{ CLI_SIZE, "n-mels", &set.n_mels, 1, 1024, "N",
	    "mel bands (default: 128)" },
	{ CLI_DOUBLE, "fmin", &set.fmin_hz, 0, 1e6, "HZ",
	    "lowest frequency (default: 0 for mel bands, C1 for cqt)" },
	{ CLI_DOUBLE, "fmax", &set.fmax_hz, 0, 1e6, "HZ",
	    "highest of the mel bands (default: half the rate)" },
	{ CLI_FLAG, "htk", &set.is_htk, 0, 0, NULL,
	    "HTK's mel scale instead of Slaney's" },
	{ CLI_DOUBLE, "top-db", &set.top_db, 0, 1000, "DB",
	    "levels end this far below the largest (default: 80; 0: no end)" },
	{ CLI_SIZE, "n-mfcc", &set.n_mfcc, 1, 1024, "N",
	    "coefficients of mfcc (default: 20)" },
	{ CLI_DOUBLE, "lifter", &set.lifter, 0, 1e6, "X",
	    "liftering of mfcc (default: 0, none)" },
	{ CLI_SIZE, "bins", &set.n_bins, 1, 1024, "N",
	    "bins of cqt (default: 84)" },
	{ CLI_SIZE, "bins-per-octave", &set.bins_per_octave, 1, 256, "N",
	    "its bins to the octave (default: 12, for chroma 36)" },
	{ CLI_DOUBLE, "filter-scale", &set.filter_scale, 0.01, 100, "X",
	    "length of its filters (default: 1)" },
	{ CLI_DOUBLE, "sparsity", &set.sparsity, 0, 0.99, "SHARE",
	    "of its filters' spectra left out (default: 0.01)" },
	{ CLI_DOUBLE, "tuning", &set.tuning, -10, 10, "BINS",
	    "over A = 440 Hz (default: 0 for cqt, the sound's for chroma)" },
	{ CLI_SIZE, "n-chroma", &set.n_classes, 1, 256, "N",
	    "pitch classes (default: 12)" },
	{ CLI_SIZE, "n-octaves", &set.n_octaves, 1, 16, "N",
	    "octaves of the cqt that chroma is made of (default: 7)" },
	{ CLI_SIZE, "smooth", &set.n_smooth, 0, 4095, "N",
	    "frames chroma_cens is smoothed over, odd (default: 41; 0: none)" },
	{ CLI_FLAG, "vocals", &set.wants_vocals, 0, 0, NULL,
	    "of the separated voice, where there is one" },
	STREAM_OPTIONS(set.stream),
	{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
};

int
main(int argc, char *argv[])
{
	const struct cli_tool tool = { "chad-feature",
	    "add a spectral feature of every recording of a manifest",
	    "--kind NAME [options] [manifest] > manifest", options };
	struct error err = { ERROR_NONE, "" };
	char *folder = NULL;
	int i, status = CLI_FATAL;

	stream_options_init(&set.stream);
	i = cli_parse(&tool, argc, argv);
	if (choose(&set, &err) != 0 ||
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
