/*
 * With stride 2 along the width, kernel of K taps and P before it, the value at
 * 2 q + r comes from the input at q + d by tap r + P - 2 d.  Along the height
 * the stride is 1: the row q from q + d by tap P - d.
 */
#include <string.h>

#include "base/memory.h"

#include "nn/layer_phases.h"

#define N_PHASES ((size_t)2)

struct phases {
	struct graph_node node;
	struct step plain;
	float *weights;		/* [2 * out][in][kernel_h][kernel_w] */
	float *bias;		/* [2 * out] */
	float *norm[4];		/* [2 * out], when one is folded in */
};

bool
layer_phases_suits(const struct step *s)
{
	const struct graph_conv *c = &s->node->conv;

	return s->node->kind == GRAPH_CONV_TRANSPOSED && !s->is_training &&
	    c->stride_h == 1 && c->stride_w == N_PHASES &&
	    c->kernel_w > c->stride_w && c->pad_left < c->kernel_w &&
	    c->pad_top < c->kernel_h && s->shape.h == s->in[0].h &&
	    s->shape.w == N_PHASES * s->in[0].w;
}

/* The leftmost and rightmost d that a tap belongs to. */
static int
first_of(const struct graph_conv *c)
{
	/* r = 0, the last tap: rounded up, being negative or zero. */
	return -((int)(c->kernel_w - 1 - c->pad_left) / (int)N_PHASES);
}

static int
last_of(const struct graph_conv *c)
{
	return (int)(1 + c->pad_left) / (int)N_PHASES;
}

static void
describe(const struct step *s, struct phases *p)
{
	const struct graph_conv *c = &s->node->conv;
	const size_t kernel_w = (size_t)(last_of(c) - first_of(c)) + 1;
	const size_t left = (size_t)-first_of(c);

	p->node = *s->node;
	p->node.kind = GRAPH_CONV;
	p->node.conv = (struct graph_conv){
	    .out_channels = N_PHASES * c->out_channels,
	    .kernel_h = c->kernel_h, .kernel_w = kernel_w, .stride_h = 1,
	    .stride_w = 1, .pad_top = c->kernel_h - 1 - c->pad_top,
	    .pad_bottom = c->pad_top, .pad_left = left,
	    .pad_right = kernel_w - 1 - left, .no_bias = c->no_bias };
	p->plain = *s;
	p->plain.kind = &layer_conv;
	p->plain.own = NULL;
	p->plain.node = &p->node;
	p->plain.shape = (struct graph_shape){ s->shape.h, s->in[0].w,
	    N_PHASES * s->shape.c };
	p->plain.parameter[0] = p->weights;
	p->plain.parameter[1] = p->bias;
	for (size_t i = 0; i < 4; i++)
		p->plain.norm_parameter[i] = p->norm[i];
}

static void
phases_release(struct step *s)
{
	struct phases *p = s->own;

	if (p == NULL)
		return;
	layer_conv.release(&p->plain);
	memory_free(p->weights);
	memory_free(p->bias);
	for (size_t i = 0; i < 4; i++)
		memory_free(p->norm[i]);
	memory_free(p);
	s->own = NULL;
}

static int
phases_plan(struct step *s, struct error *err)
{
	const struct graph_conv *c = &s->node->conv;
	const size_t n_out = N_PHASES * s->shape.c;
	struct phases *p = memory_new(1, sizeof(*p), "convolution", err);
	int status;

	if (p == NULL)
		return -1;
	s->own = p;
	p->weights = memory_new(n_out * s->in[0].c * c->kernel_h *
	    c->kernel_w, sizeof(float), "weights", err);
	p->bias = memory_new(n_out, sizeof(float), "bias", err);
	if (p->weights == NULL || p->bias == NULL)
		return -1;
	for (size_t i = 0; i < 4; i++)
		if ((p->norm[i] = memory_new(n_out, sizeof(float), "norm",
		    err)) == NULL)
			return -1;
	describe(s, p);
	status = layer_conv.plan(&p->plain, err);
	s->scratch_bytes = p->plain.scratch_bytes;
	return status;
}

/* The taps of output channel o and phase r for input channel i. */
static void
take_taps(const struct step *s, const float *kernel, size_t r, float *taps)
{
	const struct graph_conv *c = &s->node->conv;
	const int first = first_of(c), last = last_of(c);
	const int n_taps = (int)c->kernel_w;

	for (size_t y = 0; y < c->kernel_h; y++)
		for (int d = first; d <= last; d++) {
			const int t = (int)(r + c->pad_left) -
			    (int)N_PHASES * d;

			*taps++ = t >= 0 && t < n_taps ?
			    kernel[(c->kernel_h - 1 - y) * c->kernel_w +
			    (size_t)t] : 0.0f;
		}
}

static void
twice(float *to, const float *from, size_t n)
{
	memcpy(to, from, n * sizeof(*to));
	memcpy(to + n, from, n * sizeof(*to));
}

static int
phases_load(const struct step *s, struct error *err)
{
	const struct phases *p = s->own;
	const struct graph_conv *c = &s->node->conv, *wide = &p->node.conv;
	const size_t n_in = s->in[0].c, n_out = s->shape.c;
	const size_t n_from = c->kernel_h * c->kernel_w;
	const size_t n_to = wide->kernel_h * wide->kernel_w;

	for (size_t r = 0; r < N_PHASES; r++)
		for (size_t o = 0; o < n_out; o++)
			for (size_t i = 0; i < n_in; i++)
				take_taps(s, s->parameter[0] + (i * n_out +
				    o) * n_from, r, p->weights + ((r * n_out +
				    o) * n_in + i) * n_to);
	if (!c->no_bias)
		twice(p->bias, s->parameter[1], n_out);
	for (size_t i = 0; s->norm != NULL && i < 4; i++)
		twice(p->norm[i], s->norm_parameter[i], n_out);
	return layer_conv.load(&p->plain, err);
}

static int
phases_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const struct phases *p = s->own;

	return layer_conv.forward(&p->plain, r, err);
}

const struct step_kind layer_phases = {
	phases_plan, phases_release, phases_load, phases_forward, NULL, NULL
};
