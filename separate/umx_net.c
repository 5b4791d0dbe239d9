#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#include "nn/lstm.h"
#include "nn/product.h"
#include "nn/product_tile.h"
#include "nn/simd.h"
#include "nn/squash.h"

#include "separate/umx_model.h"
#include "separate/umx_net.h"

#define CHANNELS UMX_MODEL_CHANNELS
#define LAYERS UMX_MODEL_LAYERS
#define NORM_EPSILON 1e-5
/*
 * Frames that go through the dense layers at once: with more a part of their
 * rows leaves the second cache, with fewer the weights are read too often.
 */
#define BLOCK 120
/* No mask is larger: what overflowed, times a magnitude of 0, is no number. */
#define MAX_FACTOR 1e6f
#define MAX_NAME 40

/* y = W x + bias, with the batch norm behind it. */
struct dense {
	struct product product;
	float *packed;
	float *bias;			/* [n] */
};

struct umx_net {
	struct umx_model_size size;
	float *mean, *scale;		/* [n_heard], the mean negated */
	struct dense first, second, third;
	struct lstm *layers[LAYERS];
};

/*
 * For the dense layers a block has rows of "wide" and of "narrow", and every
 * frame has a row of "joined": what the first layer gave, and behind it what
 * the last of the LSTM gave.
 */
struct umx_net_scratch {
	const struct umx_net *net;
	size_t max_frames;
	size_t wide_row, narrow_row, joined_row;
	float *wide;			/* [BLOCK][wide_row] */
	float *narrow;			/* [BLOCK][narrow_row] */
	float *joined;			/* [max_frames][joined_row] */
	float *passed[LAYERS - 1];	/* [max_frames][narrow_row] */
	float *lstm;
};

/* A row that a product may write n values to. */
static size_t
row_of(size_t n)
{
	return (n + PRODUCT_TILE_COLUMNS - 1) / PRODUCT_TILE_COLUMNS *
	    PRODUCT_TILE_COLUMNS;
}

static const float *
values_of(const struct weights *w, const char *layer, size_t i,
    const char *what)
{
	char name[MAX_NAME];

	snprintf(name, sizeof(name), "%s%zu%s", layer, i, what);
	return weights_find(w, name)->values;
}

/*
 * Layer fcI of n outputs from k inputs and norm bnI in one: output o is times
 * factor[o % period], plus shift[o % period], where these are given.
 */
static int
make_dense(struct dense *d, const struct weights *w, size_t i, size_t n,
    size_t k, const float *factor, const float *shift, size_t period,
    struct error *err)
{
	const float *weight = values_of(w, "fc", i, ".weight");
	const float *gamma = values_of(w, "bn", i, ".weight");
	const float *beta = values_of(w, "bn", i, ".bias");
	const float *mean = values_of(w, "bn", i, ".running_mean");
	const float *variance = values_of(w, "bn", i, ".running_var");
	float *folded = memory_new(n, k * sizeof(*folded), "weights", err);
	const struct blas_matrix m = { folded, k, true };

	d->product = (struct product){ PRODUCT_F32, n, k, k, row_of(n) };
	d->packed = memory_new(product_packed_bytes(&d->product), 1,
	    "bytes of weights", err);
	d->bias = memory_new(n, sizeof(*d->bias), "biases", err);
	if (folded == NULL || d->packed == NULL || d->bias == NULL) {
		memory_free(folded);
		return -1;
	}
	for (size_t o = 0; o < n; o++) {
		double a = (double)gamma[o] / sqrt((double)variance[o] +
		    NORM_EPSILON);
		double b = (double)beta[o] - a * (double)mean[o];

		if (factor != NULL) {
			a *= (double)factor[o % period];
			b = b * (double)factor[o % period] +
			    (double)shift[o % period];
		}
		d->bias[o] = (float)b;
		for (size_t j = 0; j < k; j++)
			folded[o * k + j] = (float)(a *
			    (double)weight[o * k + j]);
	}
	product_pack(&d->product, &m, d->packed);
	memory_free(folded);
	return 0;
}

static void
free_dense(struct dense *d)
{
	memory_free(d->packed);
	memory_free(d->bias);
}

static int
make_layers(struct umx_net *n, const struct weights *w, struct error *err)
{
	static const char *const ends[2] = { "", "_reverse" };

	for (size_t i = 0; i < LAYERS; i++) {
		struct lstm_direction d[2];

		for (size_t k = 0; k < 2; k++) {
			d[k].input_weights = values_of(w, "lstm.weight_ih_l",
			    i, ends[k]);
			d[k].hidden_weights = values_of(w, "lstm.weight_hh_l",
			    i, ends[k]);
			d[k].input_bias = values_of(w, "lstm.bias_ih_l", i,
			    ends[k]);
			d[k].hidden_bias = values_of(w, "lstm.bias_hh_l", i,
			    ends[k]);
		}
		n->layers[i] = lstm_new(n->size.n_hidden,
		    n->size.n_hidden / 2, d, err);
		if (n->layers[i] == NULL)
			return -1;
	}
	return 0;
}

