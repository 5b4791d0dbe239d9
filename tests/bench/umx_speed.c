/*
 * The network of Open-Unmix alone, to be timed beside others of the same
 * weights.
 *
 *	umx_speed MODEL MAGNITUDES OUT RUNS
 *
 * MAGNITUDES holds floats [n_frames][2][n_bins]; OUT gets the estimate.  Prints
 * seconds of processor time on one thread, the median of RUNS (1..99).
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/file.h"
#include "nn/weights.h"
#include "separate/umx_net.h"
#include "tests/bench/processor_time.h"

#define MAX_RUNS 99
#define MAX_BYTES ((size_t)1 << 28)

int
main(int argc, char *argv[])
{
	const size_t n_runs = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;
	struct error err = { ERROR_FORMAT,
	    "usage: umx_speed MODEL MAGNITUDES OUT RUNS" };
	struct arena *a = arena_new();
	struct weights *w = NULL;
	struct umx_net *net = NULL;
	struct umx_net_scratch *s = NULL;
	double spent[MAX_RUNS];
	const float *x;
	float *y;
	size_t n_bytes, n_frames;
	int status = -1;

	if (a == NULL || n_runs < 1 || n_runs > MAX_RUNS ||
	    (w = weights_load(argv[1], &err)) == NULL ||
	    (net = umx_net_new(w, &err)) == NULL ||
	    (x = file_read(argv[2], MAX_BYTES, a, &n_bytes, &err)) == NULL)
		goto out;
	n_frames = n_bytes / (2 * umx_net_n_bins(net) * sizeof(*x));
	s = umx_net_scratch_new(net, n_frames, &err);
	y = arena_need(a, n_bytes, 1, "bytes of an estimate", &err);
	if (s == NULL || y == NULL)
		goto out;
	for (size_t i = 0; i < n_runs; i++) {
		const double begun = processor_sec();

		umx_net_run(s, n_frames, x, y);
		spent[i] = processor_sec() - begun;
	}
	printf("%.6f\n", processor_time_median(spent, n_runs));
	status = file_write(argv[3], y, n_bytes, &err);
out:
	if (status != 0)
		fprintf(stderr, "umx_speed: %s\n", err.text);
	umx_net_scratch_free(s);
	umx_net_free(net);
	weights_free(w);
	arena_free(a);
	return status == 0 ? 0 : 1;
}
