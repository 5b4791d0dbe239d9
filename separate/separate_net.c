#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "separate/separate_net.h"

#define N_LEVELS 5
#define MIN_CHANNELS 4
#define MAX_CHANNELS 64
#define LAST_CHANNELS 8
#define TDF_LEVELS 4
#define NARROWER 8	/* the middle of the two dense layers of TDF */
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

/* The U-Net: every layer halves or doubles both sides. */
static int
unet(struct graph *g, int x, size_t channels)
{
	int skip[N_LEVELS + 1];

	for (int i = 1; i <= N_LEVELS; i++)
		x = skip[i] = down(g, i, x, channels << (i - 1));
	for (int i = N_LEVELS; i > 1; i--) {
		x = up(g, i, x, channels << (i - 2));
		x = graph_concat(g, x, skip[i - 1]);
	}
	return up(g, 1, x, LAST_CHANNELS);
}

/* A layer's name with a number and what it is: "in2_conv1". */
struct layer_name {
	char text[32];
};

static struct layer_name
name_of(const char *where, int level, const char *what)
{
	struct layer_name n;

	(void)snprintf(n.text, sizeof n.text, "%s%d_%s", where, level, what);
	return n;
}

static int
norm_relu(struct graph *g, int x, struct layer_name name)
{
	return graph_relu(g, graph_batch_norm(g, name.text, x, NORM_EPSILON,
	    NORM_MOMENTUM));
}

/* A convolution of a kernel and stride, norm and ReLU; or transposed. */
static int
conv(struct graph *g, const char *where, int level, const char *what, int x,
    struct graph_conv c, bool is_transposed)
{
	const struct layer_name name = name_of(where, level, what);
	char norm[16];

	c.no_bias = true;
	(void)snprintf(norm, sizeof norm, "%s_norm", what);
	x = is_transposed ? graph_conv_transposed(g, name.text, x, &c) :
	    graph_conv(g, name.text, x, &c);
	return norm_relu(g, x, name_of(where, level, norm));
}

/*
 * Convolutions in time and frequency, then all frequencies of a frame through
 * two dense layers with a narrow middle; both are added to what came in.
 */
static int
tfc_tdf(struct graph *g, const char *where, int level, int x, size_t channels,
    size_t n_bins)
{
	const struct graph_conv c = { .out_channels = channels, .kernel_h = 3,
	    .kernel_w = 3, .pad_top = 1, .pad_bottom = 1, .pad_left = 1,
	    .pad_right = 1 };
	int y = conv(g, where, level, "conv1", x, c, false);

	y = conv(g, where, level, "conv2", y, c, false);
	x = graph_add(g, x, y);
	y = graph_mix(g, name_of(where, level, "narrow").text, x,
	    n_bins / NARROWER);
	y = norm_relu(g, y, name_of(where, level, "narrow_norm"));
	y = graph_mix(g, name_of(where, level, "wide").text, y, n_bins);
	y = norm_relu(g, y, name_of(where, level, "wide_norm"));
	return graph_add(g, x, y);
}

/*
 * TFC-TDF: the first layer halves the frequencies, each level but the first
 * halves both sides.
 */
static int
tdf(struct graph *g, int x, size_t channels)
{
	const struct graph_conv fold = { .out_channels = channels,
	    .kernel_h = 3, .kernel_w = 4, .stride_h = 1, .stride_w = 2,
	    .pad_top = 1, .pad_bottom = 1, .pad_left = 1, .pad_right = 1 };
	struct graph_conv unfold = fold;
	const size_t widths[] = { channels, channels * 2, channels * 3,
	    channels * 4 };
	size_t n_bins = SEPARATE_NET_BINS / 2;
	int skip[TDF_LEVELS];

	unfold.out_channels = LAST_CHANNELS;
	x = conv(g, "fold", 0, "conv", x, fold, false);
	for (int i = 0; i < TDF_LEVELS; i++, n_bins /= 2) {
		const struct graph_conv halve = { .out_channels = widths[i],
		    .kernel_h = 2, .kernel_w = 2, .stride_h = 2,
		    .stride_w = 2 };

		if (i > 0)
			x = conv(g, "down", i, "conv", x, halve, false);
		x = skip[i] = tfc_tdf(g, "in", i, x, widths[i], n_bins);
	}
	n_bins *= 2;
	for (int i = TDF_LEVELS - 1; i-- > 0;) {
		const struct graph_conv twice = { .out_channels = widths[i],
		    .kernel_h = 2, .kernel_w = 2, .stride_h = 2,
		    .stride_w = 2 };

		n_bins *= 2;
		x = conv(g, "up", i, "conv", x, twice, true);
		x = graph_add(g, x, skip[i]);
		x = tfc_tdf(g, "out", i, x, widths[i], n_bins);
	}
	return conv(g, "unfold", 0, "conv", x, unfold, true);
}

