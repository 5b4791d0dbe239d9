#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

#include "embed/embed_loss.h"
#include "embed/embed_net.h"
#include "embed/encoder.h"
#include "embed/held_out.h"
#include "embed/image_kind.h"
#include "embed/training_set.h"
#include "embed/window_maker.h"

#include "embed/embed_task.h"

#define MAX_THREADS 256
/* Random streams of a step: item g draws group g, the last one mixes. */
#define MIX_STREAM 0xffffffffu

struct embed_task {
	struct embed_net net;
	struct encoder_features features;
	struct graph *graph;
	struct embed_loss loss;
	struct window_maker_options options;
	struct training_set set;
	struct held_out *held_out;
	struct window_maker *makers[MAX_THREADS];	/* made when needed */
	size_t *group, *work, *bag;	/* [n_items], of the last batch */
	size_t capacity;
};

/* What the threads share while they make a batch. */
struct batch {
	struct embed_task *task;
	uint64_t seed, step;
	size_t n_items;
	float *images;
};

static size_t
image_size(const struct embed_task *t)
{
	return t->features.kind->n_image_bins * t->net.n_columns;
}

/* Windows of a group: each side gives n_windows of them, one bag. */
static size_t
group_size(const struct embed_task *t)
{
	return t->options.n_group_items * t->options.n_windows;
}

/* Make group number "task" of the batch, the last one of what is left. */
static int
make_group(void *shared, size_t task, size_t thread, struct error *err)
{
	const struct batch *b = shared;
	struct embed_task *t = b->task;
	const size_t n_windows = t->options.n_windows;
	const size_t first = task * group_size(t);
	const size_t left = b->n_items - first;
	/* No group of one: the last group takes a single side that is left. */
	const size_t n = left <= group_size(t) + n_windows ? left :
	    group_size(t);
	struct random r;
	size_t work;

	random_init_keyed(&r, b->seed, b->step, task);
	if (window_maker_draw(t->makers[thread], &r, n / n_windows,
	    b->images + first * image_size(t), &work, err) != 0)
		return -1;
	for (size_t i = first; i < first + n; i++) {
		t->group[i] = task;
		t->work[i] = work;
		t->bag[i] = i / n_windows;
	}
	return 0;
}

static int
make_makers(struct embed_task *t, size_t n_threads, struct error *err)
{
	for (size_t i = 0; i < n_threads && i < MAX_THREADS; i++) {
		if (t->makers[i] != NULL)
			continue;
		t->makers[i] = window_maker_new(&t->set, &t->options,
		    t->net.n_columns, err);
		if (t->makers[i] == NULL)
			return -1;
	}
	return 0;
}

/* Mix windows of other works into some; in order, so always the same. */
static void
mix(struct embed_task *t, const struct batch *b)
{
	const size_t size = image_size(t);
	struct random r;

	random_init_keyed(&r, b->seed, b->step, MIX_STREAM);
	for (size_t i = 0; i < b->n_items; i++) {
		const size_t other = random_below(&r, b->n_items);
		const struct augment_options *o =
		    i % group_size(t) < t->options.n_windows ?
		    &t->options.original : &t->options.other;

		if (t->work[other] != t->work[i])
			augment_mix(t->features.kind, o, &r,
			    b->images + i * size, b->images + other * size,
			    size);
	}
}

static int
make_batch(void *self, uint64_t seed, uint64_t step, size_t n_items,
    struct pool *pool, float *const *inputs, struct error *err)
{
	struct embed_task *t = self;
	struct batch b = { t, seed, step, n_items, inputs[0] };
	const size_t n_group = group_size(t), n_windows = t->options.n_windows;
	size_t capacity[2] = { t->capacity, t->capacity };
	size_t n_groups = n_items / n_group;

	if (n_items % n_windows != 0)
		return error_set(err, ERROR_LIMIT, "a batch of %zu windows is "
		    "not a multiple of data.windows, %zu", n_items, n_windows);
	if (n_items % n_group > n_windows)
		n_groups++;
	if (n_groups < 2)
		return error_set(err, ERROR_LIMIT, "a batch of %zu windows in "
		    "groups of %zu: at least two groups are needed", n_items,
		    n_group);
	if (memory_grow(&t->group, &capacity[0], n_items, sizeof(*t->group),
	    "items", err) != 0 ||
	    memory_grow(&t->bag, &capacity[1], n_items, sizeof(*t->bag),
	    "items", err) != 0 ||
	    memory_grow(&t->work, &t->capacity, n_items, sizeof(*t->work),
	    "items", err) != 0 ||
	    make_makers(t, pool_n_threads(pool), err) != 0 ||
	    pool_run(pool, n_groups, make_group, &b, err) != 0)
		return -1;
	mix(t, &b);
	return 0;
}

