#include <math.h>
#include <stdio.h>
#include <string.h>

#include "separate/separate_net.h"

#define N_LEVELS 5
#define MIN_CHANNELS 4
#define MAX_CHANNELS 64
#define LAST_CHANNELS 8
#define LEAK 0.2
#define NORM_EPSILON 1e-5
#define NORM_MOMENTUM 0.02

/* Root mean square below which a patch is silence: -120 dB of a full tone. */
#define SILENCE 1e-4

/* With a stride of 2 these pads halve a size exactly, and double it back. */
static struct graph_conv
halving(size_t channels)
{
	return (struct graph_conv){ .out_channels = channels,
	    .kernel_h = 5, .kernel_w = 5, .stride_h = 2, .stride_w = 2,
	    .pad_top = 1, .pad_bottom = 2, .pad_left = 1, .pad_right = 2,
	    .no_bias = true };
}

static int
down(struct graph *g, int level, int x, size_t channels)
{
	struct graph_conv conv = halving(channels);
	char name[24], norm[24];

	(void)snprintf(name, sizeof name, "down%d", level);
	(void)snprintf(norm, sizeof norm, "down%d_norm", level);
	x = graph_conv(g, name, x, &conv);
	x = graph_batch_norm(g, norm, x, NORM_EPSILON, NORM_MOMENTUM);
	return graph_leaky_relu(g, x, LEAK);
}

static int
up(struct graph *g, int level, int x, size_t channels)
{
	struct graph_conv conv = halving(channels);
	char name[24], norm[24];

	(void)snprintf(name, sizeof name, "up%d", level);
	(void)snprintf(norm, sizeof norm, "up%d_norm", level);
	x = graph_conv_transposed(g, name, x, &conv);
	x = graph_batch_norm(g, norm, x, NORM_EPSILON, NORM_MOMENTUM);
	return graph_relu(g, x);
}

struct graph *
separate_net_new(size_t channels, struct error *err)
{
	const struct graph_conv last = { .out_channels = 1, .kernel_h = 3,
	    .kernel_w = 3, .pad_top = 1, .pad_bottom = 1, .pad_left = 1,
	    .pad_right = 1 };
	int skip[N_LEVELS + 1];
	struct graph *g;
	int x;

	if (channels < MIN_CHANNELS || channels > MAX_CHANNELS) {
		error_set(err, ERROR_LIMIT, "a mask network of %zu channels: "
		    "%d to %d can be made", channels, MIN_CHANNELS,
		    MAX_CHANNELS);
		return NULL;
	}
	if ((g = graph_new(err)) == NULL)
		return NULL;
	x = graph_input(g, "magnitudes", SEPARATE_NET_FRAMES,
	    SEPARATE_NET_BINS, 1);
	for (int i = 1; i <= N_LEVELS; i++)
		x = skip[i] = down(g, i, x, channels << (i - 1));
	for (int i = N_LEVELS; i > 1; i--) {
		x = up(g, i, x, channels << (i - 2));
		x = graph_concat(g, x, skip[i - 1]);
	}
	x = up(g, 1, x, LAST_CHANNELS);
	x = graph_conv(g, "last", x, &last);
	graph_output(g, "mask", graph_sigmoid(g, x));
	if (graph_finish(g, err) != 0) {
		graph_free(g);
		return NULL;
	}
	return g;
}

struct graph *
separate_net_of_model(const struct weights *w, struct error *err)
{
	const struct json *metadata = weights_metadata_const(w);
	const char *architecture;
	size_t channels;
	struct graph *g;

	if (json_want_string(metadata, "network.architecture", &architecture,
	    err) != 0)
		return NULL;
	if (strcmp(architecture, "mask-unet") != 0) {
		error_set(err, ERROR_FORMAT, "a model of architecture \"%s\"; "
		    "separation needs \"mask-unet\"", architecture);
		return NULL;
	}
	if (json_want_size(metadata, "network.channels", &channels, err) != 0)
		return NULL;
	g = separate_net_new(channels, err);
	if (g != NULL && weights_check(w, g, err) != 0) {
		graph_free(g);
		return NULL;
	}
	return g;
}

int
separate_net_describe(struct json *metadata, size_t channels,
    struct error *err)
{
	if (json_put_string(metadata, "format", "chad-model 1", err) != 0 ||
	    json_put_string(metadata, "network.architecture", "mask-unet",
	    err) != 0 ||
	    json_put_size(metadata, "network.channels", channels, err) != 0 ||
	    json_put_size(metadata, "features.rate_hz", SEPARATE_NET_RATE_HZ,
	    err) != 0 ||
	    json_put_size(metadata, "features.window_samples",
	    SEPARATE_NET_WINDOW, err) != 0 ||
	    json_put_size(metadata, "features.hop_samples", SEPARATE_NET_HOP,
	    err) != 0 ||
	    json_put_size(metadata, "features.n_bins", SEPARATE_NET_BINS,
	    err) != 0 ||
	    json_put_size(metadata, "features.n_frames", SEPARATE_NET_FRAMES,
	    err) != 0)
		return -1;
	return 0;
}

float
separate_net_input(const float magnitudes[SEPARATE_NET_VALUES],
    float input[SEPARATE_NET_VALUES])
{
	double power = 0.0;
	float scale;

	for (size_t i = 0; i < SEPARATE_NET_VALUES; i++)
		power += (double)magnitudes[i] * (double)magnitudes[i];
	power /= SEPARATE_NET_VALUES;
	if (!(power > SILENCE * SILENCE)) {
		memset(input, 0, SEPARATE_NET_VALUES * sizeof *input);
		return 0.0f;
	}
	scale = (float)(1.0 / sqrt(power));
	for (size_t i = 0; i < SEPARATE_NET_VALUES; i++)
		input[i] = sqrtf(sqrtf(magnitudes[i] * scale));
	return scale;
}
