/*
 * Times faster than real time, on one thread: the STFT there and back, and the
 * separator with a network of the shipped size.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"

#include "dsp/stft.h"
#include "nn/weights.h"
#include "separate/separate_net.h"
#include "separate/separator.h"

#include "tests/lib/signal.h"

#define RATE_HZ 16000
#define N_SAMPLES ((size_t)RATE_HZ * 60)
#define N_RUNS 5
#define CHANNELS 16

static double
now_sec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
run_stft(void *context, const float *x, float *y)
{
	const struct stft *s = context;
	struct stft_analysis *a = stft_analysis_new(s, NULL);
	struct stft_synthesis *z = stft_synthesis_new(s, NULL);
	size_t n_values = 2 * stft_n_bins(s);
	float *frames = malloc(n_values * sizeof *frames * 2);
	size_t n = 0;

	if (a == NULL || z == NULL || frames == NULL)
		return -1;
	for (size_t i = 0; i + SEPARATE_NET_HOP <= N_SAMPLES;
	    i += SEPARATE_NET_HOP)
		n += stft_synthesis_put(z, frames, stft_analysis_put(a, x + i,
		    SEPARATE_NET_HOP, frames), y + n);
	free(frames);
	stft_analysis_free(a);
	stft_synthesis_free(z);
	return 0;
}

static int
run_separator(void *context, const float *x, float *y)
{
	return separator_run(context, RATE_HZ, 1, x, N_SAMPLES, y, NULL);
}

/* Print the best of N_RUNS. */
static int
measure(const char *name, int (*run)(void *context, const float *x, float *y),
    void *context, const float *x, float *y)
{
	double best_sec = 1e9;

	for (int i = 0; i < N_RUNS; i++) {
		double started = now_sec();

		if (run(context, x, y) != 0)
			return -1;
		if (now_sec() - started < best_sec)
			best_sec = now_sec() - started;
	}
	printf("%s %.1f x\n", name, (double)N_SAMPLES / RATE_HZ / best_sec);
	return 0;
}

int
main(int argc, char *argv[])
{
	struct stft *stft = stft_new(SEPARATE_NET_WINDOW, SEPARATE_NET_HOP,
	    NULL);
	struct graph *g = separate_net_new(argc > 1 ? argv[1] : "mask-tdf",
	    CHANNELS, SEPARATOR_FRAMES, NULL);
	struct weights *w = g == NULL ? NULL : weights_for(g, 1, NULL);
	struct separator_model *m = w == NULL ? NULL :
	    separator_model_new(g, w, NULL);
	struct separator *s = m == NULL ? NULL : separator_new(m, 0, NULL);
	float *x = malloc(N_SAMPLES * sizeof *x);
	float *y = malloc(N_SAMPLES * sizeof *y);
	int status = 1;

	if (stft != NULL && s != NULL && x != NULL && y != NULL) {
		signal_noise(x, N_SAMPLES, 1, 0.1);
		status = measure("stft", run_stft, stft, x, y) != 0 ||
		    measure("separate", run_separator, s, x, y) != 0;
	}
	free(x);
	free(y);
	separator_free(s);
	separator_model_free(m);
	weights_free(w);
	graph_free(g);
	stft_free(stft);
	return status;
}
