/*
 * chad-manifest -- make, check, join, filter, split, count and convert
 * manifests.
 *
 * The first argument names what is to be done; each has a table of options of
 * its own.  Records go to standard output or to --output; the problems that
 * "check" finds go to standard output too, since they are what it is asked for.
 *
 * Options: chad-manifest.1.  Members of a record: manifests/FORMAT.md.
 */

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/cli_kinds.h"
#include "base/error.h"
#include "base/json.h"

#include "formats/format.h"
#include "formats/sound_length.h"
#include "formats/sound_tags.h"
#include "manifests/filter_expr.h"
#include "manifests/manifest_check.h"
#include "manifests/manifest_parts.h"
#include "manifests/manifest_split.h"
#include "manifests/manifest_stats.h"
#include "manifests/record.h"
#include "manifests/record_line.h"
#include "manifests/record_writer.h"
#include "manifests/scan.h"
#include "manifests/shard_merge.h"
#include "manifests/stream.h"

#define TOOL "chad-manifest"
#define MAX_MESSAGES 20

#define OUTPUT_OPTION(path) \
	{ CLI_STRING, "output", &(path), 0, 0, "FILE", \
	    "write this file (.gz, .zst: packed), not standard output" }
#define END_OPTIONS { CLI_END, NULL, NULL, 0, 0, NULL, NULL }

/* End what was written; "result" is what has become of it so far. */
static int
end_output(struct record_writer *w, int result, struct error *err)
{
	if (result == 0)
		return record_writer_commit(w, err);
	record_writer_abandon(w);
	return -1;
}

struct scan_state {
	struct record_writer *out;
	bool wants_tags;
	size_t n_taken;
	size_t n_left_out;
	size_t n_failed;
};

static void
tell_left_out(void *shared, const char *path, const char *why, bool is_failure)
{
	struct scan_state *s = shared;
	struct error err = { ERROR_FORMAT, "" };

	error_set(&err, ERROR_FORMAT, "%s", why);
	s->n_left_out++;
	s->n_failed += is_failure;
	if (is_failure)
		cli_warn(&err, "left out %s", path);
	else if (s->n_left_out <= MAX_MESSAGES)
		cli_note("left out %s: %s", path, why);
}

/* A sound that says nothing of itself is still there: chad-decode will see. */
static int
add_tags(struct scan_state *s, struct json *rec, struct error *err)
{
	struct error why = { ERROR_NONE, "" };
	const char *path;

	if (json_want_string(rec, "audio_filepath", &path, err) != 0)
		return -1;
	if (sound_tags_put(rec, path, &why) == 0)
		return 0;
	if (why.code == ERROR_NOMEM)
		return error_set(err, ERROR_NOMEM, "%s", why.text);
	s->n_failed++;
	cli_warn(&why, "no tags");
	return 0;
}

static int
take_scanned(void *shared, struct json *rec, struct error *err)
{
	struct scan_state *s = shared;

	if ((s->wants_tags && add_tags(s, rec, err) != 0) ||
	    record_add_history(rec, TOOL, "scan", NULL, err) != 0 ||
	    record_writer_put(s->out, rec, NULL, err) != 0)
		return -1;
	s->n_taken++;
	return 0;
}

static int
run_scan(int argc, char *argv[], struct arena *a, struct error *err)
{
	const char *pattern = NULL, *output = NULL;
	struct scan_state state = { .wants_tags = false };
	const struct cli_option options[] = {
		{ CLI_STRING, "pattern", &pattern, 0, 0, "PATTERN",
		    "what paths say, such as {group_id}/{id}.*" },
		{ CLI_FLAG, "tags", &state.wants_tags, 0, 0, NULL,
		    "read what the files say of themselves" },
		OUTPUT_OPTION(output),
		END_OPTIONS,
	};
	const struct cli_tool tool = { TOOL, "make records of the sounds in "
	    "folders GROUP/{original,cover-1,hum-1}.*",
	    "scan [options] DIR ...", options };
	struct scan_calls calls = { take_scanned, tell_left_out, &state,
		NULL };
	int i = cli_parse(&tool, argc, argv), result = 0;

	(void)a;
	calls.pattern = pattern;
	if (i == argc)
		return error_set(err, ERROR_FORMAT, "scan: which folder? (try "
		    TOOL " scan --help)");
	if ((state.out = record_writer_open(output, err)) == NULL)
		return -1;
	for (; i < argc && result == 0; i++)
		result = scan_folder(argv[i], &calls, err);
	if (end_output(state.out, result, err) != 0)
		return -1;
	if (state.n_left_out > MAX_MESSAGES)
		cli_note("%zu files were left out in all", state.n_left_out);
	if (state.n_taken == 0)
		cli_note("no sound files were found");
	return state.n_failed > 0 ? CLI_SOME_FAILED : CLI_OK;
}