static float *
copy_values(const struct weights *w, const char *name, struct error *err)
{
	const struct weights_tensor *t = weights_find(w, name);
	float *copy = memory_new(t->n_values, sizeof(*copy), "values", err);

	if (copy != NULL)
		memcpy(copy, t->values, t->n_values * sizeof(*copy));
	return copy;
}

struct umx_net *
umx_net_new(const struct weights *w, struct error *err)
{
	const char *architecture;
	struct umx_model_size size;
	struct umx_net *n;

	if (json_want_string(weights_metadata_const(w),
	    "network.architecture", &architecture, err) != 0)
		return NULL;
	if (strcmp(architecture, "open-unmix") != 0) {
		error_set(err, ERROR_FORMAT, "a model of architecture \"%s\" "
		    "where \"open-unmix\" is wanted", architecture);
		return NULL;
	}
	if (umx_model_check(w, &size, err) != 0)
		return NULL;
	n = memory_new(1, sizeof(*n), "network", err);
	if (n == NULL)
		return NULL;
	n->size = size;
	n->mean = copy_values(w, "input_mean", err);
	n->scale = copy_values(w, "input_scale", err);
	if (n->mean == NULL || n->scale == NULL ||
	    make_dense(&n->first, w, 1, size.n_hidden, CHANNELS * size.n_heard,
	    NULL, NULL, 1, err) != 0 ||
	    make_dense(&n->second, w, 2, size.n_hidden, 2 * size.n_hidden,
	    NULL, NULL, 1, err) != 0 ||
	    make_dense(&n->third, w, 3, CHANNELS * size.n_bins, size.n_hidden,
	    weights_find(w, "output_scale")->values,
	    weights_find(w, "output_mean")->values, size.n_bins, err) != 0 ||
	    make_layers(n, w, err) != 0) {
		umx_net_free(n);
		return NULL;
	}
	return n;
}

void
umx_net_free(struct umx_net *n)
{
	if (n == NULL)
		return;
	memory_free(n->mean);
	memory_free(n->scale);
	free_dense(&n->first);
	free_dense(&n->second);
	free_dense(&n->third);
	for (size_t i = 0; i < LAYERS; i++)
		lstm_free(n->layers[i]);
	memory_free(n);
}

size_t
umx_net_n_bins(const struct umx_net *n)
{
	return n->size.n_bins;
}

struct umx_net_scratch *
umx_net_scratch_new(const struct umx_net *n, size_t max_frames,
    struct error *err)
{
	/* Both directions of a layer of the LSTM have the same sizes. */
	const size_t n_lstm = lstm_scratch_values(n->layers[0]);
	struct umx_net_scratch *s;

	if (max_frames < 1 || max_frames > UMX_NET_MAX_FRAMES) {
		error_set(err, ERROR_LIMIT, "a segment of %zu frames; 1 to %d "
		    "are possible", max_frames, UMX_NET_MAX_FRAMES);
		return NULL;
	}
	s = memory_new(1, sizeof(*s), "network", err);
	if (s == NULL)
		return NULL;
	s->net = n;
	s->max_frames = max_frames;
	s->wide_row = row_of(CHANNELS * n->size.n_bins);
	s->narrow_row = row_of(n->size.n_hidden);
	s->joined_row = row_of(2 * n->size.n_hidden);
	s->wide = memory_new(BLOCK, s->wide_row * sizeof(float), "values",
	    err);
	s->narrow = memory_new(BLOCK, s->narrow_row * sizeof(float), "values",
	    err);
	s->joined = memory_new(max_frames, s->joined_row * sizeof(float),
	    "frames", err);
	for (size_t i = 0; i < LAYERS - 1; i++)
		s->passed[i] = memory_new(max_frames,
		    s->narrow_row * sizeof(float), "frames", err);
	s->lstm = memory_new(n_lstm, sizeof(float), "values", err);
	if (s->wide == NULL || s->narrow == NULL || s->joined == NULL ||
	    s->passed[0] == NULL || s->passed[1] == NULL || s->lstm == NULL) {
		umx_net_scratch_free(s);
		return NULL;
	}
	return s;
}

