#include <stdio.h>
#include <string.h>

#include "embed/image_kind.h"

#include "embed/embed_net.h"

#define NORM_EPSILON 1e-5
#define NORM_MOMENTUM 0.1
#define NAME_BYTES 64

static int
read_size(const struct json *document, const char *path, size_t fallback,
    size_t low, size_t high, size_t *value, struct error *err)
{
	if (json_get_size(document, path, fallback, value, err) != 0)
		return -1;
	if (*value < low || *value > high)
		return error_set(err, ERROR_LIMIT,
		    "%s is %zu: expected %zu to %zu", path, *value, low, high);
	return 0;
}

static int
read_channels(const struct json *document, struct embed_net *net,
    struct error *err)
{
	const size_t n = json_count(json_at(document, "network.channels"));

	if (n < 2 || n > 1 + EMBED_NET_MAX_STAGES)
		return error_set(err, ERROR_FORMAT,
		    "network.channels holds %zu numbers: expected 2 to %d", n,
		    1 + EMBED_NET_MAX_STAGES);
	for (size_t i = 0; i < n; i++) {
		char path[NAME_BYTES];
		size_t *value = i == 0 ? &net->stem_channels :
		    &net->channels[i - 1];

		snprintf(path, sizeof(path), "network.channels.%zu", i);
		if (read_size(document, path, 0, 1, EMBED_NET_MAX_CHANNELS,
		    value, err) != 0)
			return -1;
	}
	net->n_stages = n - 1;
	return 0;
}

static int
read_head(const struct json *document, struct embed_net *net,
    struct error *err)
{
	const char *head;

	if (json_get_string(document, "network.head", "flat", &head, err) != 0)
		return -1;
	if (strcmp(head, "flat") != 0 && strcmp(head, "mean") != 0)
		return error_set(err, ERROR_FORMAT,
		    "network.head is \"%.40s\": expected flat or mean", head);
	net->is_flat = strcmp(head, "flat") == 0;
	return 0;
}

static int
read_stem(const struct json *document, struct embed_net *net,
    struct error *err)
{
	if (read_size(document, "network.stem_kernel_bins", 7, 1, 7,
	    &net->stem_kernel_bins, err) != 0 ||
	    read_size(document, "network.stem_kernel_columns", 5, 1, 7,
	    &net->stem_kernel_columns, err) != 0 ||
	    read_size(document, "network.stem_stride_bins", 2, 1, 4,
	    &net->stem_stride_bins, err) != 0 ||
	    read_size(document, "network.stem_stride_columns", 2, 1, 4,
	    &net->stem_stride_columns, err) != 0 ||
	    read_size(document, "network.stem_pool", 0, 0, 3, &net->stem_pool,
	    err) != 0)
		return -1;
	if (net->stem_kernel_bins % 2 == 0 || net->stem_kernel_columns % 2 ==
	    0 || (net->stem_pool != 0 && net->stem_pool != 3))
		return error_set(err, ERROR_FORMAT, "network: the stem's "
		    "kernel is odd and its pool 0 or 3, not %zu x %zu and "
		    "%zu", net->stem_kernel_bins, net->stem_kernel_columns,
		    net->stem_pool);
	return 0;
}

int
embed_net_read(const struct json *document, struct embed_net *net,
    struct error *err)
{
	const char *architecture;

	memset(net, 0, sizeof(*net));
	if (json_want_string(document, "network.architecture", &architecture,
	    err) != 0)
		return -1;
	if (strcmp(architecture, "embed-resnet") != 0)
		return error_set(err, ERROR_FORMAT, "the network is \"%.40s\", "
		    "not a fingerprint encoder (embed-resnet)", architecture);
	if (read_channels(document, net, err) != 0 ||
	    read_head(document, net, err) != 0 ||
	    read_size(document, "network.n_columns", 0, 16,
	    IMAGE_KIND_MAX_COLUMNS, &net->n_columns, err) != 0 ||
	    read_size(document, "network.blocks", 1, 1, 4, &net->n_blocks,
	    err) != 0 ||
	    read_stem(document, net, err) != 0 ||
	    read_size(document, "network.first_stride", 2, 1, 2,
	    &net->first_stride, err) != 0)
		return -1;
	return read_size(document, "network.dimension", 128, 8, 512,
	    &net->dimension, err);
}

