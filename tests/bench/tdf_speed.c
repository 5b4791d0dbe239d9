/*
 * Our separation network alone, to be timed beside others of the same weights.
 *
 *	tdf_speed MODEL INPUT OUT RUNS THREADS
 *
 * INPUT holds a patch of floats [512][n_bins] a thread, as
 * separate/separate_net.h wants it; OUT gets the masks.  Every thread has a
 * patch of its own, as chad-separate's have records.  Prints the seconds of
 * processor time and of the clock that all the patches took, the medians of
 * RUNS (1..99).
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/pool.h"
#include "nn/session.h"
#include "nn/weights.h"
#include "separate/separate_net.h"
#include "tests/bench/processor_time.h"

#define N_FRAMES 512	/* SEPARATOR_FRAMES */
#define PATCH_VALUES ((size_t)N_FRAMES * SEPARATE_NET_BINS)
#define MAX_RUNS 99
#define MAX_THREADS 16

struct job {
	struct session *sessions[MAX_THREADS];
	const float *input;
	float *masks;
};

static double
clock_sec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
run_patch(void *shared, size_t task, size_t thread, struct error *err)
{
	struct job *job = shared;
	const float *input = job->input + task * PATCH_VALUES;
	float *mask = job->masks + task * PATCH_VALUES;

	(void)thread;
	return session_run(job->sessions[task], 1, &input, &mask, err);
}

/* Run and print; the first run, which warms up, does not count. */
static int
measure(struct job *job, struct pool *pool, size_t n_runs, struct error *err)
{
	double spent[MAX_RUNS + 1], took[MAX_RUNS + 1];

	for (size_t i = 0; i <= n_runs; i++) {
		const double begun = processor_sec(), begun_at = clock_sec();

		if (pool_run(pool, pool_n_threads(pool), run_patch, job,
		    err) != 0)
			return -1;
		spent[i] = processor_sec() - begun;
		took[i] = clock_sec() - begun_at;
	}
	printf("%.6f %.6f\n", processor_time_median(spent + 1, n_runs),
	    processor_time_median(took + 1, n_runs));
	return 0;
}

int
main(int argc, char *argv[])
{
	const size_t n_runs = argc == 6 ? strtoul(argv[4], NULL, 10) : 0;
	const size_t n_threads = argc == 6 ? strtoul(argv[5], NULL, 10) : 0;
	struct error err = { ERROR_FORMAT,
	    "usage: tdf_speed MODEL INPUT OUT RUNS THREADS" };
	const size_t n_bytes = n_threads * PATCH_VALUES * sizeof(float);
	struct arena *a = arena_new();
	struct weights *w = NULL;
	struct graph *g = NULL;
	struct pool *pool = NULL;
	struct job job = { .input = NULL };
	size_t n_read = 0;
	int status = -1;

	if (a == NULL || n_runs < 1 || n_runs > MAX_RUNS || n_threads < 1 ||
	    n_threads > MAX_THREADS ||
	    (w = weights_load(argv[1], &err)) == NULL ||
	    (g = separate_net_of_model(w, N_FRAMES, &err)) == NULL ||
	    (pool = pool_new(n_threads, &err)) == NULL ||
	    (job.input = file_read(argv[2], n_bytes, a, &n_read, &err)) ==
	    NULL ||
	    (job.masks = arena_need(a, n_bytes, 1, "masks", &err)) == NULL)
		goto out;
	if (n_read != n_bytes) {
		error_set(&err, ERROR_FORMAT, "%s: not a patch a thread",
		    argv[2]);
		goto out;
	}
	for (size_t i = 0; i < n_threads; i++)
		if ((job.sessions[i] = session_new(g, w, 1, &err)) == NULL)
			goto out;
	status = measure(&job, pool, n_runs, &err);
	if (status == 0)
		status = file_write(argv[3], job.masks, n_bytes, &err);
out:
	if (status != 0)
		fprintf(stderr, "tdf_speed: %s\n", err.text);
	for (size_t i = 0; i < MAX_THREADS; i++)
		session_free(job.sessions[i]);
	pool_free(pool);
	graph_free(g);
	weights_free(w);
	arena_free(a);
	return status == 0 ? 0 : 1;
}
