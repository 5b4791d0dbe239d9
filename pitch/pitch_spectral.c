#include <stdint.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/activations.h"
#include "nn/bf16.h"
#include "nn/product.h"
#include "nn/simd.h"
#include "nn/spectral_fft.h"
#include "nn/squash.h"

#include "pitch/pitch_net.h"
#include "pitch/pitch_spectral.h"
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
 * Spectra of a block lie frame by frame as [n_bins][n_channels / 16][2][16].
 */
#define BLOCK PITCH_SPECTRAL_BLOCK
#define SMALL_BLOCK 48
#define SMALL_BYTES 8388608
#define LANES SPECTRAL_FFT_LANES
#define COMPLEX (2 * LANES)
#define PHASES SPECTRAL_LAYER_PHASES
#define QUAD (LANES / PHASES)		/* frames side by side in layer 1 */
#define BUFFER (SPECTRAL_FFT_MAX * LANES)
#define ALONE SPECTRAL_FFT_ALONE
/* Steps 63..319 of layer 1's input are not all zero. */
#define FIRST_STEP (PITCH_NET_PAD / PHASES)
#define N_STEPS 257

struct pitch_spectral {
	enum product_kind kind;
	size_t n_block;		/* frames in each product, at most BLOCK */
	struct spectral_layer layers[PITCH_NET_LAYERS];
	size_t n_last;		/* values before the dense layer */
	size_t n_outputs;	/* of the dense layer */
	struct product dense;
	void *dense_packed;
	float *dense_bias;	/* [n_outputs] */
};

struct pitch_spectral_scratch {
	const struct pitch_spectral *net;
	size_t frames[BLOCK];	/* those of the block, among the caller's */
	float *first;		/* [BLOCK / QUAD][n_bins][2][LANES] */
	void *in;		/* spectra of a block, of the net's kind */
	float *out;		/* likewise */
	float *last;		/* [BLOCK][n_last] */
	float *a, *b, *x, *y;	/* [BUFFER] */
};

static int
make_dense(struct pitch_spectral *p, const struct weights *w,
    struct error *err)
{
	const struct weights_tensor *t = weights_find(w, "classifier.weight");
	const struct blas_matrix b = { t->values, t->shape[1], true };

	p->n_outputs = t->shape[0];
	p->n_last = t->shape[1];
	p->dense = (struct product){ .kind = PRODUCT_F32, .n = p->n_outputs,
	    .k = p->n_last, .a_row = p->n_last,
	    .c_row = (p->n_outputs + LANES - 1) / LANES * LANES };
	p->dense_packed = memory_new(product_packed_bytes(&p->dense), 1,
	    "dense layer", err);
	p->dense_bias = memory_new(p->n_outputs, sizeof(*p->dense_bias),
	    "dense layer", err);
	if (p->dense_packed == NULL || p->dense_bias == NULL)
		return -1;
	product_pack(&p->dense, &b, p->dense_packed);
	memcpy(p->dense_bias, weights_find(w, "classifier.bias")->values,
	    p->n_outputs * sizeof(*p->dense_bias));
	return 0;
}

/*
 * Small kernels stay in the last cache however often they are read, so it is
 * the spectra that are kept small.
 */
static size_t
block_size(const struct pitch_spectral *p)
{
	size_t n_bytes = 0;

	for (size_t i = 1; i < PITCH_NET_LAYERS; i++)
		n_bytes += p->layers[i].n_bins * p->layers[i].packed_bytes;
	return n_bytes <= SMALL_BYTES ? SMALL_BLOCK : BLOCK;
}

struct pitch_spectral *
pitch_spectral_new(const struct weights *w,
    const struct pitch_spectral_options *options, struct error *err)
{
	struct graph *g = pitch_net_of_model(w, err);
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
	if (make_dense(p, w, err) != 0)
		goto fail;
	p->n_block = block_size(p);
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
	memory_free(p->dense_packed);
	memory_free(p->dense_bias);
	memory_free(p);
}