static void
tell_problem(void *shared, const char *path, size_t line, const char *problem)
{
	(void)shared;
	(void)printf("%s:%zu: %s\n", path, line, problem);
}

static int
run_check(int argc, char *argv[], struct arena *a, struct error *err)
{
	struct manifest_check check = { .tell = tell_problem,
	    .wants_files = true, .tolerance_sec = 0.1 };
	struct stream_options stream;
	bool wants_decode = false;
	const struct cli_option options[] = {
		{ CLI_FLAG, "files", &check.wants_files, 0, 0, NULL,
		    "look whether the sounds are there" },
		{ CLI_FLAG, "decode", &wants_decode, 0, 0, NULL,
		    "decode them: are they whole, as long as stated?" },
		{ CLI_DOUBLE, "tolerance", &check.tolerance_sec, 0, 3600,
		    "SEC", "by how much lengths may differ" },
		{ CLI_SIZE, "threads", &check.n_threads, 1, 256, "N",
		    "threads that decode (default: one a core)" },
		END_OPTIONS,
	};
	const struct cli_tool tool = { TOOL, "report what is wrong with "
	    "manifests", "check [options] [MANIFEST ...]", options };
	int first;

	(void)a;
	stream_options_init(&stream);
	check.n_threads = stream.n_threads;
	first = cli_parse(&tool, argc, argv);
	if (wants_decode)
		check.measure = sound_length_measure;
	for (int i = first; i < argc || i == first; i++)
		if (manifest_check_run(&check, i < argc ? argv[i] : NULL,
		    err) != 0)
			return -1;
	if (check.n_failed > 0)
		cli_note("%zu of %zu records carry an error", check.n_failed,
		    check.n_records);
	cli_note("%zu records, %zu problems", check.n_records,
	    check.n_problems);
	return check.n_problems > 0 ? CLI_SOME_FAILED : CLI_OK;
}

struct passing {
	struct record_writer *out;
	/* NULL: all are wanted. */
	bool (*wants)(const void *shared, const struct json *rec);
	const void *shared;
};

static int
pass_record(void *shared, struct json **rec, const char *folder,
    struct error *err)
{
	const struct passing *p = shared;

	if (p->wants != NULL && !p->wants(p->shared, *rec))
		return 0;
	return record_writer_put(p->out, *rec, folder, err);
}

/* The status of a manifest that was passed on. */
static int
status_of(size_t n_broken)
{
	if (n_broken == 0)
		return CLI_OK;
	cli_warn(NULL, "lines that are no records: %zu", n_broken);
	return CLI_SOME_FAILED;
}

/* Read the manifests argv[first] on, or standard input without any. */
static int
each_manifest(struct stream_each *each, int argc, char *argv[], int first,
    struct error *err)
{
	int result = 0;

	for (int i = first; (i < argc || i == first) && result == 0; i++) {
		each->path = i < argc ? argv[i] : NULL;
		result = stream_each_run(each, err);
	}
	return result;
}

/* Write the wanted records of the manifests argv[first] on. */
static int
pass(struct passing *p, const char *output, int argc, char *argv[],
    int first, struct error *err)
{
	struct stream_each each = { .take = pass_record, .shared = p };

	if ((p->out = record_writer_open(output, err)) == NULL)
		return -1;
	return end_output(p->out, each_manifest(&each, argc, argv, first,
	    err), err) != 0 ? -1 : status_of(each.n_broken);
}

static int
run_join(int argc, char *argv[], struct arena *a, struct error *err)
{
	const char *output = NULL;
	const struct cli_option options[] = {
		OUTPUT_OPTION(output),
		END_OPTIONS,
	};
	const struct cli_tool tool = { TOOL, "write the records of several "
	    "manifests, one after the other", "join [options] [MANIFEST ...]",
	    options };
	struct passing passing = { .wants = NULL };
	const int first = cli_parse(&tool, argc, argv);

	(void)a;
	return pass(&passing, output, argc, argv, first, err);
}

