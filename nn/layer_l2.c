/*
 * layer_l2 -- each item scaled to length 1.
 *
 * With y = x / |x| the gradient by x is (g - y (y . g)) / |x|.
 */

#include <math.h>
#include <string.h>

#include "nn/step.h"

/* Below this a vector counts as zero. */
#define MIN_LENGTH 1e-12

static double
dot(size_t n, const float *a, const float *b)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += (double)a[i] * (double)b[i];
	return sum;
}

/* The inverse lengths are kept for backward. */
static int
l2_plan(struct step *s, struct error *err)
{
	(void)err;
	s->saved_bytes = s->n_items * sizeof(float);
	return 0;
}

static int
l2_forward(const struct step *s, const struct step_run *r, struct error *err)
{
	const size_t n = graph_shape_values(s->shape);
	float *inverse = r->saved;
	size_t i, k;

	(void)err;
	for (k = 0; k < s->n_items; k++) {
		const float *in = r->in[0] + k * n;
		const double length = sqrt(dot(n, in, in));

		inverse[k] = length < MIN_LENGTH ? 0.0f :
		    (float)(1.0 / length);
		for (i = 0; i < n; i++)
			r->out[k * n + i] = in[i] * inverse[k];
	}
	return 0;
}

static int
l2_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const size_t n = graph_shape_values(s->shape);
	const float *inverse = r->saved;
	size_t i, k;

	(void)err;
	if (r->in_gradient[0] == NULL)
		return 0;
	for (k = 0; k < s->n_items; k++) {
		const float *out = r->out + k * n;
		const float *gradient = r->out_gradient + k * n;
		const float along = (float)dot(n, out, gradient);

		for (i = 0; i < n; i++)
			r->in_gradient[0][k * n + i] = inverse[k] *
			    (gradient[i] - along * out[i]);
	}
	return 0;
}

const struct step_kind layer_l2_normalise = {
	l2_plan, NULL, NULL, l2_forward, l2_backward, NULL
};
