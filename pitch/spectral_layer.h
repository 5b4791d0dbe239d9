/*
 * spectral_layer -- one convolution of CREPE with its kernels transformed.
 *
 * The parts of pitch/pitch_spectral.h that are made once: sizes, matrices of
 * the bins, and what follows the convolution.
 */
#ifndef PITCH_SPECTRAL_LAYER_H
#define PITCH_SPECTRAL_LAYER_H

#include <stddef.h>

#include "base/error.h"

#include "nn/product.h"
#include "nn/spectral_fft.h"
#include "nn/weights.h"

#define SPECTRAL_LAYER_PHASES 4		/* input channels of layer 1 */

struct spectral_layer {
	size_t n;			/* values of a transform */
	size_t n_bins;			/* n / 2, the last beside the first */
	size_t n_places;		/* outputs, before pooling */
	size_t n_in, n_out;		/* channels */
	struct spectral_fft *fft;
	/*
	 * Both hold the 1 / (2 * n) that the transforms leave out.  Layer 1:
	 * [n_out / 16][n_bins][4][2][16], real and imaginary part of each
	 * phase.  Others: [n_bins] of packed_bytes each, the matrix
	 * [2 * n_in][2 * n_out] from real and imaginary parts to real and
	 * imaginary parts, 16 and 16 in turn, as nn/product.h packs it.
	 */
	float *kernels;
	unsigned char *packed;
	size_t packed_bytes;
	struct product product;		/* of a bin; not layer 1 */
	/* Of the output channels; the norm is x * scale + shift. */
	float *bias, *scale, *shift;	/* [n_out] */
};

/*
 * Layer 0..5 of a model that pitch_net_of_model takes; kind says what the
 * factors of the products of layers 1..5 are.  Release it in any case; zeros
 * may be released.
 */
int spectral_layer_init(struct spectral_layer *l, size_t layer,
    const struct weights *w, enum product_kind kind, struct error *err)
    MUST_CHECK;
void spectral_layer_release(struct spectral_layer *l);

#endif
