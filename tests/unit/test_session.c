/*
 * Running a graph forward: every layer against loops written straight from
 * its definition, norms and ReLUs fused or not, items independent of each
 * other.
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

#include "base/random.h"
#include "nn/graph.h"
#include "nn/session.h"
#include "nn/weights.h"

static float *
floats(size_t n)
{
	float *x = calloc(n, sizeof(*x));

	assert_non_null(x);
	return x;
}

static float *
noise(size_t n, uint64_t seed)
{
	float *x = floats(n);
	struct random r;
	size_t i;

	random_init(&r, seed);
	for (i = 0; i < n; i++)
		x[i] = (float)random_normal(&r);
	return x;
}

/* Replace every tensor by noise; variances stay positive. */
static void
shake(struct weights *w, uint64_t seed)
{
	struct random r;
	size_t i, k;

	random_init(&r, seed);
	for (i = 0; i < weights_n_tensors(w); i++) {
		const struct weights_tensor *t = weights_tensor(w, i);

		for (k = 0; k < t->n_values; k++)
			t->values[k] = strstr(t->name, "_var") != NULL ?
			    (float)random_range(&r, 0.5, 2) :
			    (float)(0.3 * random_normal(&r));
	}
}

struct shape_case {
	size_t h, w, c;
	struct graph_conv conv;
	bool is_transposed;
};

/* One output of a convolution. */
static double
conv_at(const struct shape_case *k, const float *x, const float *weight,
    size_t oh, size_t ow, size_t oc)
{
	const struct graph_conv *v = &k->conv;
	double sum = 0;
	size_t a, b, c;

	for (a = 0; a < v->kernel_h; a++)
		for (b = 0; b < v->kernel_w; b++) {
			const size_t h = oh * v->stride_h + a;
			const size_t w = ow * v->stride_w + b;

			if (h < v->pad_top || h >= k->h + v->pad_top ||
			    w < v->pad_left || w >= k->w + v->pad_left)
				continue;
			for (c = 0; c < k->c; c++)
				sum += (double)x[((h - v->pad_top) * k->w +
				    w - v->pad_left) * k->c + c] *
				    (double)weight[((oc * k->c + c) *
				    v->kernel_h + a) * v->kernel_w + b];
		}
	return sum;
}

/* One output of a transposed convolution: the inputs that reach it. */
static double
transposed_at(const struct shape_case *k, const float *x,
    const float *weight, size_t oh, size_t ow, size_t oc)
{
	const struct graph_conv *v = &k->conv;
	double sum = 0;
	size_t h, w, c;

	for (h = 0; h < k->h; h++)
		for (w = 0; w < k->w; w++) {
			const size_t a = oh + v->pad_top - h * v->stride_h;
			const size_t b = ow + v->pad_left - w * v->stride_w;

			if (a >= v->kernel_h || b >= v->kernel_w)
				continue;
			for (c = 0; c < k->c; c++)
				sum += (double)x[(h * k->w + w) * k->c + c] *
				    (double)weight[((c * v->out_channels +
				    oc) * v->kernel_h + a) * v->kernel_w + b];
		}
	return sum;
}

/* Conv, and a norm and a leaky ReLU when wanted. */
static struct graph *
conv_graph(const struct shape_case *k, bool has_norm, bool has_relu)
{
	struct error err = { ERROR_NONE, "" };
	struct graph *g = graph_new(&err);
	int v;

	v = graph_input(g, "in", k->h, k->w, k->c);
	v = k->is_transposed ? graph_conv_transposed(g, "c", v, &k->conv) :
	    graph_conv(g, "c", v, &k->conv);
	if (has_norm)
		v = graph_batch_norm(g, "n", v, 1e-3, 0.1);
	if (has_relu)
		v = graph_leaky_relu(g, v, 0.25);
	graph_output(g, "out", v);
	if (graph_finish(g, &err) != 0)
		fail_msg("%s", err.text);
	return g;
}

