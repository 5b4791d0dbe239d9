/*
 * chad-train -- train a network as a recipe says.
 *
 * The recipe's member "task" names the stage whose network is trained; the
 * stage makes the graph, the batches, the loss and the score, and the loop in
 * nn/training.h does the rest.  Writes the model, its card NAME.json, the
 * curve NAME.curve.csv with its pictures, and a checkpoint while it runs.
 *
 * Options: chad-train.1.  Recipes: recipes/FORMAT.md.
 */

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/pool.h"
#include "base/progress.h"

#include "draw/line_plot.h"
#include "draw/palette.h"
#include "manifests/trained_on.h"
#include "nn/model_card.h"
#include "nn/training.h"
#include "nn/training_curve.h"
#include "nn/weights.h"

#include "embed/embed_task.h"
#include "pitch/pitch_task.h"
#include "separate/separate_task.h"

#define CURVE_POINTS 100

/* The stages that have something to train. */
struct task_kind {
	const char *name;
	struct training_task *(*make)(const struct json *recipe,
	    const char *manifest_path, const char *held_out_path,
	    struct error *err);
};

static const struct task_kind task_kinds[] = {
	{ "embed", embed_task_new },
	{ "pitch", pitch_task_new },
	{ "separate", separate_task_new },
	{ NULL, NULL }
};

struct settings {
	const char *recipe_path, *manifest_path, *held_out_path;
	const char *init_path, *out_path, *checkpoint_path;
	size_t n_steps, seed, n_threads;
};

/* SHA-256 of all that goes into the model; "" for what is not given. */
struct sources {
	char recipe[HASH_HEX_BYTES], manifest[HASH_HEX_BYTES];
	char held_out[HASH_HEX_BYTES], init[HASH_HEX_BYTES];
	char all[HASH_HEX_BYTES];
};

struct job {
	const struct settings *set;
	struct arena *arena;
	struct json *recipe;
	struct training_task *task;
	struct training_options options;
	struct sources sources;
	struct weights *weights;
	struct pool *pool;
	struct training_result result;
	/* Made at the first report. */
	struct training_curve *curve;
	struct progress progress;
	uint64_t first_step;
	bool has_score;
	double score;		/* the last */
};

static volatile sig_atomic_t stop;

static void
ask_to_stop(int number)
{
	(void)number;
	stop = 1;
}

/* Let a signal ask to stop, unless the caller ignores it. */
static void
catch_signal(int number)
{
	struct sigaction action;

	(void)sigaction(number, NULL, &action);
	if (action.sa_handler == SIG_IGN)
		return;
	memset(&action, 0, sizeof(action));
	action.sa_handler = ask_to_stop;
	action.sa_flags = SA_RESTART | (int)SA_RESETHAND;
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(number, &action, NULL);
}

/* The model's path with another ending: "m.safetensors" to "m.json". */
static char *
beside(struct job *j, const char *ending, struct error *err)
{
	const char *out = j->set->out_path;
	const size_t n = strlen(out), n_usual = strlen(".safetensors");
	char *path;
	size_t n_kept = n;

	if (n > n_usual && strcmp(out + n - n_usual, ".safetensors") == 0)
		n_kept = n - n_usual;
	path = arena_printf(j->arena, "%.*s%s", (int)n_kept, out, ending);
	if (path == NULL)
		(void)error_set(err, ERROR_NOMEM, "out of memory");
	return path;
}

static int
load_recipe(struct job *j, struct error *err)
{
	const struct settings *set = j->set;

	if ((j->recipe = json_load(set->recipe_path, err)) == NULL)
		return -1;
	if (set->n_steps > 0) {
		if (json_put_size(j->recipe, "training.steps", set->n_steps,
		    err) != 0)
			return error_add(err, "%s", set->recipe_path);
		json_remove(j->recipe, "training.epochs");
	}
	if (set->seed > 0 && json_put_size(j->recipe, "training.seed",
	    set->seed, err) != 0)
		return error_add(err, "%s", set->recipe_path);
	if (training_options_read(j->recipe, &j->options, err) != 0)
		return error_add(err, "%s", set->recipe_path);
	return 0;
}