static bool
is_wanted(const void *shared, const struct json *rec)
{
	return filter_expr_wants(shared, rec);
}

static int
run_filter(int argc, char *argv[], struct arena *a, struct error *err)
{
	const char *output = NULL;
	const struct cli_option options[] = {
		OUTPUT_OPTION(output),
		END_OPTIONS,
	};
	const struct cli_tool tool = { TOOL, "write the records that an "
	    "expression over their members wants",
	    "filter [options] EXPRESSION [MANIFEST ...]", options };
	struct passing passing = { .wants = is_wanted };
	const int first = cli_parse(&tool, argc, argv);
	struct filter_expr *e;
	int status;

	(void)a;
	if (first == argc)
		return error_set(err, ERROR_FORMAT, "filter: an expression is "
		    "needed, such as 'duration > 5 and audio_type == "
		    "\"cover\"'");
	if ((e = filter_expr_parse(argv[first], err)) == NULL)
		return error_add(err, "filter");
	passing.shared = e;
	status = pass(&passing, output, argc, argv, first + 1, err);
	filter_expr_free(e);
	return status;
}

static bool
is_in_shard(const void *shared, const struct json *rec)
{
	bool has = false;

	return stream_shard_has(shared, record_id(rec), &has, NULL) == 0 &&
	    has;
}

static int
run_shard(int argc, char *argv[], struct arena *a, struct error *err)
{
	const char *shard = NULL, *output = NULL;
	const struct cli_option options[] = {
		{ CLI_STRING, "shard", &shard, 0, 0, "I/N",
		    "which of how many shards" },
		OUTPUT_OPTION(output),
		END_OPTIONS,
	};
	const struct cli_tool tool = { TOOL, "write the records of one shard, "
	    "those that commands with --shard would take",
	    "shard --shard I/N [MANIFEST]", options };
	struct passing passing = { .wants = is_in_shard };
	const int first = cli_parse(&tool, argc, argv);
	struct stream_options in = { .in_path = NULL };
	bool has;

	(void)a;
	if (stream_take_manifest(&in, argc, argv, first, err) != 0)
		return -1;
	if (shard == NULL)
		return error_set(err, ERROR_FORMAT,
		    "shard: --shard I/N is needed");
	if (stream_shard_has(shard, "", &has, err) != 0)
		return -1;
	passing.shared = shard;
	return pass(&passing, output, argc, argv, first, err);
}

static int
run_split(int argc, char *argv[], struct arena *a, struct error *err)
{
	struct manifest_parts set = { .out_folder = ".", .suffix = "jsonl" };
	const char *by = "group", *parts = "train:0.8,test:0.2";
	const struct cli_option options[] = {
		{ CLI_STRING, "by", &by, 0, 0, "WHAT",
		    "what stays together: group or id" },
		{ CLI_STRING, "parts", &parts, 0, 0, "LIST",
		    "names and shares of the parts" },
		{ CLI_STRING, "stratify", &set.stratify, 0, 0, "MEMBER",
		    "give its values the same shares in all parts" },
		{ CLI_STRING, "take", &set.take, 0, 0, "PART",
		    "write only this part, to standard output" },
		{ CLI_STRING, "out", &set.out_folder, 0, 0, "DIR",
		    "where the files PART.jsonl go" },
		{ CLI_STRING, "suffix", &set.suffix, 0, 0, "SUFFIX",
		    "of these files: jsonl, jsonl.gz or jsonl.zst" },
		{ CLI_UINT64, "seed", &set.seed, 0, 0, "N",
		    "another seed, another split" },
		END_OPTIONS,
	};
	const struct cli_tool tool = { TOOL, "split a manifest into parts, "
	    "whole groups at a time", "split [options] [MANIFEST]", options };
	const int first = cli_parse(&tool, argc, argv);
	struct stream_options in = { .in_path = NULL };
	size_t n_broken = 0;

	if (stream_take_manifest(&in, argc, argv, first, err) != 0)
		return -1;
	set.by_group = strcmp(by, "group") == 0;
	if (!set.by_group && strcmp(by, "id") != 0)
		return error_set(err, ERROR_FORMAT,
		    "--by %s: must be group or id", by);
	if (manifest_split_parse(parts, &set.split, err) != 0)
		return error_add(err, "--parts");
	if (set.take != NULL && manifest_split_find(&set.split, set.take) ==
	    set.split.n_parts)
		return error_set(err, ERROR_FORMAT,
		    "--take %s: not in --parts %s", set.take, parts);
	return manifest_parts_write(&set, in.in_path, a, &n_broken, err) !=
	    0 ? -1 : status_of(n_broken);
}

