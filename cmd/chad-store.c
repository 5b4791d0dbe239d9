/*
 * chad-store -- keep the catalogue: fill it, ask it, check it, and give it out
 * as datasets.
 *
 * The first operand says what to do; the catalogue is one SQLite file, whose
 * tables store/catalogue.h describes.  Options: chad-store.1.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/json.h"

#include "manifests/stream.h"
#include "store/blocks.h"
#include "store/catalogue.h"
#include "store/chad_table.h"
#include "store/fragments.h"
#include "store/inspect.h"
#include "store/merge.h"
#include "store/origin.h"
#include "store/sweep.h"

#include "exchange/dataset.h"
#include "exchange/catalogue_fill.h"
#include "exchange/listing.h"

#define MAX_WARNINGS 20
#define SEC_A_DAY 86400
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
	const char *out;
	size_t rate_hz, n_channels;
	double context_sec;
	size_t shard_mib;
	const char *url_prefix;
	const char *work_folder;
	double older_days;
	bool wants_removal;
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
	size_t n_done, n_failed;
	uint64_t n_bytes;	/* of garbage */
};

/* Count a record that could not be taken; name the first ones. */
static void
note_failure(void *context, const char *where, const struct error *err)
{
	struct run *run = context;

	run->n_failed++;
	if (run->n_failed <= MAX_WARNINGS)
		cli_warn(err, "%s", where);
}

/* set_name: of the set that works are blocked for, or NULL: add them. */
static int
take_inputs(struct run *run, const char *set_name, struct error *err)
{
	const struct settings *set = run->set;
	const struct catalogue_fill fill = {
		.paths = set->operands, .n_paths = set->n_operands,
		.is_table = strcmp(set->format, "csv") == 0,
		.n_threads = set->n_threads, .set_name = set_name,
		.refuse = note_failure, .context = run,
	};

	return catalogue_fill_run(run->catalogue, set->catalogue_path, &fill,
	    &run->n_done, err);
}

static int
do_add(struct run *run, struct error *err)
{
	if (take_inputs(run, NULL, err) != 0)
		return -1;
	cli_note("%zu records added, %zu refused", run->n_done,
	    run->n_failed);
	return 0;
}

