#include <string.h>

#include "base/memory.h"

#include "nn/blas.h"
#include "nn/layer_spectral.h"
#include "nn/simd.h"
#include "nn/spectral_fft.h"

#define LANES SPECTRAL_FFT_LANES
#define MIN_TAPS 16	/* with fewer a direct convolution is as good */

/*
 * Spectra of a block lie as [n_bins][n_items][2][channels], the parts of bin
 * 0 being bins 0 and n / 2, with LANES values between two bins so that these
 * do not all fall on one set of the cache.  The matrix of a bin is
 * [2 * c_in][2 * c_out].
 */
struct spectral {
	struct spectral_fft *fft;
	size_t n, n_bins;
	size_t c_in, c_out, n_taps;
	float scale;			/* of kernels and their gradient */
	float *kernels;			/* [n_bins][2 * c_in][2 * c_out] */
	float *a, *b, *d;		/* [n * LANES], to load and unpack */
};

static size_t
bin_stride(const struct step *s, size_t n_channels)
{
	return s->n_items * 2 * n_channels + LANES;
}

/* The place of tap k on the circle, or false: it never meets a value. */
static bool
tap_place(const struct step *s, size_t n, size_t k, size_t *place)
{
	const size_t centre = s->node->conv.pad_top;
	const size_t distance = k > centre ? k - centre : centre - k;

	*place = k > centre ? n - distance : distance;
	return distance < (k > centre ? s->in[0].h : s->shape.h);
}

/* Values of a transform that is long enough; 0 when there is none. */
static size_t
transform_size(const struct step *s)
{
	const struct graph_conv *v = &s->node->conv;
	size_t before = v->pad_top, after = v->kernel_h - 1 - v->pad_top;
	size_t need;

	if (before > s->shape.h - 1)
		before = s->shape.h - 1;
	if (after > s->in[0].h - 1)
		after = s->in[0].h - 1;
	need = s->in[0].h + before > s->shape.h + after ?
	    s->in[0].h + before : s->shape.h + after;
	for (size_t n = 4; n <= SPECTRAL_FFT_MAX; n += 2) {
		size_t left = n / 2;

		while (left % 5 == 0)
			left /= 5;
		while (left % 2 == 0)
			left /= 2;
		if (n >= need && left == 1)
			return n;
	}
	return 0;
}

/* So many channels fill whole vectors. */
static bool
fills_lanes(size_t n_items, size_t n_channels)
{
	return n_channels % LANES == 0 || (LANES % n_channels == 0 &&
	    n_items * n_channels % LANES == 0);
}

bool
layer_spectral_suits(const struct step *s)
{
	const struct graph_conv *v = &s->node->conv;

	return s->is_training && s->node->kind == GRAPH_CONV &&
	    s->in[0].w == 1 && v->kernel_w == 1 && v->pad_left == 0 &&
	    v->pad_right == 0 && v->stride_h <= 1 && v->stride_w <= 1 &&
	    v->kernel_h >= MIN_TAPS && v->pad_top < v->kernel_h &&
	    v->pad_bottom < v->kernel_h &&
	    fills_lanes(s->n_items, s->in[0].c) &&
	    fills_lanes(s->n_items, s->shape.c) && transform_size(s) > 0;
}

static void
spectral_release(struct step *s)
{
	struct spectral *c = s->own;

	if (c == NULL)
		return;
	spectral_fft_free(c->fft);
	memory_free(c->kernels);
	memory_free(c->a);
	memory_free(c);
	s->own = NULL;
}

