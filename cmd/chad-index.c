/*
 * chad-index -- keep the songs in which hums are searched for: build, add,
 * remove, list, check.
 *
 * The first operand says what to do; embed/index_file.h describes the file.
 * Options: chad-index.1.
 */

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

#include "manifests/stream.h"

#include "embed/song_index.h"

#define MAX_WARNINGS 20

/* What the user chose.  Read-only once the command line is parsed. */
struct settings {
	const char *index_path;
	struct song_index_options options;
	char **operands;	/* behind the name of the action */
	size_t n_operands;
};

/* What a run has done so far. */
struct run {
	const struct settings *set;
	size_t n_warned;
	struct song_index_result result;
};

static void
note_failure(void *context, const char *id, const struct error *why)
{
	struct run *run = context;

	if (++run->n_warned <= MAX_WARNINGS)
		cli_warn(why, "left out: \"%.80s\"", id);
}

static void
print_facts(const char *path, const struct index_facts *f, const char *word)
{
	const struct neighbours_shape *s = &f->shape;

	if (s->n_lists == 0)
		cli_note("%s%s: %zu songs, %zu windows, searched exactly",
		    path, word, f->n_songs, f->n_windows);
	else if (s->n_parts == 0)
		cli_note("%s%s: %zu songs, %zu windows in %zu lists", path,
		    word, f->n_songs, f->n_windows, s->n_lists);
	else
		cli_note("%s%s: %zu songs, %zu windows in %zu lists, as codes "
		    "of %zu bytes", path, word, f->n_songs, f->n_windows,
		    s->n_lists, s->n_parts);
}

static int
change(struct run *run, struct song_index_change *c, struct error *err)
{
	const struct song_index_result *r = &run->result;

	c->note = note_failure;
	c->context = run;
	if (song_index_change(run->set->index_path, c, &run->set->options,
	    &run->result, err) != 0)
		return -1;
	if (run->n_warned > MAX_WARNINGS)
		cli_warn(NULL, "and %zu more", run->n_warned - MAX_WARNINGS);
	cli_note("%zu songs added, %zu of them in place of old ones; %zu "
	    "removed; %zu refused", r->n_added, r->n_replaced, r->n_removed,
	    r->n_refused);
	print_facts(run->set->index_path, &r->facts, "");
	return 0;
}

/* The manifests that are named, or standard input. */
static int
put_in(struct run *run, bool is_new, struct error *err)
{
	const struct settings *set = run->set;
	const size_t n = set->n_operands == 0 ? 1 : set->n_operands;
	struct stream_list *lists = memory_new(n, sizeof(*lists), "manifests",
	    err);
	struct song_index_change c = { .is_new = is_new, .added = lists,
	    .n_added = n };
	int status = lists == NULL ? -1 : 0;

	for (size_t i = 0; i < n && status == 0; i++)
		status = stream_list_load(&lists[i], set->n_operands == 0 ?
		    NULL : set->operands[i], err);
	if (status == 0)
		status = change(run, &c, err);
	for (size_t i = 0; lists != NULL && i < n; i++)
		stream_list_release(&lists[i]);
	memory_free(lists);
	return status;
}

static int
do_build(struct run *run, struct error *err)
{
	return put_in(run, true, err);
}

static int
do_add(struct run *run, struct error *err)
{
	return put_in(run, false, err);
}

static int
do_remove(struct run *run, struct error *err)
{
	struct song_index_change c = {
	    .removed = (const char *const *)run->set->operands,
	    .n_removed = run->set->n_operands };

	return change(run, &c, err);
}

static int
print_song(const struct index_song *song, double hop_sec, struct arena *a,
    struct error *err)
{
	struct json *j = json_new_object(err);
	int status = -1;

	if (j != NULL && json_put_string(j, "id", song->id, err) == 0 &&
	    json_put_string(j, "group_id", song->work, err) == 0 &&
	    json_put_size(j, "n_windows", song->n_windows, err) == 0 &&
	    json_put_rounded(j, "duration", (double)song->n_windows *
	    hop_sec, 2, err) == 0)
		status = stream_write(stdout, j, a, err);
	json_free(j);
	arena_reset(a);
	return status;
}

static int
do_list(struct run *run, struct error *err)
{
	struct arena *a = arena_new();
	struct index_file *f = NULL;
	int status = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	f = index_file_open(run->set->index_path,
	    run->set->options.n_threads, err);
	status = f == NULL ? -1 : 0;
	for (size_t i = 0; status == 0 && i < index_file_facts(f)->n_songs;
	    i++) {
		struct index_song song;

		index_file_song(f, i, &song);
		status = print_song(&song, index_file_facts(f)->hop_sec, a,
		    err);
	}
	index_file_close(f);
	arena_free(a);
	return status;
}