size_t
pitch_spectral_n_outputs(const struct pitch_spectral *p)
{
	return p->n_outputs;
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

		if (n_in < BLOCK * l->product.a_row)
			n_in = BLOCK * l->product.a_row;
		if (n_out < BLOCK * l->product.c_row)
			n_out = BLOCK * l->product.c_row;
	}
	/* The sums of the dense layer go there too. */
	if (n_out < BLOCK * p->dense.c_row)
		n_out = BLOCK * p->dense.c_row;
	s->first = memory_new(BLOCK / QUAD * BUFFER, sizeof(float), "spectra",
	    err);
	s->in = s->first == NULL ? NULL : memory_new(n_in,
	    product_value_bytes(p->kind), "spectra", err);
	s->out = s->in == NULL ? NULL : memory_new(n_out, sizeof(float),
	    "spectra", err);
	s->last = s->out == NULL ? NULL : memory_new(BLOCK * p->n_last,
	    sizeof(float), "values", err);
	s->a = s->last == NULL ? NULL : memory_new(4 * BUFFER, sizeof(float),
	    "values", err);
	if (s->a == NULL) {
		pitch_spectral_scratch_free(s);
		return NULL;
	}
	s->b = s->a + BUFFER;
	s->x = s->b + BUFFER;
	s->y = s->x + BUFFER;
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
    const size_t *frames, const float *inputs, float *spectrum)
{
	const struct spectral_layer *l = &s->net->layers[0];

	memset(s->a, 0, l->n * LANES * sizeof(*s->a));
	for (size_t f = 0; f < n_frames; f++) {
		const float *steps = inputs + frames[f] * PITCH_NET_INPUT +
		    FIRST_STEP * PHASES;

		for (size_t i = 0; i < N_STEPS; i++)
			memcpy(s->a + i * LANES + f * PHASES,
			    steps + i * PHASES, PHASES * sizeof(*steps));
	}
	spectral_fft_forward(l->fft, s->a, spectrum, s->b);
}

/* Bin 0 of layer 1 for one frame: its parts are two real bins. */
static void
multiply_ends(const float *x, const float *kernels, float *y)
{
	for (size_t i = 0; i < LANES; i++) {
		float re = 0.0f, im = 0.0f;

		for (size_t p = 0; p < PHASES; p++) {
			re += x[p] * kernels[2 * p * LANES + i];
			im += x[p + LANES] * kernels[(2 * p + 1) * LANES + i];
		}
		y[i] = re;
		y[i + LANES] = im;
	}
}

/* The other bins for two frames side by side, so kernels are read half. */
SIMD static void
multiply_pair(size_t n_bins, const float *restrict x,
    const float *restrict kernels, float *restrict y, float *restrict z)
{
	for (size_t k = 1; k < n_bins; k++) {
		const float *h = kernels + k * PHASES * COMPLEX;
		const float *a = x + k * COMPLEX, *b = a + LANES;

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
			y[k * COMPLEX + i] = yr;
			y[k * COMPLEX + i + LANES] = yi;
			z[k * COMPLEX + i] = zr;
			z[k * COMPLEX + i + LANES] = zi;
		}
	}
}

/*
 * Bias, ReLU, norm and pooling of 16 channels: from places as the transform
 * left them to places, half as many, as the next one wants them, zeros up to
 * n_next behind.
 */
SIMD static void
activate(const struct spectral_layer *l, size_t channel,
    const float *restrict values, size_t n_next, float *restrict to)
{
	const float *bias = l->bias + channel, *scale = l->scale + channel;
	const float *shift = l->shift + channel;
	const size_t n_pooled = l->n_places / 2;

	for (size_t m = 0; m < n_pooled; m++) {
		const float *x = values + 2 * m * LANES;

		ALONE
		for (size_t i = 0; i < LANES; i++) {
			float u = x[i] + bias[i];
			float v = x[i + LANES] + bias[i];

			u = (u > 0.0f ? u : 0.0f) * scale[i] + shift[i];
			v = (v > 0.0f ? v : 0.0f) * scale[i] + shift[i];
			to[m * LANES + i] = u > v ? u : v;
		}
	}
	memset(to + n_pooled * LANES, 0, (n_next - n_pooled) * LANES *
	    sizeof(*to));
}

/* Bins of 16 channels from one place to another. */
SIMD static void
copy_bins(size_t n_bins, const float *restrict from, size_t from_stride,
    float *restrict to, size_t to_stride)
{
	for (size_t k = 0; k < n_bins; k++)
		memcpy(to + k * to_stride, from + k * from_stride, COMPLEX *
		    sizeof(*to));
}

SIMD static void
round_bins(size_t n_bins, const float *restrict from, float *restrict to,
    size_t to_stride)
{
	for (size_t k = 0; k < n_bins; k++) {
		ALONE
		for (size_t i = 0; i < COMPLEX; i++)
			to[k * to_stride + i] =
			    bf16_round(from[k * COMPLEX + i]);
	}
}

SIMD static void
narrow_bins(size_t n_bins, const float *restrict from, uint16_t *restrict to,
    size_t to_stride)
{
	for (size_t k = 0; k < n_bins; k++) {
		ALONE
		for (size_t i = 0; i < COMPLEX; i++)
			to[k * to_stride + i] = bf16_of(from[k * COMPLEX + i]);
	}
}

/* Have the places of n_bins bins ready in the cache before they are written. */
static void
prepare_bins(size_t n_bins, const float *to, size_t stride)
{
	for (size_t k = 0; k < n_bins; k++) {
		__builtin_prefetch(to + k * stride, 1);
		__builtin_prefetch(to + k * stride + LANES, 1);
	}
}