static int
make_task(struct job *j, struct error *err)
{
	const struct settings *set = j->set;
	const struct task_kind *kind;
	const char *name;

	if (json_want_string(j->recipe, "task", &name, err) != 0)
		return error_add(err, "%s", set->recipe_path);
	for (kind = task_kinds; kind->name != NULL; kind++)
		if (strcmp(kind->name, name) == 0)
			break;
	if (kind->name == NULL)
		return error_set(err, ERROR_FORMAT, "%s: there is no task "
		    "\"%.40s\" to train", set->recipe_path, name);
	j->task = kind->make(j->recipe, set->manifest_path,
	    set->held_out_path, err);
	if (j->task == NULL ||
	    training_stretch(&j->options, j->task->n_examples, err) != 0)
		return error_add(err, "%s", set->recipe_path);
	return 0;
}

static int
hash_optional(const char *path, char hex[HASH_HEX_BYTES], struct error *err)
{
	hex[0] = '\0';
	return path == NULL ? 0 : hash_file(path, hex, err);
}

static int
hash_sources(struct job *j, struct error *err)
{
	struct sources *s = &j->sources;
	const char *text = json_text(j->recipe, j->arena, err);

	if (text == NULL ||
	    hash_optional(j->set->manifest_path, s->manifest, err) != 0 ||
	    hash_optional(j->set->held_out_path, s->held_out, err) != 0 ||
	    hash_optional(j->set->init_path, s->init, err) != 0)
		return -1;
	hash_bytes(text, strlen(text), s->recipe);
	hash_texts(s->all, s->recipe, s->manifest, s->held_out, s->init,
	    NULL);
	j->options.identity = s->all;
	return 0;
}

/* Fresh weights, or those of --init where the names and shapes agree. */
static int
make_weights(struct job *j, struct error *err)
{
	const char *path = j->set->init_path;
	struct weights *init;
	size_t i;

	j->weights = weights_for(j->task->graph, j->options.seed, err);
	if (j->weights == NULL || path == NULL)
		return j->weights == NULL ? -1 : 0;
	if ((init = weights_load(path, err)) == NULL)
		return -1;
	if (weights_check(init, j->task->graph, err) != 0) {
		weights_free(init);
		return error_add(err, "%s is of another network", path);
	}
	for (i = 0; i < weights_n_tensors(j->weights); i++) {
		const struct weights_tensor *t = weights_tensor(j->weights,
		    i);

		memcpy(t->values, weights_find(init, t->name)->values,
		    t->n_values * sizeof(float));
	}
	weights_free(init);
	return 0;
}

/* The first report says at which step the run began. */
static int
begin_reports(struct job *j, uint64_t step, struct error *err)
{
	const char *path = beside(j, ".curve.csv", err);

	if (path == NULL)
		return -1;
	j->curve = training_curve_open(path, step, err);
	if (j->curve == NULL)
		return -1;
	j->first_step = step;
	if (step > 1)
		cli_note("going on after step %llu",
		    (unsigned long long)step - 1);
	progress_init(&j->progress, "chad-train",
	    j->options.n_steps - (size_t)step + 1);
	return 0;
}

static int
report(void *context, const struct training_report *r, struct error *err)
{
	struct job *j = context;
	char note[200], score[80] = "";

	if (j->curve == NULL && begin_reports(j, r->step, err) != 0)
		return -1;
	if (j->task->score_name != NULL && !isnan(r->score)) {
		j->has_score = true;
		j->score = r->score;
	}
	if (j->has_score)
		(void)snprintf(score, sizeof(score), ", %.40s %.4f",
		    j->task->score_name, j->score);
	(void)snprintf(note, sizeof(note), "step %llu, loss %.4g, "
	    "rate %.3g, gradient %.3g%s", (unsigned long long)r->step,
	    r->mean_loss, r->learning_rate, r->gradient_norm, score);
	progress_update(&j->progress, (size_t)(r->step - j->first_step + 1),
	    note);
	return training_curve_add(j->curve, r, err);
}

/*
 * The list of works that the model of --init was trained on, if there is one:
 * what it has seen this one has seen too.
 */
static int
take_over_works(struct job *j, struct trained_on *works, bool *is_known,
    struct error *err)
{
	struct weights *init = weights_load(j->set->init_path, err);
	const char *path = trained_on_path(j->set->init_path, j->arena, err);
	const char *want = "";
	char sha256[HASH_HEX_BYTES];
	int status = init == NULL || path == NULL ? -1 : 0;

	*is_known = false;
	if (status == 0 && json_get_string(weights_metadata(init),
	    "provenance.works_sha256", "", &want, NULL) == 0 &&
	    want[0] != '\0' && hash_file(path, sha256, NULL) == 0 &&
	    strcmp(want, sha256) == 0) {
		status = trained_on_add_file(works, path, err);
		*is_known = true;
	}
	weights_free(init);
	return status;
}

