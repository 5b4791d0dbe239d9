#include "base/memory.h"

#include "nn/layer_thin.h"
#include "nn/simd.h"

#define VECTOR ((size_t)8)	/* floats, of AVX2 */

struct thin {
	float *kernel;		/* [kernel_h][kernel_w][in] */
	size_t n_tap_rows;
	size_t n_row;		/* values of one row of the kernel */
};

bool
layer_thin_suits(const struct step *s)
{
	const struct graph_conv *c = &s->node->conv;

	return s->node->kind == GRAPH_CONV && !s->is_training &&
	    c->out_channels == 1 && c->stride_h == 1 && c->stride_w == 1 &&
	    s->in[0].c % VECTOR == 0 && s->shape.w == s->in[0].w &&
	    s->norm == NULL;
}

static void
thin_release(struct step *s)
{
	struct thin *t = s->own;

	if (t == NULL)
		return;
	memory_free(t->kernel);
	memory_free(t);
	s->own = NULL;
}

static int
thin_plan(struct step *s, struct error *err)
{
	const struct graph_conv *c = &s->node->conv;
	struct thin *t = memory_new(1, sizeof(*t), "convolution", err);

	if (t == NULL)
		return -1;
	s->own = t;
	t->n_row = c->kernel_w * s->in[0].c;
	t->n_tap_rows = c->kernel_h;
	t->kernel = memory_new(c->kernel_h * t->n_row, sizeof(float),
	    "weights", err);
	return t->kernel == NULL ? -1 : 0;
}

/* From [in][kernel_h][kernel_w]. */
static int
thin_load(const struct step *s, struct error *err)
{
	const struct graph_conv *c = &s->node->conv;
	const struct thin *t = s->own;
	const size_t n_in = s->in[0].c, n_taps = c->kernel_h * c->kernel_w;

	(void)err;
	for (size_t i = 0; i < n_in; i++)
		for (size_t k = 0; k < n_taps; k++)
			t->kernel[k * n_in + i] =
			    s->parameter[0][i * n_taps + k];
	return 0;
}

/* out[k] += the row of the kernel on in + k * step, for n outputs. */
SIMD static void
add_dots(size_t n, size_t step, size_t n_row, const float *restrict in,
    const float *restrict kernel, float *restrict out)
{
	for (size_t k = 0; k < n; k++) {
		const float *x = in + k * step;
		float sum[VECTOR] = { 0.0f };

		for (size_t i = 0; i < n_row; i += VECTOR)
			for (size_t j = 0; j < VECTOR; j++)
				sum[j] += x[i + j] * kernel[i + j];
		out[k] += ((sum[0] + sum[4]) + (sum[2] + sum[6])) +
		    ((sum[1] + sum[5]) + (sum[3] + sum[7]));
	}
}

/* One row of the kernel over one row of the input, [w][in]. */
static void
add_row(const struct step *s, const struct thin *t, const float *in,
    const float *kernel, float *out)
{
	const struct graph_conv *c = &s->node->conv;
	const size_t w = s->shape.w, step = s->in[0].c;
	const size_t left = c->pad_left < w ? c->pad_left : w;
	const size_t right = c->pad_right < w - left ? c->pad_right : w - left;

	/* Where the kernel reaches over an end, without those taps. */
	for (size_t k = 0; k < left; k++) {
		const size_t n_over = c->pad_left - k;
		const size_t n_in = w < c->kernel_w - n_over ? w :
		    c->kernel_w - n_over;

		add_dots(1, step, n_in * step, in, kernel + n_over * step,
		    out + k);
	}
	add_dots(w - left - right, step, t->n_row, in, kernel, out + left);
	for (size_t k = w - right; k < w; k++) {
		const size_t first = k - c->pad_left;

		add_dots(1, step, (w - first) * step, in + first * step,
		    kernel, out + k);
	}
}

static int
thin_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const struct graph_conv *c = &s->node->conv;
	const struct thin *t = s->own;
	const size_t h_in = s->in[0].h, w = s->shape.w;
	const size_t n_in_row = s->in[0].w * s->in[0].c;

	(void)err;
	for (size_t n = 0; n < s->n_items; n++)
		for (size_t y = 0; y < s->shape.h; y++) {
			float *out = r->out + (n * s->shape.h + y) * w;

			for (size_t k = 0; k < w; k++)
				out[k] = 0.0f;
			for (size_t a = 0; a < t->n_tap_rows; a++) {
				const size_t at = y + a - c->pad_top;

				if (at >= h_in)	/* before 0 wraps round */
					continue;
				add_row(s, t, r->in[0] + (n * h_in + at) *
				    n_in_row, t->kernel + a * t->n_row, out);
			}
		}
	step_bias_relu(s, c->no_bias ? NULL : s->parameter[1], r->out);
	return 0;
}

const struct step_kind layer_thin = {
	thin_plan, thin_release, thin_load, thin_forward, NULL, NULL
};
