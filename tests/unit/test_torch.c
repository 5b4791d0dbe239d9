/*
 * Two small networks give what PyTorch gives: outputs, all gradients, and the
 * weights after 20 steps of AdamW and of RMSProp.  The values were stored by
 * tests/fixtures/torch_nets.py; both sides compute in float, in other orders,
 * and agree to 1e-4.
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
#include "nn/session.h"
#include "nn/trainer.h"
#include "nn/weights.h"

#define FIXTURE "tests/fixtures/torch_nets.safetensors"
#define N_ITEMS 8
#define N_STEPS 20
#define TOLERANCE 1e-4

static const struct graph_conv three = { .kernel_h = 3, .kernel_w = 3,
    .pad_top = 1, .pad_bottom = 1, .pad_left = 1, .pad_right = 1 };

static int
conv_norm(struct graph *g, const char *name, int x, struct graph_conv conv,
    size_t channels, size_t stride)
{
	char norm[32];

	(void)snprintf(norm, sizeof(norm), "%s_norm", name);
	conv.out_channels = channels;
	conv.stride_h = conv.stride_w = stride;
	conv.no_bias = true;
	return graph_batch_norm(g, norm, graph_conv(g, name, x, &conv), 1e-5,
	    0.1);
}

static struct graph *
resnet(void)
{
	const struct graph_conv one = { .kernel_h = 1, .kernel_w = 1 };
	const struct graph_pool pool = { .kernel_h = 3, .kernel_w = 3,
	    .stride_h = 2, .stride_w = 2, .pad_h = 1, .pad_w = 1 };
	struct error err = { ERROR_NONE, "" };
	struct graph *g = graph_new(&err);
	int x, y;

	x = graph_input(g, "in", 14, 11, 1);
	x = graph_relu(g, conv_norm(g, "stem", x, three, 8, 1));
	x = graph_max_pool(g, x, &pool);
	y = graph_relu(g, conv_norm(g, "a", x, three, 16, 2));
	y = conv_norm(g, "b", y, three, 16, 1);
	x = graph_relu(g, graph_add(g, y, conv_norm(g, "short", x, one, 16,
	    2)));
	x = graph_dense(g, "head", graph_global_average_pool(g, x), 6, false);
	graph_output(g, "out", graph_l2_normalise(g, x));
	assert_int_equal(graph_finish(g, &err), 0);
	return g;
}

static struct graph *
unet(void)
{
	const struct graph_pool pool = { .kernel_h = 3, .kernel_w = 3,
	    .stride_h = 1, .stride_w = 1, .pad_h = 1, .pad_w = 1 };
	struct graph_conv five = { .kernel_h = 5, .kernel_w = 5,
	    .stride_h = 2, .stride_w = 2, .pad_top = 2, .pad_bottom = 2,
	    .pad_left = 2, .pad_right = 2 };
	struct graph_conv up = five;
	struct error err = { ERROR_NONE, "" };
	struct graph *g = graph_new(&err);
	int in, skip, x;

	/* PyTorch's output_padding of 1. */
	up.pad_bottom = up.pad_right = 1;
	in = graph_input(g, "in", 12, 8, 2);
	five.out_channels = 8;
	skip = graph_conv(g, "down", in, &five);
	skip = graph_leaky_relu(g, graph_batch_norm(g, "down_norm", skip,
	    1e-5, 0.1), 0.2);
	five.out_channels = 12;
	x = graph_tanh(g, graph_conv(g, "deep", skip, &five));
	x = graph_average_pool(g, x, &pool);
	up.out_channels = 8;
	x = graph_conv_transposed(g, "up", x, &up);
	x = graph_relu(g, graph_batch_norm(g, "up_norm", x, 1e-5, 0.1));
	up.out_channels = 2;
	x = graph_conv_transposed(g, "out", graph_concat(g, x, skip), &up);
	graph_output(g, "masked", graph_multiply(g, graph_sigmoid(g, x), in));
	assert_int_equal(graph_finish(g, &err), 0);
	return g;
}

static const struct weights_tensor *
stored(const struct weights *w, const char *prefix, const char *name)
{
	const struct weights_tensor *t;
	char full[128];

	(void)snprintf(full, sizeof(full), "%s%s", prefix, name);
	t = weights_find(w, full);
	if (t == NULL)
		fail_msg("%s is not in " FIXTURE, full);
	return t;
}

