#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/activations.h"
#include "nn/bf16.h"
#include "nn/blas.h"
#include "nn/product.h"
#include "nn/simd.h"

#include "pitch/pitch_net.h"
#include "pitch/pitch_spectral.h"
#include "nn/spectral_fft.h"
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
 * Spectra of a block lie as [n_bins][BLOCK][2][n_channels], GAP values between
 * two bins so that these do not all fall on one set of the cache.
 */
#define BLOCK PITCH_SPECTRAL_BLOCK
#define LANES SPECTRAL_FFT_LANES
#define PHASES SPECTRAL_LAYER_PHASES
#define QUAD (LANES / PHASES)		/* frames side by side in layer 1 */
#define BUFFER (SPECTRAL_FFT_MAX * LANES)
#define GAP (2 * LANES)
#define ALONE SPECTRAL_FFT_ALONE
/* Steps 63..319 of layer 1's input are not all zero. */
#define FIRST_STEP (PITCH_NET_PAD / PHASES)
#define N_STEPS 257

struct pitch_spectral {
	enum product_kind kind;
	struct spectral_layer layers[PITCH_NET_LAYERS];
	size_t n_last;		/* values before the dense layer */
	size_t n_outputs;	/* of the dense layer */
	float *dense;		/* [n_outputs][n_last] */
	float *dense_bias;	/* [n_outputs] */
};

struct pitch_spectral_scratch {
	const struct pitch_spectral *net;
	struct product *products[PITCH_NET_LAYERS];	/* of layers 1..5 */
	size_t frames[BLOCK];	/* those of the block, among the caller's */
	float *first;		/* [BLOCK / QUAD][2][n_bins][LANES] */
	void *in;		/* spectra of a block, of the products' kind */
	float *out;		/* likewise */
	float *last;		/* [BLOCK][n_last] */
	float *a, *b, *pair;	/* [BUFFER] */
};

struct pitch_spectral *
pitch_spectral_new(const struct weights *w,
    const struct pitch_spectral_options *options, struct error *err)
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
	p->kind = options != NULL && options->is_bf16 ? product_kind_bf16() :
	    PRODUCT_F32;
	for (size_t i = 0; i < PITCH_NET_LAYERS; i++)
		if (spectral_layer_init(&p->layers[i], i, w, p->kind,
		    err) != 0)
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
	return BLOCK * 2 * n_channels + GAP;
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
		s->products[i] = spectral_layer_product(l, err);
		if (s->products[i] == NULL)
			goto fail;
	}
	/* The sums of the dense layer go there too. */
	if (n_out < BLOCK * p->n_outputs)
		n_out = BLOCK * p->n_outputs;
	s->first = memory_new(BLOCK / QUAD * BUFFER, sizeof(float), "spectra",
	    err);
	s->in = s->first == NULL ? NULL : memory_new(n_in,
	    product_value_bytes(p->kind), "spectra", err);
	s->out = s->in == NULL ? NULL : memory_new(n_out, sizeof(float),
	    "spectra", err);
	s->last = s->out == NULL ? NULL : memory_new(BLOCK * p->n_last,
	    sizeof(float), "values", err);
	s->a = s->last == NULL ? NULL : memory_new(3 * BUFFER, sizeof(float),
	    "values", err);
	if (s->a == NULL)
		goto fail;
	s->b = s->a + BUFFER;
	s->pair = s->b + BUFFER;
	return s;
fail:
	pitch_spectral_scratch_free(s);
	return NULL;
}

