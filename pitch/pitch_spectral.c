#include <math.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/activations.h"
#include "nn/blas.h"
#include "nn/simd.h"

#include "pitch/pitch_net.h"
#include "pitch/pitch_spectral.h"
#include "pitch/spectral_fft.h"
#include "pitch/spectral_layer.h"

/*
 * A block of frames goes through in three steps, repeated for each layer:
 *
 *	first:   16 lanes are 4 frames of 4 phases; their spectra, times the
 *	         kernels of layer 1, give the spectra of 16 channels a time
 *	between: spectra of 16 channels back to values, bias to pooling, and
 *	         forward for the next layer
 *	bins:    the matrix products of the next layer
 *
 * Spectra of a block lie as [n_bins][BLOCK][2][n_channels], 16 values between
 * two bins so that these do not all fall on one set of the cache.
 */
#define BLOCK PITCH_SPECTRAL_BLOCK
#define LANES SPECTRAL_FFT_LANES
#define PHASES SPECTRAL_LAYER_PHASES
#define QUAD (LANES / PHASES)		/* frames side by side in layer 1 */
#define BUFFER (SPECTRAL_FFT_MAX * LANES)
#define ALONE SPECTRAL_FFT_ALONE
/* Steps 63..319 of layer 1's input are not all zero. */
#define FIRST_STEP (PITCH_NET_PAD / PHASES)
#define N_STEPS 257

struct pitch_spectral {
	struct spectral_layer layers[PITCH_NET_LAYERS];
	size_t n_last;		/* values before the dense layer */
	size_t n_outputs;	/* of the dense layer */
	float *dense;		/* [n_outputs][n_last] */
	float *dense_bias;	/* [n_outputs] */
};

struct pitch_spectral_scratch {
	const struct pitch_spectral *net;
	float *first;		/* [BLOCK / QUAD][2][n_bins][LANES] */
	float *in, *out;	/* spectra of a block */
	float *last;		/* [BLOCK][n_last] */
	float *a, *b, *pair;	/* [BUFFER] */
};

struct pitch_spectral *
pitch_spectral_new(const struct weights *w, struct error *err)
{
	struct graph *g = pitch_net_of_model(w, err);
	const struct weights_tensor *t;
	struct pitch_spectral *p;

	if (g == NULL)
		return NULL;
	graph_free(g);
	p = memory_new(1, sizeof(*p), "pitch network", err);
	if (p == NULL)
		return NULL;
	for (size_t i = 0; i < PITCH_NET_LAYERS; i++)
		if (spectral_layer_init(&p->layers[i], i, w, err) != 0)
			goto fail;
	t = weights_find(w, "classifier.weight");
	p->n_outputs = t->shape[0];
	p->n_last = t->shape[1];
	p->dense = memory_new(t->n_values + p->n_outputs, sizeof(*p->dense),
	    "dense layer", err);
	if (p->dense == NULL)
		goto fail;
	p->dense_bias = p->dense + t->n_values;
	memcpy(p->dense, t->values, t->n_values * sizeof(*p->dense));
	memcpy(p->dense_bias, weights_find(w, "classifier.bias")->values,
	    p->n_outputs * sizeof(*p->dense));
	return p;
fail:
	pitch_spectral_free(p);
	return NULL;
}

void
pitch_spectral_free(struct pitch_spectral *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < PITCH_NET_LAYERS; i++)
		spectral_layer_release(&p->layers[i]);
	memory_free(p->dense);
	memory_free(p);
}

size_t
pitch_spectral_n_outputs(const struct pitch_spectral *p)
{
	return p->n_outputs;
}

/* Values from one bin to the next in spectra of so many channels. */
static size_t
bin_stride(size_t n_channels)
{
	return BLOCK * 2 * n_channels + LANES;
}

