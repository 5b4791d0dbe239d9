/*
 * chad-store -- keep the catalogue: add, merge, query, export, verify.
 *
 * The first operand says what to do; the catalogue is one SQLite file, whose
 * tables store/catalogue.h describes.  Options: chad-store.1.
 */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

#include "manifests/record.h"
#include "manifests/stream.h"
#include "store/blocks.h"
#include "store/catalogue.h"
#include "store/chad_table.h"
#include "store/fragments.h"
#include "store/inspect.h"
#include "store/recordings.h"
#include "store/reviews.h"
#include "store/rounds.h"

#define MAX_WARNINGS 20

/* What the user chose.  Read-only once the command line is parsed. */
struct settings {
	const char *catalogue_path;
	const char *format;
	const char *set_name;
	const char *group_id;
	const char *audio_type;
	const char *decision;
	bool only_failed;
	bool only_quarantined;
	size_t busy_ms;
	char **operands;	/* behind the name of the action */
	size_t n_operands;
};

/* What a run has done so far. */
struct run {
	const struct settings *set;
	struct catalogue *catalogue;
	struct arena *scratch;	/* emptied after each record */
	size_t n_done, n_failed;
};

/* Count a record that could not be taken; name the first ones. */
static void
note_failure(struct run *run, const char *where, const struct error *err)
{
	run->n_failed++;
	if (run->n_failed <= MAX_WARNINGS)
		cli_warn(err, "%s", where);
}

/*
 * Paths that the user gave are relative to the manifest's folder; in the
 * catalogue they are relative to the working folder.
 */
static int
rebase_paths(struct json *rec, const char *folder, struct arena *scratch,
    struct error *err)
{
	static const char *const members[] = { "audio_filepath",
	    "original_audio_filepath", "truth.f0_path",
	    "truth.vocals_filepath" };

	if (folder == NULL || strcmp(folder, ".") == 0)
		return 0;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const char *path;

		if (!json_has(rec, members[i]))
			continue;
		if ((path = record_path(rec, members[i], folder, scratch,
		    err)) == NULL ||
		    json_put_string(rec, members[i], path, err) != 0)
			return -1;
	}
	return 0;
}

/*
 * The write lock is taken when the input has been read, so that a slow pipe
 * does not keep others waiting.
 */
static int
finish_transaction(struct run *run, int status, struct error *err)
{
	if (status == 0)
		return catalogue_commit(run->catalogue, err);
	catalogue_rollback(run->catalogue);
	return -1;
}

/* True for failures of the catalogue, after which nothing more can be done. */
static bool
is_fatal(const struct error *err)
{
	return err->code == ERROR_IO || err->code == ERROR_BUSY ||
	    err->code == ERROR_NOMEM || err->code == ERROR_BUG;
}

/*
 * Add one record.  What an earlier command failed on is a fact worth keeping
 * when it is a recording; a broken line or row is not.
 */
static int
add_one(struct run *run, struct json *rec, const char *folder,
    struct error *err)
{
	struct error why = { ERROR_NONE, "" };
	const char *problem;
	int status;

	if (record_has_failed(rec) && !json_has(rec, "id")) {
		if (json_get_string(rec, "error", "", &problem, &why) == 0)
			(void)error_set(&why, ERROR_FORMAT, "%s", problem);
		note_failure(run, "not added", &why);
		return 0;
	}
	status = rebase_paths(rec, folder, run->scratch, &why);
	if (status == 0)
		status = catalogue_add(run->catalogue, rec, &why);
	arena_reset(run->scratch);
	if (status == 0) {
		run->n_done++;
		return 0;
	}
	if (is_fatal(&why)) {
		*err = why;
		return -1;
	}
	note_failure(run, record_id(rec), &why);
	return 0;
}

static int
add_manifest(struct run *run, const char *path, struct error *err)
{
	struct stream_list list;
	int status;

	if (stream_list_load(&list, path, err) != 0)
		return -1;
	status = catalogue_begin(run->catalogue, err);
	for (size_t i = 0; i < list.n_records && status == 0; i++)
		status = add_one(run, list.records[i], list.folder, err);
	stream_list_release(&list);
	return finish_transaction(run, status, err);
}

static int
add_row(void *context, struct json *rec, struct error *err)
{
	return add_one(context, rec, NULL, err);
}

static int
add_table(struct run *run, const char *path, struct error *err)
{
	struct arena *a = arena_new();
	const bool is_stdin = path == NULL || strcmp(path, "-") == 0;
	const char *name = is_stdin ? "/dev/stdin" : path;
	size_t n_bytes;
	char *text;
	int status = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	text = file_read(name, CHAD_TABLE_MAX_BYTES, a, &n_bytes, err);
	if (text != NULL && catalogue_begin(run->catalogue, err) == 0) {
		status = chad_table_read(text, n_bytes, add_row, run, err);
		if (status != 0)
			(void)error_add(err, "%s",
			    is_stdin ? "standard input" : path);
		status = finish_transaction(run, status, err);
	}
	arena_free(a);
	return status;
}