static int
spectral_plan(struct step *s, struct error *err)
{
	struct spectral *c = memory_new(1, sizeof(*c), "convolution", err);
	size_t n_spectra;

	if (c == NULL)
		return -1;
	s->own = c;
	c->n = transform_size(s);
	c->n_bins = c->n / 2;
	/* Transforms leave out 2 for the kernels, 2 for x and 1 / n. */
	c->scale = 0.25f / (float)c->n;
	c->c_in = s->in[0].c;
	c->c_out = s->shape.c;
	c->n_taps = s->node->conv.kernel_h;
	c->fft = spectral_fft_new(c->n, err);
	if (c->fft == NULL)
		return -1;
	s->n_gradients[0] = c->n_bins * 4 * c->c_in * c->c_out;
	c->kernels = memory_new(s->n_gradients[0], sizeof(float), "kernels",
	    err);
	c->a = memory_new(3 * c->n * LANES, sizeof(float), "values", err);
	if (c->kernels == NULL || c->a == NULL)
		return -1;
	c->b = c->a + c->n * LANES;
	c->d = c->b + c->n * LANES;
	n_spectra = c->n_bins * bin_stride(s, c->c_in);
	s->saved_bytes = n_spectra * sizeof(float);
	if (c->c_out > c->c_in)
		n_spectra = c->n_bins * bin_stride(s, c->c_out);
	/* The second half is for the gradient by the input. */
	s->scratch_bytes = (2 * n_spectra + 3 * c->n * LANES) *
	    sizeof(float);
	return 0;
}

/* ---- kernels ---- */

/*
 * Pairs of channels are taken by groups of LANES; one group's pair of a lane,
 * false behind the last.
 */
struct pair {
	size_t in, out;
	size_t first_tap;	/* in the parameter */
};

static bool
pair_of(const struct spectral *c, size_t group, size_t lane, struct pair *p)
{
	const size_t i = group * LANES + lane;

	*p = (struct pair){ i % c->c_in, i / c->c_in, i * c->n_taps };
	return lane < LANES && i < c->c_in * c->c_out;
}

static size_t
n_groups(const struct spectral *c)
{
	return (c->c_in * c->c_out + LANES - 1) / LANES;
}

/* The real form of one bin of one pair: h + i g as [h g; -g h]. */
static void
put_bin(const struct spectral *c, size_t k, size_t in, size_t out, float h,
    float g)
{
	const size_t width = 2 * c->c_out;
	float *to = c->kernels + k * 4 * c->c_in * c->c_out + in * width +
	    out;

	to[0] = h;
	to[c->c_in * width + c->c_out] = k == 0 ? g : h;
	to[c->c_out] = k == 0 ? 0.0f : g;
	to[c->c_in * width] = k == 0 ? 0.0f : -g;
}

static int
spectral_load(const struct step *s, struct error *err)
{
	struct spectral *c = s->own;
	struct pair p;
	size_t place;

	(void)err;
	for (size_t g = 0; g < n_groups(c); g++) {
		memset(c->a, 0, c->n * LANES * sizeof(*c->a));
		for (size_t l = 0; pair_of(c, g, l, &p); l++)
			for (size_t k = 0; k < c->n_taps; k++)
				if (tap_place(s, c->n, k, &place))
					c->a[place * LANES + l] = c->scale *
					    s->parameter[0][p.first_tap + k];
		spectral_fft_forward(c->fft, c->a, c->b, c->d);
		for (size_t l = 0; pair_of(c, g, l, &p); l++)
			for (size_t k = 0; k < c->n_bins; k++)
				put_bin(c, k, p.in, p.out,
				    c->b[2 * k * LANES + l],
				    c->b[(2 * k + 1) * LANES + l]);
	}
	return 0;
}

/* The gradient by h and g of one bin, from that by its real form. */
static void
take_bin(const struct spectral *c, const float *packed, size_t k, size_t in,
    size_t out, float *h, float *g)
{
	const size_t width = 2 * c->c_out;
	const float *from = packed + k * 4 * c->c_in * c->c_out + in * width +
	    out;
	const float rr = from[0], ri = from[c->c_out];
	const float ir = from[c->c_in * width];
	const float ii = from[c->c_in * width + c->c_out];

	*h = k == 0 ? rr : rr + ii;
	*g = k == 0 ? ii : ri - ir;
}