/*
 * Write down which works the model has seen, and in the model the SHA-256 of
 * that list.  Without a list of the model that it began from there is none.
 */
static int
record_works(struct job *j, struct error *err)
{
	struct trained_on *works = trained_on_new(err);
	const char *path = trained_on_path(j->set->out_path, j->arena, err);
	char sha256[HASH_HEX_BYTES];
	bool is_known = true;
	int status = works == NULL || path == NULL ? -1 : 0;

	if (status == 0 && j->set->manifest_path != NULL)
		status = trained_on_add_file(works, j->set->manifest_path,
		    err);
	if (status == 0 && j->set->init_path != NULL)
		status = take_over_works(j, works, &is_known, err);
	if (status == 0 && is_known && (trained_on_write(works, path,
	    err) != 0 || hash_file(path, sha256, err) != 0 ||
	    json_put_size(weights_metadata(j->weights), "provenance.works",
	    trained_on_count(works, TRAINED_ON_WORK), err) != 0 ||
	    json_put_string(weights_metadata(j->weights),
	    "provenance.works_sha256", sha256, err) != 0))
		status = -1;
	trained_on_free(works);
	return status;
}

static int
put_optional(struct json *to, const char *name, const char *text,
    struct error *err)
{
	return text[0] == '\0' ? 0 : json_put_string(to, name, text, err);
}

/* What the model says of itself: all that a stage needs to run it. */
static int
describe_model(struct job *j, struct error *err)
{
	struct json *m = weights_metadata(j->weights);
	const struct sources *s = &j->sources;
	const char *name, *licence;

	if (json_get_string(j->recipe, "name", "", &name, err) != 0 ||
	    json_want_string(j->recipe, "licence", &licence, err) != 0)
		return error_add(err, "%s", j->set->recipe_path);
	if (json_put_string(m, "format", "chad-model 1", err) != 0 ||
	    (j->task->describe != NULL &&
	    j->task->describe(j->task->self, m, err) != 0) ||
	    json_put_string(m, "licence", licence, err) != 0 ||
	    json_put_string(m, "provenance.tool", "chad-train " CLI_VERSION,
	    err) != 0 ||
	    put_optional(m, "provenance.recipe", name, err) != 0 ||
	    json_put_string(m, "provenance.recipe_sha256", s->recipe,
	    err) != 0 ||
	    put_optional(m, "provenance.manifest_sha256", s->manifest,
	    err) != 0 ||
	    put_optional(m, "provenance.held_out_sha256", s->held_out,
	    err) != 0 ||
	    put_optional(m, "provenance.init_sha256", s->init, err) != 0 ||
	    json_put_size(m, "provenance.steps", j->options.n_steps,
	    err) != 0)
		return -1;
	return json_put_size(m, "provenance.seed", (size_t)j->options.seed,
	    err);
}

