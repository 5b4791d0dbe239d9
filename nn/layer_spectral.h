/*
 * layer_spectral -- training of a long convolution in the frequency domain.
 *
 * A convolution along h alone, of stride 1 and with many taps, costs far less
 * as products of spectra.  With x zero outside its P places, y[i] = sum over d
 * of x[i + d] w[d] comes out right for Q outputs from transforms of n values
 * when n >= P - the smallest d and n >= Q + the largest; a d that never meets a
 * value is left out.  In each bin the channels are multiplied by a matrix H of
 * real and imaginary parts: Y = X H.  Backward, with G the gradient by Y,
 * that by X is G H' and that by H is X' G; since transforms there and back are
 * each other's transposes but for bins 0 and n / 2, where the factors cancel,
 * the same two transforms serve all three (Mathieu, Henaff and LeCun, "Fast
 * Training of Convolutional Networks through FFTs", ICLR 2014).
 *
 * Used by plans for training; running forward alone has nn/layer_conv.c and,
 * for CREPE, pitch/pitch_spectral.h.
 */
#ifndef NN_LAYER_SPECTRAL_H
#define NN_LAYER_SPECTRAL_H

#include <stdbool.h>

#include "nn/step.h"

extern const struct step_kind layer_spectral;

/* Whether this kind can do a step (node, shapes and items set), and should. */
bool layer_spectral_suits(const struct step *s);

#endif
