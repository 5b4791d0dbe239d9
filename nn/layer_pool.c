/*
 * layer_pool -- the largest value or the mean of each window, by channels.
 *
 * Places outside the input do not count.  The first largest value wins and
 * takes the gradient.
 */

#include <stdint.h>
#include <string.h>

#include "nn/simd.h"
#include "nn/step.h"

/* The part of a window that lies within the input. */
struct window {
	size_t begin_h, end_h, begin_w, end_w;
};

static inline void
clip(size_t at, size_t stride, size_t pad, size_t kernel, size_t n,
    size_t *begin, size_t *end)
{
	const size_t first = at * stride, last = first + kernel;

	*begin = first > pad ? first - pad : 0;
	*end = last < n + pad ? last - pad : n;
}

static inline struct window
window_at(const struct graph_pool *p, struct graph_shape in, size_t h,
    size_t w)
{
	struct window v;

	clip(h, p->stride_h, p->pad_h, p->kernel_h, in.h, &v.begin_h,
	    &v.end_h);
	clip(w, p->stride_w, p->pad_w, p->kernel_w, in.w, &v.begin_w,
	    &v.end_w);
	return v;
}

/* A call for the window of each output of each item. */
struct pass {
	struct graph_pool pool;
	struct graph_shape in, out;
	size_t n_items;
};

static struct pass
pass_of(const struct step *s)
{
	return (struct pass){ s->node->pool, s->in[0], s->shape, s->n_items };
}

static int
max_plan(struct step *s, struct error *err)
{
	(void)err;
	/* Which place of the input was the largest. */
	s->saved_bytes = step_n_out(s) * sizeof(int32_t);
	return 0;
}

static inline void
max_of_window(const struct window *v, size_t in_w, size_t c,
    const float *restrict in, float *restrict out, int32_t *restrict where)
{
	size_t h, w, i;

	for (h = v->begin_h; h < v->end_h; h++)
		for (w = v->begin_w; w < v->end_w; w++) {
			const int32_t place = (int32_t)(h * in_w + w);
			const float *restrict from = in + (size_t)place * c;

			if (h == v->begin_h && w == v->begin_w) {
				for (i = 0; i < c; i++) {
					out[i] = from[i];
					where[i] = place;
				}
				continue;
			}
			for (i = 0; i < c; i++) {
				where[i] = from[i] > out[i] ? place :
				    where[i];
				out[i] = from[i] > out[i] ? from[i] : out[i];
			}
		}
}

SIMD static void
max_all(const struct pass *p, const float *in, float *out, int32_t *where)
{
	const size_t c = p->in.c, n_in = p->in.h * p->in.w * c;
	size_t k, h, w;

	for (k = 0; k < p->n_items; k++)
		for (h = 0; h < p->out.h; h++)
			for (w = 0; w < p->out.w; w++) {
				const struct window v = window_at(&p->pool,
				    p->in, h, w);

				max_of_window(&v, p->in.w, c, in + k * n_in,
				    out, where);
				out += c;
				where += c;
			}
}

static int
max_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const struct pass p = pass_of(s);

	(void)err;
	max_all(&p, r->in[0], r->out, r->saved);
	return 0;
}

static inline void
max_window_back(const struct window *v, size_t in_w, size_t c,
    const float *restrict gradient, const int32_t *restrict where,
    float *restrict to)
{
	size_t h, w, i;

	for (h = v->begin_h; h < v->end_h; h++)
		for (w = v->begin_w; w < v->end_w; w++) {
			const int32_t place = (int32_t)(h * in_w + w);
			float *restrict into = to + (size_t)place * c;

			for (i = 0; i < c; i++)
				into[i] += where[i] == place ? gradient[i] :
				    0.0f;
		}
}

SIMD static void
max_all_back(const struct pass *p, const float *gradient,
    const int32_t *where, float *to)
{
	const size_t c = p->in.c, n_in = p->in.h * p->in.w * c;
	size_t k, h, w;

	for (k = 0; k < p->n_items; k++)
		for (h = 0; h < p->out.h; h++)
			for (w = 0; w < p->out.w; w++) {
				const struct window v = window_at(&p->pool,
				    p->in, h, w);

				max_window_back(&v, p->in.w, c, gradient,
				    where, to + k * n_in);
				gradient += c;
				where += c;
			}
}

static int
max_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const struct pass p = pass_of(s);

	(void)err;
	if (r->in_gradient[0] == NULL)
		return 0;
	memset(r->in_gradient[0], 0, step_n_in(s, 0) * sizeof(float));
	max_all_back(&p, r->out_gradient, r->saved, r->in_gradient[0]);
	return 0;
}

const struct step_kind layer_max_pool = {
	max_plan, NULL, NULL, max_forward, max_backward, NULL
};

static inline float
share_of(const struct window *v)
{
	return 1.0f / (float)((v->end_h - v->begin_h) *
	    (v->end_w - v->begin_w));
}

SIMD static void
average_all(const struct pass *p, const float *in, float *restrict out)
{
	const size_t c = p->in.c, n_in = p->in.h * p->in.w * c;
	size_t k, at, h, w, i;

	for (k = 0; k < p->n_items; k++)
		for (at = 0; at < p->out.h * p->out.w; at++, out += c) {
			const struct window v = window_at(&p->pool, p->in,
			    at / p->out.w, at % p->out.w);
			const float share = share_of(&v);

			for (i = 0; i < c; i++)
				out[i] = 0.0f;
			for (h = v.begin_h; h < v.end_h; h++)
				for (w = v.begin_w; w < v.end_w; w++) {
					const float *restrict from = in +
					    k * n_in + (h * p->in.w + w) * c;

					for (i = 0; i < c; i++)
						out[i] += from[i];
				}
			for (i = 0; i < c; i++)
				out[i] *= share;
		}
}

static int
average_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const struct pass p = pass_of(s);

	(void)err;
	average_all(&p, r->in[0], r->out);
	return 0;
}

SIMD static void
average_all_back(const struct pass *p, const float *restrict gradient,
    float *to)
{
	const size_t c = p->in.c, n_in = p->in.h * p->in.w * c;
	size_t k, at, h, w, i;

	for (k = 0; k < p->n_items; k++)
		for (at = 0; at < p->out.h * p->out.w; at++, gradient += c) {
			const struct window v = window_at(&p->pool, p->in,
			    at / p->out.w, at % p->out.w);
			const float share = share_of(&v);

			for (h = v.begin_h; h < v.end_h; h++)
				for (w = v.begin_w; w < v.end_w; w++) {
					float *restrict into = to + k * n_in +
					    (h * p->in.w + w) * c;

					for (i = 0; i < c; i++)
						into[i] += share *
						    gradient[i];
				}
		}
}

static int
average_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const struct pass p = pass_of(s);

	(void)err;
	if (r->in_gradient[0] == NULL)
		return 0;
	memset(r->in_gradient[0], 0, step_n_in(s, 0) * sizeof(float));
	average_all_back(&p, r->out_gradient, r->in_gradient[0]);
	return 0;
}

const struct step_kind layer_average_pool = {
	NULL, NULL, NULL, average_forward, average_backward, NULL
};
