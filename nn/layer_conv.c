/*
 * layer_conv -- convolutions and transposed ones: packing of weights, the
 * folded norm, and the calls of oneDNN; see nn/conv_pass.h for the shapes.
 */

#include <math.h>
#include <string.h>

#include "base/memory.h"

#include "nn/conv_pass.h"

#define VECTOR 8		/* floats, of AVX2 */
#define SCRATCH_SLACK 256	/* bytes */

/* Weights in the layout that a primitive wants. */
struct packed {
	float *values;
	dnnl_memory_t memory;
	dnnl_primitive_t reorder;	/* from our layout */
};

struct conv {
	struct conv_pass forward, back_data, back_weights;
	struct packed for_forward, for_back_data;
	dnnl_primitive_t unpack;	/* of the weights' gradient */
	float *plain, *bias;	/* with the norm worked in, or NULL */
};

static void
release_packed(struct packed *k)
{
	if (k->reorder != NULL)
		(void)dnnl_primitive_destroy(k->reorder);
	if (k->memory != NULL)
		(void)dnnl_memory_destroy(k->memory);
	memory_free(k->values);
}

static void
conv_release(struct step *s)
{
	struct conv *c = s->own;

	if (c == NULL)
		return;
	if (c->unpack != NULL)
		(void)dnnl_primitive_destroy(c->unpack);
	release_packed(&c->for_forward);
	release_packed(&c->for_back_data);
	conv_pass_release(&c->forward);
	conv_pass_release(&c->back_data);
	conv_pass_release(&c->back_weights);
	memory_free(c->plain);
	memory_free(c->bias);
	memory_free(c);
	s->own = NULL;
}

static int
init_packed(struct packed *k, const struct step *s, const struct conv_pass *p,
    struct error *err)
{
	k->values = memory_new(dnnl_memory_desc_get_size(&p->weights), 1,
	    "packed weights", err);
	if (k->values == NULL)
		return -1;
	if (engine_check(dnnl_memory_create(&k->memory, &p->weights,
	    s->engine->handle, k->values), "hold weights", err) != 0)
		return -1;
	return engine_plan_reorder(s->engine, &p->plain, &p->weights,
	    &k->reorder, err);
}

/*
 * The most scratch that a pass wants.  For strided 1 x 1 kernels oneDNN 2.6
 * asks for too little on AVX2 where the channels are not a multiple of 8: it
 * counts them, but writes vectors.  So they are rounded up here.
 */
static void
keep_largest(struct step *s, const dnnl_memory_desc_t *scratch)
{
	const size_t c = s->in[0].c;
	const size_t n = (dnnl_memory_desc_get_size(scratch) / c + 1) *
	    ((c + VECTOR - 1) / VECTOR * VECTOR) + SCRATCH_SLACK;

	if (n > s->scratch_bytes)
		s->scratch_bytes = n;
}

static int
plan_back(struct step *s, struct conv *c, struct error *err)
{
	if (conv_pass_init(&c->back_weights, s, CONV_BACK_WEIGHTS, err) != 0)
		return -1;
	keep_largest(s, &c->back_weights.scratch);
	s->n_gradients[0] = dnnl_memory_desc_get_size(
	    &c->back_weights.weights) / sizeof(float);
	if (engine_plan_reorder(s->engine, &c->back_weights.weights,
	    &c->back_weights.plain, &c->unpack, err) != 0)
		return -1;
	if (!s->wants_in_gradient[0])
		return 0;
	if (conv_pass_init(&c->back_data, s, CONV_BACK_DATA, err) != 0)
		return -1;
	keep_largest(s, &c->back_data.scratch);
	return init_packed(&c->for_back_data, s, &c->back_data, err);
}

static int
conv_plan(struct step *s, struct error *err)
{
	struct conv *c = memory_new(1, sizeof(*c), "convolution", err);

	if (c == NULL)
		return -1;
	s->own = c;
	if (conv_pass_init(&c->forward, s, CONV_FORWARD, err) != 0 ||
	    init_packed(&c->for_forward, s, &c->forward, err) != 0)
		return -1;
	keep_largest(s, &c->forward.scratch);
	if (s->is_training && plan_back(s, c, err) != 0)
		return -1;
	if (s->norm == NULL)
		return 0;
	c->plain = memory_new(dnnl_memory_desc_get_size(&c->forward.plain),
	    1, "weights", err);
	c->bias = memory_new(s->shape.c, sizeof(float), "bias", err);
	return c->plain == NULL || c->bias == NULL ? -1 : 0;
}

/* What the folded norm multiplies output channel i by. */
static float
norm_factor(const struct step *s, size_t i)
{
	return (float)((double)s->norm_parameter[0][i] /
	    sqrt((double)s->norm_parameter[3][i] + s->norm->number[0]));
}

static void
fold_bias(const struct step *s, struct conv *c)
{
	size_t i;

	for (i = 0; i < s->shape.c; i++) {
		const float bias = s->node->conv.no_bias ? 0.0f :
		    s->parameter[1][i];

		c->bias[i] = (bias - s->norm_parameter[2][i]) *
		    norm_factor(s, i) + s->norm_parameter[1][i];
	}
}