struct pitch_spectral_scratch *
pitch_spectral_scratch_new(const struct pitch_spectral *p, struct error *err)
{
	struct pitch_spectral_scratch *s = memory_new(1, sizeof(*s),
	    "pitch network", err);
	size_t n_in = 0, n_out = 0;

	if (s == NULL)
		return NULL;
	s->net = p;
	for (size_t i = 1; i < PITCH_NET_LAYERS; i++) {
		const struct spectral_layer *l = &p->layers[i];

		if (n_in < l->n_bins * bin_stride(l->n_in))
			n_in = l->n_bins * bin_stride(l->n_in);
		if (n_out < l->n_bins * bin_stride(l->n_out))
			n_out = l->n_bins * bin_stride(l->n_out);
	}
	s->first = memory_new(BLOCK / QUAD * BUFFER, sizeof(float), "spectra",
	    err);
	s->in = s->first == NULL ? NULL : memory_new(n_in, sizeof(float),
	    "spectra", err);
	s->out = s->in == NULL ? NULL : memory_new(n_out, sizeof(float),
	    "spectra", err);
	s->last = s->out == NULL ? NULL : memory_new(BLOCK * p->n_last,
	    sizeof(float), "values", err);
	s->a = s->last == NULL ? NULL : memory_new(3 * BUFFER, sizeof(float),
	    "values", err);
	if (s->a == NULL) {
		pitch_spectral_scratch_free(s);
		return NULL;
	}
	s->b = s->a + BUFFER;
	s->pair = s->b + BUFFER;
	return s;
}

void
pitch_spectral_scratch_free(struct pitch_spectral_scratch *s)
{
	if (s == NULL)
		return;
	memory_free(s->first);
	memory_free(s->in);
	memory_free(s->out);
	memory_free(s->last);
	memory_free(s->a);
	memory_free(s);
}

/* The spectra of four frames (fewer at the end) for layer 1. */
static void
transform_quad(struct pitch_spectral_scratch *s, size_t n_frames,
    const float *inputs, float *spectrum)
{
	const struct spectral_layer *l = &s->net->layers[0];
	const size_t half = l->n_bins * LANES;

	memset(s->a, 0, 2 * half * sizeof(*s->a));
	for (size_t f = 0; f < n_frames; f++) {
		const float *steps = inputs + f * PITCH_NET_INPUT +
		    FIRST_STEP * PHASES;

		for (size_t i = 0; i < N_STEPS; i++)
			memcpy(s->a + i % 2 * half + i / 2 * LANES +
			    f * PHASES, steps + i * PHASES,
			    PHASES * sizeof(*steps));
	}
	memcpy(spectrum, spectral_fft_forward(l->fft, s->a, s->b),
	    2 * half * sizeof(*spectrum));
}

/* Bin 0 of layer 1 for one frame: its parts are two real bins. */
static void
multiply_ends(size_t n_bins, const float *x, const float *kernels, float *y)
{
	const float *xi = x + n_bins * LANES;

	for (size_t i = 0; i < LANES; i++) {
		float re = 0.0f, im = 0.0f;

		for (size_t p = 0; p < PHASES; p++) {
			re += x[p] * kernels[2 * p * LANES + i];
			im += xi[p] * kernels[(2 * p + 1) * LANES + i];
		}
		y[i] = re;
		y[n_bins * LANES + i] = im;
	}
}

/* The other bins for two frames side by side, so kernels are read half. */
SIMD static void
multiply_pair(size_t n_bins, const float *restrict x,
    const float *restrict kernels, float *restrict y, float *restrict z)
{
	const size_t half = n_bins * LANES;

	for (size_t k = 1; k < n_bins; k++) {
		const float *h = kernels + k * PHASES * 2 * LANES;
		const float *a = x + k * LANES, *b = a + half;

		ALONE
		for (size_t i = 0; i < LANES; i++) {
			float yr = 0.0f, yi = 0.0f, zr = 0.0f, zi = 0.0f;

#pragma GCC unroll 4
			for (size_t p = 0; p < PHASES; p++) {
				const float hr = h[2 * p * LANES + i];
				const float hi = h[(2 * p + 1) * LANES + i];

				yr += a[p] * hr;
				yi += a[p] * hi;
				zr += a[p + PHASES] * hr;
				zi += a[p + PHASES] * hi;
				yr -= b[p] * hi;
				yi += b[p] * hr;
				zr -= b[p + PHASES] * hi;
				zi += b[p + PHASES] * hr;
			}
			y[k * LANES + i] = yr;
			y[k * LANES + i + half] = yi;
			z[k * LANES + i] = zr;
			z[k * LANES + i + half] = zi;
		}
	}
}