static int
run_merge(int argc, char *argv[], struct arena *a, struct error *err)
{
	const char *whole_path = NULL, *output = NULL;
	const struct cli_option options[] = {
		{ CLI_STRING, "of", &whole_path, 0, 0, "MANIFEST",
		    "the manifest that was sharded" },
		OUTPUT_OPTION(output),
		END_OPTIONS,
	};
	const struct cli_tool tool = { TOOL, "put the results of shards "
	    "together, in the order of the whole",
	    "merge --of MANIFEST SHARD ...", options };
	const int first = cli_parse(&tool, argc, argv);
	struct record_writer *out;

	(void)a;
	if (whole_path == NULL || first == argc)
		return error_set(err, ERROR_FORMAT, "merge: --of MANIFEST and "
		    "the results of its shards are needed");
	if ((out = record_writer_open(output, err)) == NULL)
		return -1;
	return end_output(out, shard_merge_files(whole_path, argv + first,
	    (size_t)(argc - first), out, err), err);
}

static int
count_record(void *shared, struct json **rec, const char *folder,
    struct error *err)
{
	(void)folder;
	return manifest_stats_add(shared, *rec, err);
}

static int
run_stats(int argc, char *argv[], struct arena *a, struct error *err)
{
	const char *by = "audio_type";
	bool wants_json = false;
	const struct cli_option options[] = {
		{ CLI_STRING, "by", &by, 0, 0, "MEMBER",
		    "the member whose values make the rows" },
		{ CLI_FLAG, "json", &wants_json, 0, 0, NULL,
		    "print JSON, not tables" },
		END_OPTIONS,
	};
	const struct cli_tool tool = { TOOL, "count the records, works and "
	    "hours of manifests", "stats [options] [MANIFEST ...]", options };
	const int first = cli_parse(&tool, argc, argv);
	struct manifest_stats *stats = manifest_stats_new(by, err);
	struct stream_each each = { .take = count_record, .shared = stats };
	struct json *report = NULL;
	const char *text;

	if (stats != NULL && each_manifest(&each, argc, argv, first, err) == 0)
		report = manifest_stats_report(stats, err);
	text = report == NULL ? NULL : wants_json ?
	    json_text_pretty(report, a, err) :
	    manifest_stats_text(report, a, err);
	if (text != NULL)
		(void)puts(text);
	json_free(report);
	manifest_stats_free(stats);
	return text == NULL ? -1 : status_of(each.n_broken);
}

struct importing {
	struct record_writer *out;
	const char *path, *options;
	size_t n_failed;
};

/* What the record's "error" says behind the name of this command. */
static void
tell_failure(struct importing *state, const struct json *rec)
{
	const char *why;

	if (++state->n_failed <= MAX_MESSAGES &&
	    json_want_string(rec, "error", &why, NULL) == 0)
		cli_warn(NULL, "%s: %s", state->path, strncmp(why, TOOL ": ",
		    strlen(TOOL ": ")) == 0 ? why + strlen(TOOL ": ") : why);
}

static int
take_imported(void *shared, struct json *rec, struct error *err)
{
	struct importing *state = shared;
	struct error why = { ERROR_NONE, "" };

	if (record_has_failed(rec)) {
		tell_failure(state, rec);
	} else if (record_check(rec, &why) != 0) {
		if (record_line_mark(rec, TOOL, &why, err) != 0)
			return -1;
		tell_failure(state, rec);
	} else if (record_add_history(rec, TOOL, state->options, NULL,
	    err) != 0) {
		return -1;
	}
	return record_writer_put(state->out, rec, NULL, err);
}

