/*
 * The gradient of every layer against central differences.
 *
 * The loss is the sum of outputs times fixed random factors.  In float a
 * difference over a step d has an error of about 1e-7 * sqrt(outputs) / d from
 * rounding, 5e-3 with d = 5e-4, and d times the curvature.  Each parameter is
 * tried along five random directions; the parameters of a layer in front show
 * the gradient by the input.  Where a ReLU or a maximum changes sides within
 * the step the difference says nothing, which happens in up to a fifth of the
 * directions: three of the five must agree, and all for smooth layers.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/pool.h"
#include "base/random.h"
#include "nn/graph.h"
#include "nn/trainer.h"
#include "nn/weights.h"

#define N_ITEMS 4
#define DIFFERENCE 5e-4
#define TOLERANCE 1e-2		/* of 1 + the gradient's length */

/* A network of the layer under test. */
struct layer_case {
	const char *name;
	size_t h, w, c;
	int (*layer)(struct graph *g, int x);
	bool has_kinks;
};

#define N_DIRECTIONS 5

static int
conv(struct graph *g, int x)
{
	return graph_conv(g, "t", x, &(struct graph_conv){ 5, 3, 3, 2, 1, 1,
	    1, 0, 2, false });
}

/* Wide enough to be computed by Winograd's tiles, which reach over. */
static int
conv_wide(struct graph *g, int x)
{
	return graph_conv(g, "t", x, &(struct graph_conv){ 32, 3, 3, 1, 1, 1,
	    1, 1, 1, false });
}

static int
conv_line(struct graph *g, int x)
{
	return graph_conv(g, "t", x, &(struct graph_conv){ 5, 4, 1, 1, 1, 1,
	    2, 0, 0, true });
}

/* Long enough to be computed by spectra; some taps never meet a value. */
static int
conv_long(struct graph *g, int x)
{
	return graph_conv(g, "t", x, &(struct graph_conv){ 16, 40, 1, 1, 1,
	    19, 20, 0, 0, false });
}

/* Few outputs, taps that begin at the place itself. */
static int
conv_long_valid(struct graph *g, int x)
{
	return graph_conv(g, "t", x, &(struct graph_conv){ 4, 17, 1, 1, 1,
	    0, 3, 0, 0, true });
}

static int
conv_relu(struct graph *g, int x)
{
	return graph_leaky_relu(g, conv(g, x), 0.3);
}

static int
transposed(struct graph *g, int x)
{
	return graph_conv_transposed(g, "t", x, &(struct graph_conv){ 3, 5, 4,
	    2, 2, 1, 2, 1, 1, false });
}

static int
transposed_narrow(struct graph *g, int x)
{
	return graph_conv_transposed(g, "t", x, &(struct graph_conv){ 1, 5, 5,
	    2, 2, 1, 2, 1, 2, false });
}

static int
norm(struct graph *g, int x)
{
	return graph_batch_norm(g, "t", x, 1e-3, 0.1);
}

static int
norm_relu(struct graph *g, int x)
{
	return graph_leaky_relu(g, norm(g, x), 0.2);
}

static int
relu(struct graph *g, int x)
{
	return graph_relu(g, graph_tanh(g, x));
}

static int
sigmoid(struct graph *g, int x)
{
	return graph_sigmoid(g, x);
}

static int
max_pool(struct graph *g, int x)
{
	return graph_max_pool(g, x, &(struct graph_pool){ 3, 2, 2, 1, 1, 1 });
}

static int
average_pool(struct graph *g, int x)
{
	return graph_average_pool(g, x,
	    &(struct graph_pool){ 3, 2, 2, 1, 1, 1 });
}

static int
global_pool(struct graph *g, int x)
{
	return graph_global_average_pool(g, x);
}

static int
mix(struct graph *g, int x)
{
	return graph_mix(g, "t", x, 6);
}

static int
dense(struct graph *g, int x)
{
	return graph_leaky_relu(g, graph_dense(g, "t", x, 7, false), 0.4);
}

static int
dropout(struct graph *g, int x)
{
	return graph_dropout(g, x, 0.4);
}

