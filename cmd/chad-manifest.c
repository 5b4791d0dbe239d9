/*
 * chad-manifest -- make, check, join, split and shard manifests.
 *
 * The first argument names what is to be done; each has a table of options of
 * its own.  Records go to standard output; the problems that "check" finds go
 * there too, since they are what it is asked for.
 *
 * Options: chad-manifest.1.  Members of a record: manifests/FORMAT.md.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

#include "manifests/manifest_check.h"
#include "manifests/manifest_split.h"
#include "manifests/record.h"
#include "manifests/scan.h"
#include "manifests/shard_merge.h"
#include "manifests/stream.h"

#define TOOL "chad-manifest"
#define MAX_MESSAGES 20
#define MAX_FOLDER_BYTES 4096

/* Write one record on "out", with scratch memory of its own. */
static int
write_record(FILE *out, const struct json *rec, struct error *err)
{
	struct arena *a = arena_new();
	int result;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	result = stream_write(out, rec, a, err);
	arena_free(a);
	return result;
}

static int
fatal(const struct error *err)
{
	cli_warn(err, "stopped");
	return CLI_FATAL;
}

/* The manifest that the operand names, or NULL, standard input, without. */
static int
only_operand(int argc, char *argv[], int first, const char **path)
{
	*path = first < argc ? argv[first] : NULL;
	if (argc - first <= 1)
		return 0;
	cli_warn(NULL, "one manifest at a time; " TOOL " join takes more");
	return -1;
}

/* ---- scan ---- */

struct scan_state {
	size_t n_taken;
	size_t n_left_out;
	size_t n_failed;
};

static int
take_scanned(void *shared, struct json *rec, struct error *err)
{
	struct scan_state *s = shared;

	if (record_add_history(rec, TOOL, "scan", NULL, err) != 0 ||
	    write_record(stdout, rec, err) != 0)
		return -1;
	s->n_taken++;
	return 0;
}

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

static int
run_scan(int argc, char *argv[])
{
	const struct cli_option options[] = {
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL, "make records of the sounds in "
	    "folders GROUP/{original,cover-1,hum-1}.*", "scan DIR ...",
	    options };
	struct scan_state state = { 0, 0, 0 };
	const struct scan_calls calls = { take_scanned, tell_left_out, &state };
	struct error err = { ERROR_NONE, "" };
	int i = cli_parse(&tool, argc, argv);

	if (i == argc) {
		cli_warn(NULL, "scan: which folder? (try " TOOL
		    " scan --help)");
		return CLI_FATAL;
	}
	for (; i < argc; i++)
		if (scan_folder(argv[i], &calls, &err) != 0)
			return fatal(&err);
	if (state.n_left_out > MAX_MESSAGES)
		cli_note("%zu files were left out in all", state.n_left_out);
	if (state.n_taken == 0)
		cli_note("no sound files were found");
	return state.n_failed > 0 ? CLI_SOME_FAILED : CLI_OK;
}

/* ---- check ---- */

static void
tell_problem(void *shared, const char *path, size_t line, const char *problem)
{
	(void)shared;
	(void)printf("%s:%zu: %s\n", path, line, problem);
}

