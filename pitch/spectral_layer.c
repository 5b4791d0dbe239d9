#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/fft.h"

#include "pitch/pitch_net.h"
#include "pitch/pitch_spectral.h"
#include "pitch/spectral_layer.h"

#define LANES SPECTRAL_FFT_LANES
#define PHASES SPECTRAL_LAYER_PHASES
/* Between two frames, so that a bin of all is not on one set of the cache. */
#define GAP (2 * LANES)

/* Size of transform, outputs, and the tap at the distance 0. */
static const struct shape {
	size_t n, n_places, centre;
} shapes[PITCH_NET_LAYERS] = {
	{ 320, 256, 63 }, { 160, 128, 31 }, { 128, 64, 31 }, { 64, 32, 31 },
	{ 32, 16, 31 }, { 16, 8, 31 },
};

/* The tensor of a layer: "conv2.weight", "conv2_BN.bias". */
static const struct weights_tensor *
find(const struct weights *w, size_t layer, const char *what)
{
	char name[32];

	snprintf(name, sizeof(name), "conv%zu%s", layer + 1, what);
	return weights_find(w, name);
}

/*
 * The transform of the n_taps taps of one pair of channels: tap k stands at
 * the distance k - centre, and a distance d of the sum at -d of the circle.
 */
static void
transform(const struct fft *fft, const struct shape *s, const float *taps,
    size_t n_taps, float *spectrum)
{
	const size_t n_inputs = s->n_places;
	float circle[SPECTRAL_FFT_MAX];

	memset(circle, 0, sizeof(circle));
	for (size_t k = 0; k < n_taps; k++) {
		const size_t place = (s->centre + s->n - k) % s->n;
		const size_t distance = k > s->centre ? k - s->centre :
		    s->centre - k;

		if (distance < n_inputs)
			circle[place] = taps[k] / (2.0f * (float)s->n);
	}
	fft_forward(fft, circle, spectrum);
}

/* Layer 1: bins of one phase and filter to their place. */
static void
put_first(struct spectral_layer *l, size_t out, size_t in,
    const float *spectrum)
{
	float *group = l->kernels + out / LANES * l->n_bins * PHASES * 2 *
	    LANES + out % LANES;

	for (size_t k = 0; k < l->n_bins; k++) {
		float *to = group + (k * PHASES + in) * 2 * LANES;

		to[0] = spectrum[2 * k];
		to[LANES] = spectrum[2 * (k == 0 ? l->n_bins : k) + (k > 0)];
	}
}

/* Others: bins of one pair of channels into [n_bins][2][n_in][n_out]. */
static void
put_bins(const struct spectral_layer *l, size_t out, size_t in,
    const float *spectrum, float *bins)
{
	const size_t half = l->n_in * l->n_out;
	float *to = bins + in * l->n_out + out;

	for (size_t k = 0; k < l->n_bins; k++) {
		to[2 * k * half] = spectrum[2 * k];
		to[(2 * k + 1) * half] =
		    spectrum[2 * (k == 0 ? l->n_bins : k) + (k > 0)];
	}
}

/* The place of a channel's real part among those of a bin. */
static size_t
place_of(size_t channel)
{
	return channel / LANES * 2 * LANES + channel % LANES;
}

/* (a + i b)(h + i g) as a product of [a b] with the matrix [h g; -g h]. */
static void
fill_matrix(const struct spectral_layer *l, size_t k, const float *bins,
    float *matrix)
{
	const size_t n = l->n_out, half = l->n_in * n, width = 2 * n;
	const float *h = bins + 2 * k * half, *g = h + half;
	/* Bin 0 is two real bins: [h 0; 0 g]. */
	const float cross = k == 0 ? 0.0f : 1.0f;
	const float *last = k == 0 ? g : h;

	for (size_t i = 0; i < half; i++) {
		float *re = matrix + place_of(i / n) * width + place_of(i % n);
		float *im = re + LANES * width;

		re[0] = h[i];
		re[LANES] = cross * g[i];
		im[0] = -cross * g[i];
		im[LANES] = last[i];
	}
}

