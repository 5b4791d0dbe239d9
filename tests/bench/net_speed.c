/*
 * The pitch network alone, to be timed beside others of the same weights.
 *
 *	net_speed MODEL FRAMES OUT RUNS [bf16]
 *
 * FRAMES holds normalised frames of 1024 floats; OUT gets their activations.
 * Prints frames per second of processor time on one thread, the median of RUNS
 * (1..99).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "nn/weights.h"
#include "pitch/pitch_net.h"
#include "pitch/pitch_spectral.h"
#include "tests/bench/processor_time.h"

#define MAX_RUNS 99
#define MAX_BYTES ((size_t)1 << 28)

/* The frames as the network's inputs, arena memory. */
static float *
read_inputs(const char *path, struct arena *a, size_t *n, struct error *err)
{
	const size_t frame_bytes = PITCH_NET_FRAME * sizeof(float);
	size_t n_bytes;
	const char *bytes = file_read(path, MAX_BYTES, a, &n_bytes, err);
	float *x;

	if (bytes == NULL)
		return NULL;
	*n = n_bytes / frame_bytes;
	x = arena_need(a, *n * PITCH_NET_INPUT, sizeof(*x), "inputs", err);
	for (size_t f = 0; x != NULL && f < *n; f++)
		memcpy(x + f * PITCH_NET_INPUT + PITCH_NET_PAD,
		    bytes + f * frame_bytes, frame_bytes);
	return x;
}

int
main(int argc, char *argv[])
{
	const size_t n_runs = argc >= 5 ? strtoul(argv[4], NULL, 10) : 0;
	const struct pitch_spectral_options options = {
	    .is_bf16 = argc == 6 && strcmp(argv[5], "bf16") == 0 };
	struct error err = { ERROR_FORMAT,
	    "usage: net_speed MODEL FRAMES OUT RUNS [bf16]" };
	struct arena *a = arena_new();
	struct weights *w = NULL;
	struct pitch_spectral *p = NULL;
	struct pitch_spectral_scratch *s = NULL;
	double spent[MAX_RUNS];
	float *x, *y;
	size_t n = 0, n_outputs;
	int status = -1;

	if (a == NULL || n_runs < 1 || n_runs > MAX_RUNS ||
	    (w = weights_load(argv[1], &err)) == NULL ||
	    (p = pitch_spectral_new(w, &options, &err)) == NULL ||
	    (s = pitch_spectral_scratch_new(p, &err)) == NULL ||
	    (x = read_inputs(argv[2], a, &n, &err)) == NULL)
		goto out;
	n_outputs = pitch_spectral_n_outputs(p);
	y = arena_need(a, n * n_outputs, sizeof(*y), "activations", &err);
	if (y == NULL)
		goto out;
	for (size_t i = 0; i < n_runs; i++) {
		const double begun = processor_sec();

		pitch_spectral_run(s, n, x, NULL, y);
		spent[i] = processor_sec() - begun;
	}
	printf("%.1f\n", (double)n / processor_time_median(spent, n_runs));
	status = file_write(argv[3], y, n * n_outputs * sizeof(*y),
	    &err);
out:
	if (status != 0)
		fprintf(stderr, "net_speed: %s\n", err.text);
	pitch_spectral_scratch_free(s);
	pitch_spectral_free(p);
	weights_free(w);
	arena_free(a);
	return status == 0 ? 0 : 1;
}
