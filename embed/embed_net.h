/*
 * embed_net -- the fingerprint encoder: a small residual network.
 *
 * After ResNet18 (He et al., "Deep Residual Learning for Image Recognition",
 * CVPR 2016), with the width, the strides and the number of blocks as
 * parameters: a stem, stages of basic blocks (two 3x3 convolutions and a
 * shortcut), one dense layer, vectors of length 1.
 *
 * The "network" member of a recipe or model:
 *	architecture	"embed-resnet"
 *	n_columns	width of the window in columns of 40 ms, 16..1024
 *	channels	list: of the stem, then of each stage; 2..6 numbers
 *	blocks		basic blocks a stage, 1..4		(default 1)
 *	stem_kernel_bins, stem_kernel_columns	odd, 1..7 (default 7, 5)
 *	stem_stride_bins, stem_stride_columns	1..4	(default 2, 2)
 *	stem_pool	0: none; 3: the highest of 3x3, stride 2 (default 0)
 *	first_stride	stride of the first stage, 1 or 2	(default 2)
 *	head		"flat": dense over everything; "mean": over the mean
 *			of all positions			(default flat)
 *	dimension	8..512					(default 128)
 *
 * ResNet18 itself, recipes/embed-resnet18.json, is channels 64 64 128 256 512,
 * blocks 2, a stem of 7x7 with strides 2 and the pool, first_stride 1 and head
 * "mean".
 */
#ifndef EMBED_EMBED_NET_H
#define EMBED_EMBED_NET_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

#include "nn/graph.h"

#define EMBED_NET_MAX_CHANNELS 512
#define EMBED_NET_MAX_STAGES 5

struct embed_net {
	size_t n_columns;
	size_t n_stages;
	size_t stem_channels, channels[EMBED_NET_MAX_STAGES];
	size_t n_blocks;
	size_t stem_kernel_bins, stem_kernel_columns;
	size_t stem_stride_bins, stem_stride_columns, stem_pool, first_stride;
	int is_flat;
	size_t dimension;
};

/* Read the member "network" of a recipe or of a model's metadata. */
int embed_net_read(const struct json *document, struct embed_net *net,
    struct error *err) MUST_CHECK;

/* Put the same member on the metadata of a model. */
int embed_net_put(const struct embed_net *net, struct json *document,
    struct error *err) MUST_CHECK;

/*
 * One input [n_bins][n_columns][1], an image of embed/image_kind.h; one output
 * [1][1][dimension] of length 1.  Returns a finished graph; free with
 * graph_free.
 */
struct graph *embed_net_graph(const struct embed_net *net, size_t n_bins,
    struct error *err) MUST_CHECK;

#endif
