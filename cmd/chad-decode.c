/*
 * chad-decode -- make every recording of a manifest a FLAC of one rate, mono
 * at 16 kHz unless asked for otherwise.
 *
 * For each record the file named by "audio_filepath" (or the part of it that
 * "offset" and "duration" mean) is decoded, mixed to --channels, resampled to
 * --rate and written under --work, with a small JSON file of facts beside it;
 * the record gets "decode.path" and what else FORMAT.md lists.  A file that
 * was decoded before is found by its content and not decoded again.
 *
 * Options: chad-decode.1.  Members of a record: manifests/FORMAT.md.
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

#include "audio/clip.h"
#include "audio/decoder.h"
#include "audio/sound_file.h"
#include "manifests/artefact.h"
#include "manifests/record.h"
#include "manifests/stream.h"


/* What the user chose. */
struct settings {
	struct stream_options stream;
	size_t rate_hz, n_channels, stream_number;
	bool no_loudness;
	bool accept_truncated;
	bool accept_nonfinite;
};

/* What every worker shares. */
struct shared {
	const struct settings *set;
	const char *folder;		/* of the manifest, or NULL */
};

/* The files that one recording becomes. */
struct result {
	char key[HASH_HEX_BYTES];
	const char *sound_path;
	const char *facts_path;		/* written last: then all is done */
};

/* Which part of the file the record means, and how strict to be. */
static int
read_options(const struct settings *set, const struct json *rec,
    struct decoder_options *o, struct error *err)
{
	*o = (struct decoder_options){ .rate_hz = (unsigned)set->rate_hz,
	    .n_channels = set->n_channels, .stream = set->stream_number,
	    .wants_loudness = !set->no_loudness,
	    .accept_truncated = set->accept_truncated,
	    .accept_nonfinite = set->accept_nonfinite };
	if (json_get_number(rec, "offset", 0.0, &o->offset_sec, err) != 0)
		return -1;
	return json_get_number(rec, "duration", 0.0, &o->duration_sec, err);
}

/* Refuse what is no file before its content is hashed. */
static int
check_file(const char *path, struct error *err)
{
	FILE *f = sound_file_open(path, NULL, err);

	if (f == NULL)
		return -1;
	fclose(f);
	return 0;
}

/* Name the result by the file's content and the options that matter. */
static int
name_result(const struct settings *set, const struct json *rec,
    const char *in_path, const struct decoder_options *o,
    struct arena *scratch, struct result *result, struct error *err)
{
	struct artefact_recipe recipe = { .tool = "chad-decode",
	    .revision = "2", .model_sha256 = "" };
	char input_key[HASH_HEX_BYTES];