static int
write_card(struct job *j, struct error *err)
{
	const char *path = beside(j, ".json", err);
	const struct model_card card = { .model_path = j->set->out_path,
	    .command = arena_printf(j->arena, "chad-train %s %s",
	    cli_options_text(), j->set->recipe_path),
	    .graph = j->task->graph, .weights = j->weights,
	    .result = &j->result, .score_name = j->task->score_name };

	if (path == NULL || card.command == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	return model_card_write(path, &card, err);
}

static int
draw_line(struct job *j, const char *ending, const char *y_label, size_t n,
    const double *x, const double *y, struct error *err)
{
	const struct axes_line line = { .x = x, .y = y, .n_points = n,
	    .colour = palette_line(PALETTE_BLUE) };
	const struct line_plot plot = { .title = j->set->out_path,
	    .x_label = "step", .y_label = y_label, .lines = &line,
	    .n_lines = 1 };
	const char *path = beside(j, ending, err);

	return path == NULL ? -1 : line_plot_write(path, &plot, err);
}

/* Pictures of the loss, a mean of each hundredth, and of the score. */
static int
draw_curve(struct job *j, struct error *err)
{
	const char *path = beside(j, ".curve.csv", err);
	struct training_points p;

	if (path == NULL || training_curve_read(path, CURVE_POINTS, j->arena,
	    &p, err) != 0)
		return -1;
	if (draw_line(j, ".curve.svg", "loss", p.n_losses, p.loss_step,
	    p.loss, err) != 0)
		return -1;
	if (p.n_scores < 2)
		return 0;
	return draw_line(j, ".score.svg", j->task->score_name, p.n_scores,
	    p.score_step, p.score, err);
}

static int
prepare(struct job *j, struct error *err)
{
	if ((j->arena = arena_new()) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (load_recipe(j, err) != 0 || make_task(j, err) != 0 ||
	    hash_sources(j, err) != 0 || make_weights(j, err) != 0 ||
	    describe_model(j, err) != 0)
		return -1;
	j->pool = pool_new(j->set->n_threads, err);
	return j->pool == NULL ? -1 : 0;
}

/* Train, and when all steps are done write what there is to be kept. */
static int
train(struct job *j, struct error *err)
{
	const char *checkpoint = j->set->checkpoint_path;
	int failed;

	if (checkpoint == NULL)
		checkpoint = beside(j, ".checkpoint", err);
	if (checkpoint == NULL)
		return -1;
	failed = training_run(j->task, &j->options, j->weights, checkpoint,
	    j->pool, &stop, report, j, &j->result, err);
	if (j->curve != NULL)
		progress_end(&j->progress);
	if (training_curve_close(j->curve, failed ? NULL : err) != 0 || failed)
		return -1;
	if (!j->result.is_done)
		return 0;
	if (record_works(j, err) != 0 ||
	    weights_save(j->set->out_path, j->weights, err) != 0 ||
	    write_card(j, err) != 0 || draw_curve(j, err) != 0)
		return -1;
	/* The same training may run twice: the other one has removed it. */
	if (unlink(checkpoint) != 0 && errno != ENOENT)
		return error_set_errno(err, "cannot remove %s", checkpoint);
	return 0;
}

static void
say_result(const struct job *j)
{
	if (!j->result.is_done)
		cli_note("stopped; the same command goes on");
	else if (j->result.has_score)
		cli_note("%s: loss %.4g, %s %.4f", j->set->out_path,
		    j->result.mean_loss, j->task->score_name,
		    j->result.score);
	else
		cli_note("%s: loss %.4g", j->set->out_path,
		    j->result.mean_loss);
}

static void
release(struct job *j)
{
	pool_free(j->pool);
	weights_free(j->weights);
	training_task_free(j->task);
	json_free(j->recipe);
	arena_free(j->arena);
}

int
main(int argc, char *argv[])
{
	struct settings set = { .n_threads = 0 };
	const struct cli_option options[] = {
		{ CLI_STRING, "manifest", &set.manifest_path, 0, 0, "FILE",
		    "records to train on" },
		{ CLI_STRING, "manifest-held-out", &set.held_out_path, 0, 0,
		    "FILE", "records to take the score on" },
		{ CLI_STRING, "out", &set.out_path, 0, 0, "FILE",
		    "the model, NAME.safetensors; needed" },
		{ CLI_STRING, "checkpoint", &set.checkpoint_path, 0, 0,
		    "FILE", "state to go on from (default: NAME.checkpoint)" },
		{ CLI_STRING, "init", &set.init_path, 0, 0, "FILE",
		    "start with the weights of this model" },
		{ CLI_SIZE, "steps", &set.n_steps, 1, 1e8, "N",
		    "steps to take (default: the recipe's)" },
		{ CLI_SIZE, "seed", &set.seed, 1, 1e15, "N",
		    "seed of everything (default: the recipe's)" },
		{ CLI_SIZE, "threads", &set.n_threads, 1, 256, "N",
		    "threads to use (default: one a core)" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL }
	};
	const struct cli_tool tool = { "chad-train",
	    "train a network as a recipe says",
	    "[options] --out MODEL recipe", options };
	struct error err = { ERROR_NONE, "" };
	struct job job = { .set = &set };
	const long n_cores = sysconf(_SC_NPROCESSORS_ONLN);
	int first, status = CLI_FATAL;

	set.n_threads = n_cores < 1 ? 1 : n_cores > 256 ? 256 :
	    (size_t)n_cores;
	first = cli_parse(&tool, argc, argv);
	if (first + 1 != argc || set.out_path == NULL) {
		(void)error_set(&err, ERROR_FORMAT,
		    "one recipe and --out are needed; see --help");
		cli_warn(&err, "cannot start");
		return cli_finish(CLI_FATAL);
	}
	set.recipe_path = cli_shared_path(argv[first]);
	catch_signal(SIGTERM);
	catch_signal(SIGINT);
	catch_signal(SIGHUP);
	if (prepare(&job, &err) != 0 || train(&job, &err) != 0) {
		cli_warn(&err, "cannot train");
	} else {
		status = job.result.is_done ? CLI_OK : CLI_AGAIN;
		say_result(&job);
	}
	release(&job);
	return cli_finish(status);
}
