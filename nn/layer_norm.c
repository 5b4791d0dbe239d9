/*
 * layer_norm -- batch norm by channels (with a fused ReLU).
 *
 * Ioffe and Szegedy, "Batch Normalization", 2015.  With xhat the normalised
 * input and n the places of the block:
 *
 *	dx = scale / deviation * (g - mean(g) - xhat * mean(g xhat))
 *
 * Sums run in float over chunks of places and in double over the chunks.
 */

#include <math.h>

#include "nn/simd.h"
#include "nn/step.h"

#define CHUNK_PLACES 64

/* Scratch of a thread: eight rows of a value a channel. */
struct scratch {
	double *sum[2];
	float *part[2];
	float *factor, *offset;
};

static struct scratch
divide_scratch(const struct step *s, const struct step_run *r)
{
	const size_t c = s->shape.c;
	double *wide = r->scratch;
	float *narrow = (float *)(wide + 2 * c);

	return (struct scratch){ { wide, wide + c },
	    { narrow, narrow + c }, narrow + 2 * c, narrow + 3 * c };
}

static int
norm_plan(struct step *s, struct error *err)
{
	const size_t c = s->shape.c;

	(void)err;
	s->scratch_bytes = c * (2 * sizeof(double) + 4 * sizeof(float));
	s->saved_bytes = 2 * c * sizeof(float);	/* mean, 1 / deviation */
	return 0;
}

static size_t
n_places_of(const struct step *s)
{
	return s->n_items * s->shape.h * s->shape.w;
}

/* Add the parts to the sums and clear them. */
static void
collect(const struct scratch *m, size_t c)
{
	size_t i;

	for (i = 0; i < c; i++) {
		m->sum[0][i] += (double)m->part[0][i];
		m->sum[1][i] += (double)m->part[1][i];
		m->part[0][i] = 0.0f;
		m->part[1][i] = 0.0f;
	}
}

static void
clear(const struct scratch *m, size_t c)
{
	size_t i;

	for (i = 0; i < c; i++) {
		m->sum[0][i] = m->sum[1][i] = 0.0;
		m->part[0][i] = m->part[1][i] = 0.0f;
	}
}

/* Sums and sums of squares of x - shift over n places. */
SIMD static void
add_moments(size_t n, size_t c, const float *restrict x,
    const float *restrict shift, float *restrict sum, float *restrict squares)
{
	size_t i, k;

	for (k = 0; k < n; k++)
		for (i = 0; i < c; i++) {
			const float d = x[k * c + i] - shift[i];

			sum[i] += d;
			squares[i] += d * d;
		}
}

/*
 * Mean and variance of the block.  Subtracting the first place keeps the sum
 * of squares from drowning in the mean's.
 */
static void
measure(const struct step *s, const struct step_run *r,
    const struct scratch *m)
{
	const size_t c = s->shape.c, n = n_places_of(s);
	float *mean = r->saved, *inverse = mean + c;
	size_t i, k;

	clear(m, c);
	for (k = 0; k < n; k += CHUNK_PLACES) {
		const size_t left = n - k;

		add_moments(left < CHUNK_PLACES ? left : CHUNK_PLACES, c,
		    r->in[0] + k * c, r->in[0], m->part[0], m->part[1]);
		collect(m, c);
	}
	for (i = 0; i < c; i++) {
		const double d = m->sum[0][i] / (double)n;
		double variance = m->sum[1][i] / (double)n - d * d;

		if (variance < 0)
			variance = 0;
		mean[i] = (float)((double)r->in[0][i] + d);
		inverse[i] = (float)(1.0 / sqrt(variance +
		    s->node->number[0]));
		r->gradient[2][i] = mean[i];
		r->gradient[3][i] = (float)(n > 1 ? variance * (double)n /
		    (double)(n - 1) : variance);
	}
}