static int
joins(struct graph *g, int x)
{
	const int y = graph_sigmoid(g, x);
	const int z = graph_multiply(g, graph_tanh(g, x), y);

	/* x, y and z are used more than once. */
	return graph_leaky_relu(g, graph_add(g, graph_concat(g, y, z),
	    graph_concat(g, z, x)), 0.5);
}

static int
squares(struct graph *g, int x)
{
	return graph_add(g, graph_multiply(g, x, x), x);
}

static int
l2(struct graph *g, int x)
{
	return graph_l2_normalise(g, x);
}

/*
 * The layer between two 1 x 1 convolutions, so that the gradient by its input
 * is seen too: through the weights of the first.
 */
static struct graph *
network(const struct layer_case *k, struct error *err)
{
	const struct graph_conv point = { .out_channels = k->c, .kernel_h = 1,
	    .kernel_w = 1 };
	struct graph *g = graph_new(err);
	int x = graph_input(g, "in", k->h, k->w, k->c);

	x = graph_conv(g, "before", x, &point);
	x = k->layer(g, x);
	graph_output(g, "out", x);
	return g;
}

struct bench {
	struct graph *graph;
	struct weights *weights;
	struct trainer *trainer;
	float *in, *out, *factor;
	size_t n_out;
};

static void
start(struct bench *b, const struct layer_case *k, struct pool *pool)
{
	const struct trainer_options o = { .block_items = N_ITEMS / 2,
	    .n_blocks = 2, .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-8,
	    .seed = 5 };
	struct error err = { ERROR_NONE, "" };
	struct graph_shape s;
	struct random r;
	size_t i;

	b->graph = network(k, &err);
	if (graph_finish(b->graph, &err) != 0)
		fail_msg("%s: %s", k->name, err.text);
	b->weights = weights_for(b->graph, 3, &err);
	b->trainer = trainer_new(b->graph, b->weights, &o, pool, &err);
	if (b->trainer == NULL)
		fail_msg("%s: %s", k->name, err.text);
	s = graph_output_shape(b->graph, 0);
	b->n_out = N_ITEMS * s.h * s.w * s.c;
	b->in = calloc(N_ITEMS * k->h * k->w * k->c, sizeof(float));
	b->out = calloc(b->n_out, sizeof(float));
	b->factor = calloc(b->n_out, sizeof(float));
	random_init(&r, 9);
	for (i = 0; i < N_ITEMS * k->h * k->w * k->c; i++)
		b->in[i] = (float)random_normal(&r);
	for (i = 0; i < b->n_out; i++)
		b->factor[i] = (float)random_normal(&r);
}

static void
finish(struct bench *b)
{
	trainer_free(b->trainer);
	weights_free(b->weights);
	graph_free(b->graph);
	free(b->in);
	free(b->out);
	free(b->factor);
}

/* The loss at the weights as they are; a fresh trainer takes them over. */
static double
loss_at(struct bench *b, struct pool *pool)
{
	const struct trainer_options o = { .block_items = N_ITEMS / 2,
	    .n_blocks = 2, .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-8,
	    .seed = 5 };
	struct error err = { ERROR_NONE, "" };
	struct trainer *t = trainer_new(b->graph, b->weights, &o, pool, &err);
	double loss = 0;
	size_t i;

	assert_non_null(t);
	assert_int_equal(trainer_forward(t, (const float *const[]){ b->in },
	    (float *const[]){ b->out }, &err), 0);
	for (i = 0; i < b->n_out; i++)
		loss += (double)b->out[i] * (double)b->factor[i];
	trainer_free(t);
	return loss;
}

/* Whether both agree along one random direction of a tensor. */
static bool
is_direction_right(struct bench *b, const struct weights_tensor *t,
    struct pool *pool, struct random *r)
{
	const float *gradient = trainer_gradient(b->trainer, t->name);
	float *kept = malloc(t->n_values * sizeof(float));
	float *direction = malloc(t->n_values * sizeof(float));
	double want = 0, scale = 0, length = 0, up, down, got;
	size_t i;