static int
do_block(struct run *run, struct error *err)
{
	if (take_inputs(run, run->set->set_name, err) != 0)
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
do_query(struct run *run, struct error *err)
{
	const struct settings *set = run->set;
	const struct listing query = {
		.what = set->operands[0], .format = set->format,
		.fragments = fragments_chosen(set),
		.recordings = { .group_id = set->group_id, .id = set->id,
		    .audio_type = set->audio_type,
		    .only_failed = set->only_failed,
		    .only_quarantined = set->only_quarantined,
		    .max_recordings = set->limit },
	};

	return listing_print(run->catalogue, &query, stdout, err);
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
export_dataset(struct run *run, enum dataset_kind kind, struct error *err)
{
	const struct settings *set = run->set;
	const struct fragments_filter filter = fragments_chosen(set);
	const struct dataset_options options = {
		.kind = kind, .folder = set->out,
		.sound = { .rate_hz = (unsigned)set->rate_hz,
		    .n_channels = set->n_channels,
		    .context_sec = set->context_sec },
		.shard_bytes = (uint64_t)set->shard_mib << 20,
		.url_prefix = set->url_prefix, .n_threads = set->n_threads,
		.complain = note_failure, .context = run,
	};

	if (set->out == NULL)
		return error_set(err, ERROR_FORMAT, "where to? --out DIR");
	if (dataset_write(run->catalogue, &filter, &options, &run->n_done,
	    err) != 0)
		return -1;
	cli_note("%zu sounds written to %s, %zu left out", run->n_done,
	    set->out, run->n_failed);
	return 0;
}

static int
do_export(struct run *run, struct error *err)
{
	static const char *const kinds[] = { [DATASET_TREE] = "chad",
	    [DATASET_AUDIOFOLDER] = "audiofolder",
	    [DATASET_WEBDATASET] = "webdataset",
	    [DATASET_LABEL_STUDIO] = "labelstudio" };
	const struct fragments_filter filter = fragments_chosen(run->set);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(run->set->format, kinds[i]) == 0)
			return export_dataset(run, (enum dataset_kind)i, err);
	if (strcmp(run->set->format, "jsonl") == 0)
		return fragments_each_row(run->catalogue, &filter,
		    print_record, run, err);
	if (chad_table_write_header(stdout, NULL, err) != 0)
		return -1;
	return fragments_each_row(run->catalogue, &filter, print_row, run,
	    err);
}

static int
print_garbage(void *context, const char *path, int64_t n_bytes,
    struct error *err)
{
	struct run *run = context;
	struct json *rec = json_new_object(err);
	int status = -1;

	if (rec == NULL)
		return -1;
	run->n_done++;
	run->n_bytes += (uint64_t)n_bytes;
	if (json_put_bytes(rec, "path", path, strlen(path), err) == 0 &&
	    json_put_size(rec, "n_bytes", (size_t)n_bytes, err) == 0)
		status = print_record(run, rec, err);
	json_free(rec);
	return status;
}

static int
do_gc(struct run *run, struct error *err)
{
	const struct settings *set = run->set;
	const struct sweep sweep = {
		.work_folder = set->work_folder,
		.manifests = set->operands, .n_manifests = set->n_operands,
		.newest = (int64_t)time(NULL) -
		    (int64_t)(set->older_days * SEC_A_DAY),
		.wants_removal = set->wants_removal,
		.found = print_garbage, .context = run,
	};

	if (sweep_run(run->catalogue, &sweep, err) != 0)
		return -1;
	cli_note("%zu files of %.1f MB %s", run->n_done,
	    (double)run->n_bytes / 1e6, set->wants_removal ? "removed" :
	    "that nothing needs; --delete removes them");
	return 0;
}

static int
do_backup(struct run *run, struct error *err)
{
	const char *path = run->set->operands[0];

	if (catalogue_backup(run->catalogue, path, err) != 0)
		return -1;
	cli_note("%s copied to %s", run->set->catalogue_path, path);
	return 0;
}

static int
do_history(struct run *run, struct error *err)
{
	struct json *origin = origin_of(run->catalogue,
	    run->set->operands[0], run->set->operands[1], err);
	int status;

	if (origin == NULL)
		return -1;
	status = print_record(run, origin, err);
	json_free(origin);
	return status;
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
	{ "export", CATALOGUE_READ, do_export, 0, 0,
	    "csv jsonl chad audiofolder webdataset labelstudio" },
	{ "history", CATALOGUE_READ, do_history, 2, 2, "" },
	{ "verify", CATALOGUE_READ, do_verify, 0, 0, "" },
	{ "gc", CATALOGUE_READ, do_gc, 0, MANY, "" },
	{ "backup", CATALOGUE_READ, do_backup, 1, 1, "" },
	{ "dump", CATALOGUE_READ, do_dump, 0, 0, "" },
};

#define NAMES \
	"init, add, block, merge, query, export, history, verify, gc, " \
	"backup or dump"

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

static const char usage[] =
    "[options] init | add|block [MANIFEST ...] | merge CATALOGUE ... |\n"
    "       query works|recordings|fragments|reviews|rounds|counts | export |\n"
    "       history GROUP_ID FRAGMENT_ID | verify | gc [MANIFEST ...] |\n"
    "       backup FILE | dump";

static int
parse_and_run(struct settings *set, const struct cli_tool *tool, int argc,
    char *argv[])
{
	const int first = cli_parse(tool, argc, argv);
	const struct action *action = choose(set, first, argc, argv);
	struct arena *a = arena_new();
	int status = CLI_FATAL;

	if (action != NULL && a != NULL && choose_format(set, action, a))
		status = run_action(set, action);
	arena_free(a);
	return status;
}

int
main(int argc, char *argv[])
{
	struct stream_options stream;
	struct settings set = { .catalogue_path = "chad.sqlite",
	    .set_name = "evaluation", .busy_ms = 30000,
	    .high = 1, .n_channels = 1, .shard_mib = 1024,
	    .url_prefix = "/data/local-files/?d=", .older_days = 1 };
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
		    "query recordings|fragments, export: the first N; 0: all" },
		{ CLI_FLAG, "failed", &set.only_failed, 0, 0, NULL,
		    "query recordings: those with an error" },
		{ CLI_FLAG, "quarantined", &set.only_quarantined, 0, 0, NULL,
		    "query recordings: those found to be other songs" },
		{ CLI_STRING, "out", &set.out, 0, 0, "DIR",
		    "export: the folder of a dataset with sound" },
		{ CLI_SIZE, "rate", &set.rate_hz, 0, 192000, "HZ",
		    "export: cut the recordings themselves, at this rate" },
		{ CLI_SIZE, "channels", &set.n_channels, 1, 2, "N",
		    "export --rate: of one channel or two" },
		{ CLI_DOUBLE, "context", &set.context_sec, 0, 600, "SEC",
		    "export: more sound on either side" },
		{ CLI_SIZE, "shard-size", &set.shard_mib, 1, 1048576, "MIB",
		    "export webdataset: most of a shard" },
		{ CLI_STRING, "url", &set.url_prefix, 0, 0, "PREFIX",
		    "export labelstudio: put before a path" },
		{ CLI_STRING, "work", &set.work_folder, 0, 0, "DIR",
		    "gc: the artefacts (default: $CHAD_WORK or chad-work)" },
		{ CLI_DOUBLE, "older", &set.older_days, 0, 36500, "DAYS",
		    "gc: leave what was changed later" },
		{ CLI_FLAG, "delete", &set.wants_removal, 0, 0, NULL,
		    "gc: remove what it lists" },
		{ CLI_SIZE, "busy", &set.busy_ms, 0, 3600000, "MS",
		    "wait so long for another writer" },
		{ CLI_SIZE, "threads", &set.n_threads, 1, 256, "N",
		    "threads that read records (default: one a core)" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-store",
	    "Keep the catalogue of works, recordings, fragments and models.",
	    usage, options };

	stream_options_init(&stream);
	set.n_threads = stream.n_threads;
	set.work_folder = stream.work_folder;
	return cli_finish(parse_and_run(&set, &tool, argc, argv));
}