/*
 * Bias, ReLU, norm and pooling of 16 channels: from places as the transform
 * left them to places, half as many, as the next one wants them, zeros
 * behind.  The two that are pooled lie in the two halves.
 */
SIMD static void
activate(const struct spectral_layer *l, size_t channel,
    const float *restrict values, size_t n_next, float *restrict to)
{
	const float *bias = l->bias + channel, *scale = l->scale + channel;
	const float *shift = l->shift + channel;
	const size_t n_pooled = l->n_places / 2;
	const size_t n_zeros = (n_next - n_pooled / 2) * LANES;
	const float *other = values + l->n_bins * LANES;

	for (size_t m = 0; m < n_pooled; m++) {
		float *y = to + (m % 2 * n_next + m / 2) * LANES;

		ALONE
		for (size_t i = 0; i < LANES; i++) {
			float u = values[m * LANES + i] + bias[i];
			float v = other[m * LANES + i] + bias[i];

			u = (u > 0.0f ? u : 0.0f) * scale[i] + shift[i];
			v = (v > 0.0f ? v : 0.0f) * scale[i] + shift[i];
			y[i] = u > v ? u : v;
		}
	}
	memset(to + n_pooled / 2 * LANES, 0, n_zeros * sizeof(*to));
	memset(to + (n_next + n_pooled / 2) * LANES, 0,
	    n_zeros * sizeof(*to));
}

/* Rows of 16 values, one place to another. */
SIMD static void
copy_rows(size_t n_rows, const float *restrict from, size_t from_stride,
    float *restrict to, size_t to_stride)
{
	for (size_t k = 0; k < n_rows; k++)
		memcpy(to + k * to_stride, from + k * from_stride,
		    LANES * sizeof(*to));
}

/*
 * From the spectra of 16 output channels of layer i in s->a to those of the
 * next layer's input, or to what the dense layer takes.
 */
static void
pass_on(struct pitch_spectral_scratch *s, size_t i, size_t frame,
    size_t channel)
{
	const struct spectral_layer *l = &s->net->layers[i];
	const bool is_last = i + 1 == PITCH_NET_LAYERS;
	const struct spectral_layer *next = is_last ? NULL : l + 1;
	const size_t half = is_last ? l->n_places / 4 : next->n_bins;
	float *y = spectral_fft_backward(l->fft, s->a, s->b);
	float *x = y == s->a ? s->b : s->a;

	activate(l, channel, y, half, x);
	if (is_last) {
		float *to = s->last + frame * s->net->n_last + channel;

		copy_rows(half, x, LANES, to, 2 * l->n_out);
		copy_rows(half, x + half * LANES, LANES, to + l->n_out,
		    2 * l->n_out);
	} else {
		const float *z = spectral_fft_forward(next->fft, x, y);
		const size_t stride = bin_stride(next->n_in);
		float *to = s->in + frame * 2 * next->n_in + channel;

		copy_rows(half, z, LANES, to, stride);
		copy_rows(half, z + half * LANES, LANES, to + next->n_in,
		    stride);
	}
}

