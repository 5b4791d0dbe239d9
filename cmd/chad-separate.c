/*
 * chad-separate -- add the voice of every recording of a manifest.
 *
 * Reads "decode.path" (or an "audio_filepath" that is a WAV or FLAC already),
 * takes the accompaniment away and writes the voice as a FLAC of the same
 * length, rate and channels, named by "vocals_filepath"; with --output also
 * the accompaniment.  Recordings that are only voice, hums unless --pass says
 * otherwise, are let through as they are.
 *
 * Options: chad-separate.1.  Members of a record: manifests/FORMAT.md.
 */

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

#include "manifests/artefact.h"
#include "manifests/record.h"
#include "manifests/stream.h"

#include "separate/separator.h"
#include "separate/stem_files.h"
#include "separate/wiener.h"

/* What the user chose. */
struct settings {
	struct stream_options stream;
	const char *model_path;
	const char *pass;		/* an audio_type, or "none" */
	const char *output_folder;	/* NULL: the store of artefacts */
	size_t n_wiener;
};

/* What every worker shares. */
struct shared {
	const struct settings *set;
	const struct separator_model *model;
	const char *model_name;
	const char *folder;
};

static void *
new_worker(const void *shared, struct error *err)
{
	const struct shared *sh = shared;

	return separator_new(sh->model, sh->set->n_wiener, err);
}

static void
free_worker(void *local)
{
	separator_free(local);
}

/* Where --output puts the stems of a recording: DIR/MODEL/ID/NAME. */
static const char *
place(const struct shared *sh, const struct json *rec, const char *name,
    struct arena *scratch, struct error *err)
{
	const char *id, *path;

	if (json_want_string(rec, "id", &id, err) != 0)
		return NULL;
	if (id[0] == '.' || id[0] == '\0' || strchr(id, '/') != NULL) {
		error_set(err, ERROR_FORMAT, "the id \"%s\" cannot name a "
		    "folder of --output", id);
		return NULL;
	}
	path = arena_printf(scratch, "%s/%s/%s/%s", sh->set->output_folder,
	    sh->model_name, id, name);
	if (path == NULL)
		error_set(err, ERROR_NOMEM, "out of memory for a name");
	else if (file_make_parent(path, err) != 0)
		return NULL;
	return path;
}

/* Name the files by what is separated and how, or by the record. */
static int
name_files(const struct shared *sh, const struct json *rec,
    const char *input_key, struct arena *scratch, struct stem_files *files,
    char key[HASH_HEX_BYTES], struct error *err)
{
	struct artefact_recipe recipe = { "chad-separate", "3", "",
	    separator_model_sha256(sh->model) };
	const char *work_folder = sh->set->stream.work_folder;

	if (sh->set->n_wiener > 0)
		recipe.options = arena_printf(scratch, "wiener=%zu",
		    sh->set->n_wiener);
	if (recipe.options == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a name");
	artefact_key(&recipe, input_key, key);
	files->key = key;
	if (sh->set->output_folder != NULL) {
		files->voice_path = place(sh, rec, "vocals.flac", scratch,
		    err);
		files->accompaniment_path = files->voice_path == NULL ? NULL :
		    place(sh, rec, "accompaniment.flac", scratch, err);
		files->facts_path = files->accompaniment_path == NULL ? NULL :
		    place(sh, rec, "separate.json", scratch, err);
	} else {
		files->voice_path = artefact_path(work_folder, &recipe, key,
		    "flac", scratch, err);
		files->facts_path = files->voice_path == NULL ? NULL :
		    artefact_path(work_folder, &recipe, key, "json", scratch,
		    err);
	}
	return files->facts_path == NULL ? -1 : 0;
}

static bool
are_there(const struct stem_files *files)
{
	return file_exists(files->facts_path) &&
	    file_exists(files->voice_path) &&
	    (files->accompaniment_path == NULL ||
	    file_exists(files->accompaniment_path));
}

/* What lies there already is taken, when it is this recording's. */
static int
separate_file(struct separator *s, const struct stem_files *files,
    struct stem_facts *facts, struct arena *scratch, struct error *err)
{
	bool is_same;

	if (!are_there(files) && stem_files_write(s, files, scratch,
	    err) != 0)
		return -1;
	if (stem_files_read(files, facts, &is_same, err) != 0)
		return -1;
	return is_same ? 0 : error_set(err, ERROR_FORMAT, "%s tells of "
	    "another recording or of other weights; move its folder away or "
	    "choose another --output", files->facts_path);
}

/* Put "vocals_filepath" and "separate" on the record. */
static int
put_result(const struct shared *sh, struct json *rec,
    const struct stem_files *files, const struct stem_facts *facts,
    struct error *err)
{
	json_remove(rec, "separate");
	if (json_put_string(rec, "vocals_filepath", files->voice_path,
	    err) != 0 || (files->accompaniment_path != NULL &&
	    json_put_string(rec, "accompaniment_filepath",
	    files->accompaniment_path, err) != 0) ||
	    json_put_string(rec, "separate.key", files->key, err) != 0 ||
	    json_put_string(rec, "separate.model", sh->model_name,
	    err) != 0 ||
	    json_put_number(rec, "separate.vocal_level_db",
	    facts->vocal_level_db, err) != 0 ||
	    json_put_number(rec, "separate.vocal_share", facts->vocal_share,
	    err) != 0 ||
	    json_put_number(rec, "separate.voiced_share",
	    facts->voiced_share, err) != 0 ||
	    json_put_number(rec, "separate.overlap", facts->overlap,
	    err) != 0)
		return -1;
	return facts->has_dropout ? json_put_bool(rec, "separate.dropout",
	    true, err) : 0;
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

static int
separate_one(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err)
{
	const struct shared *sh = shared;
	char input_key[HASH_HEX_BYTES];
	struct stem_files files = { .sound_path = NULL };
	struct stem_facts facts;
	char key[HASH_HEX_BYTES];
	const char *member, *path, *audio_type;

	path = files.sound_path = record_sound_path(rec, false, sh->folder,
	    &member, scratch, err);
	if (path == NULL || record_check_whole(rec, member, err) != 0 ||
	    artefact_input_key(rec, member, path, input_key, err) != 0 ||
	    json_get_string(rec, "audio_type", "", &audio_type, err) != 0)
		return -1;
	if (strcmp(audio_type, sh->set->pass) == 0)
		return pass(rec, path, input_key, err);
	if (name_files(sh, rec, input_key, scratch, &files, key, err) != 0 ||
	    separate_file(local, &files, &facts, scratch, err) != 0)
		return -1;
	return put_result(sh, rec, &files, &facts, err);
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
		{ CLI_STRING, "output", &set.output_folder, 0, 0, "DIR",
		    "write DIR/MODEL/ID/vocals.flac and accompaniment.flac" },
		{ CLI_STRING, "pass", &set.pass, 0, 0, "TYPE",
		    "audio_type let through as it is, or none" },
		{ CLI_SIZE, "wiener", &set.n_wiener, 0, WIENER_MAX_ITERATIONS,
		    "N", "refine stereo by where the voice stands, N times" },
		STREAM_OPTIONS(set.stream),
		{ CLI_LETTER, "o", NULL, 0, 0, "output", NULL },
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
