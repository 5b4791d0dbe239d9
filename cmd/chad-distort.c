/*
 * chad-distort -- copies of recordings as poor recorders would have made them.
 *
 * For each record the sound that chad-decode wrote is read whole, spoiled
 * (pitch/recorder.h) and written under --work; "decode.path" and "decode.key"
 * of the record then name the copy, and its id ends in "~SEED".  Nothing moves
 * in time or pitch, so what is true of the recording is true of the copy.
 *
 * Options: chad-distort.1.  Members of a record: manifests/FORMAT.md.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"

#include "audio/clip.h"
#include "manifests/artefact.h"
#include "manifests/record.h"
#include "manifests/stream.h"
#include "pitch/recorder.h"

#define RATE_HZ 16000

struct settings {
	struct stream_options stream;
	size_t seed;
};

/* A stream of random numbers for each seed and recording. */
static void
seed_random(struct random *r, size_t seed, const char *input_key)
{
	char first[17] = "";

	for (size_t i = 0; i < sizeof first - 1; i++)
		first[i] = input_key[i];
	random_init_keyed(r, (uint64_t)seed, strtoull(first, NULL, 16), 0);
}

static int
make_copy(const struct settings *set, const char *in_path,
    const char *input_key, const char *out_path, struct arena *scratch,
    struct error *err)
{
	struct random r;
	struct clip clip;

	seed_random(&r, set->seed, input_key);
	if (clip_load(in_path, RATE_HZ, 0.0, 0.0, scratch, &clip, err) != 0 ||
	    recorder_spoil(clip.samples, clip.n_samples, RATE_HZ, &r,
	    err) != 0)
		return -1;
	return clip_write(out_path, CLIP_FLAC16, RATE_HZ, clip.samples,
	    clip.n_samples, err);
}

/* The record becomes that of the copy. */
static int
put_copy(const struct settings *set, struct json *rec, const char *path,
    const char *key, struct arena *scratch, struct error *err)
{
	const char *id, *copy_id;

	if (json_want_string(rec, "id", &id, err) != 0)
		return -1;
	copy_id = arena_printf(scratch, "%s~%zu", id, set->seed);
	if (copy_id == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a name");
	if (json_put_string(rec, "distort.of", id, err) != 0 ||
	    json_put_size(rec, "distort.seed", set->seed, err) != 0 ||
	    json_put_string(rec, "id", copy_id, err) != 0 ||
	    json_put_string(rec, "decode.path", path, err) != 0)
		return -1;
	return json_put_string(rec, "decode.key", key, err);
}

static int
distort_one(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err)
{
	const struct settings *set = shared;
	struct artefact_recipe recipe = { .tool = "chad-distort",
	    .revision = "1", .model_sha256 = "" };
	char input_key[HASH_HEX_BYTES], key[HASH_HEX_BYTES];
	const char *in_path, *out_path;

	(void)local;
	if (json_want_string(rec, "decode.path", &in_path, err) != 0)
		return error_add(err, "run chad-decode first");
	recipe.options = arena_printf(scratch, "seed=%zu", set->seed);
	if (recipe.options == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a name");
	if (artefact_input_key(rec, "decode.path", in_path, input_key,
	    err) != 0)
		return -1;
	artefact_key(&recipe, input_key, key);
	out_path = artefact_path(set->stream.work_folder, &recipe, key,
	    "flac", scratch, err);
	if (out_path == NULL || (!file_exists(out_path) &&
	    make_copy(set, in_path, input_key, out_path, scratch, err) != 0))
		return -1;
	return put_copy(set, rec, out_path, key, scratch, err);
}

int
main(int argc, char *argv[])
{
	struct settings set = { .seed = 1 };
	const struct cli_option options[] = {
		{ CLI_SIZE, "seed", &set.seed, 1, 1000000, "N",
		    "another seed is another recorder (default: 1)" },
		STREAM_OPTIONS(set.stream),
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-distort",
	    "make copies as poor recorders would have made them",
	    "[options] [manifest] > manifest", options };
	const struct stream_stage stage = { "chad-distort", NULL, &set, NULL,
	    NULL, distort_one };
	struct error err = { ERROR_NONE, "" };
	int i;

	stream_options_init(&set.stream);
	i = cli_parse(&tool, argc, argv);
	if (stream_take_manifest(&set.stream, argc, argv, i, &err) != 0) {
		cli_warn(&err, "cannot start");
		return cli_finish(CLI_FATAL);
	}
	return cli_finish(stream_main(&stage, &set.stream));
}