	recipe.options = arena_printf(scratch, "rate_hz=%u offset_sec=%.9f "
	    "duration_sec=%.9f truncated=%d nonfinite=%d n_channels=%zu "
	    "stream=%zu loudness=%d", o->rate_hz, o->offset_sec,
	    o->duration_sec, o->accept_truncated, o->accept_nonfinite,
	    o->n_channels, o->stream, o->wants_loudness);
	if (recipe.options == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a name");
	if (artefact_input_key(rec, "audio_filepath", in_path, input_key,
	    err) != 0)
		return -1;
	artefact_key(&recipe, input_key, result->key);
	result->sound_path = artefact_path(set->stream.work_folder, &recipe,
	    result->key, "flac", scratch, err);
	result->facts_path = artefact_path(set->stream.work_folder, &recipe,
	    result->key, "json", scratch, err);
	return result->sound_path == NULL || result->facts_path == NULL ?
	    -1 : 0;
}

/* Put the member when it says something. */
static int
put_count(struct json *facts, const char *name, uint64_t n, struct error *err)
{
	return n == 0 ? 0 : json_put_size(facts, name, (size_t)n, err);
}

static int
put_sec(struct json *facts, const char *name, double sec, struct error *err)
{
	return sec <= 0.0 ? 0 : json_put_rounded(facts, name, sec, 6, err);
}

/* What the file is and what read it. */
static int
describe_source(struct json *facts, const struct media_facts *m,
    struct error *err)
{
	if (json_put_size(facts, "source_rate_hz", m->rate_hz, err) != 0 ||
	    json_put_size(facts, "source_channels", m->n_channels,
	    err) != 0 ||
	    json_put_string(facts, "container", m->container, err) != 0 ||
	    json_put_string(facts, "codec", m->codec, err) != 0 ||
	    json_put_string(facts, "decoder", m->decoder, err) != 0)
		return -1;
	if (m->n_streams > 1 && (json_put_size(facts, "stream", m->stream,
	    err) != 0 || json_put_size(facts, "n_streams", m->n_streams,
	    err) != 0))
		return -1;
	if (put_count(facts, "delay_samples", m->n_delay, err) != 0 ||
	    put_count(facts, "assumed_delay_samples", m->n_assumed_delay,
	    err) != 0 ||
	    put_count(facts, "padding_samples", m->n_padding, err) != 0)
		return -1;
	return put_count(facts, "n_format_changes", m->n_changes, err);
}

/* What is wrong with it, each only when it is. */
static int
describe_damage(struct json *facts, const struct decoder_facts *f,
    struct error *err)
{
	if (put_count(facts, "n_nonfinite", f->source.n_nonfinite,
	    err) != 0 ||
	    put_count(facts, "n_clipped", f->n_clipped, err) != 0 ||
	    put_count(facts, "n_clipped_runs", f->n_clipped_runs,
	    err) != 0 ||
	    put_count(facts, "n_errors", f->source.n_errors, err) != 0 ||
	    put_sec(facts, "filled_sec", f->filled_sec, err) != 0 ||
	    put_sec(facts, "silence_sec", f->silence_sec, err) != 0 ||
	    put_sec(facts, "leading_silence_sec", f->leading_silence_sec,
	    err) != 0 ||
	    put_sec(facts, "trailing_silence_sec", f->trailing_silence_sec,
	    err) != 0)
		return -1;
	if (f->stereo != NULL &&
	    json_put_string(facts, "stereo", f->stereo, err) != 0)
		return -1;
	return f->is_truncated ?
	    json_put_bool(facts, "truncated", true, err) : 0;
}

static int
describe_loudness(struct json *facts, const struct loudness_result *l,
    struct error *err)
{
	if (!l->is_known)
		return 0;
	if (json_put_rounded(facts, "loudness_lufs", l->integrated_lufs, 2,
	    err) != 0 ||
	    json_put_rounded(facts, "loudness_range_lu", l->range_lu, 2,
	    err) != 0)
		return -1;
	return json_put_rounded(facts, "true_peak_dbtp", l->true_peak_dbtp, 2,
	    err);
}

static int
add_chapter(struct json *facts, const struct media_chapter *c,
    struct error *err)
{
	struct json *j = json_new_object(err);
	int status = -1;

	if (j == NULL)
		return -1;
	if (json_put_rounded(j, "start_sec", c->start_sec, 6, err) == 0 &&
	    json_put_rounded(j, "end_sec", c->end_sec, 6, err) == 0 &&
	    json_put_bytes(j, "title", c->title, strlen(c->title), err) == 0)
		status = json_append(facts, "chapters", j, err);
	json_free(j);
	return status;
}

static int
describe_chapters(struct json *facts, const struct decoder *d, size_t n,
    struct error *err)
{
	struct media_chapter chapter;

