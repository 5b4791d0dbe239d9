/*
 * Training of 3x3 convolutions by Winograd's tiles against plain loops in
 * double.  The transforms add values of up to eight times the size, so errors
 * are those of float, 6e-8, times some ten, times the root of the number of
 * terms: below 2e-5 of the largest value.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/pool.h"
#include "base/random.h"
#include "nn/graph.h"
#include "nn/layer_winograd.h"
#include "nn/trainer.h"
#include "nn/weights.h"

#define TOLERANCE 2e-5

/* A block of 10 items of 3 x 4 tiles is more than is taken at once. */
#define N_ITEMS 20
#define H 11
#define W 14
#define C_FIRST 5
#define C_IN 48
#define C_OUT 32
#define PAD_TOP 1
#define PAD_LEFT 2
#define H_OUT (H + PAD_TOP - 2)		/* nothing below */
#define W_OUT (W + PAD_LEFT + 1 - 2)
#define N_FIRST ((size_t)N_ITEMS * H * W * C_FIRST)
#define N_IN ((size_t)N_ITEMS * H * W * C_IN)
#define N_OUT ((size_t)N_ITEMS * H_OUT * W_OUT * C_OUT)

static const struct graph_conv point = { .out_channels = C_IN, .kernel_h = 1,
    .kernel_w = 1, .no_bias = true };
static const struct graph_conv three = { .out_channels = C_OUT,
    .kernel_h = 3, .kernel_w = 3, .pad_top = PAD_TOP, .pad_left = PAD_LEFT,
    .pad_right = 1 };

/* A point-wise layer in front shows the gradient by the input. */
struct run {
	struct graph *graph;
	struct weights *weights;
	struct trainer *trainer;
	float *first, *out, *factors;
};

static float *
noise(size_t n, uint64_t seed)
{
	float *x = malloc(n * sizeof(*x));
	struct random r;

	assert_non_null(x);
	random_init(&r, seed);
	for (size_t i = 0; i < n; i++)
		x[i] = (float)random_normal(&r);
	return x;
}

static void
start(struct run *t, size_t n_threads)
{
	const struct trainer_options o = { .block_items = N_ITEMS / 2,
	    .n_blocks = 2, .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-8 };
	struct error err = { ERROR_NONE, "" };
	struct pool *pool = pool_new(n_threads, &err);
	int x;

	assert_non_null(pool);
	assert_non_null(t->graph = graph_new(&err));
	x = graph_input(t->graph, "in", H, W, C_FIRST);
	x = graph_conv(t->graph, "before", x, &point);
	graph_output(t->graph, "out", graph_conv(t->graph, "t", x, &three));
	assert_int_equal(graph_finish(t->graph, &err), 0);
	assert_non_null(t->weights = weights_for(t->graph, 3, &err));
	for (size_t i = 0; i < C_OUT; i++)
		weights_find(t->weights, "t.bias")->values[i] =
		    (float)i - 7;
	t->trainer = trainer_new(t->graph, t->weights, &o, pool, &err);
	assert_non_null(t->trainer);
	t->first = noise(N_FIRST, 1);
	t->factors = noise(N_OUT, 2);
	t->out = noise(N_OUT, 3);
	assert_int_equal(trainer_forward(t->trainer,
	    (const float *const[]){ t->first }, (float *const[]){ t->out },
	    &err), 0);
	assert_int_equal(trainer_backward(t->trainer,
	    (const float *const[]){ t->factors }, &err), 0);
	pool_free(pool);
}

static void
finish(struct run *t)
{
	trainer_free(t->trainer);
	weights_free(t->weights);
	graph_free(t->graph);
	free(t->first);
	free(t->out);
	free(t->factors);
}

/* What the loops make of the same. */
struct plain {
	double *in, *out, *in_gradient;
	double taps[C_OUT * C_IN * 9], bias[C_OUT], before[C_IN * C_FIRST];
};

/* All products of one place of the output and one tap. */
static void
add_taps(struct plain *p, const struct run *t, size_t item, size_t y,
    size_t x, size_t a, size_t b)
{
	const size_t at_y = y + a - PAD_TOP, at_x = x + b - PAD_LEFT;
	const size_t out = ((item * H_OUT + y) * W_OUT + x) * C_OUT;
	const size_t in = ((item * H + at_y) * W + at_x) * C_IN;
	const float *taps = weights_find(t->weights, "t.weight")->values;

	if (at_y >= H || at_x >= W)
		return;
	for (size_t o = 0; o < C_OUT; o++)
		for (size_t i = 0; i < C_IN; i++) {
			const size_t k = (o * C_IN + i) * 9 + a * 3 + b;
			const double factor = (double)t->factors[out + o];

			p->out[out + o] += p->in[in + i] * (double)taps[k];
			p->taps[k] += p->in[in + i] * factor;
			p->in_gradient[in + i] += (double)taps[k] * factor;
		}
}

