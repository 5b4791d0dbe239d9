/*
 * graph -- a network as a list of operations, written as one C function.
 *
 * A network function makes the graph from its arguments; this is a whole one:
 *
 *	struct graph *
 *	small_net_new(size_t channels, struct error *err)
 *	{
 *		const struct graph_conv conv = { .out_channels = channels,
 *		    .kernel_h = 3, .kernel_w = 3, .pad_top = 1,
 *		    .pad_bottom = 1, .pad_left = 1, .pad_right = 1 };
 *		struct graph *g = graph_new(err);
 *		int x, y;
 *
 *		if (g == NULL)
 *			return NULL;
 *		x = graph_input(g, "image", 64, 32, channels);
 *		y = graph_conv(g, "conv1", x, &conv);
 *		y = graph_relu(g, graph_batch_norm(g, "norm1", y, 1e-5, 0.1));
 *		y = graph_add(g, x, y);
 *		graph_output(g, "scores", graph_dense(g, "head", y, 10, false));
 *		if (graph_finish(g, err) != 0) {
 *			graph_free(g);
 *			return NULL;
 *		}
 *		return g;
 *	}
 *
 * It runs by nn/session.h, is trained by nn/training.h, and its weights are
 * nn/weights.h's.  A norm behind a convolution and a ReLU behind either, a
 * dense layer or an addition cost nothing extra, so write them as above.
 *
 * Every value is [n_items][h][w][c], channels last; shapes are per item.
 * Operations return the number of the value they make, or -1.  The first
 * mistake is kept and reported by graph_finish, and operations on -1 give -1,
 * so a network function reads straight down without checks.
 *
 * Parameters are named NAME.weight, NAME.bias, ... and stored in PyTorch's
 * shapes and order (conv [out][in][kh][kw], transposed conv [in][out][kh][kw],
 * dense [out][in]).  A finished graph is const and shared by all threads.
 */
#ifndef NN_GRAPH_H
#define NN_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define GRAPH_MAX_NODES 512

struct graph;

struct graph_shape {
	size_t h, w, c;
};

struct graph_conv {
	size_t out_channels;
	size_t kernel_h, kernel_w;
	size_t stride_h, stride_w;	/* 0 means 1 */
	size_t pad_top, pad_bottom, pad_left, pad_right;
	bool no_bias;
};

struct graph_pool {
	size_t kernel_h, kernel_w;
	size_t stride_h, stride_w;	/* 0 means the kernel's size */
	size_t pad_h, pad_w;		/* on both sides; never counted */
};

struct graph *graph_new(struct error *err) MUST_CHECK;
void graph_free(struct graph *g);

int graph_input(struct graph *g, const char *name, size_t h, size_t w,
    size_t c);
/* NAME.weight, NAME.bias */
int graph_conv(struct graph *g, const char *name, int x,
    const struct graph_conv *conv);
/*
 * The reverse of graph_conv: output = (input - 1) * stride + kernel
 * - pads (PyTorch ConvTranspose2d with output_padding through smaller pads).
 */
int graph_conv_transposed(struct graph *g, const char *name, int x,
    const struct graph_conv *conv);
/*
 * NAME.weight, NAME.bias, NAME.running_mean, NAME.running_var [c].  In
 * training the statistics are those of each block of the batch and the
 * running ones move by "momentum" (PyTorch's meaning, unbiased variance).
 */
int graph_batch_norm(struct graph *g, const char *name, int x,
    double epsilon, double momentum);
int graph_relu(struct graph *g, int x);
int graph_leaky_relu(struct graph *g, int x, double slope);
int graph_sigmoid(struct graph *g, int x);
int graph_tanh(struct graph *g, int x);
int graph_max_pool(struct graph *g, int x, const struct graph_pool *pool);
int graph_average_pool(struct graph *g, int x, const struct graph_pool *pool);
/* Mean over h and w: [1][1][c]. */
int graph_global_average_pool(struct graph *g, int x);
/* The value is taken as one vector in its order [h][w][c]; gives [1][1][out].
 * NAME.weight [out][h*w*c], NAME.bias [out]. */
int graph_dense(struct graph *g, const char *name, int x, size_t out,
    bool no_bias);
/*
 * A dense layer along the width, the same for every row and channel: value j
 * of [h][out][c] is the sum of weight[j][k] x[h][k][c] over k.  NAME.weight
 * [out][w].
 */
int graph_mix(struct graph *g, const char *name, int x, size_t out);
/* Only in training: zero with probability p, scale the rest by 1/(1-p). */
int graph_dropout(struct graph *g, int x, double p);
int graph_add(struct graph *g, int a, int b);
int graph_multiply(struct graph *g, int a, int b);
/* Along the channels; h and w equal. */
int graph_concat(struct graph *g, int a, int b);
/* The whole item as one vector of length 1; zero vectors stay zero. */
int graph_l2_normalise(struct graph *g, int x);
int graph_output(struct graph *g, const char *name, int x);

/* 0, or -1 with the first mistake.  At least one input and one output. */
int graph_finish(struct graph *g, struct error *err) MUST_CHECK;

/* Of a finished graph. */
size_t graph_n_inputs(const struct graph *g);
size_t graph_n_outputs(const struct graph *g);
struct graph_shape graph_input_shape(const struct graph *g, size_t i);
struct graph_shape graph_output_shape(const struct graph *g, size_t i);
size_t graph_n_parameters(const struct graph *g);	/* values in all */

#endif
