/*
 * How fast networks run forward and train, in GFLOP/s of CPU time (two for
 * a multiply-add), after what the machine's matrix product reaches in the same
 * run.  Training counts as three times forward, a single layer, whose input's
 * gradient nobody wants, as two times.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/pool.h"
#include "base/random.h"
#include "nn/blas.h"
#include "nn/graph_node.h"
#include "nn/session.h"
#include "nn/trainer.h"
#include "nn/weights.h"

#define MIN_SEC 0.4
#define PEAK_SIZE 1024

static double
now_sec(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
fail(const struct error *err)
{
	fprintf(stderr, "bench_nn: %s\n", err->text);
	exit(2);
}

static float *
noise(size_t n)
{
	float *x = malloc(n * sizeof(*x));
	struct random r;
	size_t i;

	if (x == NULL)
		exit(2);
	random_init(&r, 1);
	for (i = 0; i < n; i++)
		x[i] = (float)random_normal(&r);
	return x;
}

static void
bench_peak(void)
{
	const size_t n = PEAK_SIZE;
	float *a = noise(n * n), *b = noise(n * n), *c = noise(n * n);
	const struct blas_matrix ma = { a, n, false }, mb = { b, n, false };
	struct error err = { ERROR_NONE, "" };
	double began, best = 1e9;
	int i;

	for (i = 0; i < 20; i++) {
		began = now_sec();
		if (blas_multiply(n, n, n, 1.0f, &ma, &mb, 0.0f, c, n,
		    &err) != 0)
			fail(&err);
		if (now_sec() - began < best)
			best = now_sec() - began;
	}
	printf("sgemm %.1f GFLOP/s\n", 2.0 * (double)(n * n * n) / best / 1e9);
	free(a);
	free(b);
	free(c);
}

static const struct graph_conv three = { .out_channels = 16, .kernel_h = 3,
    .kernel_w = 3, .pad_top = 1, .pad_bottom = 1, .pad_left = 1,
    .pad_right = 1, .no_bias = true };

static void
conv16(struct graph *g)
{
	const int x = graph_input(g, "in", 40, 50, 16);

	graph_output(g, "out", graph_conv(g, "c", x, &three));
}

static void
conv64(struct graph *g)
{
	struct graph_conv conv = three;
	const int x = graph_input(g, "in", 20, 25, 64);

	conv.out_channels = 64;
	graph_output(g, "out", graph_conv(g, "c", x, &conv));
}

static int
basic_block(struct graph *g, int x, size_t channels, size_t stride, int i)
{
	struct graph_conv conv = three;
	struct graph_conv one = { .kernel_h = 1, .kernel_w = 1,
	    .no_bias = true, .stride_h = stride, .stride_w = stride,
	    .out_channels = channels };
	char name[16];
	int y;

	conv.out_channels = channels;
	conv.stride_h = conv.stride_w = stride;
	(void)snprintf(name, sizeof(name), "%da", i);
	y = graph_conv(g, name, x, &conv);
	(void)snprintf(name, sizeof(name), "%dan", i);
	y = graph_relu(g, graph_batch_norm(g, name, y, 1e-5, 0.1));
	conv.stride_h = conv.stride_w = 1;
	(void)snprintf(name, sizeof(name), "%db", i);
	y = graph_conv(g, name, y, &conv);
	(void)snprintf(name, sizeof(name), "%dbn", i);
	y = graph_batch_norm(g, name, y, 1e-5, 0.1);
	if (stride > 1) {
		(void)snprintf(name, sizeof(name), "%dc", i);
		x = graph_conv(g, name, x, &one);
		(void)snprintf(name, sizeof(name), "%dcn", i);
		x = graph_batch_norm(g, name, x, 1e-5, 0.1);
	}
	return graph_relu(g, graph_add(g, x, y));
}

/* The size of the fingerprint encoder. */
static void
resnet(struct graph *g)
{
	struct graph_conv stem = { .out_channels = 16, .kernel_h = 7,
	    .kernel_w = 5, .pad_top = 3, .pad_bottom = 3, .pad_left = 2,
	    .pad_right = 2, .stride_h = 2, .stride_w = 2, .no_bias = true };
	int i, x = graph_input(g, "in", 80, 100, 1);

	x = graph_conv(g, "stem", x, &stem);
	x = graph_relu(g, graph_batch_norm(g, "stemn", x, 1e-5, 0.1));
	for (i = 0; i < 4; i++)
		x = basic_block(g, x, (size_t)16 << i, i == 0 ? 1 : 2, i);
	x = graph_dense(g, "head", graph_global_average_pool(g, x), 128,
	    false);
	graph_output(g, "out", graph_l2_normalise(g, x));
}

/* CREPE "tiny", its first layer in four phases. */
static void
crepe(struct graph *g)
{
	static const size_t filters[] = { 128, 16, 16, 16, 32, 64 };
	const struct graph_pool halve = { .kernel_h = 2, .kernel_w = 1 };
	int i, x = graph_input(g, "in", 384, 1, 4);

	for (i = 0; i < 6; i++) {
		struct graph_conv conv = { .out_channels = filters[i],
		    .kernel_h = i == 0 ? 129 : 64, .kernel_w = 1,
		    .pad_top = i == 0 ? 0 : 31, .pad_bottom = i == 0 ? 0 :
		    32 };
		char name[16];

		(void)snprintf(name, sizeof(name), "c%d", i);
		x = graph_relu(g, graph_conv(g, name, x, &conv));
		(void)snprintf(name, sizeof(name), "n%d", i);
		x = graph_batch_norm(g, name, x, 1e-3, 0.01);
		x = graph_max_pool(g, x, &halve);
		x = graph_dropout(g, x, 0.25);
	}
	x = graph_dense(g, "head", x, 360, false);
	graph_output(g, "out", graph_sigmoid(g, x));
}

