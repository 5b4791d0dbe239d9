/*
 * Training of an encoder alone, to be timed beside the same in PyTorch.
 *
 *	train_speed RECIPE WEIGHTS INPUT OUT RUNS THREADS ITEMS
 *
 * Makes the network of the recipe with fresh weights, which WEIGHTS gets.
 * INPUT: a batch of ITEMS images, then factors [ITEMS][dimension]; the loss is
 * the sum of fingerprints times factors.  A block a thread.  OUT gets the
 * fingerprints of the first step.  Prints seconds of processor time and of the
 * clock of a step, forward, backward and AdamW, the medians of RUNS (1..99)
 * behind one that warms up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"
#include "base/pool.h"
#include "embed/crop.h"
#include "embed/embed_net.h"
#include "nn/trainer.h"
#include "nn/weights.h"
#include "tests/bench/processor_time.h"

#define MAX_RUNS 99
#define MAX_ITEMS 4096

struct job {
	struct trainer *trainer;
	const float *images, *factors;	/* of the loss */
	float *fingerprints;
	size_t n_bytes;			/* of the fingerprints */
};

static double
clock_sec(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int
measure(struct job *job, const char *out, size_t n_runs, struct error *err)
{
	double spent[MAX_RUNS + 1], took[MAX_RUNS + 1];

	for (size_t i = 0; i <= n_runs; i++) {
		const double begun = processor_sec(), begun_at = clock_sec();

		if (trainer_forward(job->trainer, &job->images,
		    &job->fingerprints, err) != 0 ||
		    (i == 0 && file_write(out, job->fingerprints,
		    job->n_bytes, err) != 0) ||
		    trainer_backward(job->trainer, &job->factors, err) != 0 ||
		    trainer_step(job->trainer, 1e-3, NULL, err) != 0)
			return -1;
		spent[i] = processor_sec() - begun;
		took[i] = clock_sec() - begun_at;
	}
	printf("%.6f %.6f\n", processor_time_median(spent + 1, n_runs),
	    processor_time_median(took + 1, n_runs));
	return 0;
}

static int
read_input(struct job *job, const char *path, const struct embed_net *net,
    size_t n_items, struct arena *a, struct error *err)
{
	const size_t n_images = n_items * CROP_N_BINS * net->n_columns;
	const size_t n_bytes = sizeof(float) * (n_images +
	    n_items * net->dimension);
	size_t n_read;

	job->images = file_read(path, n_bytes, a, &n_read, err);
	if (job->images == NULL)
		return -1;
	if (n_read != n_bytes)
		return error_set(err, ERROR_FORMAT, "%s: %zu bytes, not %zu",
		    path, n_read, n_bytes);
	job->factors = job->images + n_images;
	job->n_bytes = n_items * net->dimension * sizeof(float);
	job->fingerprints = arena_need(a, job->n_bytes, 1, "fingerprints",
	    err);
	return job->fingerprints == NULL ? -1 : 0;
}

int
main(int argc, char *argv[])
{
	const size_t n_runs = argc == 8 ? strtoul(argv[5], NULL, 10) : 0;
	const size_t n_threads = argc == 8 ? strtoul(argv[6], NULL, 10) : 0;
	const size_t n_items = argc == 8 ? strtoul(argv[7], NULL, 10) : 0;
	struct error err = { ERROR_FORMAT, "usage: train_speed RECIPE WEIGHTS "
	    "INPUT OUT RUNS THREADS ITEMS" };
	struct arena *a = arena_new();
	struct trainer_options options = { .rule = TRAINER_ADAMW,
	    .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8,
	    .weight_decay = 0.01 };
	struct embed_net net;
	struct json *recipe = NULL;
	struct graph *g = NULL;
	struct weights *w = NULL;
	struct pool *pool = NULL;
	struct job job = { .trainer = NULL };
	int status = -1;

	if (a == NULL || n_runs < 1 || n_runs > MAX_RUNS || n_threads < 1 ||
	    n_items < n_threads || n_items > MAX_ITEMS ||
	    n_items % n_threads != 0)
		goto out;
	options.n_blocks = n_threads;
	options.block_items = n_items / n_threads;
	if ((recipe = json_load(argv[1], &err)) == NULL ||
	    embed_net_read(recipe, &net, &err) != 0 ||
	    (g = embed_net_graph(&net, CROP_N_BINS, &err)) == NULL ||
	    (w = weights_for(g, 1, &err)) == NULL ||
	    weights_save(argv[2], w, &err) != 0 ||
	    (pool = pool_new(n_threads, &err)) == NULL ||
	    read_input(&job, argv[3], &net, n_items, a, &err) != 0 ||
	    (job.trainer = trainer_new(g, w, &options, pool, &err)) == NULL)
		goto out;
	status = measure(&job, argv[4], n_runs, &err);
out:
	if (status != 0)
		fprintf(stderr, "train_speed: %s\n", err.text);
	trainer_free(job.trainer);
	pool_free(pool);
	weights_free(w);
	graph_free(g);
	json_free(recipe);
	arena_free(a);
	return status == 0 ? 0 : 1;
}
