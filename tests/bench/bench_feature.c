/*
 * Times faster than real time, on one thread: features of noise at 22050
 * samples a second.  tests/bench/feature.sh has the same of PyTorch.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

#include "dsp/feature.h"

#include "tests/bench/processor_time.h"
#include "tests/lib/signal.h"

#define RATE_HZ 22050
#define N_SAMPLES ((size_t)RATE_HZ * 60)
#define N_RUNS 5

/* One pass over the sound; returns how many rows there were. */
static size_t
pass(struct feature *f, const float *x, bool is_heard_only)
{
	const float *rows;
	size_t n = 0;

	if (feature_begin(f, is_heard_only, NULL) != 0)
		exit(1);
	for (size_t i = 0; i < N_SAMPLES; i += FEATURE_MAX_PUT)
		n += feature_put(f, x + i, N_SAMPLES - i < FEATURE_MAX_PUT ?
		    N_SAMPLES - i : FEATURE_MAX_PUT, &rows);
	return n + feature_finish(f, &rows);
}

/* Print the best of N_RUNS. */
static int
measure(enum feature_kind kind, const float *x)
{
	const struct feature_options o = feature_defaults(kind);
	struct feature *f = feature_new(&o, RATE_HZ, NULL);
	double best_sec = 1e9;

	if (f == NULL)
		return -1;
	for (int i = 0; i < N_RUNS; i++) {
		const double started = processor_sec();

		if (feature_listens_first(f))
			(void)pass(f, x, true);
		if (pass(f, x, false) != N_SAMPLES / o.n_hop + 1)
			return -1;
		if (processor_sec() - started < best_sec)
			best_sec = processor_sec() - started;
	}
	printf("feature_%s %.1f x\n", feature_kind_name(kind), 60.0 /
	    best_sec);
	feature_free(f);
	return 0;
}

int
main(void)
{
	static const enum feature_kind kinds[] = { FEATURE_STFT, FEATURE_MEL,
	    FEATURE_MFCC, FEATURE_CQT, FEATURE_CHROMA_STFT,
	    FEATURE_CHROMA_CENS };
	float *x = malloc(N_SAMPLES * sizeof *x);
	int status = x == NULL;

	if (x != NULL)
		signal_noise(x, N_SAMPLES, 1, 0.1);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && status == 0;
	    i++)
		status = measure(kinds[i], x) != 0;
	free(x);
	return status;
}