/* out = x * factor + offset, then the ReLU of this slope (1: none). */
SIMD static void
apply(size_t n, size_t c, const float *restrict x,
    const float *restrict factor, const float *restrict offset, float slope,
    float *restrict out)
{
	size_t i, k;

	for (k = 0; k < n; k++)
		for (i = 0; i < c; i++) {
			const float y = x[k * c + i] * factor[i] + offset[i];

			out[k * c + i] = (y > 0.0f ? y : 0.0f) +
			    slope * (y > 0.0f ? 0.0f : y);
		}
}

static float
slope_of(const struct step *s)
{
	return s->has_relu ? s->slope : 1.0f;
}

static int
norm_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const struct scratch m = divide_scratch(s, r);
	const size_t c = s->shape.c;
	const float *mean = s->parameter[2];
	size_t i;

	(void)err;
	if (s->is_training) {
		measure(s, r, &m);
		mean = r->saved;
	}
	for (i = 0; i < c; i++) {
		const float inverse = s->is_training ? mean[c + i] : (float)
		    (1.0 / sqrt((double)s->parameter[3][i] +
		    s->node->number[0]));

		m.factor[i] = s->parameter[0][i] * inverse;
		m.offset[i] = s->parameter[1][i] - mean[i] * m.factor[i];
	}
	apply(n_places_of(s), c, r->in[0], m.factor, m.offset, slope_of(s),
	    r->out);
	return 0;
}

/* Pass the gradient back through the ReLU; sums of it, and of it * x. */
SIMD static void
add_gradients(size_t n, size_t c, const float *restrict x,
    const float *restrict mean, const float *restrict out, float slope,
    float *restrict gradient, float *restrict sum, float *restrict sum_x)
{
	size_t i, k;

	for (k = 0; k < n; k++)
		for (i = 0; i < c; i++) {
			const float whole = gradient[k * c + i];
			const float y = out[k * c + i];
			const float g = (y > 0.0f ? whole : 0.0f) +
			    slope * (y > 0.0f ? 0.0f : whole);

			gradient[k * c + i] = g;
			sum[i] += g;
			sum_x[i] += g * (x[k * c + i] - mean[i]);
		}
}

/* to = gradient * factor[0] + (x - mean) * slope + offset. */
SIMD static void
combine(size_t n, size_t c, const float *restrict x,
    const float *restrict mean, const float *restrict gradient,
    const float *restrict factor, const float *restrict slope,
    const float *restrict offset, float *restrict to)
{
	size_t i, k;

	for (k = 0; k < n; k++)
		for (i = 0; i < c; i++)
			to[k * c + i] = gradient[k * c + i] * factor[i] +
			    (x[k * c + i] - mean[i]) * slope[i] + offset[i];
}

static int
norm_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const struct scratch m = divide_scratch(s, r);
	const size_t c = s->shape.c, n = n_places_of(s);
	const float *mean = r->saved, *inverse = mean + c;
	size_t i, k;

	(void)err;
	clear(&m, c);
	for (k = 0; k < n; k += CHUNK_PLACES) {
		const size_t left = n - k;

		add_gradients(left < CHUNK_PLACES ? left : CHUNK_PLACES, c,
		    r->in[0] + k * c, mean, r->out + k * c, slope_of(s),
		    r->out_gradient + k * c, m.part[0], m.part[1]);
		collect(&m, c);
	}
	for (i = 0; i < c; i++) {
		const double scale = (double)s->parameter[0][i] *
		    (double)inverse[i];
		const double along = m.sum[1][i] * (double)inverse[i];

		r->gradient[0][i] = (float)along;
		r->gradient[1][i] = (float)m.sum[0][i];
		m.factor[i] = (float)scale;
		m.offset[i] = (float)(-scale * m.sum[0][i] / (double)n);
		m.part[0][i] = (float)(-scale * along * (double)inverse[i] /
		    (double)n);
	}
	if (r->in_gradient[0] != NULL)
		combine(n, c, r->in[0], mean, r->out_gradient, m.factor,
		    m.part[0], m.offset, r->in_gradient[0]);
	return 0;
}

const struct step_kind layer_norm = {
	norm_plan, NULL, NULL, norm_forward, norm_backward, NULL
};