static void
run_first(struct pitch_spectral_scratch *s, size_t n_frames,
    const float *inputs)
{
	const struct spectral_layer *l = &s->net->layers[0];
	const size_t n_kernels = l->n_bins * PHASES * 2 * LANES;

	for (size_t f = 0; f < n_frames; f += QUAD)
		transform_quad(s, n_frames - f < QUAD ? n_frames - f : QUAD,
		    inputs + f * PITCH_NET_INPUT,
		    s->first + f / QUAD * BUFFER);
	for (size_t c = 0; c < l->n_out; c += LANES) {
		const float *kernels = l->kernels + c / LANES * n_kernels;

		for (size_t f = 0; f < n_frames; f += 2) {
			const float *x = s->first + f / QUAD * BUFFER +
			    f % QUAD * PHASES;

			multiply_ends(l->n_bins, x, kernels, s->a);
			multiply_ends(l->n_bins, x + PHASES, kernels, s->pair);
			multiply_pair(l->n_bins, x, kernels, s->a, s->pair);
			pass_on(s, 0, f, c);
			if (f + 1 == n_frames)
				break;
			memcpy(s->a, s->pair, BUFFER * sizeof(*s->a));
			pass_on(s, 0, f + 1, c);
		}
	}
}

/* Layer i, 1..5: products of the bins, then on to the next. */
static int
run_layer(struct pitch_spectral_scratch *s, size_t i, size_t n_frames,
    struct error *err)
{
	const struct spectral_layer *l = &s->net->layers[i];
	const size_t in = bin_stride(l->n_in), out = bin_stride(l->n_out);

	for (size_t k = 0; k < l->n_bins; k++) {
		const struct blas_matrix x = { s->in + k * in, 2 * l->n_in,
		    false };
		const struct blas_matrix h = { l->kernels + k * 4 * l->n_in *
		    l->n_out, 2 * l->n_out, false };

		if (blas_multiply(BLOCK, 2 * l->n_out, 2 * l->n_in, 1.0f, &x,
		    &h, 0.0f, s->out + k * out, 2 * l->n_out, err) != 0)
			return -1;
	}
	for (size_t f = 0; f < n_frames; f++) {
		for (size_t c = 0; c < l->n_out; c += LANES) {
			const float *y = s->out + f * 2 * l->n_out + c;

			copy_rows(l->n_bins, y, out, s->a, LANES);
			copy_rows(l->n_bins, y + l->n_out, out,
			    s->a + l->n_bins * LANES, LANES);
			pass_on(s, i, f, c);
		}
	}
	return 0;
}

/* The dense layer and the sigmoid; s->in is free for the sums. */
static int
run_dense(struct pitch_spectral_scratch *s, size_t n_frames,
    float *activations, struct error *err)
{
	const struct pitch_spectral *p = s->net;
	const size_t n_outputs = p->n_outputs;
	const struct blas_matrix x = { s->last, p->n_last, false };
	const struct blas_matrix w = { p->dense, p->n_last, true };

	if (blas_multiply(BLOCK, n_outputs, p->n_last, 1.0f, &x, &w, 0.0f,
	    s->in, n_outputs, err) != 0)
		return -1;
	for (size_t f = 0; f < n_frames; f++)
		for (size_t b = 0; b < n_outputs; b++)
			activations[f * n_outputs + b] = 1.0f / (1.0f +
			    expf(-(s->in[f * n_outputs + b] +
			    p->dense_bias[b])));
	return 0;
}

int
pitch_spectral_run(struct pitch_spectral_scratch *s, size_t n_frames,
    const float *inputs, float *activations, struct error *err)
{
	for (size_t f = 0; f < n_frames; f += BLOCK) {
		const size_t n = n_frames - f < BLOCK ? n_frames - f : BLOCK;

		run_first(s, n, inputs + f * PITCH_NET_INPUT);
		for (size_t i = 1; i < PITCH_NET_LAYERS; i++)
			if (run_layer(s, i, n, err) != 0)
				return -1;
		if (run_dense(s, n, activations +
		    f * s->net->n_outputs, err) != 0)
			return -1;
	}
	return 0;
}
