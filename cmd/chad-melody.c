/*
 * chad-melody -- the pitch track of the melody of MIDI files and of pitch
 * vectors.
 *
 * Reads records whose audio_filepath is a MIDI file or a pitch vector (.pv), or
 * takes such files as operands and makes a record of each, and adds what
 * chad-f0 adds to a recording: so a hum can be searched among scores as among
 * songs.
 *
 * Options: chad-melody.1.  Members of a record: manifests/FORMAT.md.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"

#include "dsp/activations.h"
#include "dsp/pitch_vector.h"
#include "dsp/track.h"
#include "manifests/artefact.h"
#include "manifests/record.h"
#include "manifests/stream.h"
#include "synth/performance.h"
#include "synth/tune.h"
#include "synth/works.h"

#define REVISION "1"		/* changed when the tracks change */

/* What the user chose. */
struct settings {
	struct stream_options stream;
	const char *track_name;
	bool wants_activations;
};

/* What every worker shares. */
struct shared {
	const struct settings *set;
	const char *folder;		/* of the manifest, or NULL */
};

/* The files made for a record. */
struct result {
	char key[HASH_HEX_BYTES];
	const char *track_path, *activations_path;
};

static bool
has_suffix(const char *path, const char *suffix)
{
	const char *dot = strrchr(path, '.');

	return dot != NULL && strcasecmp(dot, suffix) == 0;
}

/* The melody as written: sung in time and in tune, with short glides. */
static int
read_melody(const char *path, const char *track_name, struct arena *a,
    struct track *t, struct error *err)
{
	const struct performance_style plain = { .tempo_ratio = 1.0,
	    .glide_sec = 0.05 };
	struct performance p;
	struct random r;
	struct tune tune;

	random_init(&r, 0);
	if (tune_read_midi(path, track_name, a, &tune, err) != 0 ||
	    performance_make(&tune, &plain, &r, a, &p, err) != 0 ||
	    track_init(t, p.n_frames, PERFORMANCE_HOP_SEC, a, err) != 0)
		return -1;
	for (size_t k = 0; k < t->n_frames; k++) {
		t->f0_hz[k] = p.f0_hz[k];
		t->confidence[k] = p.f0_hz[k] > 0;
	}
	return 0;
}

static int
name_result(const struct settings *set, const struct json *rec,
    const char *midi, struct arena *scratch, struct result *result,
    struct error *err)
{
	const struct artefact_recipe recipe = { "chad-melody", REVISION,
	    set->track_name != NULL ? set->track_name : "", "" };
	char input_key[HASH_HEX_BYTES];

	if (artefact_input_key(rec, "audio_filepath", midi, input_key,
	    err) != 0)
		return -1;
	artefact_key(&recipe, input_key, result->key);
	result->track_path = artefact_path(set->stream.work_folder, &recipe,
	    result->key, "f0.csv", scratch, err);
	result->activations_path = artefact_path(set->stream.work_folder,
	    &recipe, result->key, "activation.npy", scratch, err);
	return result->track_path == NULL ||
	    result->activations_path == NULL ? -1 : 0;
}

/* The members that chad-f0 would add. */
static int
put_result(const struct settings *set, struct json *rec,
    const struct result *result, const struct track *t, bool is_vector,
    struct error *err)
{
	if (json_put_string(rec, "f0.path", result->track_path, err) != 0 ||
	    json_put_string(rec, "f0.key", result->key, err) != 0 ||
	    (set->wants_activations && json_put_string(rec, "f0.activations",
	    result->activations_path, err) != 0) ||
	    json_put_number(rec, "f0.hop_sec", t->hop_sec, err) != 0 ||
	    json_put_size(rec, "f0.n_frames", t->n_frames, err) != 0 ||
	    json_put_rounded(rec, "f0.voiced_share", track_voiced_share(t),
	    6, err) != 0)
		return -1;
	return json_put_string(rec, "f0.method", is_vector ? "vector" :
	    "score", err);
}

static int
add_melody(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err)
{
	const struct shared *sh = shared;
	const char *path = record_path(rec, "audio_filepath", sh->folder,
	    scratch, err);
	const bool is_vector = path != NULL && has_suffix(path, ".pv");
	struct result result;
	struct track t;

	(void)local;
	if (path == NULL || name_result(sh->set, rec, path, scratch, &result,
	    err) != 0)
		return -1;
	if (is_vector ? pitch_vector_read(path, scratch, &t, err) != 0 :
	    read_melody(path, sh->set->track_name, scratch, &t, err) != 0)
		return -1;
	if (!file_exists(result.track_path) &&
	    track_write(result.track_path, &t, TRACK_CREPE, err) != 0)
		return -1;
	if (sh->set->wants_activations &&
	    !file_exists(result.activations_path) &&
	    activations_write(result.activations_path, &t, err) != 0)
		return -1;
	return put_result(sh->set, rec, &result, &t, is_vector, err);
}

