/*
 * layer_mix -- each row of an item through one matrix along its width: for
 * all h and c, y[h][.][c] = W x[h][.][c].
 *
 * A row [w][c] is a matrix as it lies, so that nothing is moved.  The gradient
 * by W is a sum over rows of products with few terms (c each); rows are first
 * laid side by side, [w][rows * c], so that one product has many.
 */

#include <string.h>

#include "nn/step.h"

#define MAX_ROWS 32	/* side by side */

static int
mix_plan(struct step *s, struct error *err)
{
	(void)err;
	if (s->is_training)
		s->scratch_bytes = MAX_ROWS * s->shape.c * (s->in[0].w +
		    s->shape.w) * sizeof(float);
	return 0;
}

static int
mix_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const dnnl_dim_t w_in = (dnnl_dim_t)s->in[0].w;
	const dnnl_dim_t w_out = (dnnl_dim_t)s->shape.w;
	const dnnl_dim_t c = (dnnl_dim_t)s->shape.c;
	const dnnl_dim_t n = (dnnl_dim_t)(s->n_items * s->shape.h);

	for (dnnl_dim_t i = 0; i < n; i++)
		if (engine_check(dnnl_sgemm('N', 'N', w_out, c, w_in, 1.0f,
		    s->parameter[0], w_in, r->in[0] + i * w_in * c, c, 0.0f,
		    r->out + i * w_out * c, c), "mix a row", err) != 0)
			return -1;
	return 0;
}

/* n_rows rows [w][c] to [w][n_rows * c]. */
static void
lay_beside(size_t n_rows, size_t w, size_t c, const float *rows, float *to)
{
	for (size_t i = 0; i < n_rows; i++)
		for (size_t j = 0; j < w; j++)
			memcpy(to + (j * n_rows + i) * c,
			    rows + (i * w + j) * c, c * sizeof(*to));
}

static int
weight_gradient(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const size_t w_in = s->in[0].w, w_out = s->shape.w, c = s->shape.c;
	const size_t n = s->n_items * s->shape.h;
	float *x = r->scratch, *g = x + MAX_ROWS * c * w_in;

	for (size_t i = 0; i < n; i += MAX_ROWS) {
		const size_t n_rows = n - i < MAX_ROWS ? n - i : MAX_ROWS;
		const dnnl_dim_t k = (dnnl_dim_t)(n_rows * c);

		lay_beside(n_rows, w_in, c, r->in[0] + i * w_in * c, x);
		lay_beside(n_rows, w_out, c, r->out_gradient + i * w_out * c,
		    g);
		if (engine_check(dnnl_sgemm('N', 'T', (dnnl_dim_t)w_out,
		    (dnnl_dim_t)w_in, k, 1.0f, g, k, x, k, i > 0 ? 1.0f :
		    0.0f, r->gradient[0], (dnnl_dim_t)w_in),
		    "mix a row backward", err) != 0)
			return -1;
	}
	return 0;
}

static int
mix_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const dnnl_dim_t w_in = (dnnl_dim_t)s->in[0].w;
	const dnnl_dim_t w_out = (dnnl_dim_t)s->shape.w;
	const dnnl_dim_t c = (dnnl_dim_t)s->shape.c;
	const dnnl_dim_t n = (dnnl_dim_t)(s->n_items * s->shape.h);

	if (weight_gradient(s, r, err) != 0)
		return -1;
	for (dnnl_dim_t i = 0; r->in_gradient[0] != NULL && i < n; i++)
		if (engine_check(dnnl_sgemm('T', 'N', w_in, c, w_out, 1.0f,
		    s->parameter[0], w_in, r->out_gradient + i * w_out * c, c,
		    0.0f, r->in_gradient[0] + i * w_in * c, c),
		    "mix a row backward", err) != 0)
			return -1;
	return 0;
}

const struct step_kind layer_mix = {
	mix_plan, NULL, NULL, mix_forward, mix_backward, NULL
};
