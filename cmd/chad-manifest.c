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

#include "cmd/manifest_pass.h"
#include "formats/format.h"
#include "formats/sound_length.h"
#include "formats/sound_tags.h"
#include "manifests/manifest_check.h"
#include "manifests/manifest_stats.h"
#include "manifests/record.h"
#include "manifests/record_line.h"
#include "manifests/record_writer.h"
#include "manifests/scan.h"
#include "manifests/stream.h"

#define TOOL "chad-manifest"

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
	else if (s->n_left_out <= MANIFEST_MAX_MESSAGES)
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
		MANIFEST_OUTPUT_OPTION(output),
		MANIFEST_END_OPTIONS,
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
	if (record_writer_end(state.out, result, err) != 0)
		return -1;
	if (state.n_left_out > MANIFEST_MAX_MESSAGES)
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
		MANIFEST_END_OPTIONS,
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
		MANIFEST_END_OPTIONS,
	};
	const struct cli_tool tool = { TOOL, "count the records, works and "
	    "hours of manifests", "stats [options] [MANIFEST ...]", options };
	const int first = cli_parse(&tool, argc, argv);
	struct manifest_stats *stats = manifest_stats_new(by, err);
	struct stream_each each = { .take = count_record, .shared = stats };
	struct json *report = NULL;
	const char *text;

	if (stats != NULL && manifest_pass_each(&each, argc, argv, first,
	    err) == 0)
		report = manifest_stats_report(stats, err);
	text = report == NULL ? NULL : wants_json ?
	    json_text_pretty(report, a, err) :
	    manifest_stats_text(report, a, err);
	if (text != NULL)
		(void)puts(text);
	json_free(report);
	manifest_stats_free(stats);
	return text == NULL ? -1 : manifest_pass_status(each.n_broken);
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

	if (++state->n_failed <= MANIFEST_MAX_MESSAGES &&
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
		MANIFEST_OUTPUT_OPTION(output),
		MANIFEST_END_OPTIONS,
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
	if (record_writer_end(state.out, result, err) != 0)
		return -1;
	if (state.n_failed > 0)
		cli_warn(NULL, "%zu items could not be taken",
		    state.n_failed);
	return state.n_failed > 0 ? CLI_SOME_FAILED : CLI_OK;
}

static void
tell_unwritten(void *shared, const struct json *rec, const struct error *why)
{
	size_t *n_left_out = shared;

	if (++*n_left_out <= MANIFEST_MAX_MESSAGES)
		cli_warn(why, "left out %s", record_id(rec)[0] != '\0' ?
		    record_id(rec) : "a record without a name");
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
		MANIFEST_OUTPUT_OPTION(output),
		MANIFEST_END_OPTIONS,
	};
	const struct cli_tool tool = { TOOL, "write a manifest as other "
	    "projects do", "export --format NAME [options] [MANIFEST]",
	    options };
	const int first = cli_parse(&tool, argc, argv);
	const struct format *format;
	struct stream_list list;
	struct stream_options in = { .in_path = NULL };
	size_t n_files, n_left_out = 0;
	int result;

	if (stream_take_manifest(&in, argc, argv, first, err) != 0)
		return -1;
	if (name == NULL)
		return error_set(err, ERROR_FORMAT,
		    "export: --format NAME is needed");
	if ((format = format_find(name, err)) == NULL ||
	    stream_list_load(&list, in.in_path, err) != 0)
		return -1;
	struct format_output out = { .records = list.records,
		.n_records = list.n_records, .folder = list.folder, .a = a,
		.leave_out = tell_unwritten, .shared = &n_left_out };
	if (folder != NULL) {
		result = format_export_files(format, folder, &out, &n_files,
		    err);
		if (result == 0)
			cli_note("%zu files written", n_files);
	} else {
		result = format_export(format, &out, output, err);
	}
	if (result == 0)
		result = manifest_pass_status(list.n_broken);
	if (result >= 0 && n_left_out > 0) {
		cli_warn(NULL, "%zu records were left out", n_left_out);
		result = CLI_SOME_FAILED;
	}
	stream_list_release(&list);
	return result;
}

static const struct cli_kinds_entry kinds[] = {
	{ "scan", run_scan }, { "import", run_import },
	{ "export", run_export }, { "check", run_check },
	{ "join", manifest_pass_join }, { "filter", manifest_pass_filter },
	{ "split", manifest_pass_split }, { "shard", manifest_pass_shard },
	{ "merge", manifest_pass_merge }, { "stats", run_stats }, { NULL, NULL }
};

int
main(int argc, char *argv[])
{
	const struct cli_option options[] = { MANIFEST_END_OPTIONS };
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