/* The matrices of all bins, packed. */
static int
pack_bins(struct spectral_layer *l, const float *bins, struct error *err)
{
	float *matrix = memory_new(4 * l->n_in, l->n_out * sizeof(*matrix),
	    "kernels", err);
	const struct blas_matrix b = { matrix, 2 * l->n_out, false };

	if (matrix == NULL)
		return -1;
	l->packed_bytes = product_packed_bytes(&l->product);
	l->packed = memory_new(l->n_bins, l->packed_bytes, "kernels", err);
	for (size_t k = 0; l->packed != NULL && k < l->n_bins; k++) {
		fill_matrix(l, k, bins, matrix);
		product_pack(&l->product, &b, l->packed + k * l->packed_bytes);
	}
	memory_free(matrix);
	return l->packed == NULL ? -1 : 0;
}

static int
make_kernels(struct spectral_layer *l, size_t layer,
    const struct weights_tensor *taps, struct error *err)
{
	const size_t n_taps = taps->shape[2];
	float spectrum[SPECTRAL_FFT_MAX + 2], *bins;
	struct fft *fft = fft_new(l->n, err);
	int status = 0;

	if (fft == NULL)
		return -1;
	bins = memory_new(l->n_bins * l->n_in * 2, l->n_out * sizeof(*bins),
	    "kernels", err);
	if (bins == NULL) {
		fft_free(fft);
		return -1;
	}
	if (layer == 0)
		l->kernels = bins;
	for (size_t in = 0; in < l->n_in; in++) {
		for (size_t out = 0; out < l->n_out; out++) {
			transform(fft, &shapes[layer], taps->values +
			    (out * l->n_in + in) * n_taps, n_taps, spectrum);
			if (layer == 0)
				put_first(l, out, in, spectrum);
			else
				put_bins(l, out, in, spectrum, bins);
		}
	}
	fft_free(fft);
	if (layer > 0) {
		status = pack_bins(l, bins, err);
		memory_free(bins);
	}
	return status;
}

static int
make_norm(struct spectral_layer *l, size_t layer, const struct weights *w,
    struct error *err)
{
	const float *bias = find(w, layer, ".bias")->values;
	const float *weight = find(w, layer, "_BN.weight")->values;
	const float *offset = find(w, layer, "_BN.bias")->values;
	const float *mean = find(w, layer, "_BN.running_mean")->values;
	const float *variance = find(w, layer, "_BN.running_var")->values;

	l->bias = memory_new(3 * l->n_out, sizeof(*l->bias), "norms", err);
	if (l->bias == NULL)
		return -1;
	l->scale = l->bias + l->n_out;
	l->shift = l->scale + l->n_out;
	for (size_t c = 0; c < l->n_out; c++) {
		const double scale = (double)weight[c] /
		    sqrt((double)variance[c] + PITCH_NET_NORM_EPSILON);

		l->bias[c] = bias[c];
		l->scale[c] = (float)scale;
		l->shift[c] = (float)((double)offset[c] -
		    (double)mean[c] * scale);
	}
	return 0;
}

/* That of one bin of all frames. */
static struct product
product_of(const struct spectral_layer *l, enum product_kind kind)
{
	return (struct product){ .kind = kind, .n = 2 * l->n_out,
	    .k = 2 * l->n_in, .a_row = l->n_bins * 2 * l->n_in + GAP,
	    .c_row = l->n_bins * 2 * l->n_out + GAP };
}

int
spectral_layer_init(struct spectral_layer *l, size_t layer,
    const struct weights *w, enum product_kind kind, struct error *err)
{
	const struct weights_tensor *taps = find(w, layer, ".weight");

	*l = (struct spectral_layer){ .n = shapes[layer].n,
	    .n_bins = shapes[layer].n / 2,
	    .n_places = shapes[layer].n_places,
	    .n_in = taps->shape[1], .n_out = taps->shape[0] };
	if (l->n_out % LANES != 0 || (layer == 0 && l->n_in != PHASES))
		return error_set(err, ERROR_BUG, "a layer of %zu to %zu "
		    "channels", l->n_in, l->n_out);
	l->product = product_of(l, kind);
	l->fft = spectral_fft_new(l->n, err);
	if (l->fft == NULL || make_kernels(l, layer, taps, err) != 0)
		return -1;
	return make_norm(l, layer, w, err);
}

void
spectral_layer_release(struct spectral_layer *l)
{
	spectral_fft_free(l->fft);
	memory_free(l->kernels);
	memory_free(l->packed);
	memory_free(l->bias);
	*l = (struct spectral_layer){ .n = 0 };
}