/* The spectra s->x of 16 channels to where layer l's products read them. */
static void
put_spectra(struct pitch_spectral_scratch *s, const struct spectral_layer *l,
    size_t frame, size_t channel)
{
	const size_t at = frame * l->product.a_row + 2 * channel;
	const size_t stride = 2 * l->n_in;

	switch (l->product.kind) {
	case PRODUCT_F32:
		copy_bins(l->n_bins, s->x, COMPLEX, (float *)s->in + at,
		    stride);
		break;
	case PRODUCT_ROUNDED:
		round_bins(l->n_bins, s->x, (float *)s->in + at, stride);
		break;
	case PRODUCT_BF16:
		narrow_bins(l->n_bins, s->x, (uint16_t *)s->in + at, stride);
		break;
	}
}

/*
 * From the spectra of 16 output channels of layer i, the first of them
 * "channel", to those of the next layer's input, or to what the dense layer
 * takes.
 */
static void
pass_on(struct pitch_spectral_scratch *s, size_t i, size_t frame,
    size_t channel, const float *spectra)
{
	const struct spectral_layer *l = &s->net->layers[i];
	const struct spectral_layer *next = l + 1;
	const bool is_last = i + 1 == PITCH_NET_LAYERS;
	const size_t n_pooled = l->n_places / 2;

	if (!is_last)
		prepare_bins(next->n_bins, (float *)s->in + frame *
		    next->product.a_row + 2 * channel, 2 * next->n_in);
	spectral_fft_backward(l->fft, spectra, s->a, s->b);
	activate(l, channel, s->a, is_last ? n_pooled : next->n, s->b);
	if (!is_last) {
		spectral_fft_forward(next->fft, s->b, s->x, s->a);
		put_spectra(s, next, frame, channel);
		return;
	}
	for (size_t m = 0; m < n_pooled; m++)
		memcpy(s->last + frame * s->net->n_last + m * l->n_out +
		    channel, s->b + m * LANES, LANES * sizeof(*s->b));
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

			multiply_ends(x, kernels, s->x);
			multiply_ends(x + PHASES, kernels, s->y);
			multiply_pair(l->n_bins, x, kernels, s->x, s->y);
			pass_on(s, 0, f, c, s->x);
			if (f + 1 < n_frames)
				pass_on(s, 0, f + 1, c, s->y);
		}
	}
}

/* Layer i, 1..5: products of the bins, then on to the next. */
static void
run_layer(struct pitch_spectral_scratch *s, size_t i, size_t n_frames)
{
	const struct spectral_layer *l = &s->net->layers[i];
	const size_t in_bytes = 2 * l->n_in *
	    product_value_bytes(l->product.kind);

	for (size_t k = 0; k < l->n_bins; k++)
		product_run(&l->product, n_frames, (char *)s->in +
		    k * in_bytes, l->packed + k * l->packed_bytes,
		    s->out + k * 2 * l->n_out);
	for (size_t f = 0; f < n_frames; f++) {
		for (size_t c = 0; c < l->n_out; c += LANES) {
			copy_bins(l->n_bins, s->out + f * l->product.c_row +
			    2 * c, 2 * l->n_out, s->x, COMPLEX);
			pass_on(s, i, f, c, s->x);
		}
	}
}

SIMD static void
squash_row(size_t n, const float *restrict sums, const float *restrict bias,
    float *restrict to)
{
	for (size_t b = 0; b < n; b++)
		to[b] = squash_sigmoid(sums[b] + bias[b]);
}

/* The dense layer and the sigmoid; s->out is free for the sums. */
static void
run_dense(struct pitch_spectral_scratch *s, size_t n_frames,
    float *activations)
{
	const struct pitch_spectral *p = s->net;
	const size_t n_outputs = p->n_outputs;

	product_run(&p->dense, n_frames, s->last, p->dense_packed, s->out);
	for (size_t f = 0; f < n_frames; f++)
		squash_row(n_outputs, s->out + f * p->dense.c_row,
		    p->dense_bias, activations + s->frames[f] * n_outputs);
}

/* The frames that s->frames names, 1..BLOCK. */
static void
run_block(struct pitch_spectral_scratch *s, size_t n_frames,
    const float *inputs, float *activations)
{
	run_first(s, n_frames, inputs);
	for (size_t i = 1; i < PITCH_NET_LAYERS; i++)
		run_layer(s, i, n_frames);
	run_dense(s, n_frames, activations);
}

void
pitch_spectral_run(struct pitch_spectral_scratch *s, size_t n_frames,
    const float *inputs, const bool *is_silent, float *activations)
{
	const size_t n_outputs = s->net->n_outputs;
	size_t n = 0;

	for (size_t f = 0; f < n_frames; f++) {
		if (is_silent != NULL && is_silent[f])
			memset(activations + f * n_outputs, 0,
			    n_outputs * sizeof(*activations));
		else
			s->frames[n++] = f;
		if (n == s->net->n_block || (n > 0 && f + 1 == n_frames)) {
			run_block(s, n, inputs, activations);
			n = 0;
		}
	}
}