static void
assert_close(const float *got, const struct weights_tensor *want)
{
	size_t i;

	for (i = 0; i < want->n_values; i++)
		if (!(fabs((double)got[i] - (double)want->values[i]) <
		    TOLERANCE))
			fail_msg("%s, value %zu: %.7g, PyTorch has %.7g",
			    want->name, i, (double)got[i],
			    (double)want->values[i]);
}

/* One step; the first is compared. */
static void
step(struct trainer *t, const struct weights *torch, const char *net,
    double rate, bool is_first, float *out, float *gradient)
{
	const float *in = stored(torch, net, "input")->values;
	const struct weights_tensor *target = stored(torch, net, "target");
	struct error err = { ERROR_NONE, "" };
	char prefix[64];
	size_t i;

	assert_int_equal(trainer_forward(t, &in, &out, &err), 0);
	for (i = 0; i < target->n_values; i++)
		gradient[i] = 2 * (out[i] - target->values[i]) / N_ITEMS;
	assert_int_equal(trainer_backward(t,
	    (const float *const[]){ gradient }, &err), 0);
	(void)snprintf(prefix, sizeof(prefix), "%sgradient.", net);
	for (i = 0; is_first && i < weights_n_tensors(torch); i++) {
		const struct weights_tensor *want = weights_tensor(torch, i);
		const float *got;

		if (strncmp(want->name, prefix, strlen(prefix)) != 0)
			continue;
		got = trainer_gradient(t, want->name + strlen(prefix));
		assert_non_null(got);
		assert_close(got, want);
	}
	if (is_first)
		assert_close(out, stored(torch, net, "output"));
	assert_int_equal(trainer_step(t, rate, NULL, &err), 0);
}

static void
check_last(const struct weights *torch, const char *net,
    const struct graph *g, const struct weights *w, float *out)
{
	const float *in = stored(torch, net, "input")->values;
	struct error err = { ERROR_NONE, "" };
	struct session *s = session_new(g, w, N_ITEMS, &err);
	char prefix[64];
	size_t i;

	(void)snprintf(prefix, sizeof(prefix), "%slast.", net);
	for (i = 0; i < weights_n_tensors(w); i++)
		assert_close(weights_tensor(w, i)->values, stored(torch,
		    prefix, weights_tensor(w, i)->name));
	assert_non_null(s);
	assert_int_equal(session_run(s, N_ITEMS, &in, &out, &err), 0);
	assert_close(out, stored(torch, net, "eval.output"));
	session_free(s);
}

static void
check_net(const char *net, struct graph *g, struct trainer_options o,
    double rate)
{
	struct error err = { ERROR_NONE, "" };
	struct weights *torch = weights_load(FIXTURE, &err);
	struct weights *w = weights_for(g, 1, &err);
	struct pool *pool = pool_new(2, &err);
	struct trainer *t;
	float *out, *gradient;
	char prefix[64];
	size_t i, n;

	if (torch == NULL)
		fail_msg("%s (run from the top folder)", err.text);
	(void)snprintf(prefix, sizeof(prefix), "%sfirst.", net);
	for (i = 0; i < weights_n_tensors(w); i++) {
		const struct weights_tensor *to = weights_tensor(w, i);

		memcpy(to->values, stored(torch, prefix, to->name)->values,
		    to->n_values * sizeof(float));
	}
	n = stored(torch, net, "target")->n_values;
	out = calloc(n, sizeof(*out));
	gradient = calloc(n, sizeof(*gradient));
	t = trainer_new(g, w, &o, pool, &err);
	assert_non_null(t);
	for (i = 0; i < N_STEPS; i++)
		step(t, torch, net, rate, i == 0, out, gradient);
	check_last(torch, net, g, w, out);
	free(out);
	free(gradient);
	trainer_free(t);
	pool_free(pool);
	weights_free(w);
	weights_free(torch);
	graph_free(g);
}

static void
test_resnet(void **state)
{
	const struct trainer_options o = { .block_items = N_ITEMS,
	    .n_blocks = 1, .rule = TRAINER_ADAMW, .beta1 = 0.9,
	    .beta2 = 0.999, .epsilon = 1e-8, .weight_decay = 0.05 };

	(void)state;
	check_net("resnet.", resnet(), o, 0.003);
}

static void
test_unet(void **state)
{
	const struct trainer_options o = { .block_items = N_ITEMS,
	    .n_blocks = 1, .rule = TRAINER_RMSPROP, .beta2 = 0.99,
	    .epsilon = 1e-3 };

	(void)state;
	check_net("unet.", unet(), o, 0.0005);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resnet),
		cmocka_unit_test(test_unet)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