static double
parameter(const struct weights *w, const char *name, size_t i)
{
	return (double)weights_find(w, name)->values[i];
}

/* Output i of a graph of conv_graph, by loops. */
static double
conv_wanted(const struct shape_case *k, const struct weights *w,
    struct graph_shape shape, bool has_norm, bool has_relu, const float *x,
    size_t i)
{
	const size_t c = i % shape.c, ow = i / shape.c % shape.w;
	const size_t oh = i / shape.c / shape.w % shape.h;
	const float *item = x + i / shape.c / shape.w / shape.h *
	    k->h * k->w * k->c;
	const float *weight = weights_find(w, "c.weight")->values;
	double want = k->is_transposed ?
	    transposed_at(k, item, weight, oh, ow, c) :
	    conv_at(k, item, weight, oh, ow, c);

	if (!k->conv.no_bias)
		want += parameter(w, "c.bias", c);
	if (has_norm)
		want = (want - parameter(w, "n.running_mean", c)) /
		    sqrt(parameter(w, "n.running_var", c) + 1e-3) *
		    parameter(w, "n.weight", c) + parameter(w, "n.bias", c);
	return has_relu && want < 0 ? want * 0.25 : want;
}

/* The largest error of three items. */
static double
conv_error(const struct shape_case *k, bool has_norm, bool has_relu)
{
	const size_t n_items = 3;
	struct error err = { ERROR_NONE, "" };
	struct graph *g = conv_graph(k, has_norm, has_relu);
	const struct graph_shape shape = graph_output_shape(g, 0);
	const size_t n_out = n_items * shape.h * shape.w * shape.c;
	struct weights *w = weights_for(g, 1, &err);
	struct session *s;
	float *x = noise(n_items * k->h * k->w * k->c, 3);
	float *y = floats(n_out);
	double worst = 0;
	size_t i;

	shake(w, 5);
	s = session_new(g, w, n_items, &err);
	if (s == NULL || session_run(s, n_items, (const float *const[]){ x },
	    (float *const[]){ y }, &err) != 0)
		fail_msg("%s", err.text);
	for (i = 0; i < n_out; i++)
		worst = fmax(worst, fabs((double)y[i] - conv_wanted(k, w,
		    shape, has_norm, has_relu, x, i)));
	free(x);
	free(y);
	session_free(s);
	weights_free(w);
	graph_free(g);
	return worst;
}

