/*
 * layer_pointwise -- ReLU, sigmoid, tanh, dropout: each value by itself.
 */

#include <math.h>
#include <string.h>

#include "base/random.h"

#include "nn/simd.h"
#include "nn/step.h"

size_t
step_n_out(const struct step *s)
{
	return s->n_items * graph_shape_values(s->shape);
}

size_t
step_n_in(const struct step *s, size_t i)
{
	return s->n_items * graph_shape_values(s->in[i]);
}

SIMD static void
relu(size_t n, const float *in, float slope, float *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = (in[i] > 0.0f ? in[i] : 0.0f) +
		    slope * (in[i] > 0.0f ? 0.0f : in[i]);
}

SIMD static void
bias_relu(size_t n_rows, size_t n, const float *restrict bias, float slope,
    float *restrict out)
{
	size_t i, k;

	for (k = 0; k < n_rows; k++)
		for (i = 0; i < n; i++) {
			const float y = out[k * n + i] + bias[i];

			out[k * n + i] = (y > 0.0f ? y : 0.0f) +
			    slope * (y > 0.0f ? 0.0f : y);
		}
}

void
step_bias_relu(const struct step *s, const float *bias, float *out)
{
	if (bias != NULL)
		bias_relu(s->n_items * s->shape.h * s->shape.w, s->shape.c,
		    bias, s->has_relu ? s->slope : 1.0f, out);
	else if (s->has_relu)
		relu(step_n_out(s), out, s->slope, out);
}

SIMD static void
multiply_by_slope(size_t n, const float *restrict out, float slope,
    const float *from, float *to)
{
	size_t i;

	for (i = 0; i < n; i++)
		to[i] = from[i] * (out[i] > 0.0f ? 1.0f : slope);
}

void
step_relu_backward(const struct step *s, const float *out, float *gradient)
{
	if (s->has_relu)
		multiply_by_slope(step_n_out(s), out, s->slope, gradient,
		    gradient);
}

static int
relu_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	(void)err;
	relu(step_n_out(s), r->in[0], (float)s->node->number[0], r->out);
	return 0;
}

static int
relu_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	(void)err;
	if (r->in_gradient[0] != NULL)
		multiply_by_slope(step_n_out(s), r->out,
		    (float)s->node->number[0], r->out_gradient,
		    r->in_gradient[0]);
	return 0;
}

const struct step_kind layer_relu = {
	NULL, NULL, NULL, relu_forward, relu_backward, NULL
};

static int
sigmoid_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const size_t n = step_n_out(s);
	size_t i;

	(void)err;
	for (i = 0; i < n; i++)
		r->out[i] = 1.0f / (1.0f + expf(-r->in[0][i]));
	return 0;
}

static int
sigmoid_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const size_t n = step_n_out(s);
	const float *restrict out = r->out;
	const float *restrict gradient = r->out_gradient;
	float *restrict to = r->in_gradient[0];
	size_t i;

	(void)err;
	if (to == NULL)
		return 0;
	for (i = 0; i < n; i++)
		to[i] = gradient[i] * out[i] * (1.0f - out[i]);
	return 0;
}

const struct step_kind layer_sigmoid = {
	NULL, NULL, NULL, sigmoid_forward, sigmoid_backward, NULL
};

static int
tanh_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const size_t n = step_n_out(s);
	size_t i;

	(void)err;
	for (i = 0; i < n; i++)
		r->out[i] = tanhf(r->in[0][i]);
	return 0;
}

static int
tanh_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const size_t n = step_n_out(s);
	const float *restrict out = r->out;
	const float *restrict gradient = r->out_gradient;
	float *restrict to = r->in_gradient[0];
	size_t i;

	(void)err;
	if (to == NULL)
		return 0;
	for (i = 0; i < n; i++)
		to[i] = gradient[i] * (1.0f - out[i] * out[i]);
	return 0;
}

const struct step_kind layer_tanh = {
	NULL, NULL, NULL, tanh_forward, tanh_backward, NULL
};

static int
dropout_plan(struct step *s, struct error *err)
{
	(void)err;
	s->saved_bytes = step_n_out(s) * sizeof(float);
	return 0;
}

/* The factor of each value, 0 or 1 / (1 - p), is kept for backward. */
static int
dropout_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const double p = s->node->number[0];
	const uint64_t limit = (uint64_t)(p * 4294967296.0);
	const float scale = (float)(1.0 / (1.0 - p));
	const size_t n = step_n_out(s);
	float *factor = r->saved;
	struct random random;
	uint64_t bits = 0;
	size_t i;

	(void)err;
	random_init_keyed(&random, r->seed, r->key, s->number);
	for (i = 0; i < n; i++) {
		bits = i % 2 == 0 ? random_next(&random) : bits >> 32;
		factor[i] = (bits & 0xffffffffu) < limit ? 0.0f : scale;
		r->out[i] = r->in[0][i] * factor[i];
	}
	return 0;
}

static int
dropout_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const size_t n = step_n_out(s);
	const float *restrict factor = r->saved;
	const float *restrict gradient = r->out_gradient;
	float *restrict to = r->in_gradient[0];
	size_t i;

	(void)err;
	if (to == NULL)
		return 0;
	for (i = 0; i < n; i++)
		to[i] = gradient[i] * factor[i];
	return 0;
}

const struct step_kind layer_dropout = {
	dropout_plan, NULL, NULL, dropout_forward, dropout_backward, NULL
};