	memcpy(kept, t->values, t->n_values * sizeof(float));
	for (i = 0; i < t->n_values; i++) {
		direction[i] = (float)random_normal(r);
		length += (double)direction[i] * (double)direction[i];
	}
	for (i = 0; i < t->n_values; i++) {
		direction[i] /= (float)sqrt(length);
		want += (double)gradient[i] * (double)direction[i];
		scale += (double)gradient[i] * (double)gradient[i];
		t->values[i] = kept[i] + (float)DIFFERENCE * direction[i];
	}
	up = loss_at(b, pool);
	for (i = 0; i < t->n_values; i++)
		t->values[i] = kept[i] - (float)DIFFERENCE * direction[i];
	down = loss_at(b, pool);
	memcpy(t->values, kept, t->n_values * sizeof(float));
	free(kept);
	free(direction);
	got = (up - down) / (2 * DIFFERENCE);
	return fabs(got - want) < TOLERANCE * (1 + sqrt(scale));
}

static void
check_layer(const struct layer_case *k, struct pool *pool)
{
	struct error err = { ERROR_NONE, "" };
	struct bench b;
	struct random r;
	size_t i, n, n_right;

	start(&b, k, pool);
	assert_int_equal(trainer_forward(b.trainer,
	    (const float *const[]){ b.in }, (float *const[]){ b.out }, &err),
	    0);
	assert_int_equal(trainer_backward(b.trainer,
	    (const float *const[]){ b.factor }, &err), 0);
	random_init(&r, 17);
	for (i = 0; i < weights_n_tensors(b.weights); i++) {
		const struct weights_tensor *t = weights_tensor(b.weights, i);

		if (strstr(t->name, "running") != NULL)
			continue;
		n_right = 0;
		for (n = 0; n < N_DIRECTIONS; n++)
			n_right += is_direction_right(&b, t, pool, &r);
		if (n_right < (k->has_kinks ? 3 : N_DIRECTIONS))
			fail_msg("%s: %s: right in %zu directions of %d",
			    k->name, t->name, n_right, N_DIRECTIONS);
	}
	finish(&b);
}

static void
test_gradients(void **state)
{
	static const struct layer_case cases[] = {
		{ "conv", 7, 5, 3, conv, false },
		{ "conv", 6, 9, 16, conv, false },
		{ "conv and leaky ReLU", 3, 3, 2, conv_relu, true },
		{ "conv of 32 channels", 7, 8, 32, conv_wide, false },
		{ "conv along h", 11, 1, 6, conv_line, false },
		{ "conv along h", 48, 1, 16, conv_line, false },
		{ "conv along h", 24, 1, 4, conv_line, false },
		{ "long conv, 4 channels", 30, 1, 4, conv_long, false },
		{ "long conv, 16 channels", 12, 1, 16, conv_long, false },
		{ "long conv, 32 channels", 23, 1, 32, conv_long_valid,
		    false },
		{ "transposed conv", 4, 3, 7, transposed, false },
		{ "transposed conv", 4, 3, 16, transposed, false },
		{ "transposed conv to one channel", 4, 3, 8,
		    transposed_narrow, false },
		{ "batch norm", 5, 3, 7, norm, false },
		{ "batch norm and leaky ReLU", 5, 3, 7, norm_relu, true },
		{ "ReLU and tanh", 3, 3, 5, relu, true },
		{ "sigmoid", 3, 3, 5, sigmoid, false },
		{ "max pool", 7, 5, 3, max_pool, true },
		{ "average pool", 7, 5, 3, average_pool, false },
		{ "global average pool", 3, 4, 3, global_pool, false },
		{ "dense", 3, 2, 5, dense, true },
		{ "mix", 5, 7, 3, mix, false },
		{ "dropout", 3, 4, 5, dropout, false },
		{ "add, multiply, concatenate", 3, 2, 4, joins, true },
		{ "square", 3, 2, 4, squares, false },
		{ "L2 normalisation", 3, 2, 5, l2, false }
	};
	struct error err = { ERROR_NONE, "" };
	struct pool *pool = pool_new(2, &err);
	size_t i;

	(void)state;
	assert_non_null(pool);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_layer(&cases[i], pool);
	pool_free(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gradients)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