/* Call "take" on each operand, or on standard input (NULL) without any. */
static int
each_input(struct run *run,
    int (*take)(struct run *run, const char *path, struct error *err),
    struct error *err)
{
	if (run->set->n_operands == 0)
		return take(run, NULL, err);
	for (size_t i = 0; i < run->set->n_operands; i++)
		if (take(run, run->set->operands[i], err) != 0)
			return -1;
	return 0;
}

static int
do_add(struct run *run, struct error *err)
{
	const bool is_table = strcmp(run->set->format, "csv") == 0;

	if (each_input(run, is_table ? add_table : add_manifest, err) != 0)
		return -1;
	cli_note("%zu records added, %zu refused", run->n_done,
	    run->n_failed);
	return 0;
}

static int
block_manifest(struct run *run, const char *path, struct error *err)
{
	struct stream_list list;
	int status;

	if (stream_list_load(&list, path, err) != 0)
		return -1;
	status = catalogue_begin(run->catalogue, err);
	for (size_t i = 0; i < list.n_records && status == 0; i++) {
		struct error why = { ERROR_NONE, "" };

		status = blocks_put(run->catalogue, list.records[i],
		    run->set->set_name, &why);
		if (status == 0) {
			run->n_done++;
		} else if (is_fatal(&why)) {
			*err = why;
		} else {
			note_failure(run, record_id(list.records[i]), &why);
			status = 0;
		}
	}
	stream_list_release(&list);
	return finish_transaction(run, status, err);
}

static int
do_block(struct run *run, struct error *err)
{
	if (each_input(run, block_manifest, err) != 0)
		return -1;
	cli_note("%zu records blocked for \"%s\"", run->n_done,
	    run->set->set_name);
	return 0;
}

static int
do_merge(struct run *run, struct error *err)
{
	for (size_t i = 0; i < run->set->n_operands; i++) {
		size_t n_taken, n_differ;

		if (inspect_merge(run->catalogue, run->set->operands[i],
		    &n_taken, &n_differ, err) != 0)
			return error_add(err, "merging %s",
			    run->set->operands[i]);
		cli_note("%s: %zu rows taken, %zu differ and were left",
		    run->set->operands[i], n_taken, n_differ);
		run->n_failed += n_differ;
	}
	return 0;
}

static int
print_record(void *context, struct json *rec, struct error *err)
{
	struct run *run = context;
	const int status = stream_write(stdout, rec, run->scratch, err);

	arena_reset(run->scratch);
	return status;
}

static int
do_query(struct run *run, struct error *err)
{
	const struct settings *set = run->set;
	const struct recordings_filter recordings = {
		.group_id = set->group_id, .audio_type = set->audio_type,
		.only_failed = set->only_failed,
		.only_quarantined = set->only_quarantined,
	};
	const struct fragments_filter fragments = {
		.group_id = set->group_id, .decision = set->decision,
	};
	const char *what = set->n_operands == 1 ? set->operands[0] : "";

	if (strcmp(what, "works") == 0)
		return recordings_each_work(run->catalogue, print_record, run,
		    err);
	if (strcmp(what, "recordings") == 0)
		return recordings_each(run->catalogue, &recordings,
		    print_record, run, err);
	if (strcmp(what, "fragments") == 0)
		return fragments_each(run->catalogue, &fragments,
		    print_record, run, err);
	if (strcmp(what, "reviews") == 0)
		return reviews_each(run->catalogue, print_record, run, err);
	if (strcmp(what, "rounds") == 0)
		return rounds_each(run->catalogue, print_record, run, err);
	return error_set(err, ERROR_FORMAT, "query what? works, recordings, "
	    "fragments, reviews or rounds");
}

static int
print_row(void *context, struct json *row, struct error *err)
{
	struct run *run = context;
	const int status = chad_table_write_row(stdout, row, NULL, run->scratch,
	    err);

	arena_reset(run->scratch);
	return status;
}

static int
do_export(struct run *run, struct error *err)
{
	const struct fragments_filter filter = {
		.group_id = run->set->group_id,
		.decision = run->set->decision,
	};

	if (strcmp(run->set->format, "jsonl") == 0)
		return fragments_each_row(run->catalogue, &filter,
		    print_record, run, err);
	if (chad_table_write_header(stdout, NULL, err) != 0)
		return -1;
	return fragments_each_row(run->catalogue, &filter, print_row, run,
	    err);
}

static void
print_problem(void *context, const char *sentence)
{
	(void)context;
	cli_warn(NULL, "%s", sentence);
}

static int
do_verify(struct run *run, struct error *err)
{
	if (inspect_verify(run->catalogue, print_problem, NULL,
	    &run->n_failed, err) != 0)
		return -1;
	if (run->n_failed == 0)
		cli_note("%s is sound", run->set->catalogue_path);
	else
		cli_note("%s: %zu problems", run->set->catalogue_path,
		    run->n_failed);
	return 0;
}

