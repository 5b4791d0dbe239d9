#include <string.h>

#include "base/cli.h"

#include "cmd/manifest_pass.h"
#include "manifests/filter_expr.h"
#include "manifests/manifest_join.h"
#include "manifests/manifest_parts.h"
#include "manifests/manifest_split.h"
#include "manifests/record.h"
#include "manifests/record_writer.h"
#include "manifests/shard_merge.h"

#define TOOL "chad-manifest"

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

int
manifest_pass_status(size_t n_broken)
{
	if (n_broken == 0)
		return CLI_OK;
	cli_warn(NULL, "lines that are no records: %zu", n_broken);
	return CLI_SOME_FAILED;
}

int
manifest_pass_each(struct stream_each *each, int argc, char *argv[],
    int first, struct error *err)
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
	return record_writer_end(p->out, manifest_pass_each(&each, argc, argv,
	    first, err), err) != 0 ? -1 : manifest_pass_status(each.n_broken);
}

/* The records of several manifests, one after the other. */
static int
join_lists(const char *output, int argc, char *argv[], int first,
    struct error *err)
{
	struct passing passing = { .wants = NULL };

	return pass(&passing, output, argc, argv, first, err);
}

static void
tell_conflict(void *shared, const char *what)
{
	const struct manifest_join *j = shared;

	if (j->n_conflicts <= MANIFEST_MAX_MESSAGES)
		cli_warn(NULL, "%s", what);
}

/* Members of a second manifest on the records of a first. */
static int
join_members(struct manifest_join *j, const char *output, char *const *paths,
    struct error *err)
{
	struct record_writer *out = record_writer_open(output, err);

	j->tell = tell_conflict;
	j->shared = j;
	if (out == NULL || record_writer_end(out, manifest_join_run(j,
	    paths[0], paths[1], out, err), err) != 0)
		return -1;
	cli_note("%zu of %zu records of %s have their match%s", j->n_joined,
	    j->n_records, paths[0], j->keeps_all ? "" :
	    "; the others were left out");
	if (j->n_unmatched > 0)
		cli_note("%zu records of %s match none", j->n_unmatched,
		    paths[1]);
	if (j->n_without_key > 0)
		cli_note("%zu records of %s lack a member of --on %s",
		    j->n_without_key, paths[1], j->on);
	if (j->n_conflicts > 0)
		cli_warn(NULL, "%zu conflicts", j->n_conflicts);
	return manifest_pass_status(j->n_broken) == CLI_OK &&
	    j->n_conflicts == 0 ? CLI_OK : CLI_SOME_FAILED;
}

int
manifest_pass_join(int argc, char *argv[], struct arena *a, struct error *err)
{
	struct manifest_join join = { .tool = TOOL };
	const char *output = NULL;
	const struct cli_option options[] = {
		{ CLI_STRING, "on", &join.on, 0, 0, "MEMBERS",
		    "put the second's members on records that share these" },
		{ CLI_FLAG, "left", &join.keeps_all, 0, 0, NULL,
		    "keep records of the first that match none" },
		{ CLI_STRING, "add", &join.add, 0, 0, "MEMBERS",
		    "add only these members" },
		MANIFEST_OUTPUT_OPTION(output),
		MANIFEST_END_OPTIONS,
	};
	const struct cli_tool tool = { TOOL, "write the records of several "
	    "manifests one after the other or, with --on, as one",
	    "join [--output FILE] [MANIFEST ...]\n       " TOOL
	    " join --on MEMBERS [options] FIRST SECOND", options };
	const int first = cli_parse(&tool, argc, argv);

	if (join.on == NULL && (join.keeps_all || join.add != NULL))
		return error_set(err, ERROR_FORMAT, "join: --left and --add "
		    "go with --on MEMBERS");
	if (join.on == NULL)
		return join_lists(output, argc, argv, first, err);
	if (argc - first != 2)
		return error_set(err, ERROR_FORMAT, "join: --on wants two "
		    "manifests, FIRST and SECOND");
	join.options = arena_printf(a, "join %s", cli_options_text());
	if (join.options == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	return join_members(&join, output, argv + first, err);
}

static bool
is_wanted(const void *shared, const struct json *rec)
{
	return filter_expr_wants(shared, rec);
}

int
manifest_pass_filter(int argc, char *argv[], struct arena *a,
    struct error *err)
{
	const char *output = NULL;
	const struct cli_option options[] = {
		MANIFEST_OUTPUT_OPTION(output),
		MANIFEST_END_OPTIONS,
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

int
manifest_pass_shard(int argc, char *argv[], struct arena *a, struct error *err)
{
	const char *shard = NULL, *output = NULL;
	const struct cli_option options[] = {
		{ CLI_STRING, "shard", &shard, 0, 0, "I/N",
		    "which of how many shards" },
		MANIFEST_OUTPUT_OPTION(output),
		MANIFEST_END_OPTIONS,
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

int
manifest_pass_split(int argc, char *argv[], struct arena *a, struct error *err)
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
		MANIFEST_END_OPTIONS,
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
	if (manifest_parts_write(&set, in.in_path, a, &n_broken, err) != 0)
		return -1;
	return manifest_pass_status(n_broken);
}

int
manifest_pass_merge(int argc, char *argv[], struct arena *a, struct error *err)
{
	const char *whole_path = NULL, *output = NULL;
	const struct cli_option options[] = {
		{ CLI_STRING, "of", &whole_path, 0, 0, "MANIFEST",
		    "the manifest that was sharded" },
		MANIFEST_OUTPUT_OPTION(output),
		MANIFEST_END_OPTIONS,
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
	return record_writer_end(out, shard_merge_files(whole_path, argv +
	    first, (size_t)(argc - first), out, err), err);
}