static int
run_import(int argc, char *argv[], struct arena *a, struct error *err)
{
	const char *name = NULL, *output = NULL;
	struct importing state = { .n_failed = 0 };
	struct format_input in = { .take = take_imported, .shared = &state };
	const struct cli_option options[] = {
		{ CLI_STRING, "format", &name, 0, 0, "NAME",
		    "of the files (default: what they look like)" },
		{ CLI_STRING, "audio", &in.audio, 0, 0, "DIR",
		    "where the sounds are" },
		{ CLI_STRING, "recordings", &in.recordings, 0, 0, "FILE",
		    "lhotse's recordings, for its supervisions" },
		OUTPUT_OPTION(output),
		END_OPTIONS,
	};
	const struct cli_tool tool = { TOOL, "make records of other "
	    "projects' lists, annotations and folders",
	    "import [options] [FILE|DIR ...]", options };
	const int first = cli_parse(&tool, argc, argv);
	const struct format *format = NULL;
	int result = 0;

	state.options = arena_printf(a, "import%s%s",
	    cli_options_text()[0] != '\0' ? " " : "", cli_options_text());
	if (state.options == NULL || (name != NULL &&
	    (format = format_find(name, err)) == NULL) || (state.out =
	    record_writer_open(output, err)) == NULL)
		return -1;
	for (int i = first; (i < argc || i == first) && result == 0; i++) {
		in.path = i < argc ? argv[i] : NULL;
		state.path = in.path != NULL ? in.path : "standard input";
		result = format_import(format, &in, err);
	}
	if (end_output(state.out, result, err) != 0)
		return -1;
	if (state.n_failed > 0)
		cli_warn(NULL, "%zu items could not be taken",
		    state.n_failed);
	return state.n_failed > 0 ? CLI_SOME_FAILED : CLI_OK;
}

static int
run_export(int argc, char *argv[], struct arena *a, struct error *err)
{
	const char *name = NULL, *output = NULL, *folder = NULL;
	const struct cli_option options[] = {
		{ CLI_STRING, "format", &name, 0, 0, "NAME",
		    "what to write; chad-manifest(1) lists them" },
		{ CLI_STRING, "out", &folder, 0, 0, "DIR",
		    "write a file for each recording here" },
		OUTPUT_OPTION(output),
		END_OPTIONS,
	};
	const struct cli_tool tool = { TOOL, "write a manifest as other "
	    "projects do", "export --format NAME [options] [MANIFEST]",
	    options };
	const int first = cli_parse(&tool, argc, argv);
	const struct format *format;
	struct stream_list list;
	struct stream_options in = { .in_path = NULL };
	size_t n_files;
	int result;

	if (stream_take_manifest(&in, argc, argv, first, err) != 0)
		return -1;
	if (name == NULL)
		return error_set(err, ERROR_FORMAT,
		    "export: --format NAME is needed");
	if ((format = format_find(name, err)) == NULL ||
	    stream_list_load(&list, in.in_path, err) != 0)
		return -1;
	struct format_output out = { list.records, list.n_records,
		list.folder, a, NULL, NULL };
	if (folder != NULL) {
		result = format_export_files(format, folder, &out, &n_files,
		    err);
		if (result == 0)
			cli_note("%zu files written", n_files);
	} else {
		result = format_export(format, &out, output, err);
	}
	result = result != 0 ? -1 : status_of(list.n_broken);
	stream_list_release(&list);
	return result;
}

static const struct cli_kinds_entry kinds[] = {
	{ "scan", run_scan }, { "import", run_import },
	{ "export", run_export }, { "check", run_check },
	{ "join", run_join }, { "filter", run_filter },
	{ "split", run_split }, { "shard", run_shard },
	{ "merge", run_merge }, { "stats", run_stats }, { NULL, NULL }
};

int
main(int argc, char *argv[])
{
	const struct cli_option options[] = { END_OPTIONS };
	const struct cli_kinds all = {
		.tool = { TOOL, "make, check, join, filter, split, count and "
		    "convert manifests", "scan|import|export|check|join|filter"
		    "|split|shard|merge|stats ...\n       " TOOL
		    " scan --help and so on tell more", options },
		.question = "the first argument must be scan, import, export, "
		    "check, join, filter, split, shard, merge or stats (try "
		    TOOL " --help)",
		.failure = "",
		.entries = kinds,
	};

	return cli_kinds_main(&all, argc, argv);
}
