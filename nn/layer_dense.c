/*
 * layer_dense -- y = W x + b (with a fused ReLU), x the item as one vector.
 */

#include <stdint.h>

#include "nn/simd.h"
#include "nn/step.h"

SIMD static void
sum_rows(size_t n_items, size_t n, const float *restrict in,
    float *restrict sum)
{
	size_t i, k;

	for (i = 0; i < n; i++)
		sum[i] = 0.0f;
	for (k = 0; k < n_items; k++)
		for (i = 0; i < n; i++)
			sum[i] += in[k * n + i];
}

static int
dense_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const dnnl_dim_t n = (dnnl_dim_t)s->n_items;
	const dnnl_dim_t n_in = (dnnl_dim_t)graph_shape_values(s->in[0]);
	const dnnl_dim_t n_out = (dnnl_dim_t)s->shape.c;
	/* Rows of one product may be rounded differently: one at a time. */
	const dnnl_dim_t n_rows = s->is_training ? n : 1;

	for (dnnl_dim_t i = 0; i < n; i += n_rows)
		if (engine_check(dnnl_sgemm('N', 'T', n_rows, n_out, n_in,
		    1.0f, r->in[0] + i * n_in, n_in, s->parameter[0], n_in,
		    0.0f, r->out + i * n_out, n_out), "run a dense layer",
		    err) != 0)
			return -1;
	step_bias_relu(s, s->parameter[1], r->out);
	return 0;
}

static int
dense_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const dnnl_dim_t n = (dnnl_dim_t)s->n_items;
	const dnnl_dim_t n_in = (dnnl_dim_t)graph_shape_values(s->in[0]);
	const dnnl_dim_t n_out = (dnnl_dim_t)s->shape.c;

	step_relu_backward(s, r->out, r->out_gradient);
	if (engine_check(dnnl_sgemm('T', 'N', n_out, n_in, n, 1.0f,
	    r->out_gradient, n_out, r->in[0], n_in, 0.0f, r->gradient[0],
	    n_in), "run a dense layer backward", err) != 0)
		return -1;
	if (!s->node->no_bias)
		sum_rows(s->n_items, s->shape.c, r->out_gradient,
		    r->gradient[1]);
	if (r->in_gradient[0] == NULL)
		return 0;
	return engine_check(dnnl_sgemm('N', 'N', n, n_in, n_out, 1.0f,
	    r->out_gradient, n_out, s->parameter[0], n_in, 0.0f,
	    r->in_gradient[0], n_in), "run a dense layer backward", err);
}

const struct step_kind layer_dense = {
	NULL, NULL, NULL, dense_forward, dense_backward, NULL
};
