/*
 * chad-separate -- add the voice of every recording of a manifest.
 *
 * Reads "decode.path" (or an "audio_filepath" that is a WAV or FLAC at 16 kHz
 * already), takes the accompaniment away and writes the voice as a FLAC of the
 * same length, named by "vocals_filepath".  Recordings that are only voice,
 * hums unless --pass says otherwise, are let through as they are.
 *
 * Options: chad-separate.1.  Members of a record: manifests/FORMAT.md.
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

#include "audio/clip.h"
#include "manifests/artefact.h"
#include "manifests/record.h"
#include "manifests/stream.h"

#include "separate/separator.h"

#define RATE_HZ 16000
/* Level given for a voice of digital silence. */
#define SILENCE_DB (-120.0)

/* What the user chose. */
struct settings {
	struct stream_options stream;
	const char *model_path;
	const char *pass;		/* an audio_type, or "none" */
};

/* What every worker shares. */
struct shared {
	const struct settings *set;
	const struct separator_model *model;
	const char *model_name;
	const char *folder;
};

/* The files that one recording becomes. */
struct result {
	char key[HASH_HEX_BYTES];
	const char *voice_path;
	const char *facts_path;		/* written last */
};

/* Sums over the samples, for the levels. */
struct levels {
	double mixture_power, voice_power;
	uint64_t n_samples;
};

static void *
new_worker(const void *shared, struct error *err)
{
	const struct shared *sh = shared;

	return separator_new(sh->model, err);
}

static void
free_worker(void *local)
{
	separator_free(local);
}

static int
name_result(const struct shared *sh, const char *input_key,
    struct arena *scratch, struct result *result, struct error *err)
{
	const struct artefact_recipe recipe = { "chad-separate", "1", "",
	    separator_model_sha256(sh->model) };
	const char *work_folder = sh->set->stream.work_folder;

	artefact_key(&recipe, input_key, result->key);
	result->voice_path = artefact_path(work_folder, &recipe, result->key,
	    "flac", scratch, err);
	result->facts_path = artefact_path(work_folder, &recipe, result->key,
	    "json", scratch, err);
	return result->voice_path == NULL || result->facts_path == NULL ?
	    -1 : 0;
}

static double
power(const float *samples, size_t n)
{
	double sum = 0.0;

	for (size_t i = 0; i < n; i++)
		sum += (double)samples[i] * (double)samples[i];
	return sum;
}

/* Move the recording through the separator into the writer. */
static int
separate_blocks(struct separator *s, struct clip_reader *r,
    struct clip_writer *w, struct levels *levels, struct arena *scratch,
    struct error *err)
{
	float *block = arena_need(scratch, SEPARATOR_MAX_PUT, sizeof *block,
	    "samples", err);
	float *voice = arena_need(scratch, SEPARATOR_MAX_GET, sizeof *voice,
	    "samples", err);
	size_t n, n_voice;

	if (block == NULL || voice == NULL)
		return -1;
	separator_reset(s);
	do {
		if (clip_reader_get(r, block, SEPARATOR_MAX_PUT, &n,
		    err) != 0)
			return -1;
		levels->mixture_power += power(block, n);
		levels->n_samples += n;
		if ((n > 0 ? separator_put(s, block, n, voice, &n_voice, err) :
		    separator_finish(s, voice, &n_voice, err)) != 0)
			return -1;
		levels->voice_power += power(voice, n_voice);
		if (clip_writer_put(w, voice, n_voice, err) != 0)
			return -1;
	} while (n > 0);
	return 0;
}

/* Write the voice's levels beside it. */
static int
write_facts(const char *path, const struct levels *l, struct arena *scratch,
    struct error *err)
{
	struct json *facts = json_new_object(err);
	double level_db = SILENCE_DB, share = 0.0;
	const char *text;
	int status = -1;

	if (facts == NULL)
		return -1;
	if (l->voice_power > 0.0)
		level_db = fmax(SILENCE_DB, 10.0 * log10(l->voice_power /
		    (double)l->n_samples));
	if (l->mixture_power > 0.0)
		share = fmin(1.0, l->voice_power / l->mixture_power);
	if (json_put_rounded(facts, "vocal_level_db", level_db, 2,
	    err) == 0 &&
	    json_put_rounded(facts, "vocal_share", share, 4, err) == 0 &&
	    (text = json_text(facts, scratch, err)) != NULL)
		status = file_write(path, text, strlen(text), err);
	json_free(facts);
	return status;
}