static int
spectral_unpack(const struct step *s, const float *const *packed,
    float *const *gradient, struct error *err)
{
	struct spectral *c = s->own;
	struct pair p;
	size_t place;

	(void)err;
	for (size_t g = 0; g < n_groups(c); g++) {
		memset(c->a, 0, c->n * LANES * sizeof(*c->a));
		for (size_t l = 0; pair_of(c, g, l, &p); l++)
			for (size_t k = 0; k < c->n_bins; k++)
				take_bin(c, packed[0], k, p.in, p.out,
				    &c->a[2 * k * LANES + l],
				    &c->a[(2 * k + 1) * LANES + l]);
		spectral_fft_backward(c->fft, c->a, c->b, c->d);
		for (size_t l = 0; pair_of(c, g, l, &p); l++)
			for (size_t k = 0; k < c->n_taps; k++)
				gradient[0][p.first_tap + k] =
				    !tap_place(s, c->n, k, &place) ? 0.0f :
				    c->scale * c->b[place * LANES + l];
	}
	if (!s->node->conv.no_bias)
		memcpy(gradient[1], packed[1], c->c_out * sizeof(float));
	return 0;
}

/* ---- values and spectra ---- */

/* Rows of "width" values, one place to another. */
SIMD static void
copy_rows(size_t n_rows, size_t width, const float *restrict from,
    size_t from_stride, float *restrict to, size_t to_stride)
{
	for (size_t i = 0; i < n_rows; i++)
		for (size_t l = 0; l < width; l++)
			to[i * to_stride + l] = from[i * from_stride + l];
}

/* How lanes are shared out: channels of an item side by side, and items. */
struct share {
	size_t width, n_beside;		/* width * n_beside = LANES */
};

static struct share
share_of(size_t n_channels)
{
	const size_t width = n_channels < LANES ? n_channels : LANES;

	return (struct share){ width, LANES / width };
}

/* Spectra of [n_items][n_places][n_channels] values; a: [3 * n * LANES]. */
static void
transform(const struct step *s, size_t n_places, size_t n_channels,
    const float *values, float *spectra, float *a)
{
	const struct spectral *c = s->own;
	const struct share share = share_of(n_channels);
	const size_t n_buffer = c->n * LANES, stride = bin_stride(s,
	    n_channels);
	float *z = a + n_buffer;

	for (size_t f = 0; f < s->n_items; f += share.n_beside) {
		for (size_t ch = 0; ch < n_channels; ch += share.width) {
			memset(a, 0, n_buffer * sizeof(*a));
			for (size_t j = 0; j < share.n_beside; j++)
				copy_rows(n_places, share.width, values +
				    (f + j) * n_places * n_channels + ch,
				    n_channels, a + j * share.width, LANES);
			spectral_fft_forward(c->fft, a, z, z + n_buffer);
			for (size_t j = 0; j < share.n_beside; j++) {
				const float *from = z + j * share.width;
				float *to = spectra + (f + j) * 2 *
				    n_channels + ch;

				copy_rows(c->n_bins, share.width, from,
				    2 * LANES, to, stride);
				copy_rows(c->n_bins, share.width,
				    from + LANES, 2 * LANES, to + n_channels,
				    stride);
			}
		}
	}
}

/* The other way round. */
static void
transform_back(const struct step *s, size_t n_places, size_t n_channels,
    const float *spectra, float *values, float *a)
{
	const struct spectral *c = s->own;
	const struct share share = share_of(n_channels);
	const size_t n_buffer = c->n * LANES, stride = bin_stride(s,
	    n_channels);
	float *z = a + n_buffer;

	for (size_t f = 0; f < s->n_items; f += share.n_beside) {
		for (size_t ch = 0; ch < n_channels; ch += share.width) {
			for (size_t j = 0; j < share.n_beside; j++) {
				const float *from = spectra + (f + j) * 2 *
				    n_channels + ch;
				float *to = a + j * share.width;

				copy_rows(c->n_bins, share.width, from,
				    stride, to, 2 * LANES);
				copy_rows(c->n_bins, share.width,
				    from + n_channels, stride, to + LANES,
				    2 * LANES);
			}
			spectral_fft_backward(c->fft, a, z, z + n_buffer);
			for (size_t j = 0; j < share.n_beside; j++)
				copy_rows(n_places, share.width, z +
				    j * share.width, LANES, values +
				    (f + j) * n_places * n_channels + ch,
				    n_channels);
		}
	}
}

