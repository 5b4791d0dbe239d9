/*
 * How many times faster than real time one thread tracks pitch: by CREPE's
 * tiny network with each decoder, and by each classical method; and how many
 * times real time is the network alone, in the frequency domain and layer by
 * layer, and the ratio of the two.  Medians of 5 runs.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "nn/session.h"
#include "nn/weights.h"
#include "pitch/pitch_net.h"
#include "pitch/pitch_spectral.h"
#include "pitch/tracker.h"

#define RATE_HZ 16000
#define SOUND_SEC 20
#define N_RUNS 5
#define N_FRAMES 192
#define HOP_SEC 0.01

static double
now_sec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
compare_doubles(const void *pa, const void *pb)
{
	const double a = *(const double *)pa, b = *(const double *)pb;

	return (a > b) - (a < b);
}

/* Track the sound N_RUNS times and print the median. */
static int
measure(const char *name, const struct tracker_model *model,
    const struct tracker_options *options, const float *samples,
    struct arena *a, struct error *err)
{
	struct tracker *t = tracker_new(model, options, err);
	double factors[N_RUNS];
	int status = t == NULL ? -1 : 0;

	for (size_t i = 0; status == 0 && i < N_RUNS; i++) {
		struct frames_array array = { samples, RATE_HZ * SOUND_SEC };
		const struct frames_source source = { frames_array_get,
		    &array, array.n_left, RATE_HZ };
		const double started = now_sec();
		struct track track;

		status = tracker_run(t, &source, NULL, a, &track, err);
		factors[i] = (now_sec() - started) / SOUND_SEC;
	}
	tracker_free(t);
	if (status != 0)
		return -1;
	qsort(factors, N_RUNS, sizeof(*factors), compare_doubles);
	printf("f0.%s %.1f x\n", name, 1.0 / factors[N_RUNS / 2]);
	return 0;
}

/* The network alone on frames of the sound. */
static int
compare(const struct graph *g, const struct weights *w, const float *samples,
    struct arena *a, struct error *err)
{
	struct session *s = session_new(g, w, N_FRAMES, err);
	struct pitch_spectral *p = pitch_spectral_new(w, NULL, err);
	struct pitch_spectral_scratch *scratch = p == NULL ? NULL :
	    pitch_spectral_scratch_new(p, err);
	float *x = arena_alloc(a, N_FRAMES * PITCH_NET_INPUT, sizeof(*x));
	float *y = arena_alloc(a, N_FRAMES * ACTIVATIONS_N_BINS, sizeof(*y));
	double direct[N_RUNS], spectral[N_RUNS];
	int status = s == NULL || scratch == NULL || x == NULL || y == NULL ?
	    -1 : 0;

	for (size_t f = 0; status == 0 && f < N_FRAMES; f++)
		if (!pitch_net_input(samples + f * 160,
		    x + f * PITCH_NET_INPUT))
			status = error_set(err, ERROR_BUG, "silence");
	for (size_t i = 0; status == 0 && i < N_RUNS; i++) {
		const double started = now_sec();
		double between;

		status = session_run(s, N_FRAMES, (const float *const[]){ x },
		    (float *const[]){ y }, err);
		between = now_sec();
		if (status == 0)
			pitch_spectral_run(scratch, N_FRAMES, x, NULL, y);
		spectral[i] = now_sec() - between;
		direct[i] = between - started;
	}
	if (status == 0) {
		const double sound_sec = N_FRAMES * HOP_SEC;

		qsort(direct, N_RUNS, sizeof(*direct), compare_doubles);
		qsort(spectral, N_RUNS, sizeof(*spectral), compare_doubles);
		printf("f0.net_spectral %.1f x\nf0.net_direct %.1f x\n"
		    "f0.net_ratio %.1f times\n",
		    sound_sec / spectral[N_RUNS / 2],
		    sound_sec / direct[N_RUNS / 2],
		    direct[N_RUNS / 2] / spectral[N_RUNS / 2]);
	}
	pitch_spectral_scratch_free(scratch);
	pitch_spectral_free(p);
	session_free(s);
	return status;
}

static const struct {
	const char *name;
	enum tracker_method method;
	enum tracker_decoder decoder;
} kinds[] = {
	{ "crepe_tiny", TRACKER_CREPE, TRACKER_ARGMAX },
	{ "crepe_tiny_viterbi", TRACKER_CREPE, TRACKER_CREPE_VITERBI },
	{ "crepe_tiny_voicing", TRACKER_CREPE, TRACKER_VOICING },
	{ "yin", TRACKER_YIN, TRACKER_ARGMAX },
	{ "pyin", TRACKER_PYIN, TRACKER_ARGMAX },
	{ "whistle", TRACKER_WHISTLE, TRACKER_ARGMAX },
};

int
main(void)
{
	struct tracker_options options = { .method = TRACKER_CREPE,
	    .hop_sec = HOP_SEC, .voicing_threshold = 0.0, .n_median = 1 };
	struct arena *a = arena_new();
	struct error err = { ERROR_NONE, "" };
	struct graph *g = pitch_net_new("tiny", false, 0.0, &err);
	struct weights *w = g == NULL ? NULL : weights_for(g, 1, &err);
	struct tracker_model *model = NULL;
	float *samples = arena_alloc(a, RATE_HZ * SOUND_SEC,
	    sizeof(*samples));
	int status = 1;

	if (w == NULL || samples == NULL ||
	    pitch_net_describe(weights_metadata(w), "tiny", false, &err) != 0)
		goto out;
	for (size_t i = 0; i < RATE_HZ * SOUND_SEC; i++)
		samples[i] = 0.3f * sinf((float)i * 0.05f *
		    (1.0f + (float)i / (RATE_HZ * SOUND_SEC)));
	model = tracker_model_of(w, &err);
	if (model == NULL)
		goto out;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		options.method = kinds[i].method;
		options.decoder = kinds[i].decoder;
		if (measure(kinds[i].name, model, &options, samples, a,
		    &err) != 0)
			goto out;
	}
	status = compare(g, w, samples, a, &err) != 0;
out:
	if (status != 0)
		fprintf(stderr, "bench_f0: %s\n", err.text);
	tracker_model_free(model);
	weights_free(w);
	graph_free(g);
	arena_free(a);
	return status;
}