static int
do_dump(struct run *run, struct error *err)
{
	return inspect_dump(run->catalogue, stdout, err);
}

static const struct action {
	const char *name;
	enum catalogue_mode mode;
	int (*run)(struct run *run, struct error *err);
	size_t min_operands, max_operands;
} actions[] = {
	{ "add", CATALOGUE_CREATE, do_add, 0, 1000000 },
	{ "block", CATALOGUE_CREATE, do_block, 0, 1000000 },
	{ "merge", CATALOGUE_CREATE, do_merge, 1, 1000000 },
	{ "query", CATALOGUE_READ, do_query, 1, 1 },
	{ "export", CATALOGUE_READ, do_export, 0, 0 },
	{ "verify", CATALOGUE_READ, do_verify, 0, 0 },
	{ "dump", CATALOGUE_READ, do_dump, 0, 0 },
};

static const struct action *
find_action(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

/* The action, or NULL after a message. */
static const struct action *
choose(struct settings *set, int first, int argc, char *argv[])
{
	const struct action *action;

	if (first == argc) {
		cli_warn(NULL, "what to do? add, block, merge, query, export, "
		    "verify or dump (try chad-store --help)");
		return NULL;
	}
	if ((action = find_action(argv[first])) == NULL) {
		cli_warn(NULL, "\"%.40s\" is none of add, block, merge, "
		    "query, export, verify and dump (try chad-store --help)",
		    argv[first]);
		return NULL;
	}
	set->operands = argv + first + 1;
	set->n_operands = (size_t)(argc - first - 1);
	if (set->n_operands < action->min_operands ||
	    set->n_operands > action->max_operands) {
		cli_warn(NULL, "%s: wrong number of operands (try chad-store "
		    "--help)", action->name);
		return NULL;
	}
	if (set->format == NULL)
		set->format = action->run == do_export ? "csv" : "jsonl";
	if (strcmp(set->format, "csv") != 0 &&
	    strcmp(set->format, "jsonl") != 0) {
		cli_warn(NULL, "--format %s: must be csv or jsonl",
		    set->format);
		return NULL;
	}
	return action;
}

static int
run_action(const struct settings *set, const struct action *action)
{
	struct error err = { ERROR_NONE, "" };
	struct run run = { .set = set };
	int status = CLI_FATAL;

	run.scratch = arena_new();
	if (run.scratch == NULL)
		(void)error_set(&err, ERROR_NOMEM, "out of memory");
	else
		run.catalogue = catalogue_open(set->catalogue_path,
		    action->mode, (int)set->busy_ms, &err);
	if (run.catalogue != NULL && action->run(&run, &err) == 0)
		status = run.n_failed == 0 ? CLI_OK : CLI_SOME_FAILED;
	if (status == CLI_FATAL)
		cli_warn(&err, "%s", action->name);
	if (err.code == ERROR_BUSY)
		status = CLI_AGAIN;
	catalogue_close(run.catalogue);
	arena_free(run.scratch);
	return status;
}

int
main(int argc, char *argv[])
{
	struct settings set = { .catalogue_path = "chad.sqlite",
	    .set_name = "evaluation", .busy_ms = 30000 };
	const struct cli_option options[] = {
		{ CLI_STRING, "catalogue", &set.catalogue_path, 0, 0, "FILE",
		    "the catalogue" },
		{ CLI_STRING, "format", &set.format, 0, 0, "FORMAT",
		    "csv or jsonl (default: add jsonl, export csv)" },
		{ CLI_STRING, "set", &set.set_name, 0, 0, "NAME",
		    "block: the evaluation set" },
		{ CLI_STRING, "group", &set.group_id, 0, 0, "ID",
		    "query, export: only this work" },
		{ CLI_STRING, "type", &set.audio_type, 0, 0, "TYPE",
		    "query recordings: original, cover or humming" },
		{ CLI_STRING, "decision", &set.decision, 0, 0, "WORD",
		    "query fragments, export: keep, flag or drop" },
		{ CLI_FLAG, "failed", &set.only_failed, 0, 0, NULL,
		    "query recordings: those with an error" },
		{ CLI_FLAG, "quarantined", &set.only_quarantined, 0, 0, NULL,
		    "query recordings: those found to be other songs" },
		{ CLI_SIZE, "busy", &set.busy_ms, 0, 3600000, "MS",
		    "wait so long for another writer" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-store",
	    "Keep the catalogue of works, recordings, fragments and models.",
	    "[options] add|block [MANIFEST ...] | merge CATALOGUE ... |\n"
	    "       query works|recordings|fragments|reviews|rounds | export "
	    "| verify | dump", options };
	const struct action *action;
	int first;

	first = cli_parse(&tool, argc, argv);
	action = choose(&set, first, argc, argv);
	if (action == NULL)
		return cli_finish(CLI_FATAL);
	return cli_finish(run_action(&set, action));
}