/* ---- passes ---- */

static int
spectral_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const struct spectral *c = s->own;
	const size_t in = bin_stride(s, c->c_in), out = bin_stride(s,
	    c->c_out);
	float *x = r->saved, *a = r->scratch, *y = a + 3 * c->n * LANES;

	transform(s, s->in[0].h, c->c_in, r->in[0], x, a);
	for (size_t k = 0; k < c->n_bins; k++) {
		const struct blas_matrix xk = { x + k * in, 2 * c->c_in,
		    false };
		const struct blas_matrix h = { c->kernels + k * 4 * c->c_in *
		    c->c_out, 2 * c->c_out, false };

		if (blas_multiply(s->n_items, 2 * c->c_out, 2 * c->c_in, 1.0f,
		    &xk, &h, 0.0f, y + k * out, 2 * c->c_out, err) != 0)
			return -1;
	}
	transform_back(s, s->shape.h, c->c_out, y, r->out, a);
	step_bias_relu(s, s->node->conv.no_bias ? NULL : s->parameter[1],
	    r->out);
	return 0;
}

SIMD static void
sum_rows(size_t n_rows, size_t n, const float *restrict in,
    float *restrict sum)
{
	memset(sum, 0, n * sizeof(*sum));
	for (size_t k = 0; k < n_rows; k++)
		for (size_t i = 0; i < n; i++)
			sum[i] += in[k * n + i];
}

static int
spectral_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const struct spectral *c = s->own;
	const size_t in = bin_stride(s, c->c_in), out = bin_stride(s,
	    c->c_out);
	const size_t n_matrix = 4 * c->c_in * c->c_out;
	float *a = r->scratch, *g = a + 3 * c->n * LANES;
	float *x_gradient = g + c->n_bins * (out > in ? out : in);
	const float *x = r->saved;

	step_relu_backward(s, r->out, r->out_gradient);
	if (!s->node->conv.no_bias)
		sum_rows(s->n_items * s->shape.h, c->c_out, r->out_gradient,
		    r->gradient[1]);
	transform(s, s->shape.h, c->c_out, r->out_gradient, g, a);
	for (size_t k = 0; k < c->n_bins; k++) {
		const struct blas_matrix xk = { x + k * in, 2 * c->c_in,
		    true };
		const struct blas_matrix gk = { g + k * out, 2 * c->c_out,
		    false };
		const struct blas_matrix h = { c->kernels + k * n_matrix,
		    2 * c->c_out, true };

		if (blas_multiply(2 * c->c_in, 2 * c->c_out, s->n_items, 1.0f,
		    &xk, &gk, 0.0f, r->gradient[0] + k * n_matrix,
		    2 * c->c_out, err) != 0)
			return -1;
		if (r->in_gradient[0] != NULL && blas_multiply(s->n_items,
		    2 * c->c_in, 2 * c->c_out, 1.0f, &gk, &h, 0.0f,
		    x_gradient + k * in, 2 * c->c_in, err) != 0)
			return -1;
	}
	if (r->in_gradient[0] != NULL)
		transform_back(s, s->in[0].h, c->c_in, x_gradient,
		    r->in_gradient[0], a);
	return 0;
}

const struct step_kind layer_spectral = {
	spectral_plan, spectral_release, spectral_load, spectral_forward,
	spectral_backward, spectral_unpack
};
