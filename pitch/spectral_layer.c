#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/fft.h"

#include "pitch/pitch_net.h"
#include "pitch/spectral_layer.h"

#define LANES SPECTRAL_FFT_LANES
#define PHASES SPECTRAL_LAYER_PHASES

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

/* Others: (a + i b)(h + i g) as a product of [a b] with [h g; -g h]. */
static void
put_matrix(struct spectral_layer *l, size_t out, size_t in,
    const float *spectrum)
{
	const size_t width = 2 * l->n_out;
	float *to = l->kernels + in * width + out;

	to[0] = spectrum[0];
	to[l->n_in * width + l->n_out] = spectrum[2 * l->n_bins];
	for (size_t k = 1; k < l->n_bins; k++) {
		to += 2 * l->n_in * width;
		to[0] = to[l->n_in * width + l->n_out] = spectrum[2 * k];
		to[l->n_out] = spectrum[2 * k + 1];
		to[l->n_in * width] = -spectrum[2 * k + 1];
	}
}

static int
make_kernels(struct spectral_layer *l, size_t layer,
    const struct weights_tensor *taps, struct error *err)
{
	const size_t n_taps = taps->shape[2];
	float spectrum[SPECTRAL_FFT_MAX + 2];
	struct fft *fft = fft_new(l->n, err);

	if (fft == NULL)
		return -1;
	l->kernels = memory_new(l->n_bins * l->n_in * (layer == 0 ? 2 : 4),
	    l->n_out * sizeof(*l->kernels), "kernels", err);
	if (l->kernels == NULL) {
		fft_free(fft);
		return -1;
	}
	for (size_t in = 0; in < l->n_in; in++) {
		for (size_t out = 0; out < l->n_out; out++) {
			transform(fft, &shapes[layer], taps->values +
			    (out * l->n_in + in) * n_taps, n_taps, spectrum);
			(layer == 0 ? put_first : put_matrix)(l, out, in,
			    spectrum);
		}
	}
	fft_free(fft);
	return 0;
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

int
spectral_layer_init(struct spectral_layer *l, size_t layer,
    const struct weights *w, struct error *err)
{
	const struct weights_tensor *taps = find(w, layer, ".weight");

	*l = (struct spectral_layer){ .n = shapes[layer].n,
	    .n_bins = shapes[layer].n / 2,
	    .n_places = shapes[layer].n_places,
	    .n_in = taps->shape[1], .n_out = taps->shape[0] };
	if (l->n_out % LANES != 0 || (layer == 0 && l->n_in != PHASES))
		return error_set(err, ERROR_BUG, "a layer of %zu to %zu "
		    "channels", l->n_in, l->n_out);
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
	memory_free(l->bias);
	*l = (struct spectral_layer){ .n = 0 };
}