static void
fold_weights(const struct step *s, struct conv *c)
{
	const struct graph_conv *v = &s->node->conv;
	const bool is_transposed = s->node->kind == GRAPH_CONV_TRANSPOSED;
	const size_t n_out = s->shape.c;
	/* Runs of values for one output channel. */
	const size_t n = v->kernel_h * v->kernel_w *
	    (is_transposed ? 1 : s->in[0].c);
	const size_t n_runs = n_out * (is_transposed ? s->in[0].c : 1);
	size_t i, k;

	for (k = 0; k < n_runs; k++) {
		const float factor = norm_factor(s, k % n_out);

		for (i = 0; i < n; i++)
			c->plain[k * n + i] = s->parameter[0][k * n + i] *
			    factor;
	}
}

static int
pack(const struct step *s, const struct conv_pass *p, const struct packed *k,
    const float *plain, struct error *err)
{
	const struct engine_argument arguments[] = {
		{ DNNL_ARG_FROM, NULL, &p->plain, plain },
		{ DNNL_ARG_TO, k->memory, NULL, NULL }
	};

	return engine_run(s->engine, k->reorder, arguments, 2, err);
}

static int
conv_load(const struct step *s, struct error *err)
{
	struct conv *c = s->own;
	const float *plain = s->parameter[0];

	if (s->norm != NULL) {
		fold_weights(s, c);
		fold_bias(s, c);
		plain = c->plain;
	}
	if (pack(s, &c->forward, &c->for_forward, plain, err) != 0)
		return -1;
	if (c->for_back_data.memory == NULL)
		return 0;
	return pack(s, &c->back_data, &c->for_back_data, plain, err);
}

static int
conv_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const struct conv *c = s->own;
	const struct conv_pass *p = &c->forward;
	const float *bias = c->bias != NULL ? c->bias : s->parameter[1];
	const struct engine_argument arguments[] = {
		{ DNNL_ARG_SRC, NULL, &p->in, r->in[0] },
		{ DNNL_ARG_WEIGHTS, c->for_forward.memory, NULL, NULL },
		{ DNNL_ARG_DST, NULL, &p->out, r->out },
		{ DNNL_ARG_SCRATCHPAD, NULL, &p->scratch, r->scratch },
		{ DNNL_ARG_BIAS, NULL, &p->bias, bias }
	};

	if (s->node->kind != GRAPH_CONV_TRANSPOSED)
		return engine_run(s->engine, p->primitive, arguments,
		    conv_has_bias(s) ? 5 : 4, err);
	if (engine_run(s->engine, p->primitive, arguments, 4, err) != 0)
		return -1;
	step_bias_relu(s, bias, r->out);
	return 0;
}

static int
conv_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const struct conv *c = s->own;
	const struct conv_pass *w = &c->back_weights, *d = &c->back_data;
	const struct engine_argument to_weights[] = {
		{ DNNL_ARG_SRC, NULL, &w->in, r->in[0] },
		{ DNNL_ARG_DIFF_DST, NULL, &w->out, r->out_gradient },
		{ DNNL_ARG_DIFF_WEIGHTS, NULL, &w->weights, r->gradient[0] },
		{ DNNL_ARG_SCRATCHPAD, NULL, &w->scratch, r->scratch },
		{ DNNL_ARG_DIFF_BIAS, NULL, &w->bias, r->gradient[1] }
	};
	const struct engine_argument to_data[] = {
		{ DNNL_ARG_DIFF_DST, NULL, &d->out, r->out_gradient },
		{ DNNL_ARG_WEIGHTS, c->for_back_data.memory, NULL, NULL },
		{ DNNL_ARG_DIFF_SRC, NULL, &d->in, r->in_gradient[0] },
		{ DNNL_ARG_SCRATCHPAD, NULL, &d->scratch, r->scratch }
	};

	step_relu_backward(s, r->out, r->out_gradient);
	if (engine_run(s->engine, w->primitive, to_weights,
	    conv_has_bias(s) ? 5 : 4, err) != 0)
		return -1;
	if (r->in_gradient[0] == NULL)
		return 0;
	return engine_run(s->engine, d->primitive, to_data, 4, err);
}

static int
conv_unpack(const struct step *s, const float *const *packed,
    float *const *gradient, struct error *err)
{
	const struct conv *c = s->own;
	const struct conv_pass *p = &c->back_weights;
	const struct engine_argument arguments[] = {
		{ DNNL_ARG_FROM, NULL, &p->weights, packed[0] },
		{ DNNL_ARG_TO, NULL, &p->plain, gradient[0] }
	};

	if (!s->node->conv.no_bias)
		memcpy(gradient[1], packed[1], s->shape.c * sizeof(float));
	return engine_run(s->engine, c->unpack, arguments, 2, err);
}

const struct step_kind layer_conv = {
	conv_plan, conv_release, conv_load, conv_forward, conv_backward,
	conv_unpack
};