static int
run_check(int argc, char *argv[])
{
	struct manifest_check check = { .tell = tell_problem,
	    .wants_files = true };
	const struct cli_option options[] = {
		{ CLI_FLAG, "files", &check.wants_files, 0, 0, NULL,
		    "look whether the sounds are there" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL, "report what is wrong with "
	    "manifests", "check [options] [MANIFEST ...]", options };
	struct error err = { ERROR_NONE, "" };
	const int first = cli_parse(&tool, argc, argv);

	for (int i = first; i < argc || i == first; i++)
		if (manifest_check_run(&check, i < argc ? argv[i] : NULL,
		    &err) != 0)
			return fatal(&err);
	if (check.n_failed > 0)
		cli_note("%zu of %zu records carry an error", check.n_failed,
		    check.n_records);
	cli_note("%zu records, %zu problems", check.n_records,
	    check.n_problems);
	return check.n_problems > 0 ? CLI_SOME_FAILED : CLI_OK;
}

/* ---- join ---- */

/*
 * Write those records of a manifest that "wants" (all when NULL), with paths
 * relative to "folder".
 */
static int
write_list(FILE *out, const struct stream_list *list, const char *folder,
    bool (*wants)(const void *shared, const struct json *rec),
    const void *shared, struct error *err)
{
	for (size_t i = 0; i < list->n_records; i++) {
		struct json *rec = list->records[i];

		if (wants != NULL && !wants(shared, rec))
			continue;
		if (record_rebase(rec, folder, err) != 0 ||
		    write_record(out, rec, err) != 0)
			return -1;
	}
	return 0;
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

static int
run_join(int argc, char *argv[])
{
	const struct cli_option options[] = {
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL, "write the records of several "
	    "manifests, one after the other", "join [MANIFEST ...]", options };
	struct error err = { ERROR_NONE, "" };
	const int first = cli_parse(&tool, argc, argv);
	size_t n_broken = 0;

	for (int i = first; i < argc || i == first; i++) {
		struct stream_list list;
		int result;

		if (stream_list_load(&list, i < argc ? argv[i] : NULL,
		    &err) != 0)
			return fatal(&err);
		n_broken += list.n_broken;
		result = write_list(stdout, &list, list.folder, NULL, NULL,
		    &err);
		stream_list_release(&list);
		if (result != 0)
			return fatal(&err);
	}
	return status_of(n_broken);
}

/* ---- split ---- */

struct split_settings {
	const char *by;		/* "group" or "id" */
	const char *parts;
	const char *take;
	const char *out_folder;
	uint64_t seed;
};

/* The part that is being written. */
struct wanted_part {
	const struct split_settings *set;
	const struct manifest_split *split;
	size_t part;
};

static bool
is_in_part(const void *shared, const struct json *rec)
{
	const struct wanted_part *w = shared;
	const char *key = record_id(rec);

	if (strcmp(w->set->by, "group") == 0 &&
	    json_get_string(rec, "group_id", key, &key, NULL) != 0)
		key = record_id(rec);
	return manifest_split_part(w->split, key, w->set->seed) == w->part;
}

/*
 * The folder that the parts' relative paths are put behind: in another folder
 * they would lead elsewhere, so there they become absolute.
 */
static int
find_folder(const struct stream_list *list, const char *out_folder,
    const char **folder, struct arena *a, struct error *err)
{
	char *here;

	*folder = list->folder;
	if (strcmp(out_folder, ".") == 0 ||
	    (*folder != NULL && (*folder)[0] == '/'))
		return 0;
	here = arena_need(a, MAX_FOLDER_BYTES, 1, "bytes of a path", err);
	if (here == NULL)
		return -1;
	if (getcwd(here, MAX_FOLDER_BYTES) == NULL)
		return error_set_errno(err, "cannot tell the working folder");
	if (*folder == NULL || strcmp(*folder, ".") == 0)
		*folder = here;
	else if ((*folder = arena_printf(a, "%s/%s", here, *folder)) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a path");
	return 0;
}

/* Write the part w->part as a file. */
static int
write_part(const struct stream_list *list, const struct wanted_part *w,
    const char *folder, struct arena *a, struct error *err)
{
	const char *path = arena_printf(a, "%s/%s.jsonl", w->set->out_folder,
	    w->split->names[w->part]);
	struct file_new *f;

	if (path == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a path");
	if ((f = file_create(path, err)) == NULL)
		return -1;
	if (write_list(file_stream(f), list, folder, is_in_part, w,
	    err) != 0) {
		file_abandon(f);
		return error_add(err, "%s", path);
	}
	return file_commit(f, err);
}

static int
write_parts(const struct stream_list *list, struct wanted_part *w,
    struct error *err)
{
	struct arena *a = arena_new();
	const char *folder;
	int result;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	result = find_folder(list, w->set->out_folder, &folder, a, err);
	for (w->part = 0; w->part < w->split->n_parts && result == 0;
	    w->part++)
		result = write_part(list, w, folder, a, err);
	arena_free(a);
	return result;
}

static int
split(const struct split_settings *set, const char *path,
    const struct manifest_split *parts)
{
	struct wanted_part w = { set, parts, 0 };
	struct error err = { ERROR_NONE, "" };
	struct stream_list list;
	size_t n_broken;
	int result;

	if (set->take != NULL) {
		w.part = manifest_split_find(parts, set->take);
		if (w.part == parts->n_parts) {
			cli_warn(NULL, "--take %s: not in --parts %s",
			    set->take, set->parts);
			return CLI_FATAL;
		}
	}
	if (stream_list_load(&list, path, &err) != 0)
		return fatal(&err);
	n_broken = list.n_broken;
	if (set->take != NULL)
		result = write_list(stdout, &list, list.folder, is_in_part, &w,
		    &err);
	else
		result = write_parts(&list, &w, &err);
	stream_list_release(&list);
	return result != 0 ? fatal(&err) : status_of(n_broken);
}

static int
run_split(int argc, char *argv[])
{
	struct split_settings set = { "group", "train:0.8,test:0.2", NULL, ".",
		0 };
	const struct cli_option options[] = {
		{ CLI_STRING, "by", &set.by, 0, 0, "WHAT",
		    "what stays together: group or id" },
		{ CLI_STRING, "parts", &set.parts, 0, 0, "LIST",
		    "names and shares of the parts" },
		{ CLI_STRING, "take", &set.take, 0, 0, "PART",
		    "write only this part, to standard output" },
		{ CLI_STRING, "out", &set.out_folder, 0, 0, "DIR",
		    "where the files PART.jsonl go" },
		{ CLI_UINT64, "seed", &set.seed, 0, 0, "N",
		    "another seed, another split" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL, "split a manifest into parts, "
	    "whole groups at a time", "split [options] [MANIFEST]", options };
	struct error err = { ERROR_NONE, "" };
	struct manifest_split parts;
	const int first = cli_parse(&tool, argc, argv);
	const char *path;

	if (only_operand(argc, argv, first, &path) != 0)
		return CLI_FATAL;
	if (strcmp(set.by, "group") != 0 && strcmp(set.by, "id") != 0) {
		cli_warn(NULL, "--by %s: must be group or id", set.by);
		return CLI_FATAL;
	}
	if (manifest_split_parse(set.parts, &parts, &err) != 0) {
		cli_warn(&err, "--parts");
		return CLI_FATAL;
	}
	return split(&set, path, &parts);
}

/* ---- shard ---- */

static bool
is_in_shard(const void *shared, const struct json *rec)
{
	bool has = false;

	return stream_shard_has(shared, record_id(rec), &has, NULL) == 0 &&
	    has;
}

static int
run_shard(int argc, char *argv[])
{
	const char *shard = NULL;
	const struct cli_option options[] = {
		{ CLI_STRING, "shard", &shard, 0, 0, "I/N",
		    "which of how many shards" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL, "write the records of one shard, "
	    "those that commands with --shard would take",
	    "shard --shard I/N [MANIFEST]", options };
	struct error err = { ERROR_NONE, "" };
	struct stream_list list;
	const int first = cli_parse(&tool, argc, argv);
	const char *path;
	size_t n_broken;
	bool has;
	int result;

	if (only_operand(argc, argv, first, &path) != 0)
		return CLI_FATAL;
	if (shard == NULL) {
		cli_warn(NULL, "shard: --shard I/N is needed");
		return CLI_FATAL;
	}
	if (stream_shard_has(shard, "", &has, &err) != 0 ||
	    stream_list_load(&list, path, &err) != 0)
		return fatal(&err);
	n_broken = list.n_broken;
	result = write_list(stdout, &list, list.folder, is_in_shard, shard,
	    &err);
	stream_list_release(&list);
	return result != 0 ? fatal(&err) : status_of(n_broken);
}

/* ---- merge ---- */

/* Add the records of a file to "parts", which takes them over. */
static int
add_part(struct stream_list *parts, size_t *capacity, const char *path,
    struct error *err)
{
	struct stream_list list;

	if (stream_list_load(&list, path, err) != 0)
		return -1;
	if (memory_grow(&parts->records, capacity,
	    parts->n_records + list.n_records, sizeof(parts->records[0]),
	    "records", err) != 0) {
		stream_list_release(&list);
		return -1;
	}
	for (size_t i = 0; i < list.n_records; i++)
		parts->records[parts->n_records++] = list.records[i];
	list.n_records = 0;
	stream_list_release(&list);
	return 0;
}

static int
merge(const char *whole_path, int n_paths, char *paths[])
{
	struct error err = { ERROR_NONE, "" };
	struct stream_list whole, parts = { .records = NULL };
	const struct json **merged = NULL;
	size_t capacity = 0;
	int result;

	result = stream_list_load(&whole, whole_path, &err);
	for (int i = 0; i < n_paths && result == 0; i++)
		result = add_part(&parts, &capacity, paths[i], &err);
	if (result == 0) {
		merged = memory_new(whole.n_records, sizeof(merged[0]),
		    "records", &err);
		result = merged == NULL ? -1 : shard_merge_run(whole.records,
		    whole.n_records, parts.records, parts.n_records, merged,
		    &err);
	}
	for (size_t i = 0; result == 0 && i < whole.n_records; i++)
		result = write_record(stdout, merged[i], &err);
	memory_free(merged);
	stream_list_release(&parts);
	stream_list_release(&whole);
	return result != 0 ? fatal(&err) : CLI_OK;
}

static int
run_merge(int argc, char *argv[])
{
	const char *whole_path = NULL;
	const struct cli_option options[] = {
		{ CLI_STRING, "of", &whole_path, 0, 0, "MANIFEST",
		    "the manifest that was sharded" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL, "put the results of shards "
	    "together, in the order of the whole",
	    "merge --of MANIFEST SHARD ...", options };
	const int first = cli_parse(&tool, argc, argv);

	if (whole_path == NULL || first == argc) {
		cli_warn(NULL, "merge: --of MANIFEST and the results of its "
		    "shards are needed");
		return CLI_FATAL;
	}
	return merge(whole_path, argc - first, argv + first);
}

/* ---- all of them ---- */

struct action {
	const char *name;
	int (*run)(int argc, char *argv[]);
};

int
main(int argc, char *argv[])
{
	static const struct action actions[] = { { "scan", run_scan },
		{ "check", run_check }, { "join", run_join },
		{ "split", run_split }, { "shard", run_shard },
		{ "merge", run_merge } };
	const struct cli_option options[] = {
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL, "make, check, join, split and "
	    "shard manifests", "scan|check|join|split|shard|merge ...\n"
	    "       " TOOL " scan --help and so on tell more", options };

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (argc > 1 && strcmp(argv[1], actions[i].name) == 0)
			return cli_finish(actions[i].run(argc - 1, argv + 1));
	(void)cli_parse(&tool, argc, argv);
	cli_warn(NULL, "the first argument must be scan, check, join, split, "
	    "shard or merge (try " TOOL " --help)");
	return cli_finish(CLI_FATAL);
}