/* A mask network of 5 x 5 convolutions with stride 2. */
static void
unet(struct graph *g)
{
	struct graph_conv conv = { .kernel_h = 5, .kernel_w = 5,
	    .stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_bottom = 2,
	    .pad_left = 1, .pad_right = 2, .no_bias = true };
	int skip[6], i, x = graph_input(g, "in", 64, 512, 1);
	char name[16];

	for (i = 1; i <= 5; i++) {
		conv.out_channels = (size_t)8 << i;
		(void)snprintf(name, sizeof(name), "d%d", i);
		x = graph_conv(g, name, x, &conv);
		(void)snprintf(name, sizeof(name), "dn%d", i);
		x = graph_batch_norm(g, name, x, 1e-5, 0.02);
		x = skip[i] = graph_leaky_relu(g, x, 0.2);
	}
	for (i = 5; i >= 1; i--) {
		conv.out_channels = i == 1 ? 8 : (size_t)4 << i;
		(void)snprintf(name, sizeof(name), "u%d", i);
		x = graph_conv_transposed(g, name, x, &conv);
		(void)snprintf(name, sizeof(name), "un%d", i);
		x = graph_batch_norm(g, name, x, 1e-5, 0.02);
		x = graph_relu(g, x);
		if (i > 1)
			x = graph_concat(g, x, skip[i - 1]);
	}
	conv = three;
	conv.out_channels = 1;
	graph_output(g, "mask", graph_sigmoid(g, graph_conv(g, "last", x,
	    &conv)));
}

static void
say(const char *name, const char *what, double n_macs, double sec)
{
	printf("%s_%s %.1f GFLOP/s\n", name, what, 2 * n_macs / sec / 1e9);
	printf("%s_%s_rate %.1f items/s\n", name, what, 1 / sec);
}

/* Multiply-adds of one item, forward. */
static double
n_macs_of(const struct graph *g)
{
	double n_macs = 0;
	size_t i;

	for (i = 0; i < g->n_nodes; i++) {
		const struct graph_node *n = &g->nodes[i];
		double n_places;

		if (n->n_parameters == 0 || n->kind == GRAPH_BATCH_NORM)
			continue;
		/* Each weight is used once a place. */
		n_places = 1;
		if (n->kind == GRAPH_CONV)
			n_places = (double)n->shape.h * (double)n->shape.w;
		if (n->kind == GRAPH_CONV_TRANSPOSED) {
			const struct graph_node *in = &g->nodes[n->operand[0]];

			n_places = (double)in->shape.h *
			    (double)in->shape.w;
		}
		n_macs += n_places *
		    (double)g->tensors[n->first_parameter].n_values;
	}
	return n_macs;
}

static void
bench_session(const char *name, const struct graph *g, struct weights *w,
    size_t n_items, const float *in, float *out)
{
	struct error err = { ERROR_NONE, "" };
	struct session *s = session_new(g, w, n_items, &err);
	double began, best = 1e9, total = 0;

	if (s == NULL)
		fail(&err);
	while (total < MIN_SEC) {
		began = now_sec();
		if (session_run(s, n_items, &in, &out, &err) != 0)
			fail(&err);
		began = now_sec() - began;
		total += began;
		if (began < best)
			best = began;
	}
	say(name, "forward", n_macs_of(g), best / (double)n_items);
	session_free(s);
}

static void
bench_trainer(const char *name, const struct graph *g, struct weights *w,
    size_t n_items, double n_passes, const float *in, float *out)
{
	const struct trainer_options o = { .block_items = n_items,
	    .n_blocks = 1, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8 };
	struct error err = { ERROR_NONE, "" };
	struct pool *pool = pool_new(1, &err);
	struct trainer *t = trainer_new(g, w, &o, pool, &err);
	double began, best = 1e9, total = 0;

	if (t == NULL)
		fail(&err);
	while (total < MIN_SEC) {
		began = now_sec();
		if (trainer_forward(t, &in, &out, &err) != 0 ||
		    trainer_backward(t, (const float *const *)&out,
		    &err) != 0 || trainer_step(t, 1e-6, NULL, &err) != 0)
			fail(&err);
		began = now_sec() - began;
		total += began;
		if (began < best)
			best = began;
	}
	say(name, "training", n_passes * n_macs_of(g),
	    best / (double)n_items);
	trainer_free(t);
	pool_free(pool);
}

static void
bench(const char *name, void (*network)(struct graph *g), size_t n_items,
    double n_passes)
{
	struct error err = { ERROR_NONE, "" };
	struct graph *g = graph_new(&err);
	struct graph_shape in, out;
	struct weights *w;
	float *x, *y;

	if (g == NULL)
		fail(&err);
	network(g);
	if (graph_finish(g, &err) != 0 ||
	    (w = weights_for(g, 1, &err)) == NULL)
		fail(&err);
	in = graph_input_shape(g, 0);
	out = graph_output_shape(g, 0);
	x = noise(n_items * in.h * in.w * in.c);
	y = noise(n_items * out.h * out.w * out.c);
	bench_session(name, g, w, n_items, x, y);
	bench_trainer(name, g, w, n_items, n_passes, x, y);
	free(x);
	free(y);
	weights_free(w);
	graph_free(g);
}

int
main(void)
{
	bench_peak();
	bench("conv3x3_16", conv16, 8, 2);
	bench("conv3x3_64", conv64, 8, 2);
	bench("resnet", resnet, 8, 3);
	bench("crepe_tiny", crepe, 32, 3);
	bench("unet", unet, 4, 3);
	return 0;
}