static int
separate_file(struct separator *s, const char *path,
    const struct result *result, struct arena *scratch, struct error *err)
{
	struct clip_reader *r = clip_reader_open(path, RATE_HZ, err);
	struct levels levels = { 0.0, 0.0, 0 };
	struct clip_writer *w;
	int status = -1;

	if (r == NULL)
		return -1;
	w = clip_writer_open(result->voice_path, CLIP_FLAC16, RATE_HZ, err);
	if (w == NULL || separate_blocks(s, r, w, &levels, scratch,
	    err) != 0) {
		clip_writer_abandon(w);
		goto done;
	}
	if (clip_writer_commit(w, err) == 0)
		status = write_facts(result->facts_path, &levels, scratch,
		    err);

done:
	clip_reader_close(r);
	return status;
}

/* Put "vocals_filepath" and "separate" on the record. */
static int
put_result(const struct shared *sh, struct json *rec,
    const struct result *result, struct error *err)
{
	struct json *facts = json_load(result->facts_path, err);
	double level_db, share;
	int status = -1;

	if (facts == NULL)
		return -1;
	json_remove(rec, "separate");
	if (json_want_number(facts, "vocal_level_db", &level_db, err) == 0 &&
	    json_want_number(facts, "vocal_share", &share, err) == 0 &&
	    json_put_string(rec, "vocals_filepath", result->voice_path,
	    err) == 0 &&
	    json_put_string(rec, "separate.key", result->key, err) == 0 &&
	    json_put_string(rec, "separate.model", sh->model_name,
	    err) == 0 &&
	    json_put_number(rec, "separate.vocal_level_db", level_db,
	    err) == 0 &&
	    json_put_number(rec, "separate.vocal_share", share, err) == 0)
		status = 0;
	json_free(facts);
	return status;
}

/* The voice is the recording itself. */
static int
pass(struct json *rec, const char *path, const char *input_key,
    struct error *err)
{
	json_remove(rec, "separate");
	if (json_put_string(rec, "vocals_filepath", path, err) != 0 ||
	    json_put_string(rec, "separate.key", input_key, err) != 0)
		return -1;
	return json_put_bool(rec, "separate.passed", true, err);
}

/* A part of a file is cut out by chad-decode, which keeps its times. */
static int
check_sound(const struct json *rec, const char *member, struct error *err)
{
	if (strcmp(member, "audio_filepath") == 0 &&
	    (json_has(rec, "offset") || json_has(rec, "duration")))
		return error_set(err, ERROR_FORMAT, "the record means a part "
		    "of its file; run chad-decode first");
	return 0;
}

static int
separate_one(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err)
{
	const struct shared *sh = shared;
	char input_key[HASH_HEX_BYTES];
	struct result result;
	const char *member, *path, *audio_type;

	path = record_sound_path(rec, false, sh->folder, &member, scratch,
	    err);
	if (path == NULL || check_sound(rec, member, err) != 0 ||
	    artefact_input_key(rec, member, path, input_key, err) != 0 ||
	    json_get_string(rec, "audio_type", "", &audio_type, err) != 0)
		return -1;
	if (strcmp(audio_type, sh->set->pass) == 0)
		return pass(rec, path, input_key, err);
	if (name_result(sh, input_key, scratch, &result, err) != 0)
		return -1;
	if (!file_exists(result.voice_path) ||
	    !file_exists(result.facts_path)) {
		if (separate_file(local, path, &result, scratch, err) != 0)
			return -1;
	}
	return put_result(sh, rec, &result, err);
}

/* What --pass says: a type of recording that exists, or none. */
static int
check_pass(const char *type, struct error *err)
{
	static const char *const types[] = { "none", "original", "cover",
	    "humming" };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(type, types[i]) == 0)
			return 0;
	return error_set(err, ERROR_FORMAT, "--pass %s is not original, "
	    "cover, humming or none", type);
}

int
main(int argc, char *argv[])
{
	struct settings set = { .pass = "humming",
	    .model_path = "models/separate.safetensors" };
	const struct cli_option options[] = {
		{ CLI_SHARED, "model", &set.model_path, 0, 0, "FILE",
		    "weights of the network" },
		{ CLI_STRING, "pass", &set.pass, 0, 0, "TYPE",
		    "audio_type let through as it is, or none" },
		STREAM_OPTIONS(set.stream),
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-separate",
	    "add the voice of every recording of a manifest",
	    "[options] [manifest] > manifest", options };
	struct error err = { ERROR_NONE, "" };
	struct separator_model *model = NULL;
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
	    check_pass(set.pass, &err) != 0 ||
	    (model_name = file_stem(set.model_path, a, &err)) == NULL ||
	    (model = separator_model_load(set.model_path, &err)) == NULL ||
	    stream_folder(set.stream.in_path, &folder, &err) != 0) {
		cli_warn(&err, "cannot start");
	} else {
		const struct shared shared = { &set, model, model_name,
		    folder };
		const struct stream_stage stage = { tool.name,
		    separator_model_sha256(model), &shared, new_worker,
		    free_worker, separate_one };

		status = stream_main(&stage, &set.stream);
	}
	separator_model_free(model);
	memory_free(folder);
	arena_free(a);
	return cli_finish(status);
}
