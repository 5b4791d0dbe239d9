/*
 * chad-review -- the page where people settle doubtful alignments, and what
 * belongs to it: accounts, agreement, verdicts in and out.
 *
 * Options: chad-review.1.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/progress.h"

#include "exchange/verdict_list.h"
#include "formats/format.h"
#include "manifests/stream.h"
#include "review/agreement.h"
#include "review/agreement_text.h"
#include "review/people_text.h"
#include "review/prepare.h"
#include "review/queued.h"
#include "review/serve.h"
#include "store/catalogue.h"
#include "store/gold.h"
#include "store/judgements.h"
#include "store/people.h"
#include "store/review_log.h"

#define MANY ((size_t)-1)
#define MAX_WARNINGS 20

struct settings {
	const char *catalogue_path;
	const char *address, *origin, *cache_folder;
	const char *role, *format, *out_folder;
	size_t port, people_per_item, n_threads, n_makers, n_ahead;
	size_t claim_min, busy_ms;
	double gold_share;
	bool wants_json;
	char **operands;	/* behind the name of the action */
	size_t n_operands;
};

struct run {
	const struct settings *set;
	struct catalogue *catalogue;
	struct arena *a;	/* lives as long as the run */
	size_t n_done, n_failed;
	struct json **labels;	/* [n_labels] */
	size_t n_labels, n_room;
	struct progress progress;
};

static volatile sig_atomic_t stop;

static void
ask_to_stop(int number)
{
	(void)number;
	stop = 1;
}

static int64_t
now(void)
{
	return (int64_t)time(NULL);
}

/* Who runs the command, for the audit trail. */
static const char *
user_name(void)
{
	const char *name = getenv("USER");

	return name == NULL || name[0] == '\0' ||
	    strlen(name) > PEOPLE_MAX_NAME_BYTES ? "admin" : name;
}

static int
print_record(void *context, struct json *rec, struct error *err)
{
	struct run *run = context;
	struct arena *a = arena_new();
	int status = -1;

	(void)run;
	if (a != NULL)
		status = stream_write(stdout, rec, a, err);
	arena_free(a);
	return status;
}

/* Where browsers find us: the origin, or the address that we listen on. */
static const char *
page_url(struct run *run, unsigned port)
{
	const struct settings *set = run->set;
	const bool is_v6 = strchr(set->address, ':') != NULL;

	if (set->origin != NULL)
		return set->origin;
	return arena_printf(run->a, is_v6 ? "http://[%s]:%u" : "http://%s:%u",
	    set->address, port);
}

