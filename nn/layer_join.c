/*
 * layer_join -- add (with a fused ReLU), multiply, concatenate channels.
 */

#include <string.h>

#include "nn/simd.h"
#include "nn/step.h"

SIMD static void
add(size_t n, const float *restrict a, const float *restrict b,
    float *restrict out)
{
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = a[i] + b[i];
}

SIMD static void
add_relu(size_t n, const float *restrict a, const float *restrict b,
    float slope, float *restrict out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const float sum = a[i] + b[i];

		out[i] = (sum > 0.0f ? sum : 0.0f) +
		    slope * (sum > 0.0f ? 0.0f : sum);
	}
}

static int
add_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	(void)err;
	if (s->has_relu)
		add_relu(step_n_out(s), r->in[0], r->in[1], s->slope, r->out);
	else
		add(step_n_out(s), r->in[0], r->in[1], r->out);
	return 0;
}

static int
add_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const size_t n_bytes = step_n_out(s) * sizeof(float);
	size_t i;

	(void)err;
	step_relu_backward(s, r->out, r->out_gradient);
	for (i = 0; i < 2; i++)
		if (r->in_gradient[i] != NULL)
			memcpy(r->in_gradient[i], r->out_gradient, n_bytes);
	return 0;
}

const struct step_kind layer_add = {
	NULL, NULL, NULL, add_forward, add_backward, NULL
};

SIMD static void
multiply(size_t n, const float *restrict a, const float *restrict b,
    float *restrict out)
{
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = a[i] * b[i];
}

static int
multiply_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	(void)err;
	multiply(step_n_out(s), r->in[0], r->in[1], r->out);
	return 0;
}

static int
multiply_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	size_t i;

	(void)err;
	for (i = 0; i < 2; i++)
		if (r->in_gradient[i] != NULL)
			multiply(step_n_out(s), r->out_gradient,
			    r->in[1 - i], r->in_gradient[i]);
	return 0;
}

const struct step_kind layer_multiply = {
	NULL, NULL, NULL, multiply_forward, multiply_backward, NULL
};

/* Copy n_rows rows of n_values between arrays of other row lengths. */
static void
copy_rows(size_t n_rows, size_t n_values, const float *from,
    size_t from_stride, float *to, size_t to_stride)
{
	size_t i;

	for (i = 0; i < n_rows; i++)
		memcpy(to + i * to_stride, from + i * from_stride,
		    n_values * sizeof(float));
}

static int
concat_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const size_t n_places = s->n_items * s->shape.h * s->shape.w;
	const size_t left = s->in[0].c, right = s->in[1].c;

	(void)err;
	copy_rows(n_places, left, r->in[0], left, r->out, s->shape.c);
	copy_rows(n_places, right, r->in[1], right, r->out + left,
	    s->shape.c);
	return 0;
}

static int
concat_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const size_t n_places = s->n_items * s->shape.h * s->shape.w;
	const size_t left = s->in[0].c, right = s->in[1].c;

	(void)err;
	if (r->in_gradient[0] != NULL)
		copy_rows(n_places, left, r->out_gradient, s->shape.c,
		    r->in_gradient[0], left);
	if (r->in_gradient[1] != NULL)
		copy_rows(n_places, right, r->out_gradient + left,
		    s->shape.c, r->in_gradient[1], right);
	return 0;
}

const struct step_kind layer_concat = {
	NULL, NULL, NULL, concat_forward, concat_backward, NULL
};
