/*
 * pitch_spectral -- the network of pitch_net.h, computed in the frequency
 * domain: much the same activations in a fraction of the time.
 *
 * A layer's convolution is y[i] = sum over d of x[i + d] w[d], with x zero
 * outside its P places.  With transforms of n values the places go round in a
 * circle; the result is right for the P outputs when no i + d that lies
 * outside meets one inside, which is so for n >= P + the largest d and
 * n >= P - the smallest d.  A d of P or more never meets a value and is left
 * out:
 *
 *	layer     places P    d             n
 *	1         257, 256    -63 .. 64     320
 *	2         128         -31 .. 32     160
 *	3         64          -31 .. 32     128
 *	4         32          -31 .. 31     64
 *	5         16          -15 .. 15     32
 *	6         8           -7 .. 7       16
 *
 * Layer 1 has the 257 steps of 4 samples in which the frame lies as input and
 * 256 outputs.  What was a sum over taps is then, in each of n / 2 + 1 bins,
 * one complex product of the input channels with a matrix: real products of
 * twice the width over a block of 96 frames.  Bins 0 and n / 2 are real and
 * share a place.  Between two layers the values of 16 channels of one frame
 * are taken through backward transform, bias, ReLU, norm, pooling and forward
 * transform (pitch/spectral_fft.h) without leaving the cache.
 *
 * Multiplications for one frame, in millions, in the convolutions:
 *
 *	capacity  direct    bins      transforms, about
 *	tiny      36.8      1.2       0.6
 *	full      1,410     57        5
 *
 * The idea is that of Mathieu, Henaff and LeCun, "Fast Training of
 * Convolutional Networks through FFTs", ICLR 2014.
 */
#ifndef PITCH_PITCH_SPECTRAL_H
#define PITCH_PITCH_SPECTRAL_H

#include <stddef.h>

#include "base/error.h"

#include "nn/weights.h"

/*
 * Frames in each product: with fewer the kernels are read too often, with more
 * the spectra leave the cache.  The last block is filled up, so that products
 * of one shape alone are ever made.
 */
#define PITCH_SPECTRAL_BLOCK 96

/*
 * The network of a model with its kernels transformed, const and shared by
 * threads: 4 MB for tiny, 230 MB for full.  A model that pitch_net_of_model
 * refuses is refused in the same words.  Free with pitch_spectral_free.
 */
struct pitch_spectral;
struct pitch_spectral *pitch_spectral_new(const struct weights *w,
    struct error *err) MUST_CHECK;
void pitch_spectral_free(struct pitch_spectral *p);

/* Values it gives for a frame: 360, or 362 with voicing (pitch_net.h). */
size_t pitch_spectral_n_outputs(const struct pitch_spectral *p);

/*
 * What one thread needs besides, 10 MB for tiny and 80 MB for full; keeps a
 * reference to p.  Free with pitch_spectral_scratch_free.
 */
struct pitch_spectral_scratch;
struct pitch_spectral_scratch *pitch_spectral_scratch_new(
    const struct pitch_spectral *p, struct error *err) MUST_CHECK;
void pitch_spectral_scratch_free(struct pitch_spectral_scratch *s);

/*
 * From inputs [n_frames][PITCH_NET_INPUT] as pitch_net_input makes them to
 * activations [n_frames][n_outputs]; any number of frames.  The
 * result of a frame does not depend on the others nor on how many there are.
 * Matrix products may round differently from row to row, so the same frame may
 * differ in the last digits at another place of its block: calls for whole
 * blocks give the same bytes as one call for all.  Fails only when a product
 * does.
 */
int pitch_spectral_run(struct pitch_spectral_scratch *s, size_t n_frames,
    const float *inputs, float *activations, struct error *err) MUST_CHECK;

#endif
