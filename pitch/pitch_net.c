#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/simd.h"

#include "pitch/pitch_net.h"

#define KERNEL 64
#define KERNEL_1 512
#define LANES 16
#define BATCH_NORM_MOMENTUM 0.01
/* Standard deviation of what is taken for digital silence: -140 dBFS. */
#define SILENCE 1e-7

static const struct capacity {
	const char *name;
	size_t multiplier;
} capacities[] = {
	{ "tiny", 4 }, { "small", 8 }, { "medium", 16 }, { "large", 24 },
	{ "full", 32 },
};
#define N_CAPACITIES (sizeof(capacities) / sizeof(*capacities))

/* Filters of each convolution, times the multiplier. */
static const size_t filters[PITCH_NET_LAYERS] = { 32, 4, 4, 4, 8, 16 };

int
pitch_net_multiplier(const char *capacity, size_t *multiplier,
    struct error *err)
{
	for (size_t i = 0; i < N_CAPACITIES; i++) {
		if (strcmp(capacity, capacities[i].name) == 0) {
			*multiplier = capacities[i].multiplier;
			return 0;
		}
	}
	return error_set(err, ERROR_FORMAT, "capacity \"%s\" is not tiny, "
	    "small, medium, large or full", capacity);
}

const char *
pitch_net_capacity(size_t multiplier)
{
	for (size_t i = 0; i < N_CAPACITIES; i++)
		if (capacities[i].multiplier == multiplier)
			return capacities[i].name;
	return NULL;
}

struct graph *
pitch_net_new(const char *capacity, bool has_voicing, double dropout,
    struct error *err)
{
	const struct graph_pool halve = { .kernel_h = 2, .kernel_w = 1 };
	char conv_name[16], norm_name[16];
	struct graph *g;
	size_t m = 0;
	int x;

	if (pitch_net_multiplier(capacity, &m, err) != 0)
		return NULL;
	g = graph_new(err);
	if (g == NULL)
		return NULL;
	x = graph_input(g, "frame", PITCH_NET_INPUT / PITCH_NET_PHASES, 1,
	    PITCH_NET_PHASES);
	for (size_t i = 0; i < PITCH_NET_LAYERS; i++) {
		const struct graph_conv conv = {
			.out_channels = filters[i] * m,
			.kernel_h = i == 0 ? KERNEL_1 / PITCH_NET_PHASES :
			    KERNEL,
			.kernel_w = 1,
			.pad_top = i == 0 ? 0 : KERNEL / 2 - 1,
			.pad_bottom = i == 0 ? 0 : KERNEL / 2,
		};

		snprintf(conv_name, sizeof(conv_name), "conv%zu", i + 1);
		snprintf(norm_name, sizeof(norm_name), "conv%zu_BN", i + 1);
		x = graph_conv(g, conv_name, x, &conv);
		x = graph_relu(g, x);
		x = graph_batch_norm(g, norm_name, x, PITCH_NET_NORM_EPSILON,
		    BATCH_NORM_MOMENTUM);
		x = graph_max_pool(g, x, &halve);
		if (dropout > 0.0)
			x = graph_dropout(g, x, dropout);
	}
	x = graph_dense(g, "classifier", x, has_voicing ?
	    PITCH_NET_MAX_OUTPUTS : ACTIVATIONS_N_BINS, false);
	x = graph_sigmoid(g, x);
	graph_output(g, "activations", x);
	if (graph_finish(g, err) != 0) {
		graph_free(g);
		return NULL;
	}
	return g;
}

struct graph *
pitch_net_of_model(const struct weights *w, struct error *err)
{
	const struct json *metadata = weights_metadata_const(w);
	const char *architecture, *capacity;
	struct graph *g;
	bool has_voicing;

	if (json_want_string(metadata, "network.architecture", &architecture,
	    err) != 0)
		return NULL;
	if (strcmp(architecture, "crepe") != 0) {
		error_set(err, ERROR_FORMAT, "a model of architecture \"%s\"; "
		    "pitch needs \"crepe\"", architecture);
		return NULL;
	}
	if (json_want_string(metadata, "network.capacity", &capacity,
	    err) != 0 || json_get_bool(metadata, "network.voicing", false,
	    &has_voicing, err) != 0)
		return NULL;
	g = pitch_net_new(capacity, has_voicing, PITCH_NET_DROPOUT, err);
	if (g != NULL && weights_check(w, g, err) != 0) {
		graph_free(g);
		return NULL;
	}
	return g;
}

