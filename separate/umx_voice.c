/*
 * umx_voice -- the voice by the network of Open-Unmix (umx_net.h): the
 * magnitudes it estimates, with the phases of the mixture.
 *
 * A recording of one channel is given to both of the network's, and the mean of
 * what it says of them counts.  The recurrent layers hear a patch of 23.8 s at
 * a time; neighbours share 3 s.
 */
#include <math.h>

#include "base/memory.h"

#include "separate/umx_model.h"
#include "separate/umx_net.h"
#include "separate/voice_kind.h"

#define N_FRAMES 1024
#define SHARED 128
#define FADE 32

struct worker {
	size_t n_bins;
	struct umx_net_scratch *scratch;
	float *magnitudes, *estimate;	/* [N_FRAMES][2][n_bins] */
};

struct umx_net *
umx_voice_of_model(const struct weights *w, struct error *err)
{
	return umx_net_new(w, err);
}

static void
free_network(void *network)
{
	umx_net_free(network);
}

static int
shape_of(const void *network, unsigned rate_hz, size_t n_channels,
    struct voice_shape *shape, struct error *err)
{
	const size_t n_bins = umx_net_n_bins(network);

	if (rate_hz != UMX_MODEL_RATE_HZ)
		return error_set(err, ERROR_FORMAT, "%u Hz are not what "
		    "Open-Unmix hears: run chad-decode --rate %d --channels 2 "
		    "first", rate_hz, UMX_MODEL_RATE_HZ);
	*shape = (struct voice_shape){ .n_channels = n_channels,
	    .n_window = 2 * (n_bins - 1), .n_hop = (n_bins - 1) / 2,
	    .n_bins = n_bins, .n_frames = N_FRAMES, .n_shared = SHARED,
	    .n_fade = FADE };
	return 0;
}

static void
free_worker(void *worker)
{
	struct worker *k = worker;

	if (k == NULL)
		return;
	umx_net_scratch_free(k->scratch);
	memory_free(k->magnitudes);
	memory_free(k->estimate);
	memory_free(k);
}

static void *
new_worker(const void *network, struct error *err)
{
	const size_t n_bins = umx_net_n_bins(network);
	const size_t n = N_FRAMES * UMX_MODEL_CHANNELS * n_bins;
	struct worker *k = memory_new(1, sizeof *k, "separator", err);

	if (k == NULL)
		return NULL;
	k->n_bins = n_bins;
	k->scratch = umx_net_scratch_new(network, N_FRAMES, err);
	k->magnitudes = memory_new(n, sizeof(float), "magnitudes", err);
	k->estimate = memory_new(n, sizeof(float), "magnitudes", err);
	if (k->scratch == NULL || k->magnitudes == NULL ||
	    k->estimate == NULL) {
		free_worker(k);
		return NULL;
	}
	return k;
}

/* Row i of a channel of the network. */
static float *
row(const struct worker *k, float *rows, size_t i, size_t channel)
{
	return rows + (i * UMX_MODEL_CHANNELS + channel) * k->n_bins;
}

static void
measure(struct worker *k, const struct voice_shape *shape,
    const struct voice_patch *patch)
{
	const size_t n_bins = k->n_bins;

	for (size_t i = 0; i < patch->n_frames; i++)
		for (size_t c = 0; c < UMX_MODEL_CHANNELS; c++) {
			const float *x = patch->frames[c %
			    shape->n_channels] + i * 2 * n_bins;
			float *to = row(k, k->magnitudes, i, c);

			for (size_t b = 0; b < n_bins; b++)
				to[b] = sqrtf(x[2 * b] * x[2 * b] +
				    x[2 * b + 1] * x[2 * b + 1]);
		}
}

static int
estimate(void *worker, const struct voice_shape *shape,
    const struct voice_patch *patch, float *const *voice, struct error *err)
{
	struct worker *k = worker;
	const size_t n_bins = k->n_bins, n_channels = shape->n_channels;

	(void)err;
	measure(k, shape, patch);
	umx_net_run(k->scratch, patch->n_frames, k->magnitudes, k->estimate);
	for (size_t c = 0; c < n_channels; c++)
		for (size_t i = 0; i < patch->n_frames; i++) {
			const float *x = patch->frames[c] + i * 2 * n_bins;
			const float *size = row(k, k->magnitudes, i, c);
			const float *one = row(k, k->estimate, i, c);
			const float *two = row(k, k->estimate, i,
			    n_channels == 1 ? 1 : c);
			float *y = voice[c] + i * 2 * n_bins;

			for (size_t b = 0; b < n_bins; b++) {
				const float m = size[b] > 0.0f ? 0.5f *
				    (one[b] + two[b]) / size[b] : 0.0f;

				y[2 * b] = m * x[2 * b];
				y[2 * b + 1] = m * x[2 * b + 1];
			}
		}
	return 0;
}

const struct voice_kind umx_voice = {
	shape_of, new_worker, free_worker, estimate, free_network
};