static int
print_link(struct run *run, const char *name, const char *token,
    unsigned port, struct error *err)
{
	const char *url = page_url(run, port);

	if (url == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (printf("%s\t%s/enter/%s\n", name, url, token) < 0 ||
	    fflush(stdout) != 0)
		return error_set_errno(err, "writing the link");
	return 0;
}

/* The port is open: say where, and let the first person in. */
static int
welcome(void *context, unsigned port, struct error *err)
{
	struct run *run = context;
	const enum people_role admin = PEOPLE_ADMIN;
	char token[PEOPLE_TOKEN_BYTES];
	size_t n_people;

	cli_note("listening at %s/", page_url(run, port));
	if (people_count(run->catalogue, &n_people, err) != 0)
		return -1;
	if (n_people > 0)
		return 0;
	if (people_invite(run->catalogue, user_name(), &admin, user_name(),
	    now(), token, err) != 0)
		return -1;
	cli_note("nobody was invited yet: this link is yours, for others see "
	    "\"chad-review invite\"");
	return print_link(run, user_name(), token, port, err);
}

static int
export_reviews(struct catalogue *c, const char *format, FILE *out,
    struct error *err)
{
	static const char *const names[] = { [VERDICT_LIST_JSONL] = "jsonl",
	    [VERDICT_LIST_CSV] = "csv",
	    [VERDICT_LIST_TASKS] = "labelstudio" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(format, names[i]) == 0)
			return verdict_list_write(c,
			    (enum verdict_list_format)i, out, err);
	return error_set(err, ERROR_FORMAT, "the format \"%.40s\" is none of "
	    "jsonl, csv and labelstudio", format);
}

static struct queue_rules
rules(const struct settings *set)
{
	return (struct queue_rules) {
		.people_per_item = set->people_per_item,
		.gold_share = set->gold_share,
		.claim_sec = (int64_t)set->claim_min * 60 };
}

static const char *
cache_folder(struct run *run)
{
	if (run->set->cache_folder != NULL)
		return run->set->cache_folder;
	return arena_printf(run->a, "%s.review", run->set->catalogue_path);
}

static int
do_serve(struct run *run, struct error *err)
{
	const struct settings *set = run->set;
	const struct serve_options options = {
		.address = set->address, .port = (unsigned)set->port,
		.origin = set->origin, .n_threads = set->n_threads,
		.n_makers = set->n_makers, .n_ahead = set->n_ahead,
		.api = { .catalogue_path = set->catalogue_path,
		    .cache_folder = cache_folder(run), .rules = rules(set),
		    .export = export_reviews, .now = now },
	};
	struct sigaction action = { .sa_handler = ask_to_stop };

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	if (options.api.cache_folder == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (serve_run(&options, &stop, welcome, run, err) != 0)
		return -1;
	cli_note("stopped");
	return 0;
}

static int
do_invite(struct run *run, struct error *err)
{
	const struct settings *set = run->set;
	enum people_role role;
	char token[PEOPLE_TOKEN_BYTES];

	if (set->role != NULL &&
	    people_role_parse(set->role, &role, err) != 0)
		return -1;
	if (people_invite(run->catalogue, set->operands[0],
	    set->role != NULL ? &role : NULL, user_name(), now(), token,
	    err) != 0)
		return -1;
	return print_link(run, set->operands[0], token, (unsigned)set->port,
	    err);
}

static int
do_retire(struct run *run, struct error *err)
{
	const char *name = run->set->operands[0];

	if (people_retire(run->catalogue, name, user_name(), now(), err) != 0)
		return -1;
	cli_note("%s can no more come in; the verdicts stay", name);
	return 0;
}

static int
do_people(struct run *run, struct error *err)
{
	if (run->set->wants_json)
		return people_each(run->catalogue, print_record, run, err);
	return people_text_write(run->catalogue, run->a, stdout, err);
}

static int
do_log(struct run *run, struct error *err)
{
	return review_log_each(run->catalogue, print_record, run, err);
}

static int
do_settle(struct run *run, struct error *err)
{
	size_t n_settled, n_open;

	if (judgements_settle(run->catalogue, run->set->people_per_item,
	    user_name(), now(), &n_settled, &n_open, err) != 0)
		return -1;
	cli_note("%zu fragments are settled, %zu need people", n_settled,
	    n_open);
	return 0;
}

static void
note_prepared(void *shared, size_t n_done, const struct prepare_item *item,
    const struct error *failure)
{
	struct run *run = shared;

	if (failure != NULL && run->n_failed++ < MAX_WARNINGS)
		cli_warn(failure, "%s %s", item->group_id,
		    item->fragment_id);
	progress_update(&run->progress, n_done, "");
}

static bool
must_stop(void *shared)
{
	(void)shared;
	return stop != 0;
}

static int
do_prepare(struct run *run, struct error *err)
{
	const struct settings *set = run->set;
	const struct queue_rules all = rules(set);
	struct queued q = { 0 };
	struct prepare_list list = { .catalogue_path = set->catalogue_path,
		.folder = cache_folder(run), .n_threads = set->n_threads,
		.done = note_prepared, .must_stop = must_stop, .shared = run };
	struct sigaction action = { .sa_handler = ask_to_stop };
	int status = queued_load(&q, run->catalogue, &all, 0, now(), run->a,
	    err);

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	if (status == 0 && list.folder == NULL)
		status = error_set(err, ERROR_NOMEM, "out of memory");
	if (status == 0) {
		list.items = q.items;
		list.n_items = q.n_items;
		progress_init(&run->progress, "chad-review", q.n_items);
		status = prepare_run(&list, &run->n_failed, err);
		progress_end(&run->progress);
	}
	if (status == 0)
		cli_note("%zu of %zu fragments are ready in %s",
		    q.n_items - run->n_failed, q.n_items, list.folder);
	queued_release(&q);
	return status;
}

static int
do_agreement(struct run *run, struct error *err)
{
	struct json *report = agreement_report(run->catalogue, err);
	int status = 0;

	if (report == NULL)
		return -1;
	if (run->set->wants_json)
		status = print_record(run, report, err);
	else
		agreement_text_write(report, stdout);
	json_free(report);
	return status;
}

/* Take every record of the inputs in one transaction. */
static int
take_records(struct run *run,
    int (*take)(void *shared, struct json **rec, const char *folder,
    struct error *err), struct error *err)
{
	const struct settings *set = run->set;
	struct stream_each each = { .take = take, .shared = run };
	int status = catalogue_begin(run->catalogue, err);

	if (status == 0 && set->n_operands == 0)
		status = stream_each_run(&each, err);
	for (size_t i = 0; i < set->n_operands && status == 0; i++) {
		each.path = set->operands[i];
		status = stream_each_run(&each, err);
	}
	if (status == 0)
		return catalogue_commit(run->catalogue, err);
	catalogue_rollback(run->catalogue);
	return -1;
}

static int
take_gold(void *shared, struct json **rec, const char *folder,
    struct error *err)
{
	struct run *run = shared;

	(void)folder;
	if (gold_put(run->catalogue, *rec, user_name(), now(), err) != 0)
		return -1;
	run->n_done++;
	return 0;
}

static int
do_gold(struct run *run, struct error *err)
{
	if (take_records(run, take_gold, err) != 0)
		return -1;
	cli_note("%zu gold items", run->n_done);
	return 0;
}

static void
note_refused(void *context, const char *where, const struct error *why)
{
	struct run *run = context;

	if (run->n_failed++ < MAX_WARNINGS)
		cli_warn(why, "%s", where);
}

static int
do_import(struct run *run, struct error *err)
{
	const struct settings *set = run->set;
	size_t n_all = 0;

	for (size_t i = 0; i < set->n_operands || i == 0; i++) {
		size_t n_taken;

		if (verdict_list_import(run->catalogue, set->n_operands == 0 ?
		    NULL : set->operands[i], user_name(), now(), note_refused,
		    run, &n_taken, err) != 0)
			return -1;
		n_all += n_taken;
	}
	cli_note("%zu verdicts taken, %zu refused", n_all, run->n_failed);
	return 0;
}

static int
add_label(void *context, struct json *label, struct error *err)
{
	struct run *run = context;

	if (memory_grow(&run->labels, &run->n_room, run->n_labels + 1,
	    sizeof(run->labels[0]), "labels", err) != 0 ||
	    (run->labels[run->n_labels] = json_clone(label, err)) == NULL)
		return -1;
	run->n_labels++;
	return 0;
}

/* A file of labels for each recording. */
static int
export_labels(struct run *run, struct error *err)
{
	const struct format *format = format_find("audacity", err);
	struct format_output out = { .a = run->a };
	size_t n_files;

	if (run->set->out_folder == NULL)
		return error_set(err, ERROR_FORMAT, "where to? --out DIR");
	if (format == NULL || verdict_list_labels(run->catalogue, add_label,
	    run, err) != 0)
		return -1;
	out.records = run->labels;
	out.n_records = run->n_labels;
	if (format_export_files(format, run->set->out_folder, &out, &n_files,
	    err) != 0)
		return -1;
	cli_note("%zu files written", n_files);
	return 0;
}

static int
do_export(struct run *run, struct error *err)
{
	if (strcmp(run->set->format, "audacity") == 0)
		return export_labels(run, err);
	return export_reviews(run->catalogue, run->set->format, stdout, err);
}

static const struct action {
	const char *name;
	int (*run)(struct run *run, struct error *err);
	size_t min_operands, max_operands;
} actions[] = {
	{ "serve", do_serve, 0, 0 },
	{ "invite", do_invite, 1, 1 },
	{ "retire", do_retire, 1, 1 },
	{ "people", do_people, 0, 0 },
	{ "prepare", do_prepare, 0, 0 },
	{ "gold", do_gold, 0, MANY },
	{ "agreement", do_agreement, 0, 0 },
	{ "settle", do_settle, 0, 0 },
	{ "import", do_import, 0, MANY },
	{ "export", do_export, 0, 0 },
	{ "log", do_log, 0, 0 },
};

#define NAMES \
	"serve, invite, retire, people, prepare, gold, agreement, settle, " \
	"import, export or log"

/* The action, or NULL after a message. */
static const struct action *
choose(struct settings *set, int first, int argc, char *argv[])
{
	const struct action *action = NULL;
	const char *name = first < argc ? argv[first] : "serve";

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, name) == 0)
			action = &actions[i];
	if (action == NULL) {
		cli_warn(NULL, "\"%.40s\" is none of " NAMES
		    " (try chad-review --help)", name);
		return NULL;
	}
	set->operands = argv + first + 1;
	set->n_operands = first < argc ? (size_t)(argc - first - 1) : 0;
	if (set->n_operands < action->min_operands ||
	    set->n_operands > action->max_operands) {
		cli_warn(NULL, "%s: wrong number of operands (try "
		    "chad-review --help)", action->name);
		return NULL;
	}
	return action;
}