int
embed_net_put(const struct embed_net *net, struct json *document,
    struct error *err)
{
	const struct {
		const char *path;
		size_t value;
	} sizes[] = {
		{ "network.n_columns", net->n_columns },
		{ "network.blocks", net->n_blocks },
		{ "network.stem_kernel_bins", net->stem_kernel_bins },
		{ "network.stem_kernel_columns", net->stem_kernel_columns },
		{ "network.stem_stride_bins", net->stem_stride_bins },
		{ "network.stem_stride_columns", net->stem_stride_columns },
		{ "network.stem_pool", net->stem_pool },
		{ "network.first_stride", net->first_stride },
		{ "network.dimension", net->dimension },
	};

	if (json_put_string(document, "network.architecture", "embed-resnet",
	    err) != 0)
		return -1;
	json_remove(document, "network.channels");
	for (size_t i = 0; i <= net->n_stages; i++)
		if (json_append_size(document, "network.channels",
		    i == 0 ? net->stem_channels : net->channels[i - 1],
		    err) != 0)
			return -1;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (json_put_size(document, sizes[i].path, sizes[i].value,
		    err) != 0)
			return -1;
	return json_put_string(document, "network.head",
	    net->is_flat ? "flat" : "mean", err);
}

/* A convolution without bias, padded to keep the size, and its norm. */
static int
conv_norm(struct graph *g, const char *prefix, const char *number, int x,
    const struct graph_conv *conv)
{
	char name[NAME_BYTES];

	snprintf(name, sizeof(name), "%s.conv%s", prefix, number);
	x = graph_conv(g, name, x, conv);
	snprintf(name, sizeof(name), "%s.norm%s", prefix, number);
	return graph_batch_norm(g, name, x, NORM_EPSILON, NORM_MOMENTUM);
}

static int
basic_block(struct graph *g, const char *name, int x, size_t channels,
    size_t stride, int has_projection)
{
	struct graph_conv conv = { .out_channels = channels, .kernel_h = 3,
	    .kernel_w = 3, .stride_h = stride, .stride_w = stride,
	    .pad_top = 1, .pad_bottom = 1, .pad_left = 1, .pad_right = 1,
	    .no_bias = true };
	const struct graph_conv projection = { .out_channels = channels,
	    .kernel_h = 1, .kernel_w = 1, .stride_h = stride,
	    .stride_w = stride, .no_bias = true };
	int shortcut = x;

	if (has_projection)
		shortcut = conv_norm(g, name, "0", x, &projection);
	x = graph_relu(g, conv_norm(g, name, "1", x, &conv));
	conv.stride_h = conv.stride_w = 1;
	x = conv_norm(g, name, "2", x, &conv);
	return graph_relu(g, graph_add(g, x, shortcut));
}

static int
stem(struct graph *g, const struct embed_net *net, int x)
{
	const size_t h = net->stem_kernel_bins, w = net->stem_kernel_columns;
	const struct graph_conv conv = { .out_channels = net->stem_channels,
	    .kernel_h = h, .kernel_w = w, .stride_h = net->stem_stride_bins,
	    .stride_w = net->stem_stride_columns, .pad_top = h / 2,
	    .pad_bottom = h / 2, .pad_left = w / 2, .pad_right = w / 2,
	    .no_bias = true };
	const struct graph_pool pool = { 3, 3, 2, 2, 1, 1 };

	x = graph_relu(g, conv_norm(g, "stem", "", x, &conv));
	return net->stem_pool == 0 ? x : graph_max_pool(g, x, &pool);
}

struct graph *
embed_net_graph(const struct embed_net *net, size_t n_bins,
    struct error *err)
{
	struct graph *g = graph_new(err);
	size_t in_channels = net->stem_channels;
	char name[NAME_BYTES];
	int x;

	if (g == NULL)
		return NULL;
	x = graph_input(g, "image", n_bins, net->n_columns, 1);
	x = stem(g, net, x);
	for (size_t s = 0; s < net->n_stages; s++) {
		for (size_t b = 0; b < net->n_blocks; b++) {
			const size_t stride = b > 0 ? 1 :
			    s == 0 ? net->first_stride : 2;

			snprintf(name, sizeof(name), "stage%zu.block%zu",
			    s + 1, b + 1);
			x = basic_block(g, name, x, net->channels[s], stride,
			    stride != 1 || in_channels != net->channels[s]);
			in_channels = net->channels[s];
		}
	}
	if (!net->is_flat)
		x = graph_global_average_pool(g, x);
	x = graph_dense(g, "dense", x, net->dimension, false);
	graph_output(g, "fingerprint", graph_l2_normalise(g, x));
	if (graph_finish(g, err) != 0) {
		graph_free(g);
		return NULL;
	}
	return g;
}