void
pitch_spectral_scratch_free(struct pitch_spectral_scratch *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < PITCH_NET_LAYERS; i++)
		product_free(s->products[i]);
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
    const size_t *frames, const float *inputs, float *spectrum)
{
	const struct spectral_layer *l = &s->net->layers[0];
	const size_t half = l->n_bins * LANES;

	memset(s->a, 0, 2 * half * sizeof(*s->a));
	for (size_t f = 0; f < n_frames; f++) {
		const float *steps = inputs + frames[f] * PITCH_NET_INPUT +
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

SIMD static void
round_rows(size_t n_rows, const float *restrict from, float *restrict to,
    size_t to_stride)
{
	for (size_t k = 0; k < n_rows; k++) {
		ALONE
		for (size_t i = 0; i < LANES; i++)
			to[k * to_stride + i] = bf16_round(from[k * LANES + i]);
	}
}

SIMD static void
narrow_rows(size_t n_rows, const float *restrict from, uint16_t *restrict to,
    size_t to_stride)
{
	for (size_t k = 0; k < n_rows; k++) {
		ALONE
		for (size_t i = 0; i < LANES; i++)
			to[k * to_stride + i] = bf16_of(from[k * LANES + i]);
	}
}

/* Half a spectrum of 16 channels to place "at" of the products' factors. */
static void
put_rows(struct pitch_spectral_scratch *s, size_t n_rows, const float *from,
    size_t at, size_t stride)
{
	switch (s->net->kind) {
	case PRODUCT_F32:
		copy_rows(n_rows, from, LANES, (float *)s->in + at, stride);
		break;
	case PRODUCT_ROUNDED:
		round_rows(n_rows, from, (float *)s->in + at, stride);
		break;
	case PRODUCT_BF16:
		narrow_rows(n_rows, from, (uint16_t *)s->in + at, stride);
		break;
	}
}

/*
 * From the spectra "a" of 16 output channels of layer i to those of the next
 * layer's input, or to what the dense layer takes.
 */
static void
pass_on(struct pitch_spectral_scratch *s, size_t i, size_t frame,
    size_t channel, float *a)
{
	const struct spectral_layer *l = &s->net->layers[i];
	const bool is_last = i + 1 == PITCH_NET_LAYERS;
	const struct spectral_layer *next = is_last ? NULL : l + 1;
	const size_t half = is_last ? l->n_places / 4 : next->n_bins;
	float *y = spectral_fft_backward(l->fft, a, s->b);
	float *x = y == a ? s->b : a;

	activate(l, channel, y, half, x);
	if (is_last) {
		float *to = s->last + frame * s->net->n_last + channel;

		copy_rows(half, x, LANES, to, 2 * l->n_out);
		copy_rows(half, x + half * LANES, LANES, to + l->n_out,
		    2 * l->n_out);
	} else {
		const float *z = spectral_fft_forward(next->fft, x, y);
		const size_t at = frame * 2 * next->n_in + channel;
		const size_t stride = bin_stride(next->n_in);

		put_rows(s, half, z, at, stride);
		put_rows(s, half, z + half * LANES, at + next->n_in, stride);
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
		    s->frames + f, inputs, s->first + f / QUAD * BUFFER);
	for (size_t c = 0; c < l->n_out; c += LANES) {
		const float *kernels = l->kernels + c / LANES * n_kernels;

		for (size_t f = 0; f < n_frames; f += 2) {
			const float *x = s->first + f / QUAD * BUFFER +
			    f % QUAD * PHASES;

			multiply_ends(l->n_bins, x, kernels, s->a);
			multiply_ends(l->n_bins, x + PHASES, kernels, s->pair);
			multiply_pair(l->n_bins, x, kernels, s->a, s->pair);
			pass_on(s, 0, f, c, s->a);
			if (f + 1 < n_frames)
				pass_on(s, 0, f + 1, c, s->pair);
		}
	}
}

/* Layer i, 1..5: products of the bins, then on to the next. */
static int
run_layer(struct pitch_spectral_scratch *s, size_t i, size_t n_frames,
    struct error *err)
{
	const struct spectral_layer *l = &s->net->layers[i];
	const size_t out = bin_stride(l->n_out);
	const size_t in_bytes = bin_stride(l->n_in) *
	    product_value_bytes(l->kind);

	for (size_t k = 0; k < l->n_bins; k++)
		if (product_run(s->products[i], (char *)s->in + k * in_bytes,
		    l->packed + k * l->packed_bytes, s->out + k * out,
		    err) != 0)
			return -1;
	for (size_t f = 0; f < n_frames; f++) {
		for (size_t c = 0; c < l->n_out; c += LANES) {
			const float *y = s->out + f * 2 * l->n_out + c;

			copy_rows(l->n_bins, y, out, s->a, LANES);
			copy_rows(l->n_bins, y + l->n_out, out,
			    s->a + l->n_bins * LANES, LANES);
			pass_on(s, i, f, c, s->a);
		}
	}
	return 0;
}

/* The dense layer and the sigmoid; s->out is free for the sums. */
static int
run_dense(struct pitch_spectral_scratch *s, size_t n_frames,
    float *activations, struct error *err)
{
	const struct pitch_spectral *p = s->net;
	const size_t n_outputs = p->n_outputs;
	const struct blas_matrix x = { s->last, p->n_last, false };
	const struct blas_matrix w = { p->dense, p->n_last, true };

	if (blas_multiply(BLOCK, n_outputs, p->n_last, 1.0f, &x, &w, 0.0f,
	    s->out, n_outputs, err) != 0)
		return -1;
	for (size_t f = 0; f < n_frames; f++) {
		float *to = activations + s->frames[f] * n_outputs;

		for (size_t b = 0; b < n_outputs; b++)
			to[b] = 1.0f / (1.0f + expf(-(s->out[f * n_outputs +
			    b] + p->dense_bias[b])));
	}
	return 0;
}

/* The frames that s->frames names, 1..BLOCK. */
static int
run_block(struct pitch_spectral_scratch *s, size_t n_frames,
    const float *inputs, float *activations, struct error *err)
{
	run_first(s, n_frames, inputs);
	for (size_t i = 1; i < PITCH_NET_LAYERS; i++)
		if (run_layer(s, i, n_frames, err) != 0)
			return -1;
	return run_dense(s, n_frames, activations, err);
}

int
pitch_spectral_run(struct pitch_spectral_scratch *s, size_t n_frames,
    const float *inputs, const bool *is_silent, float *activations,
    struct error *err)
{
	const size_t n_outputs = s->net->n_outputs;
	size_t n = 0;

	for (size_t f = 0; f < n_frames; f++) {
		if (is_silent != NULL && is_silent[f])
			memset(activations + f * n_outputs, 0,
			    n_outputs * sizeof(*activations));
		else
			s->frames[n++] = f;
		if (n < BLOCK && (n == 0 || f + 1 < n_frames))
			continue;
		if (run_block(s, n, inputs, activations, err) != 0)
			return -1;
		n = 0;
	}
	return 0;
}