/* Opening checks all but the numbers themselves. */
static int
do_check(struct run *run, struct error *err)
{
	struct index_file *f = index_file_open(run->set->index_path,
	    run->set->options.n_threads, err);
	const struct index_facts *facts;
	int status = 0;

	if (f == NULL)
		return -1;
	facts = index_file_facts(f);
	for (size_t i = 0; i < facts->n_songs; i++) {
		struct index_song song;

		index_file_song(f, i, &song);
		for (size_t k = 0; k < song.n_windows *
		    facts->shape.dimension && status == 0; k++)
			if (!isfinite(song.fingerprints[k]))
				status = error_set(err, ERROR_FORMAT, "%s: "
				    "\"%.80s\" holds what is no number: "
				    "remove it", run->set->index_path,
				    song.id);
	}
	if (status == 0)
		print_facts(run->set->index_path, facts, " is sound");
	index_file_close(f);
	return status;
}

static const struct action {
	const char *name;
	int (*run)(struct run *run, struct error *err);
	size_t min_operands, max_operands;
} actions[] = {
	{ "build", do_build, 0, 1000000 },
	{ "add", do_add, 0, 1000000 },
	{ "remove", do_remove, 1, 1000000 },
	{ "list", do_list, 0, 0 },
	{ "check", do_check, 0, 0 },
};

/* The action, or NULL after a message. */
static const struct action *
choose(struct settings *set, int first, int argc, char *argv[])
{
	const struct action *action = NULL;

	if (first == argc) {
		cli_warn(NULL, "what to do? build, add, remove, list or check "
		    "(try chad-index --help)");
		return NULL;
	}
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, argv[first]) == 0)
			action = &actions[i];
	if (action == NULL) {
		cli_warn(NULL, "\"%.40s\" is none of build, add, remove, list "
		    "and check (try chad-index --help)", argv[first]);
		return NULL;
	}
	set->operands = argv + first + 1;
	set->n_operands = (size_t)(argc - first - 1);
	if (set->n_operands < action->min_operands ||
	    set->n_operands > action->max_operands) {
		cli_warn(NULL, "%s: wrong number of operands (try chad-index "
		    "--help)", action->name);
		return NULL;
	}
	return action;
}

static int
run_action(const struct settings *set, const struct action *action)
{
	struct error err = { ERROR_NONE, "" };
	struct run run = { .set = set };

	if (action->run(&run, &err) == 0)
		return run.result.n_refused == 0 ? CLI_OK : CLI_SOME_FAILED;
	cli_warn(&err, "%s", action->name);
	return err.code == ERROR_BUSY ? CLI_AGAIN : CLI_FATAL;
}

int
main(int argc, char *argv[])
{
	struct settings set = { .index_path = "songs.chad" };
	struct stream_options stream;
	struct song_index_options *o = &set.options;
	bool chooses = true;
	size_t n_lists = 0, n_parts = 0;
	const struct cli_option options[] = {
		{ CLI_STRING, "index", &set.index_path, 0, 0, "FILE",
		    "the index" },
		{ CLI_FLAG, "auto", &chooses, 0, 0, NULL,
		    "lists and parts by the number of windows" },
		{ CLI_SIZE, "lists", &n_lists, 0, NEIGHBOURS_MAX_LISTS, "N",
		    "with --no-auto: lists (0: search exactly)" },
		{ CLI_SIZE, "parts", &n_parts, 0, 4096, "N",
		    "with --no-auto: bytes of a code (0: no codes)" },
		{ CLI_UINT64, "seed", &o->seed, 0, 0, "N",
		    "seed of the lists' training" },
		{ CLI_SIZE, "threads", &o->n_threads, 1, 256, "N",
		    "threads (default: one a core)" },
		{ CLI_SIZE, "busy", &o->wait_ms, 0, 3600000, "MS",
		    "wait so long for another writer" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-index",
	    "Keep the songs in which hums are searched for.",
	    "[options] build|add [MANIFEST ...] | remove ID ... | list | "
	    "check", options };
	const struct action *action;
	int first;

	stream_options_init(&stream);
	song_index_options_init(o);
	o->n_threads = stream.n_threads;
	o->wait_ms = 30000;
	first = cli_parse(&tool, argc, argv);
	if (!chooses) {
		o->n_lists = n_lists;
		o->n_parts = n_parts;
	}
	action = choose(&set, first, argc, argv);
	if (action == NULL)
		return cli_finish(CLI_FATAL);
	return cli_finish(run_action(&set, action));
}
