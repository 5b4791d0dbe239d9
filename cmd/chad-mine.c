/*
 * chad-mine -- turn the loop: mine fragments, train on them, measure.
 *
 * Brings the catalogue to --rounds finished rounds (mine/round.h).  The other
 * commands do the work; they are looked for beside this one, then on PATH.  A
 * summary of the rounds comes on standard output.  "chad-mine report" writes
 * pages about the rounds that are done (mine/report.h).
 *
 * Options: chad-mine.1.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

#include "manifests/stream.h"
#include "store/catalogue.h"
#include "store/rounds.h"

#include "align/aligner.h"
#include "embed/encoder.h"
#include "embed/image_kind.h"
#include "mine/report.h"
#include "mine/round.h"
#include "mine/training_pairs.h"

#define BUSY_MS 30000
#define DEFAULT_MODEL "models/m0.safetensors"
#define DEFAULT_CALIBRATION "models/align.json"
#define DEFAULT_SAME_WORK 0.1
#define PATH_BYTES 4096

/* What the user chose.  Read-only once the command line is parsed. */
struct settings {
	const char *catalogue_path;
	struct round_options round;
	struct round_place place;
	size_t n_rounds;
	size_t n_threads;
	char calibration_sha256[HASH_HEX_BYTES];
};

/* Let programs be found beside this one before anywhere else. */
static int
put_own_folder_first(struct arena *a, struct error *err)
{
	const char *path = getenv("PATH");
	char own[PATH_BYTES];
	const ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	const char *all;
	char *slash;

	if (n <= 0)
		return 0;
	own[n] = '\0';
	if ((slash = strrchr(own, '/')) == NULL)
		return 0;
	*slash = '\0';
	/* An empty entry would be the working folder. */
	all = path == NULL || path[0] == '\0' ? own :
	    arena_printf(a, "%s:%s", own, path);
	if (all == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (setenv("PATH", all, 1) != 0)
		return error_set_errno(err, "setting PATH");
	return 0;
}

static void
say(void *context, const char *text)
{
	const size_t *number = context;

	cli_note("round %zu: %s", *number, text);
}

/* Between commands nothing is lost by ending at once. */
static void
end_at_once(int number)
{
	static const char text[] =
	    "chad-mine: stopped by a signal: run the same command again\n";

	(void)number;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(CLI_AGAIN);
	_exit(CLI_AGAIN);
}

/* A signal that the caller ignores stays ignored. */
static void
catch_signal(int number)
{
	struct sigaction action, old;

	memset(&action, 0, sizeof(action));
	action.sa_handler = end_at_once;
	(void)sigaction(number, NULL, &old);
	if (old.sa_handler != SIG_IGN)
		(void)sigaction(number, &action, NULL);
}

/*
 * The first model and the recipe must be of the fingerprint network; note what
 * they look at.
 */
static int
check_inputs(struct round_options *o, struct error *err)
{
	struct json *recipe = json_load(o->recipe_path, err);
	struct encoder_model *model = NULL;
	const struct image_kind *kind;
	const char *task, *input;
	int status;

	if (recipe == NULL)
		return error_add(err, "the recipe");
	status = json_want_string(recipe, "task", &task, err);
	if (status == 0 && strcmp(task, "embed") != 0)
		status = error_set(err, ERROR_FORMAT, "it trains another "
		    "network (task \"%s\", not \"embed\")", task);
	if (status == 0)
		status = json_get_string(recipe, "features.input",
		    image_kind_activations.name, &input, err);
	if (status == 0)
		status = image_kind_find(input, &kind, err);
	if (status == 0)
		o->wants_cqt = kind == &image_kind_cqt;
	json_free(recipe);
	if (status != 0)
		return error_add(err, "the recipe %s", o->recipe_path);
	if (o->model_path == NULL)
		return 0;
	model = encoder_model_load(o->model_path, err);
	if (model == NULL)
		return error_add(err, "the first model");
	if (encoder_model_features(model)->kind == &image_kind_cqt)
		o->wants_cqt = true;
	encoder_model_free(model);
	return 0;
}

static int
run_rounds(const struct settings *set, struct catalogue *c,
    struct error *err)
{
	struct round_place place = set->place;
	struct round_options round = set->round;
	size_t number = 0;

	if (check_inputs(&round, err) != 0)
		return -1;
	place.note = say;
	place.context = &number;
	for (; number <= set->n_rounds; number++)
		if (round_run(c, &round, &place, number, err) != 0)
			return -1;
	return 0;
}

/* A score of the round; false when it was not taken. */
static bool
find_score(struct catalogue *c, const char *round_key, const char *subject,
    const char *measure, struct rounds_score *score)
{
	bool found = false;

	*score = (struct rounds_score) { .subject = subject,
	    .measure = measure };
	return rounds_find_score(c, round_key, score, &found, NULL) == 0 &&
	    found;
}

static double
count_of(struct catalogue *c, const char *round_key, const char *subject,
    const char *measure)
{
	struct rounds_score score;

	return find_score(c, round_key, subject, measure, &score) ?
	    score.value : 0;
}

/* " .812 [.780 .844]" in a column of its own. */
static void
print_interval(struct catalogue *c, const char *round_key,
    const char *subject, const char *measure)
{
	struct rounds_score score;

	if (find_score(c, round_key, subject, measure, &score))
		(void)printf("  %.3f [%.3f, %.3f]", score.value, score.low,
		    score.high);
	else
		(void)printf("  %-20s", "-");
}

static void
print_model(struct catalogue *c, const struct rounds_result *r,
    const char *name, const char *sha256)
{
	struct rounds_score score;

	if (sha256 == NULL)
		return;
	(void)printf("%-10s", name);
	print_interval(c, r->key, sha256, "top1");
	print_interval(c, r->key, sha256, "top10");
	print_interval(c, r->key, sha256, "mrr");
	if (find_score(c, r->key, sha256, "top10", &score))
		(void)printf("  %zu hums", score.n);
	(void)printf("\n");
}

static void
print_fragments(struct catalogue *c, const struct rounds_result *r)
{
	struct rounds_score score;

	(void)printf("%-12s %.0f (%.0f failed, %.0f in quarantine), %.2f "
	    "hours\n", "recordings",
	    count_of(c, r->key, "corpus", "recordings"),
	    count_of(c, r->key, "corpus", "failed"),
	    count_of(c, r->key, "corpus", "quarantined"),
	    count_of(c, r->key, "corpus", "hours"));
	(void)printf("%-12s %.0f kept, %.0f flagged, %.0f dropped\n",
	    "fragments", count_of(c, r->key, "fragments", "keep"),
	    count_of(c, r->key, "fragments", "flag"),
	    count_of(c, r->key, "fragments", "drop"));
	if (find_score(c, r->key, "thresholds", "min_agreement", &score))
		(void)printf("%-12s agreement %.3f: precision %.3f on the "
		    "truth given\n", "threshold", score.value,
		    count_of(c, r->key, "thresholds", "precision"));
	if (!find_score(c, r->key, "fragments", "precision", &score))
		return;
	(void)printf("%-12s", "precision");
	print_interval(c, r->key, "fragments", "precision");
	(void)printf("  of kept fragments, within 0.5 s\n%-12s", "recall");
	print_interval(c, r->key, "fragments", "recall");
	(void)printf("  of the time that is shared\n");
}

/*
 * The table at the end: one block a round.  *current is the number of the model
 * that the round starts from, and then of the one that it ends with.
 */
static int
print_round(struct catalogue *c, size_t number, size_t *current,
    struct arena *a, struct error *err)
{
	struct rounds_result r;
	char old[32], new[32];
	bool found;

	if (rounds_find(c, number, a, &r, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	(void)printf("round %zu\n", number);
	print_fragments(c, &r);
	(void)printf("%-10s  %-20s  %-20s  %-20s\n", "model",
	    "top-1 [95 %]", "top-10 [95 %]", "MRR [95 %]");
	(void)snprintf(old, sizeof(old), "M%zu", *current);
	(void)snprintf(new, sizeof(new), "M%zu", number);
	print_model(c, &r, old, r.model_in);
	print_model(c, &r, new, r.model_new);
	(void)printf("M%zu %s\nmodel %s\n\n", number, r.reason,
	    r.model_out_path);
	if (r.model_new != NULL && strcmp(r.model_out, r.model_new) == 0)
		*current = number;
	return 0;
}

static int
mine(const struct settings *set, struct catalogue *c, struct error *err)
{
	struct arena *a = arena_new();
	size_t current = 0;
	int status;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	status = put_own_folder_first(a, err);
	if (status == 0)
		status = run_rounds(set, c, err);
	for (size_t i = 1; i <= set->n_rounds && status == 0; i++)
		status = print_round(c, i, &current, a, err);
	arena_free(a);
	return status;
}

/* The calibration asked for, or the one beside the models if it is there. */
static int
take_calibration(struct settings *set, struct error *err)
{
	struct round_options *o = &set->round;
	const char *path = o->calibration_path != NULL ?
	    o->calibration_path : cli_shared_path(DEFAULT_CALIBRATION);

	if (o->calibration_path == NULL && !file_exists(path))
		return 0;
	o->calibration_path = path;
	o->calibration_sha256 = set->calibration_sha256;
	return hash_file(path, set->calibration_sha256, err);
}

static int
run(struct settings *set)
{
	struct error err = { ERROR_NONE, "" };
	struct catalogue *c = NULL;
	int status = CLI_FATAL;

	if (take_calibration(set, &err) == 0)
		c = catalogue_open(set->catalogue_path, CATALOGUE_WRITE,
		    BUSY_MS, &err);
	if (c != NULL && mine(set, c, &err) == 0)
		status = CLI_OK;
	else
		cli_warn(&err, "stopped");
	if (err.code == ERROR_BUSY)
		status = CLI_AGAIN;
	catalogue_close(c);
	return status;
}

/* The files that rounds start from. */
#define INPUT_OPTIONS(o) \
	{ CLI_STRING, "hums", &(o).hums_path, 0, 0, "FILE", \
	    "labelled hums, to train on" }, \
	{ CLI_STRING, "held-out", &(o).held_out_path, 0, 0, "FILE", \
	    "hums to measure on (default: of the catalogue)" }, \
	{ CLI_STRING, "database", &(o).database_path, 0, 0, "FILE", \
	    "songs to find them in (default: originals)" }, \
	{ CLI_STRING, "truth", &(o).truth_path, 0, 0, "FILE", \
	    "covers of known alignment, to set --min-agreement by" }, \
	{ CLI_SHARED, "model", &(o).model_path, 0, 0, "FILE", \
	    "the first model (default: trained on hums, or else " \
	    DEFAULT_MODEL ")" }, \
	{ CLI_SHARED, "recipe", &(o).recipe_path, 0, 0, "FILE", \
	    "how models are trained" }, \
	{ CLI_SHARED, "f0-model", &(o).f0_model, 0, 0, "FILE", \
	    "as chad-f0 --model" }, \
	{ CLI_SHARED, "voice-model", &(o).voice_model, 0, 0, "FILE", \
	    "as chad-separate --model" }, \
	{ CLI_STRING, "calibration", &(o).calibration_path, 0, 0, "FILE", \
	    "as chad-align --calibration; with --truth one is fitted" }

/* How they are run. */
#define ROUND_OPTIONS(o) \
	{ CLI_DOUBLE, "keep", &(o).thresholds.keep, 0, 1, "R", \
	    "keep fragments with this correlation" }, \
	{ CLI_DOUBLE, "flag", &(o).thresholds.flag, 0, 1, "R", \
	    "flag those with this one for people" }, \
	{ CLI_DOUBLE, "min-agreement", &(o).thresholds.min_agreement, 0, 1, \
	    "SHARE", "keep only where so many pitches agree" }, \
	{ CLI_DOUBLE, "repeat-agreement", &(o).thresholds.repeat_agreement, \
	    0, 1, "SHARE", "the same for sections sung again" }, \
	{ CLI_DOUBLE, "flag-agreement", &(o).thresholds.flag_agreement, 0, 1, \
	    "SHARE", "flag only where so many pitches agree" }, \
	{ CLI_DOUBLE, "same-work", &(o).same_work, 0, 1, "P", \
	    "keep nothing of pairs less probably of one work" }, \
	{ CLI_DOUBLE, "precision", &(o).precision, 0, 1, "SHARE", \
	    "with --truth, of kept fragments" }, \
	{ CLI_SIZE, "top", &(o).top, 1, 1000, "N", \
	    "promote by the hit rate among the first N" }, \
	{ CLI_SIZE, "distorted", &(o).n_distorted, 0, 20, "N", \
	    "train on N poor recordings of each labelled hum too" }, \
	{ CLI_UINT64, "seed", &(o).seed, 0, 0, "N", \
	    "of training and of intervals" }, \
	{ CLI_STRING, "f0-method", &(o).f0_method, 0, 0, "NAME", \
	    "as chad-f0 --method" }, \
	{ CLI_FLAG, "separate", &(o).separate, 0, 0, NULL, \
	    "take the voice out of the mixture" }

static int
write_report(const char *catalogue_path, const struct report_options *o,
    size_t *n_rounds, struct error *err)
{
	struct catalogue *c = catalogue_open(catalogue_path, CATALOGUE_READ,
	    BUSY_MS, err);
	struct arena *a = arena_new();
	int status = -1;

	if (a == NULL)
		(void)error_set(err, ERROR_NOMEM, "out of memory");
	else if (c != NULL && put_own_folder_first(a, err) == 0)
		status = report_write(c, o, n_rounds, err);
	arena_free(a);
	catalogue_close(c);
	return status;
}

/* chad-mine report; argv[0] is that word. */
static int
report(int argc, char *argv[])
{
	struct report_options o = { .folder = "chad-report", .n_sounds = 4,
	    .seed = 1 };
	const char *catalogue_path = "chad.sqlite";
	const struct cli_option options[] = {
		{ CLI_STRING, "catalogue", &catalogue_path, 0, 0, "FILE",
		    "the catalogue" },
		{ CLI_STRING, "out", &o.folder, 0, 0, "DIR",
		    "folder of the pages" },
		{ CLI_SIZE, "sounds", &o.n_sounds, 0, 100, "N",
		    "kept fragments to listen to, and flagged ones" },
		{ CLI_UINT64, "seed", &o.seed, 0, 0, "N",
		    "draws which they are" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-mine",
	    "report: pages about the rounds that are done",
	    "report [options]", options };
	const int first = cli_parse(&tool, argc, argv);
	struct error err = { ERROR_NONE, "" };
	size_t n_rounds;

	if (first < argc) {
		cli_warn(NULL, "%.200s: chad-mine report takes no operands "
		    "(try --help)", argv[first]);
		return CLI_FATAL;
	}
	if (write_report(catalogue_path, &o, &n_rounds, &err) == 0) {
		cli_note("%zu rounds: see %s/index.html", n_rounds, o.folder);
		return CLI_OK;
	}
	cli_warn(&err, "no report");
	return err.code == ERROR_BUSY ? CLI_AGAIN : CLI_FATAL;
}

static int
write_pairs(const char *path, size_t *n_pairs, struct error *err)
{
	struct stream_list list;
	int status;

	if (stream_list_load(&list, path, err) != 0)
		return -1;
	status = training_pairs_write_all(stdout, list.records,
	    list.n_records, n_pairs, err);
	stream_list_release(&list);
	if (status == 0 && fflush(stdout) != 0)
		return error_set_errno(err, "writing the pairs");
	return status;
}

/* chad-mine pairs; argv[0] is that word. */
static int
pairs(int argc, char *argv[])
{
	const struct cli_option options[] = {
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-mine",
	    "pairs: training pairs of hums whose truth is known",
	    "pairs [manifest] > pairs", options };
	const int first = cli_parse(&tool, argc, argv);
	struct error err = { ERROR_NONE, "" };
	size_t n_pairs;

	if (first + 1 < argc) {
		cli_warn(NULL, "%.200s: chad-mine pairs takes one manifest "
		    "(try --help)", argv[first + 1]);
		return CLI_FATAL;
	}
	if (write_pairs(first < argc ? argv[first] : NULL, &n_pairs,
	    &err) == 0) {
		cli_note("%zu pairs", n_pairs);
		return CLI_OK;
	}
	cli_warn(&err, "no pairs");
	return CLI_FATAL;
}

/* The defaults are chad-align's. */
static void
take_thresholds(struct round_thresholds *t)
{
	struct aligner_options o;

	aligner_options_init(&o);
	t->keep = o.keep;
	t->flag = o.flag;
	t->min_agreement = o.keep_agreement;
	t->repeat_agreement = o.repeat_agreement;
	t->flag_agreement = o.flag_agreement;
}

int
main(int argc, char *argv[])
{
	const char *work = getenv("CHAD_WORK");
	struct settings set = { .catalogue_path = "chad.sqlite",
	    .round = { .recipe_path = "recipes/embed.json",
	    .f0_model = "models/f0-tiny.safetensors",
	    .voice_model = "models/separate.safetensors",
	    .calibration_sha256 = "", .same_work = DEFAULT_SAME_WORK,
	    .precision = 0.9, .top = 10, .seed = 1, .separate = true },
	    .n_rounds = 1 };
	struct round_options *o = &set.round;
	const struct cli_option options[] = {
		{ CLI_STRING, "catalogue", &set.catalogue_path, 0, 0, "FILE",
		    "the catalogue" },
		{ CLI_SIZE, "rounds", &set.n_rounds, 0, 1000, "N",
		    "rounds that shall be done when this ends" },
		INPUT_OPTIONS(set.round),
		ROUND_OPTIONS(set.round),
		{ CLI_SIZE, "threads", &set.n_threads, 1, 256, "N",
		    "worker threads (default: one a core)" },
		{ CLI_STRING, "work", &set.place.work_folder, 0, 0, "DIR",
		    "folder of the artefacts (default: $CHAD_WORK or "
		    "chad-work)" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-mine",
	    "Mine aligned fragments, train the next model on them, measure "
	    "both.", "[report|pairs] [options]", options };
	char threads[32];
	int first;

	if (argc > 1 && strcmp(argv[1], "report") == 0)
		return cli_finish(report(argc - 1, argv + 1));
	if (argc > 1 && strcmp(argv[1], "pairs") == 0)
		return cli_finish(pairs(argc - 1, argv + 1));
	take_thresholds(&o->thresholds);
	set.place.work_folder = work != NULL && work[0] != '\0' ? work :
	    "chad-work";
	first = cli_parse(&tool, argc, argv);
	if (first < argc) {
		cli_warn(NULL, "%.200s: chad-mine takes no operands (try "
		    "--help)", argv[first]);
		return cli_finish(CLI_FATAL);
	}
	if (o->model_path == NULL && o->hums_path == NULL)
		o->model_path = cli_shared_path(DEFAULT_MODEL);
	if (set.n_threads > 0) {
		(void)snprintf(threads, sizeof(threads), "%zu",
		    set.n_threads);
		set.place.threads = threads;
	}
	catch_signal(SIGTERM);
	catch_signal(SIGINT);
	catch_signal(SIGHUP);
	return cli_finish(run(&set));
}