int
pitch_net_describe(struct json *metadata, const char *capacity,
    bool has_voicing, struct error *err)
{
	if (json_put_string(metadata, "format", "chad-model 1", err) != 0 ||
	    json_put_string(metadata, "network.architecture", "crepe",
	    err) != 0 ||
	    json_put_string(metadata, "network.capacity", capacity,
	    err) != 0 ||
	    json_put_size(metadata, "features.rate_hz", PITCH_NET_RATE_HZ,
	    err) != 0 ||
	    json_put_size(metadata, "features.frame_samples", PITCH_NET_FRAME,
	    err) != 0 ||
	    json_put_size(metadata, "features.n_bins", ACTIVATIONS_N_BINS,
	    err) != 0 ||
	    json_put_size(metadata, "features.bin_cents",
	    (size_t)ACTIVATIONS_BIN_CENTS, err) != 0)
		return -1;
	return has_voicing ? json_put_bool(metadata, "network.voicing", true,
	    err) : 0;
}

/*
 * The sum of all samples less "mean", or of their squares: what lies LANES
 * apart is added apart, in vectors.
 */
SIMD static double
sum_of(const float samples[PITCH_NET_FRAME], double mean, bool is_squared)
{
	double sums[LANES] = { 0.0 }, sum = 0.0;

	for (size_t i = 0; i < PITCH_NET_FRAME; i += LANES) {
		for (size_t l = 0; l < LANES; l++) {
			const double x = (double)samples[i + l] - mean;

			sums[l] += is_squared ? x * x : x;
		}
	}
	for (size_t l = 0; l < LANES; l++)
		sum += sums[l];
	return sum;
}

SIMD static void
normalise(const float *restrict samples, double mean, double scale,
    float *restrict to)
{
	for (size_t i = 0; i < PITCH_NET_FRAME; i++)
		to[i] = (float)(((double)samples[i] - mean) * scale);
}

bool
pitch_net_input(const float samples[PITCH_NET_FRAME],
    float input[PITCH_NET_INPUT])
{
	const double mean = sum_of(samples, 0.0, false) / PITCH_NET_FRAME;
	const double variance = sum_of(samples, mean, true) / PITCH_NET_FRAME;

	memset(input, 0, PITCH_NET_INPUT * sizeof(*input));
	if (!(variance > SILENCE * SILENCE))
		return false;
	normalise(samples, mean, 1.0 / sqrt(variance), input + PITCH_NET_PAD);
	return true;
}

/* conv1: 512 taps of one channel become 128 taps of 4. */
static void
split_phases(const float *taps, size_t n_filters, float *split)
{
	const size_t n = KERNEL_1 / PITCH_NET_PHASES;

	for (size_t f = 0; f < n_filters; f++)
		for (size_t k = 0; k < KERNEL_1; k++)
			split[f * KERNEL_1 + k % PITCH_NET_PHASES * n +
			    k / PITCH_NET_PHASES] = taps[f * KERNEL_1 + k];
}

/* Copy one tensor into the model. */
static int
import_tensor(struct weights *w, const struct weights_tensor *t,
    struct error *err)
{
	const size_t split_shape[4] = { t->shape[0], PITCH_NET_PHASES,
	    KERNEL_1 / PITCH_NET_PHASES, 1 };
	const bool is_first = strcmp(t->name, "conv1.weight") == 0;
	float *values;

	if (weights_add(w, t->name, t->rank, is_first ? split_shape :
	    t->shape, &values, err) != 0)
		return -1;
	if (is_first)
		split_phases(t->values, t->shape[0], values);
	else
		memcpy(values, t->values, t->n_values * sizeof(*values));
	return 0;
}

struct weights *
pitch_net_import(const struct weights *published, struct error *err)
{
	const struct weights_tensor *first = weights_find(published,
	    "conv1.weight");
	const char *capacity = NULL;
	struct weights *w;
	struct graph *g = NULL;

	if (first != NULL && first->rank == 4 && first->shape[1] == 1 &&
	    first->shape[2] == KERNEL_1 && first->shape[3] == 1 &&
	    first->shape[0] % filters[0] == 0)
		capacity = pitch_net_capacity(first->shape[0] / filters[0]);
	if (capacity == NULL) {
		error_set(err, ERROR_FORMAT, "not a CREPE network: it has no "
		    "conv1.weight of 512 taps and a known number of filters");
		return NULL;
	}
	w = weights_new(err);
	if (w == NULL)
		return NULL;
	for (size_t i = 0; i < weights_n_tensors(published); i++)
		if (import_tensor(w, weights_tensor(published, i), err) != 0)
			goto fail;
	if (pitch_net_describe(weights_metadata(w), capacity, false,
	    err) != 0)
		goto fail;
	g = pitch_net_of_model(w, err);
	if (g == NULL)
		goto fail;
	graph_free(g);
	return w;
fail:
	weights_free(w);
	return NULL;
}