static void
run_plain(struct plain *p, const struct run *t)
{
	const float *before = weights_find(t->weights,
	    "before.weight")->values;

	for (size_t k = 0; k < N_IN; k++)
		for (size_t f = 0; f < C_FIRST; f++)
			p->in[k] += (double)t->first[k / C_IN * C_FIRST + f] *
			    (double)before[k % C_IN * C_FIRST + f];
	for (size_t k = 0; k < N_OUT; k++) {
		p->out[k] = (double)(k % C_OUT) - 7;
		p->bias[k % C_OUT] += (double)t->factors[k];
	}
	for (size_t place = 0; place < N_ITEMS * H_OUT * W_OUT; place++)
		for (size_t tap = 0; tap < 9; tap++)
			add_taps(p, t, place / (H_OUT * W_OUT),
			    place / W_OUT % H_OUT, place % W_OUT, tap / 3,
			    tap % 3);
	for (size_t k = 0; k < N_IN; k++)
		for (size_t f = 0; f < C_FIRST; f++)
			p->before[k % C_IN * C_FIRST + f] +=
			    p->in_gradient[k] * (double)
			    t->first[k / C_IN * C_FIRST + f];
}

static void
assert_close(const float *got, const double *want, size_t n)
{
	double largest = 0, worst = 0;

	for (size_t i = 0; i < n; i++) {
		largest = fmax(largest, fabs(want[i]));
		worst = fmax(worst, fabs(want[i] - (double)got[i]));
	}
	assert_true(largest > 1);
	assert_true(worst < TOLERANCE * largest);
}

static void
test_equals_plain(void **state)
{
	struct plain *p = calloc(1, sizeof(*p));
	struct run t;

	(void)state;
	assert_non_null(p);
	p->in = calloc(N_IN, sizeof(double));
	p->in_gradient = calloc(N_IN, sizeof(double));
	p->out = calloc(N_OUT, sizeof(double));
	assert_true(p->in != NULL && p->in_gradient != NULL &&
	    p->out != NULL);
	start(&t, 1);
	run_plain(p, &t);
	assert_close(t.out, p->out, N_OUT);
	assert_close(trainer_gradient(t.trainer, "t.weight"), p->taps,
	    C_OUT * C_IN * 9);
	assert_close(trainer_gradient(t.trainer, "t.bias"), p->bias, C_OUT);
	assert_close(trainer_gradient(t.trainer, "before.weight"), p->before,
	    C_IN * C_FIRST);
	finish(&t);
	free(p->in);
	free(p->in_gradient);
	free(p->out);
	free(p);
}

static void
test_threads_same(void **state)
{
	struct run one, two;

	(void)state;
	start(&one, 1);
	start(&two, 2);
	assert_memory_equal(one.out, two.out, N_OUT * sizeof(float));
	assert_memory_equal(trainer_gradient(one.trainer, "t.weight"),
	    trainer_gradient(two.trainer, "t.weight"),
	    C_OUT * C_IN * 9 * sizeof(float));
	finish(&one);
	finish(&two);
}

/* Who gets it: wide ones whose tiles do not reach too far over. */
static void
test_suits(void **state)
{
	struct graph_node n = { .kind = GRAPH_CONV, .conv = three };
	struct step s = { .node = &n, .is_training = true,
	    .in = { { H, W, C_IN } }, .shape = { H_OUT, W_OUT, C_OUT } };

	(void)state;
	n.conv.stride_h = n.conv.stride_w = 1;
	assert_true(layer_winograd_suits(&s));
	s.is_training = false;
	assert_false(layer_winograd_suits(&s));
	s.is_training = true;
	s.in[0].c = 40;
	assert_false(layer_winograd_suits(&s));
	s.in[0].c = 16;
	assert_false(layer_winograd_suits(&s));
	s.in[0].c = C_IN;
	n.conv.stride_w = 2;
	assert_false(layer_winograd_suits(&s));
	n.conv.stride_w = 1;
	s.shape = (struct graph_shape){ 2, 2, C_OUT };
	assert_false(layer_winograd_suits(&s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equals_plain),
		cmocka_unit_test(test_threads_same),
		cmocka_unit_test(test_suits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