static int
check_architecture(const char *name, struct error *err)
{
	if (strcmp(name, "mask-tdf") == 0 || strcmp(name, "mask-unet") == 0)
		return 0;
	return error_set(err, ERROR_FORMAT, "a network of architecture "
	    "\"%s\"; separation knows \"mask-tdf\", \"mask-unet\" and, trained "
	    "elsewhere, \"open-unmix\"", name);
}

struct graph *
separate_net_new(const char *architecture, size_t channels, size_t n_frames,
    struct error *err)
{
	const struct graph_conv last = { .out_channels = 1, .kernel_h = 3,
	    .kernel_w = 3, .pad_top = 1, .pad_bottom = 1, .pad_left = 1,
	    .pad_right = 1 };
	const bool is_tdf = strcmp(architecture, "mask-tdf") == 0;
	struct graph *g;
	int x;

	if (check_architecture(architecture, err) != 0)
		return NULL;
	if (channels < MIN_CHANNELS || channels > MAX_CHANNELS) {
		error_set(err, ERROR_LIMIT, "a mask network of %zu channels: "
		    "%d to %d can be made", channels, MIN_CHANNELS,
		    MAX_CHANNELS);
		return NULL;
	}
	if (n_frames == 0 || n_frames % SEPARATE_NET_FRAMES_STEP != 0) {
		error_set(err, ERROR_BUG, "a mask network of %zu frames",
		    n_frames);
		return NULL;
	}
	if ((g = graph_new(err)) == NULL)
		return NULL;
	x = graph_input(g, "magnitudes", n_frames, SEPARATE_NET_BINS, 1);
	x = is_tdf ? tdf(g, x, channels) : unet(g, x, channels);
	x = graph_conv(g, "last", x, &last);
	graph_output(g, "mask", graph_sigmoid(g, x));
	if (graph_finish(g, err) != 0) {
		graph_free(g);
		return NULL;
	}
	return g;
}

struct graph *
separate_net_of_model(const struct weights *w, size_t n_frames,
    struct error *err)
{
	const struct json *metadata = weights_metadata_const(w);
	const char *architecture;
	size_t channels;
	struct graph *g;

	if (json_want_string(metadata, "network.architecture", &architecture,
	    err) != 0)
		return NULL;
	if (check_architecture(architecture, err) != 0)
		return NULL;
	if (json_want_size(metadata, "network.channels", &channels, err) != 0)
		return NULL;
	g = separate_net_new(architecture, channels, n_frames, err);
	if (g != NULL && weights_check(w, g, err) != 0) {
		graph_free(g);
		return NULL;
	}
	return g;
}

int
separate_net_describe(struct json *metadata, const char *architecture,
    size_t channels, struct error *err)
{
	if (json_put_string(metadata, "format", "chad-model 1", err) != 0 ||
	    json_put_string(metadata, "network.architecture", architecture,
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

void
separate_net_input(const float *magnitudes, size_t n_values, double power,
    float *input)
{
	const float scale = separate_net_scale(power);

	for (size_t i = 0; i < n_values; i++)
		input[i] = sqrtf(sqrtf(magnitudes[i] * scale));
}

float
separate_net_scale(double power)
{
	return power > SILENCE * SILENCE ? (float)(1.0 / sqrt(power)) : 0.0f;
}