/* The record of one MIDI file; its name is its work. */
static int
fill_record(struct json *rec, const char *path, struct arena *a,
    struct error *err)
{
	const char *id = file_stem(path, a, err);

	if (id == NULL ||
	    json_put_string(rec, "id", id, err) != 0 ||
	    json_put_string(rec, "group_id", id, err) != 0 ||
	    json_put_string(rec, "audio_type", "original", err) != 0)
		return -1;
	return json_put_string(rec, "audio_filepath", path, err);
}

/* Add the melody to a record made for the file, and write the record. */
static int
do_file(const struct shared *sh, const char *path, struct arena *a,
    bool *has_failed, struct error *err)
{
	struct json *rec = json_new_object(err);
	struct error why = { ERROR_NONE, "" };
	int status = -1;

	*has_failed = false;
	if (rec == NULL || fill_record(rec, path, a, err) != 0)
		goto done;
	if (add_melody(sh, NULL, rec, a, &why) != 0) {
		*has_failed = true;
		cli_warn(&why, "%s", record_id(rec));
		(void)error_add(&why, "chad-melody");
		if (json_put_string(rec, "error", why.text, err) != 0)
			goto done;
	} else if (record_add_history(rec, "chad-melody", cli_options_text(),
	    NULL, err) != 0)
		goto done;
	status = stream_write(stdout, rec, a, err);

done:
	json_free(rec);
	return status;
}

static int
do_files(const struct shared *sh, char *paths[], size_t n_paths)
{
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	int status = CLI_OK;
	bool has_failed;

	if (a == NULL) {
		(void)error_set(&err, ERROR_NOMEM, "out of memory");
		status = CLI_FATAL;
	}
	for (size_t i = 0; i < n_paths && status != CLI_FATAL; i++) {
		if (do_file(sh, paths[i], a, &has_failed, &err) != 0)
			status = CLI_FATAL;
		else if (has_failed)
			status = CLI_SOME_FAILED;
		arena_reset(a);
	}
	if (status == CLI_FATAL)
		cli_warn(&err, "stopped early");
	arena_free(a);
	return status;
}

static int
do_manifest(struct settings *set, const char *path)
{
	struct shared shared = { set, NULL };
	const struct stream_stage stage = { .name = "chad-melody",
	    .shared = &shared, .work = add_melody };
	struct error err = { ERROR_NONE, "" };
	char *folder = NULL;
	int status;

	set->stream.in_path = path;
	if (stream_folder(path, &folder, &err) != 0) {
		cli_warn(&err, "cannot start");
		return CLI_FATAL;
	}
	shared.folder = folder;
	status = stream_main(&stage, &set->stream);
	memory_free(folder);
	return status;
}

static bool
is_melody(const char *path)
{
	return has_suffix(path, ".mid") || has_suffix(path, ".midi") ||
	    has_suffix(path, ".pv");
}

int
main(int argc, char *argv[])
{
	struct settings set = { .track_name = NULL };
	const struct cli_option options[] = {
		{ CLI_STRING, "track", &set.track_name, 0, 0, "NAME",
		    "track of the melody (default: the likeliest)" },
		{ CLI_FLAG, "activations", &set.wants_activations, 0, 0, NULL,
		    "write the 360 activations of every frame too" },
		STREAM_OPTIONS(set.stream),
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-melody",
	    "add the pitch track of MIDI melodies and pitch vectors",
	    "[options] [manifest | FILE.mid ...] > manifest", options };
	const struct shared shared = { &set, NULL };
	int i;

	stream_options_init(&set.stream);
	i = cli_parse(&tool, argc, argv);
	if (i < argc && is_melody(argv[i]))
		return cli_finish(do_files(&shared, argv + i,
		    (size_t)(argc - i)));
	if (argc - i > 1) {
		struct error err;

		(void)error_set(&err, ERROR_FORMAT,
		    "one manifest or several .mid or .pv files are read");
		cli_warn(&err, "cannot start");
		return cli_finish(CLI_FATAL);
	}
	return cli_finish(do_manifest(&set, i < argc ? argv[i] : NULL));
}
