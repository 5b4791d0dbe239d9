/*
 * mask_voice -- the voice by the mask of our own network (separate_net.h).
 *
 * The network hears the mean of the channels at 16 kHz, bins of 15.6 Hz every
 * 16 ms.  A sound of a higher rate is cut into frames of the same length, so
 * that its lower bins are those bins, to within half a percent; the bins above
 * 8 kHz get the mean of the mask over the last two kilohertz.  All channels get
 * one mask.
 *
 * Each frame is scaled by the loudness of the AROUND frames on either side.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include "nn/session.h"

#include "separate/separate_net.h"
#include "separate/separator.h"
#include "separate/voice_kind.h"

#define N_FRAMES ((size_t)SEPARATOR_FRAMES)
#define N_BINS ((size_t)SEPARATE_NET_BINS)
#define SHARED 96
#define FADE 16
#define AROUND 64

/* The hop, rounded to as many samples, has many small factors. */
#define HOP_STEP 16
#define MAX_STRETCH 0.005	/* of a frame's length */

/* Bins whose mask is that of all above the network's. */
#define TOP_BINS ((size_t)128)

struct mask_voice {
	struct weights *own_weights;	/* NULL when they are the caller's */
	struct graph *own_graph;
	const struct weights *weights;
	const struct graph *graph;
};

struct worker {
	struct session *session;
	double *powers;		/* [AROUND + N_FRAMES + AROUND] */
	float *magnitudes;	/* [N_BINS] */
	float *input, *mask;	/* [N_FRAMES][N_BINS] */
};

struct mask_voice *
mask_voice_new(const struct graph *g, const struct weights *w,
    struct error *err)
{
	struct mask_voice *m = memory_new(1, sizeof *m, "separation model",
	    err);

	if (m == NULL)
		return NULL;
	m->graph = g;
	m->weights = w;
	return m;
}

struct mask_voice *
mask_voice_of_model(struct weights *w, struct error *err)
{
	struct graph *g = separate_net_of_model(w, N_FRAMES, err);
	struct mask_voice *m = g == NULL ? NULL : mask_voice_new(g, w, err);

	if (m == NULL) {
		graph_free(g);
		return NULL;
	}
	m->own_graph = g;
	m->own_weights = w;
	return m;
}

static void
free_network(void *network)
{
	struct mask_voice *m = network;

	graph_free(m->own_graph);
	weights_free(m->own_weights);
	memory_free(m);
}

static int
shape_of(const void *network, unsigned rate_hz, size_t n_channels,
    struct voice_shape *shape, struct error *err)
{
	const double hop = (double)rate_hz * SEPARATE_NET_HOP /
	    SEPARATE_NET_RATE_HZ;
	const double n_hop = HOP_STEP * round(hop / HOP_STEP);

	(void)network;
	if (rate_hz < SEPARATE_NET_RATE_HZ)
		return error_set(err, ERROR_FORMAT, "%u Hz are too few for "
		    "this network, which hears %d and more: run chad-decode "
		    "first", rate_hz, SEPARATE_NET_RATE_HZ);
	if (fabs(n_hop / hop - 1.0) > MAX_STRETCH)
		return error_set(err, ERROR_FORMAT, "%u Hz are not a rate "
		    "that this network can hear; 44100 and 48000 are, or run "
		    "chad-decode first", rate_hz);
	*shape = (struct voice_shape){ .n_channels = n_channels,
	    .n_hop = (size_t)n_hop, .n_window = 4 * (size_t)n_hop,
	    .n_bins = 2 * (size_t)n_hop + 1, .n_frames = N_FRAMES,
	    .n_shared = SHARED, .n_fade = FADE, .n_around = AROUND };
	return 0;
}

static void
free_worker(void *worker)
{
	struct worker *k = worker;

	if (k == NULL)
		return;
	session_free(k->session);
	memory_free(k->powers);
	memory_free(k->magnitudes);
	memory_free(k->input);
	memory_free(k->mask);
	memory_free(k);
}