static int
run_action(const struct settings *set, const struct action *action)
{
	struct error err = { ERROR_NONE, "" };
	struct run run = { .set = set, .a = arena_new() };
	int status = CLI_FATAL;

	if (run.a == NULL)
		(void)error_set(&err, ERROR_NOMEM, "out of memory");
	else
		run.catalogue = catalogue_open(set->catalogue_path,
		    CATALOGUE_WRITE, (int)set->busy_ms, &err);
	if (run.catalogue != NULL && action->run(&run, &err) == 0)
		status = run.n_failed == 0 ? CLI_OK : CLI_SOME_FAILED;
	if (status == CLI_FATAL)
		cli_warn(&err, "%s", action->name);
	if (status == CLI_FATAL && err.code == ERROR_BUSY)
		status = CLI_AGAIN;
	for (size_t i = 0; i < run.n_labels; i++)
		json_free(run.labels[i]);
	memory_free(run.labels);
	catalogue_close(run.catalogue);
	arena_free(run.a);
	return status;
}

static const char usage[] =
    "[options] [serve] | invite|retire NAME | people | prepare |\n"
    "       gold|import [FILE ...] | export | agreement | settle | log";

int
main(int argc, char *argv[])
{
	struct stream_options stream;
	struct settings set = { .catalogue_path = "chad.sqlite",
	    .address = "127.0.0.1", .port = 8137, .people_per_item = 2,
	    .gold_share = 0.05, .claim_min = 15, .n_ahead = 20,
	    .n_makers = 1, .busy_ms = 30000, .format = "jsonl" };
	const struct cli_option options[] = {
		{ CLI_STRING, "catalogue", &set.catalogue_path, 0, 0, "FILE",
		    "the catalogue" },
		{ CLI_STRING, "listen", &set.address, 0, 0, "ADDRESS",
		    "serve: listen here" },
		{ CLI_SIZE, "port", &set.port, 0, 65535, "N",
		    "serve, invite: the port; 0: a free one" },
		{ CLI_STRING, "origin", &set.origin, 0, 0, "URL",
		    "serve, invite: how browsers come here, as https://host" },
		{ CLI_STRING, "cache", &set.cache_folder, 0, 0, "DIR",
		    "serve, prepare: the sounds (default: CATALOGUE.review)" },
		{ CLI_SIZE, "people-per-item", &set.people_per_item, 1, 100,
		    "N", "serve, prepare, settle: how many judge a fragment" },
		{ CLI_DOUBLE, "gold-share", &set.gold_share, 0, 1, "X",
		    "serve: share of gold items" },
		{ CLI_SIZE, "claim-minutes", &set.claim_min, 1, 1440, "N",
		    "serve: a fragment is somebody's for so long" },
		{ CLI_SIZE, "ahead", &set.n_ahead, 0, QUEUE_MAX_LIST, "N",
		    "serve: make sounds of so many fragments ahead" },
		{ CLI_SIZE, "makers", &set.n_makers, 1, 64, "N",
		    "serve: threads that make sounds" },
		{ CLI_STRING, "role", &set.role, 0, 0, "ROLE",
		    "invite: annotator, adjudicator or admin" },
		{ CLI_STRING, "format", &set.format, 0, 0, "FORMAT",
		    "import, export: jsonl, csv, labelstudio or audacity" },
		{ CLI_STRING, "out", &set.out_folder, 0, 0, "DIR",
		    "export audacity: where to" },
		{ CLI_FLAG, "json", &set.wants_json, 0, 0, NULL,
		    "people, agreement: JSON" },
		{ CLI_SIZE, "busy", &set.busy_ms, 0, 3600000, "MS",
		    "wait so long for another writer" },
		{ CLI_SIZE, "threads", &set.n_threads, 1, 64, "N",
		    "threads that answer, of prepare: that make sounds" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-review",
	    "A page where people settle doubtful alignments.", usage,
	    options };
	const struct action *action;
	int status = CLI_FATAL;

	stream_options_init(&stream);
	set.n_threads = stream.n_threads;
	action = choose(&set, cli_parse(&tool, argc, argv), argc, argv);
	if (action != NULL)
		status = run_action(&set, action);
	return cli_finish(status);
}