static void
test_convolutions(void **state)
{
	static const struct shape_case cases[] = {
		{ 5, 7, 3, { 4, 3, 3, 1, 1, 1, 1, 1, 1, false }, false },
		{ 9, 8, 16, { 32, 5, 5, 2, 2, 1, 2, 1, 2, true }, false },
		{ 6, 10, 16, { 17, 1, 1, 2, 2, 0, 0, 0, 0, false }, false },
		{ 12, 1, 5, { 6, 4, 1, 1, 1, 1, 2, 0, 0, false }, false },
		{ 40, 1, 16, { 16, 8, 1, 1, 1, 3, 4, 0, 0, false }, false },
		/* As the first layer of CREPE. */
		{ 64, 1, 1, { 8, 32, 1, 4, 1, 14, 14, 0, 0, false }, false },
		{ 60, 1, 1, { 7, 9, 1, 3, 1, 2, 4, 0, 0, false }, false },
		{ 60, 1, 1, { 7, 3, 1, 5, 1, 0, 0, 0, 0, false }, false },
		{ 4, 5, 6, { 3, 3, 3, 2, 2, 1, 1, 1, 1, false }, true },
		{ 4, 5, 32, { 16, 5, 5, 2, 2, 1, 2, 2, 1, true }, true },
		{ 8, 8, 8, { 1, 5, 5, 2, 2, 1, 2, 1, 2, false }, true },
		{ 8, 1, 8, { 5, 4, 1, 2, 1, 1, 1, 0, 0, false }, true },
		{ 3, 4, 7, { 5, 2, 3, 1, 1, 0, 0, 1, 1, false }, true },
		/* To one channel, as dot products. */
		{ 6, 9, 8, { 1, 3, 3, 1, 1, 1, 1, 1, 1, false }, false },
		{ 6, 2, 16, { 1, 5, 5, 1, 1, 0, 0, 3, 1, true }, false },
		{ 6, 3, 8, { 1, 3, 7, 1, 1, 2, 0, 1, 5, false }, false },
		/* Twice as wide, by phases. */
		{ 6, 9, 7, { 5, 3, 4, 1, 2, 1, 1, 1, 1, false }, true },
		{ 6, 9, 16, { 8, 5, 5, 1, 2, 3, 1, 2, 1, true }, true },
		{ 6, 9, 8, { 3, 1, 3, 1, 2, 0, 0, 1, 0, false }, true },
		{ 6, 9, 8, { 3, 3, 6, 1, 2, 0, 2, 0, 4, false }, true }
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (k = 0; k < 4; k++) {
			const double e = conv_error(&cases[i], k % 2 == 1,
			    k / 2 == 1);

			/* Sums of up to 800 products of size about 0.3. */
			if (!(e < 2e-5))
				fail_msg("case %zu.%zu: off by %g", i, k, e);
		}
}

/* A graph of everything that has no parameters, beside a dense layer. */
static struct graph *
mixed_graph(void)
{
	const struct graph_pool three = { 3, 2, 2, 2, 1, 1 };
	const struct graph_pool two = { 2, 3, 0, 0, 0, 0 };
	struct error err = { ERROR_NONE, "" };
	struct graph *g = graph_new(&err);
	int a, b, x, y;

	a = graph_input(g, "a", 7, 6, 3);
	b = graph_input(g, "b", 7, 6, 5);
	x = graph_concat(g, graph_dropout(g, a, 0.5), b);
	x = graph_multiply(g, x, graph_sigmoid(g, x));
	y = graph_relu(g, graph_add(g, graph_tanh(g, x), x));
	graph_output(g, "max", graph_max_pool(g, y, &three));
	graph_output(g, "average", graph_average_pool(g, x, &three));
	graph_output(g, "average2", graph_average_pool(g, x, &two));
	graph_output(g, "global", graph_global_average_pool(g, y));
	graph_output(g, "dense", graph_dense(g, "d", y, 4, false));
	graph_output(g, "unit", graph_l2_normalise(g, y));
	assert_int_equal(graph_finish(g, &err), 0);
	return g;
}

/* Largest (is_max) or mean value of a window of a 7 x 6 x 8 value. */
static double
pool_at(const double *x, size_t oh, size_t ow, size_t c,
    const struct graph_pool *p, bool is_max)
{
	double best = -1e30, sum = 0, n = 0;
	size_t a, b;

	for (a = oh * p->stride_h; a < oh * p->stride_h + p->kernel_h; a++)
		for (b = ow * p->stride_w; b < ow * p->stride_w + p->kernel_w;
		    b++) {
			double v;

			if (a < p->pad_h || a >= 7 + p->pad_h ||
			    b < p->pad_w || b >= 6 + p->pad_w)
				continue;
			v = x[((a - p->pad_h) * 6 + b - p->pad_w) * 8 + c];
			best = fmax(best, v);
			sum += v;
			n++;
		}
	return is_max ? best : sum / n;
}

static void
check_pool(const float *got, const double *x, size_t n_h, size_t n_w,
    const struct graph_pool *p, bool is_max)
{
	size_t i;

	for (i = 0; i < n_h * n_w * 8; i++)
		assert_true(fabs((double)got[i] - pool_at(x, i / 8 / n_w,
		    i / 8 % n_w, i % 8, p, is_max)) < 1e-6);
}

static void
test_other_layers(void **state)
{
	const struct graph_pool three = { 3, 2, 2, 2, 1, 1 };
	const struct graph_pool two = { 2, 3, 2, 3, 0, 0 };
	const struct graph_pool all = { 7, 6, 7, 6, 0, 0 };
	struct error err = { ERROR_NONE, "" };
	struct graph *g = mixed_graph();
	struct weights *w = weights_for(g, 4, &err);
	struct session *s = session_new(g, w, 1, &err);
	float *a = noise(7 * 6 * 3, 1), *b = noise(7 * 6 * 5, 2);
	double x[7 * 6 * 8], y[7 * 6 * 8], length = 0;
	float *out[6];
	size_t i, k;

	(void)state;
	shake(w, 8);
	assert_non_null(s);
	for (i = 0; i < 6; i++)
		out[i] = floats(7 * 6 * 8);
	assert_int_equal(session_run(s, 1, (const float *const[]){ a, b },
	    out, &err), 0);
	for (i = 0; i < 7 * 6 * 8; i++) {
		const double v = (double)(i % 8 < 3 ? a[i / 8 * 3 + i % 8] :
		    b[i / 8 * 5 + i % 8 - 3]);

		x[i] = v / (1 + exp(-v));
		y[i] = fmax(0, tanh(x[i]) + x[i]);
		length += y[i] * y[i];
	}
	check_pool(out[0], y, 4, 4, &three, true);
	check_pool(out[1], x, 4, 4, &three, false);
	check_pool(out[2], x, 3, 2, &two, false);
	check_pool(out[3], y, 1, 1, &all, false);
	for (k = 0; k < 4; k++) {
		double sum = (double)weights_find(w, "d.bias")->values[k];

		for (i = 0; i < 7 * 6 * 8; i++)
			sum += y[i] * (double)weights_find(w,
			    "d.weight")->values[k * 7 * 6 * 8 + i];
		/* 336 products of size about 0.3. */
		assert_true(fabs(sum - (double)out[4][k]) < 2e-5);
	}
	for (i = 0; i < 7 * 6 * 8; i++)
		assert_true(fabs(y[i] / sqrt(length) - (double)out[5][i]) <
		    1e-6);
	for (i = 0; i < 6; i++)
		free(out[i]);
	free(a);
	free(b);
	session_free(s);
	weights_free(w);
	graph_free(g);
}

/* The bytes of an item's result are the same alone and among others. */
static void
test_items_are_independent(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct graph *g = graph_new(&err);
	struct weights *w;
	struct session *s;
	float *x = noise(8 * 20 * 10, 1), *all = floats(8 * 12);
	float one[12];
	size_t i;
	int v;

	(void)state;
	v = graph_input(g, "in", 20, 10, 1);
	v = graph_conv(g, "a", v, &(struct graph_conv){ .out_channels = 16,
	    .kernel_h = 3, .kernel_w = 3, .pad_top = 1, .pad_bottom = 1,
	    .pad_left = 1, .pad_right = 1, .stride_h = 2 });
	v = graph_relu(g, graph_batch_norm(g, "n", v, 1e-5, 0.1));
	v = graph_dense(g, "d", v, 12, false);
	graph_output(g, "out", v);
	assert_int_equal(graph_finish(g, &err), 0);
	w = weights_for(g, 3, &err);
	s = session_new(g, w, 8, &err);
	assert_non_null(s);
	assert_int_equal(session_run(s, 8, (const float *const[]){ x },
	    (float *const[]){ all }, &err), 0);
	for (i = 0; i < 8; i++) {
		assert_int_equal(session_run(s, 1, (const float *const[]){
		    x + i * 200 }, (float *const[]){ one }, &err), 0);
		assert_memory_equal(one, all + i * 12, sizeof(one));
	}
	assert_int_equal(session_run(s, 9, (const float *const[]){ x },
	    (float *const[]){ all }, &err), -1);
	session_free(s);
	weights_free(w);
	graph_free(g);
	free(x);
	free(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_convolutions),
		cmocka_unit_test(test_other_layers),
		cmocka_unit_test(test_items_are_independent)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