static int
compute_loss(void *self, size_t n_items, const float *const *outputs,
    float *const *output_gradients, double *loss, struct error *err)
{
	const struct embed_task *t = self;
	const struct embed_loss_items items = { n_items, t->group, t->work,
	    t->bag };

	return embed_loss_run(&t->loss, outputs[0], t->net.dimension, &items,
	    output_gradients[0], loss, err);
}

static int
validate(void *self, const struct weights *w, struct pool *pool,
    double *score, struct error *err)
{
	const struct embed_task *t = self;

	return held_out_score(t->held_out, t->graph, w, pool, score, err);
}

static int
describe(void *self, struct json *metadata, struct error *err)
{
	const struct embed_task *t = self;

	if (embed_net_put(&t->net, metadata, err) != 0)
		return -1;
	return encoder_features_put(&t->features, metadata, err);
}

static void
task_free(void *self)
{
	struct embed_task *t = self;

	if (t == NULL)
		return;
	for (size_t i = 0; i < MAX_THREADS; i++)
		window_maker_free(t->makers[i]);
	held_out_free(t->held_out);
	training_set_release(&t->set);
	graph_free(t->graph);
	memory_free(t->group);
	memory_free(t->work);
	memory_free(t->bag);
	memory_free(t);
}

static int
compare_sizes(const void *a, const void *b)
{
	const size_t x = *(const size_t *)a;
	const size_t y = *(const size_t *)b;

	return (x > y) - (x < y);
}

/* Refuse to train on a work that is held out. */
static int
check_apart(const struct training_set *set, const struct training_set *held,
    struct error *err)
{
	const size_t n = set->n_pairs + set->n_melodies;
	size_t *works = memory_new(n, sizeof(*works), "works", err);
	int status = 0;

	if (works == NULL)
		return -1;
	for (size_t i = 0; i < set->n_pairs; i++)
		works[i] = set->pairs[i].work;
	for (size_t i = 0; i < set->n_melodies; i++)
		works[set->n_pairs + i] = set->melodies[i].work;
	qsort(works, n, sizeof(*works), compare_sizes);
	for (size_t i = 0; i < held->n_pairs && status == 0; i++)
		if (bsearch(&held->pairs[i].work, works, n, sizeof(*works),
		    compare_sizes) != NULL)
			status = error_set(err, ERROR_FORMAT, "the work of "
			    "held-out pair %zu is in the training manifest "
			    "too: the score would be worth nothing", i + 1);
	memory_free(works);
	return status;
}

/* Windows of one side are no positives of each other: only segment knows. */
static int
check_windows(const struct embed_task *t, struct error *err)
{
	if (t->options.n_windows == 1 || t->loss.kind == EMBED_LOSS_SEGMENT)
		return 0;
	return error_set(err, ERROR_FORMAT, "data.windows is %zu: only "
	    "loss.kind \"segment\" takes several windows a side",
	    t->options.n_windows);
}

static int
load_data(struct embed_task *t, const struct json *recipe,
    const char *manifest_path, const char *held_out_path, struct error *err)
{
	const double margin_sec = t->features.window_sec;
	struct training_set held;
	int status = -1;

	if (training_set_load(&t->set, t->features.kind, manifest_path,
	    margin_sec, err) != 0 ||
	    window_maker_options_read(recipe, t->features.kind, &t->options,
	    err) != 0 ||
	    check_windows(t, err) != 0 ||
	    window_maker_options_fit(&t->options, &t->set, err) != 0 ||
	    training_set_load(&held, t->features.kind, held_out_path,
	    margin_sec, err) != 0)
		return -1;
	if (check_apart(&t->set, &held, err) == 0)
		t->held_out = held_out_new(recipe, &held, t->net.n_columns,
		    err);
	status = t->held_out == NULL ? -1 : 0;
	training_set_release(&held);
	return status;
}

struct training_task *
embed_task_new(const struct json *recipe, const char *manifest_path,
    const char *held_out_path, struct error *err)
{
	struct training_task *task = memory_new(1, sizeof(*task), "task", err);
	struct embed_task *t = memory_new(1, sizeof(*t), "task", err);

	if (task == NULL || t == NULL ||
	    embed_net_read(recipe, &t->net, err) != 0 ||
	    encoder_features_read(recipe, t->net.n_columns, &t->features,
	    err) != 0 ||
	    embed_loss_read(recipe, &t->loss, err) != 0 ||
	    (t->graph = embed_net_graph(&t->net,
	    t->features.kind->n_image_bins, err)) == NULL ||
	    load_data(t, recipe, manifest_path, held_out_path, err) != 0) {
		task_free(t);
		memory_free(task);
		return NULL;
	}
	*task = (struct training_task){ .self = t, .graph = t->graph,
	    .score_name = "held-out top-10", .n_examples = t->set.n_pairs,
	    .make_batch = make_batch, .loss = compute_loss,
	    .validate = validate, .describe = describe, .free = task_free };
	/* Only activations can be made up where nothing is held out. */
	if (!t->features.kind->is_tracked && held_out_path == NULL) {
		task->score_name = NULL;
		task->validate = NULL;
	}
	return task;
}
