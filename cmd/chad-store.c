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
#include "base/memory.h"
#include "base/spool.h"

#include "manifests/record.h"
#include "manifests/record_table.h"
#include "manifests/stream.h"
#include "manifests/stream_walk.h"
#include "store/blocks.h"
#include "store/catalogue.h"
#include "store/chad_table.h"
#include "store/fragments.h"
#include "store/inspect.h"
#include "store/merge.h"
#include "store/recordings.h"
#include "store/reviews.h"
#include "store/rounds.h"

#define MAX_WARNINGS 20
#define MANY 1000000	/* operands */

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
	const char *id;
	size_t round;		/* 0: any */
	double low, high;	/* probability */
	size_t limit;
	size_t n_threads;
	size_t busy_ms;
	char **operands;	/* behind the name of the action */
	size_t n_operands;
};

/* What a run has done so far. */
struct run {
	const struct settings *set;
	struct catalogue *catalogue;
	struct arena *scratch;	/* emptied after each record */
	char *folder;		/* of the manifest that is being read */
	int (*take)(void *context, struct json *rec, struct error *err);
	size_t n_done, n_failed;
};

/* What a query hands its records to. */
struct query {
	int (*put)(void *context, struct json *rec, struct error *err);
	void *context;
};

/* Count a record that could not be taken; name the first ones. */
static void
note_failure(struct run *run, const char *where, const struct error *err)
{
	run->n_failed++;
	if (run->n_failed <= MAX_WARNINGS)
		cli_warn(err, "%s", where);
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
add_one(void *context, struct json *rec, struct error *err)
{
	struct run *run = context;
	struct error why = { ERROR_NONE, "" };
	const char *problem;
	int status;

	if (record_has_failed(rec) && !json_has(rec, "id")) {
		if (json_get_string(rec, "error", "", &problem, &why) == 0)
			(void)error_set(&why, ERROR_FORMAT, "%s", problem);
		note_failure(run, "not added", &why);
		return 0;
	}
	status = record_rebase(rec, run->folder, &why);
	if (status == 0)
		status = catalogue_add(run->catalogue, rec, &why);
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

/* Block one record. */
static int
block_one(void *context, struct json *rec, struct error *err)
{
	struct run *run = context;
	struct error why = { ERROR_NONE, "" };

	if (blocks_put(run->catalogue, rec, run->set->set_name, &why) == 0) {
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
take_table(struct run *run, const char *path, struct error *err)
{
	struct arena *a = arena_new();
	size_t n_bytes;
	char *text;
	int status = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	text = file_read(path == NULL ? "/dev/stdin" : path,
	    CHAD_TABLE_MAX_BYTES, a, &n_bytes, err);
	if (text != NULL && chad_table_read(text, n_bytes, run->take, run,
	    err) == 0)
		status = 0;
	else if (text != NULL)
		(void)error_add(err, "%s",
		    path == NULL ? "standard input" : path);
	arena_free(a);
	return status;
}

/*
 * Paths that the user gave are relative to the manifest's folder; in the
 * catalogue they are relative to the working folder.
 */
static int
take_input(struct run *run, const char *path, struct error *err)
{
	int status;

	if (path != NULL && strcmp(path, "-") == 0)
		path = NULL;
	if (strcmp(run->set->format, "csv") == 0)
		return take_table(run, path, err);
	if (stream_folder(path, &run->folder, err) != 0)
		return -1;
	status = stream_walk(path, run->set->n_threads, run->take, run, err);
	memory_free(run->folder);
	run->folder = NULL;
	return status;
}

/*
 * All operands are one transaction: they come whole or not at all.  The write
 * lock is taken when standard input has been read, so that a slow pipe does
 * not keep others waiting.
 */
static int
take_all(struct run *run, struct error *err)
{
	const struct settings *set = run->set;
	bool has_stdin = set->n_operands == 0;
	char *folder;
	int status;

	for (size_t i = 0; i < set->n_operands; i++)
		has_stdin = has_stdin || strcmp(set->operands[i], "-") == 0;
	if (stream_folder(set->catalogue_path, &folder, err) != 0)
		return -1;
	status = has_stdin ? spool_input(folder, err) : 0;
	memory_free(folder);
	if (status != 0 || catalogue_begin(run->catalogue, err) != 0)
		return -1;
	for (size_t i = 0; (i < set->n_operands || i == 0) && status == 0;
	    i++)
		status = take_input(run, set->n_operands == 0 ? NULL :
		    set->operands[i], err);
	if (status == 0)
		return catalogue_commit(run->catalogue, err);
	catalogue_rollback(run->catalogue);
	return -1;
}

static int
do_add(struct run *run, struct error *err)
{
	run->take = add_one;
	if (take_all(run, err) != 0)
		return -1;
	cli_note("%zu records added, %zu refused", run->n_done,
	    run->n_failed);
	return 0;
}

static int
do_block(struct run *run, struct error *err)
{
	run->take = block_one;
	if (take_all(run, err) != 0)
		return -1;
	cli_note("%zu records blocked for \"%s\"", run->n_done,
	    run->set->set_name);
	return 0;
}

/* Opening it to write has made it, or brought it up to date. */
static int
do_init(struct run *run, struct error *err)
{
	(void)err;
	cli_note("%s is ready", run->set->catalogue_path);
	return 0;
}

/* All or nothing, whatever their number. */
static int
do_merge(struct run *run, struct error *err)
{
	const struct settings *set = run->set;

	if (catalogue_begin(run->catalogue, err) != 0)
		return -1;
	for (size_t i = 0; i < set->n_operands; i++) {
		size_t n_taken, n_differ;

		if (merge_take(run->catalogue, set->operands[i], &n_taken,
		    &n_differ, err) != 0) {
			catalogue_rollback(run->catalogue);
			return -1;
		}
		cli_note("%s: %zu rows taken, %zu differ and were left",
		    set->operands[i], n_taken, n_differ);
		run->n_failed += n_differ;
	}
	return catalogue_commit(run->catalogue, err);
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
put_in_table(void *context, struct json *rec, struct error *err)
{
	return record_table_put(context, rec, err);
}

static int
query_works(struct run *run, struct query *q, struct error *err)
{
	return recordings_each_work(run->catalogue, q->put, q->context, err);
}

static int
query_recordings(struct run *run, struct query *q, struct error *err)
{
	const struct settings *set = run->set;
	const struct recordings_filter filter = {
		.group_id = set->group_id, .id = set->id,
		.audio_type = set->audio_type,
		.only_failed = set->only_failed,
		.only_quarantined = set->only_quarantined,
		.max_recordings = set->limit,
	};

	return recordings_each(run->catalogue, &filter, q->put, q->context,
	    err);
}

/* Which fragments the user chose. */
static struct fragments_filter
fragments_chosen(const struct settings *set)
{
	return (struct fragments_filter) {
		.group_id = set->group_id, .decision = set->decision,
		.recording_id = set->id,
		.round = set->round == 0 ? NULL : &set->round,
		.has_probability = set->low > 0 || set->high < 1,
		.low = set->low, .high = set->high,
		.max_fragments = set->limit,
	};
}

static int
query_fragments(struct run *run, struct query *q, struct error *err)
{
	const struct fragments_filter filter = fragments_chosen(run->set);

	return fragments_each(run->catalogue, &filter, q->put, q->context,
	    err);
}

static int
query_reviews(struct run *run, struct query *q, struct error *err)
{
	return reviews_each(run->catalogue, q->put, q->context, err);
}

static int
query_rounds(struct run *run, struct query *q, struct error *err)
{
	return rounds_each(run->catalogue, q->put, q->context, err);
}

static int
query_counts(struct run *run, struct query *q, struct error *err)
{
	return inspect_counts(run->catalogue, q->put, q->context, err);
}

static const struct subject {
	const char *name;
	int (*run)(struct run *run, struct query *q, struct error *err);
	const char *columns[12];	/* of csv and table */
} subjects[] = {
	{ "works", query_works,
	    { "group_id", "title", "n_recordings", "n_fragments", NULL } },
	{ "recordings", query_recordings,
	    { "group_id", "id", "audio_type", "title", "youtube_id",
	    "is_available", "duration", "audio_filepath", "error", NULL } },
	{ "fragments", query_fragments,
	    { "group_id", "fragment_id", "id", "original_id", "interval",
	    "original_interval", "correlation", "agreement", "probability",
	    "decision", NULL } },
	{ "reviews", query_reviews,
	    { "group_id", "fragment_id", "review.reviewer", "review.verdict",
	    "review.note", NULL } },
	{ "rounds", query_rounds,
	    { "number", "state", "key", "model_in", "model_new", "model_out",
	    "reason", NULL } },
	{ "counts", query_counts, { "what", "n", NULL } },
};

static int
do_query(struct run *run, struct error *err)
{
	const char *what = run->set->operands[0];
	const char *format = run->set->format;
	const struct subject *subject = NULL;
	struct query q = { print_record, run };
	struct record_table *table;
	int status;

	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		if (strcmp(what, subjects[i].name) == 0)
			subject = &subjects[i];
	if (subject == NULL)
		return error_set(err, ERROR_FORMAT, "query what? works, "
		    "recordings, fragments, reviews, rounds or counts");
	if (strcmp(format, "jsonl") == 0)
		return subject->run(run, &q, err);
	table = record_table_new(stdout, strcmp(format, "csv") == 0 ?
	    RECORD_TABLE_CSV : RECORD_TABLE_ALIGNED, subject->columns, err);
	if (table == NULL)
		return -1;
	q = (struct query) { put_in_table, table };
	status = subject->run(run, &q, err);
	if (status == 0)
		status = record_table_end(table, err);
	record_table_free(table);
	return status;
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
	const struct fragments_filter filter = fragments_chosen(run->set);

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
	const char *formats;	/* the first is what is taken without one */
} actions[] = {
	{ "init", CATALOGUE_CREATE, do_init, 0, 0, "" },
	{ "add", CATALOGUE_CREATE, do_add, 0, MANY, "jsonl csv" },
	{ "block", CATALOGUE_CREATE, do_block, 0, MANY, "jsonl csv" },
	{ "merge", CATALOGUE_CREATE, do_merge, 1, MANY, "" },
	{ "query", CATALOGUE_READ, do_query, 1, 1, "jsonl csv table" },
	{ "export", CATALOGUE_READ, do_export, 0, 0, "csv jsonl" },
	{ "verify", CATALOGUE_READ, do_verify, 0, 0, "" },
	{ "dump", CATALOGUE_READ, do_dump, 0, 0, "" },
};

#define NAMES "init, add, block, merge, query, export, verify or dump"

static const struct action *
find_action(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

/* Is "word" one of the words of the list? */
static bool
is_listed(const char *list, const char *word)
{
	const size_t n = strlen(word);

	for (const char *s = list; (s = strstr(s, word)) != NULL; s++)
		if ((s == list || s[-1] == ' ') &&
		    (s[n] == ' ' || s[n] == '\0'))
			return n > 0;
	return false;
}

/* The format that the action was asked for, or its first; false: none such. */
static bool
choose_format(struct settings *set, const struct action *action,
    struct arena *a)
{
	const int n = (int)strcspn(action->formats, " ");

	if (set->format == NULL) {
		set->format = arena_printf(a, "%.*s", n, action->formats);
		return set->format != NULL;
	}
	if (is_listed(action->formats, set->format))
		return true;
	if (n == 0)
		cli_warn(NULL, "%s has no --format", action->name);
	else
		cli_warn(NULL, "--format %.40s: %s knows %s", set->format,
		    action->name, action->formats);
	return false;
}

/* The action, or NULL after a message. */
static const struct action *
choose(struct settings *set, int first, int argc, char *argv[])
{
	const struct action *action;

	if (first == argc) {
		cli_warn(NULL, "what to do? " NAMES
		    " (try chad-store --help)");
		return NULL;
	}
	if ((action = find_action(argv[first])) == NULL) {
		cli_warn(NULL, "\"%.40s\" is none of " NAMES
		    " (try chad-store --help)", argv[first]);
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
	return action;
}

static int
run_action(struct settings *set, const struct action *action)
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
	struct stream_options stream;
	struct settings set = { .catalogue_path = "chad.sqlite",
	    .set_name = "evaluation", .busy_ms = 30000,
	    .high = 1 };
	const struct cli_option options[] = {
		{ CLI_STRING, "catalogue", &set.catalogue_path, 0, 0, "FILE",
		    "the catalogue" },
		{ CLI_STRING, "format", &set.format, 0, 0, "FORMAT",
		    "jsonl, csv, table and others: see the manual" },
		{ CLI_STRING, "set", &set.set_name, 0, 0, "NAME",
		    "block: the evaluation set" },
		{ CLI_STRING, "group", &set.group_id, 0, 0, "ID",
		    "query, export: only this work" },
		{ CLI_STRING, "id", &set.id, 0, 0, "ID",
		    "query, export: only this recording" },
		{ CLI_STRING, "type", &set.audio_type, 0, 0, "TYPE",
		    "query recordings: original, cover or humming" },
		{ CLI_STRING, "decision", &set.decision, 0, 0, "WORD",
		    "query fragments, export: keep, flag or drop" },
		{ CLI_SIZE, "round", &set.round, 0, 1000000, "N",
		    "query fragments, export: found in this round; 0: in any" },
		{ CLI_DOUBLE, "min-probability", &set.low, 0, 1, "P",
		    "query fragments, export: of this probability or more" },
		{ CLI_DOUBLE, "max-probability", &set.high, 0, 1, "P",
		    "query fragments, export: of this probability or less" },
		{ CLI_SIZE, "limit", &set.limit, 0, 1e9, "N",
		    "query, export: the first N; 0: all" },
		{ CLI_FLAG, "failed", &set.only_failed, 0, 0, NULL,
		    "query recordings: those with an error" },
		{ CLI_FLAG, "quarantined", &set.only_quarantined, 0, 0, NULL,
		    "query recordings: those found to be other songs" },
		{ CLI_SIZE, "busy", &set.busy_ms, 0, 3600000, "MS",
		    "wait so long for another writer" },
		{ CLI_SIZE, "threads", &set.n_threads, 1, 256, "N",
		    "threads that read records (default: one a core)" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-store",
	    "Keep the catalogue of works, recordings, fragments and models.",
	    "[options] init | add|block [MANIFEST ...] |\n"
	    "       merge CATALOGUE ... |\n"
	    "       query works|recordings|fragments|reviews|rounds|counts | "
	    "export |\n"
	    "       verify | dump", options };
	const struct action *action;
	struct arena *a;
	int status = CLI_FATAL;
	int first;

	stream_options_init(&stream);
	set.n_threads = stream.n_threads;
	first = cli_parse(&tool, argc, argv);
	action = choose(&set, first, argc, argv);
	a = arena_new();
	if (action != NULL && a != NULL && choose_format(&set, action, a))
		status = run_action(&set, action);
	arena_free(a);
	return cli_finish(status);
}