static void *
new_worker(const void *network, struct error *err)
{
	const struct mask_voice *m = network;
	struct worker *k = memory_new(1, sizeof *k, "separator", err);

	if (k == NULL)
		return NULL;
	k->session = session_new(m->graph, m->weights, 1, err);
	k->powers = memory_new(N_FRAMES + 2 * AROUND, sizeof(double),
	    "loudness", err);
	k->magnitudes = memory_new(N_BINS, sizeof(float), "magnitudes", err);
	k->input = memory_new(N_FRAMES * N_BINS, sizeof(float), "input", err);
	k->mask = memory_new(N_FRAMES * N_BINS, sizeof(float), "mask", err);
	if (k->session == NULL || k->powers == NULL ||
	    k->magnitudes == NULL || k->input == NULL || k->mask == NULL) {
		free_worker(k);
		return NULL;
	}
	return k;
}

/* Magnitudes of the mean of the channels in frame i. */
static void
measure(const struct voice_shape *shape, const struct voice_patch *patch,
    ptrdiff_t i, float *magnitudes)
{
	const ptrdiff_t at = i * (ptrdiff_t)(2 * shape->n_bins);
	const float *one = patch->frames[0] + at;
	const float *two = shape->n_channels > 1 ? patch->frames[1] + at : one;

	for (size_t b = 0; b < N_BINS; b++) {
		const float re = 0.5f * (one[2 * b] + two[2 * b]);
		const float im = 0.5f * (one[2 * b + 1] + two[2 * b + 1]);

		magnitudes[b] = sqrtf(re * re + im * im);
	}
}

static double
mean_square(const float *magnitudes)
{
	double sum = 0.0;

	for (size_t b = 0; b < N_BINS; b++)
		sum += (double)magnitudes[b] * (double)magnitudes[b];
	return sum / (double)N_BINS;
}

/* The mean of powers from..to - 1, of which there are n. */
static double
mean_power(const double *powers, size_t n, size_t from, size_t to)
{
	const size_t end = to < n ? to : n;
	double sum = 0.0;

	for (size_t i = from; i < end; i++)
		sum += powers[i];
	return sum / (double)(end - from);
}

/* The network's input, silence behind the frames that there are. */
static void
make_input(struct worker *k, const struct voice_shape *shape,
    const struct voice_patch *patch)
{
	const size_t before = patch->n_before;
	const size_t n = before + patch->n_frames + patch->n_behind;

	for (size_t i = 0; i < n; i++) {
		measure(shape, patch, (ptrdiff_t)i - (ptrdiff_t)before,
		    k->magnitudes);
		k->powers[i] = mean_square(k->magnitudes);
	}
	for (size_t i = 0; i < patch->n_frames; i++) {
		const size_t at = before + i;
		const size_t from = at > AROUND ? at - AROUND : 0;

		measure(shape, patch, (ptrdiff_t)i, k->magnitudes);
		separate_net_input(k->magnitudes, N_BINS, mean_power(k->powers,
		    n, from, at + AROUND + 1), k->input + i * N_BINS);
	}
	memset(k->input + patch->n_frames * N_BINS, 0, (N_FRAMES -
	    patch->n_frames) * N_BINS * sizeof(*k->input));
}

/* One frame of one channel under its mask. */
static void
mask_frame(const float *frame, const float *mask, size_t n_bins, float *voice)
{
	float top = 0.0f;

	for (size_t b = N_BINS - TOP_BINS; b < N_BINS; b++)
		top += mask[b] / (float)TOP_BINS;
	for (size_t b = 0; b < n_bins; b++) {
		const float m = b < N_BINS ? mask[b] : top;

		voice[2 * b] = m * frame[2 * b];
		voice[2 * b + 1] = m * frame[2 * b + 1];
	}
}

static int
estimate(void *worker, const struct voice_shape *shape,
    const struct voice_patch *patch, float *const *voice, struct error *err)
{
	struct worker *k = worker;
	const size_t n_values = 2 * shape->n_bins;
	const float *in[1] = { k->input };
	float *out[1] = { k->mask };

	make_input(k, shape, patch);
	if (session_run(k->session, 1, in, out, err) != 0)
		return error_add(err, "separating");
	for (size_t c = 0; c < shape->n_channels; c++)
		for (size_t i = 0; i < patch->n_frames; i++)
			mask_frame(patch->frames[c] + i * n_values, k->mask +
			    i * N_BINS, shape->n_bins, voice[c] +
			    i * n_values);
	return 0;
}

const struct voice_kind mask_voice = {
	shape_of, new_worker, free_worker, estimate, free_network
};