void
umx_net_scratch_free(struct umx_net_scratch *s)
{
	if (s == NULL)
		return;
	memory_free(s->wide);
	memory_free(s->narrow);
	memory_free(s->joined);
	for (size_t i = 0; i < LAYERS - 1; i++)
		memory_free(s->passed[i]);
	memory_free(s->lstm);
	memory_free(s);
}

SIMD static void
normalise(size_t n, const float *restrict magnitudes,
    const float *restrict mean, const float *restrict scale,
    float *restrict to)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (magnitudes[i] + mean[i]) * scale[i];
}

SIMD static void
add_and_tanh(size_t n, const float *restrict bias, float *restrict values)
{
	for (size_t i = 0; i < n; i++)
		values[i] = squash_tanh(values[i] + bias[i]);
}

SIMD static void
add_and_relu(size_t n, const float *restrict bias, float *restrict values)
{
	for (size_t i = 0; i < n; i++) {
		const float y = values[i] + bias[i];

		values[i] = y > 0.0f ? y : 0.0f;
	}
}

/* The estimate may lie where the magnitudes do. */
SIMD static void
apply(size_t n, const float *restrict values, const float *restrict bias,
    const float *magnitudes, float *estimate)
{
	for (size_t i = 0; i < n; i++) {
		float factor = values[i] + bias[i];

		factor = factor > 0.0f ? factor : 0.0f;
		factor = factor < MAX_FACTOR ? factor : MAX_FACTOR;
		estimate[i] = magnitudes[i] * factor;
	}
}

static void
run_dense(const struct dense *d, size_t n_rows, const float *x, size_t x_row,
    float *y, size_t y_row)
{
	struct product p = d->product;

	p.a_row = x_row;
	p.c_row = y_row;
	product_run(&p, n_rows, x, d->packed, y);
}

/* The first layer, of frames from "first" on: to the front of their rows. */
static void
run_first(struct umx_net_scratch *s, size_t first, size_t n_frames,
    const float *magnitudes)
{
	const struct umx_net *n = s->net;
	const size_t n_heard = n->size.n_heard, n_bins = n->size.n_bins;
	float *joined = s->joined + first * s->joined_row;

	for (size_t i = 0; i < n_frames * CHANNELS; i++)
		normalise(n_heard, magnitudes + (first * CHANNELS + i) *
		    n_bins, n->mean, n->scale, s->wide + i / CHANNELS *
		    s->wide_row + i % CHANNELS * n_heard);
	run_dense(&n->first, n_frames, s->wide, s->wide_row, joined,
	    s->joined_row);
	for (size_t i = 0; i < n_frames; i++)
		add_and_tanh(n->size.n_hidden, n->first.bias, joined + i *
		    s->joined_row);
}

/* The last two layers. */
static void
run_last(struct umx_net_scratch *s, size_t first, size_t n_frames,
    const float *magnitudes, float *estimate)
{
	const struct umx_net *n = s->net;
	const size_t n_out = CHANNELS * n->size.n_bins;

	run_dense(&n->second, n_frames, s->joined + first * s->joined_row,
	    s->joined_row, s->narrow, s->narrow_row);
	for (size_t i = 0; i < n_frames; i++)
		add_and_relu(n->size.n_hidden, n->second.bias, s->narrow + i *
		    s->narrow_row);
	run_dense(&n->third, n_frames, s->narrow, s->narrow_row, s->wide,
	    s->wide_row);
	for (size_t i = 0; i < n_frames; i++)
		apply(n_out, s->wide + i * s->wide_row, n->third.bias,
		    magnitudes + (first + i) * n_out, estimate + (first + i) *
		    n_out);
}

void
umx_net_run(struct umx_net_scratch *s, size_t n_frames,
    const float *magnitudes, float *estimate)
{
	const struct umx_net *n = s->net;

	assert(n_frames <= s->max_frames);
	for (size_t i = 0; i < n_frames; i += BLOCK)
		run_first(s, i, n_frames - i < BLOCK ? n_frames - i : BLOCK,
		    magnitudes);
	lstm_run(n->layers[0], n_frames, s->joined, s->joined_row,
	    s->passed[0], s->narrow_row, s->lstm);
	lstm_run(n->layers[1], n_frames, s->passed[0], s->narrow_row,
	    s->passed[1], s->narrow_row, s->lstm);
	lstm_run(n->layers[2], n_frames, s->passed[1], s->narrow_row,
	    s->joined + n->size.n_hidden, s->joined_row, s->lstm);
	for (size_t i = 0; i < n_frames; i += BLOCK)
		run_last(s, i, n_frames - i < BLOCK ? n_frames - i : BLOCK,
		    magnitudes, estimate);
}