	for (size_t k = 0; k < n; k++) {
		decoder_chapter(d, k, &chapter);
		if (add_chapter(facts, &chapter, err) != 0)
			return -1;
	}
	return 0;
}

/* What "decode" will hold besides the names of files. */
static int
describe(struct json *facts, const struct decoder_options *o,
    const struct decoder *d, struct error *err)
{
	const struct decoder_facts f = decoder_facts(d);
	double duration_sec = (double)f.n_samples / o->rate_hz;

	if (json_put_size(facts, "rate_hz", o->rate_hz, err) != 0 ||
	    (o->n_channels != 1 && json_put_size(facts, "n_channels",
	    o->n_channels, err) != 0) ||
	    json_put_size(facts, "n_samples", (size_t)f.n_samples,
	    err) != 0 ||
	    json_put_number(facts, "duration_sec", duration_sec, err) != 0 ||
	    (o->offset_sec > 0.0 && json_put_number(facts, "offset_sec",
	    o->offset_sec, err) != 0))
		return -1;
	if (describe_source(facts, &f.source, err) != 0 ||
	    describe_damage(facts, &f, err) != 0 ||
	    describe_loudness(facts, &f.loudness, err) != 0)
		return -1;
	return describe_chapters(facts, d, f.source.n_chapters, err);
}

/* Write the facts beside the sound. */
static int
write_facts(const char *path, const struct decoder_options *o,
    const struct decoder *d, struct arena *scratch, struct error *err)
{
	struct json *facts = json_new_object(err);
	const char *text;
	int status = -1;

	if (facts == NULL)
		return -1;
	if (describe(facts, o, d, err) == 0 &&
	    (text = json_text(facts, scratch, err)) != NULL)
		status = file_write(path, text, strlen(text), err);
	json_free(facts);
	return status;
}

static int
decode_file(const char *in_path, const struct decoder_options *o,
    const struct result *result, struct arena *scratch, struct error *err)
{
	struct decoder *d;
	struct clip_writer *w = NULL;
	int status = -1;

	if ((d = decoder_open(in_path, o, err)) == NULL)
		return -1;
	w = clip_writer_open_channels(result->sound_path, CLIP_FLAC16,
	    o->rate_hz, o->n_channels, err);
	if (w == NULL || decoder_copy(d, w, err) != 0) {
		clip_writer_abandon(w);
		goto done;
	}
	if (clip_writer_commit(w, err) != 0)
		goto done;
	status = write_facts(result->facts_path, o, d, scratch, err);

done:
	decoder_close(d);
	return status;
}

/* Put "decode" on the record: the files' names, then the facts. */
static int
put_result(struct json *rec, const struct result *result, struct error *err)
{
	struct json *facts = json_load(result->facts_path, err);
	int status = -1;

	if (facts == NULL)
		return -1;
	json_remove(rec, "decode");
	if (json_put_string(rec, "decode.path", result->sound_path,
	    err) != 0 ||
	    json_put_string(rec, "decode.key", result->key, err) != 0)
		goto done;
	for (size_t i = 0; i < json_count(facts); i++) {
		char path[128];

		(void)snprintf(path, sizeof path, "decode.%s",
		    json_member_name(facts, i));
		if (json_put(rec, path, json_item(facts, i), err) != 0)
			goto done;
	}
	status = 0;

done:
	json_free(facts);
	return status;
}

static int
decode_one(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err)
{
	const struct shared *sh = shared;
	struct decoder_options options;
	struct result result;
	const char *in_path;

	(void)local;
	in_path = record_path(rec, "audio_filepath", sh->folder, scratch, err);
	if (in_path == NULL || check_file(in_path, err) != 0 ||
	    read_options(sh->set, rec, &options, err) != 0 ||
	    name_result(sh->set, rec, in_path, &options, scratch, &result,
	    err) != 0)
		return -1;
	if (!file_exists(result.sound_path) ||
	    !file_exists(result.facts_path)) {
		if (decode_file(in_path, &options, &result, scratch,
		    err) != 0)
			return -1;
	}
	return put_result(rec, &result, err);
}

int
main(int argc, char *argv[])
{
	struct settings set = { .rate_hz = 16000, .n_channels = 1 };
	const struct cli_option options[] = {
		{ CLI_SIZE, "rate", &set.rate_hz, 8000, 192000, "HZ",
		    "samples a second of the result" },
		{ CLI_SIZE, "channels", &set.n_channels, 1, 2, "N",
		    "channels of the result: 1 or 2" },
		{ CLI_SIZE, "stream", &set.stream_number, 1, 1000, "N",
		    "audio stream to take, from 1 (default: the best)" },
		{ CLI_FLAG, "no-loudness", &set.no_loudness, 0, 0, NULL,
		    "do not measure loudness and true peak" },
		{ CLI_FLAG, "accept-truncated", &set.accept_truncated, 0, 0,
		    NULL, "take files that end before their header says" },
		{ CLI_FLAG, "accept-nonfinite", &set.accept_nonfinite, 0, 0,
		    NULL, "take samples that are NaN or infinite as 0" },
		STREAM_OPTIONS(set.stream),
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-decode",
	    "make every recording of a manifest a FLAC of one rate",
	    "[options] [manifest] > manifest", options };
	struct shared shared = { &set, NULL };
	const struct stream_stage stage = { "chad-decode", NULL, &shared, NULL,
	    NULL, decode_one };
	struct error err = { ERROR_NONE, "" };
	char *folder = NULL;
	int i, status;

	stream_options_init(&set.stream);
	i = cli_parse(&tool, argc, argv);
	if (clip_format_check(CLIP_FLAC16, (unsigned)set.rate_hz,
	    &err) != 0 ||
	    stream_take_manifest(&set.stream, argc, argv, i, &err) != 0 ||
	    stream_folder(set.stream.in_path, &folder, &err) != 0) {
		cli_warn(&err, "cannot start");
		return cli_finish(CLI_FATAL);
	}
	shared.folder = folder;
	status = stream_main(&stage, &set.stream);
	memory_free(folder);
	return cli_finish(status);
}
