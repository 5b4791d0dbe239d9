/*
 * pitch_keras -- the weights of CREPE as Keras names them.
 *
 * The layers are conv1 .. conv6, conv1-BN .. conv6-BN and classifier, their
 * weights kernel and bias, or gamma, beta, moving_mean and moving_variance.
 * What stands before and between the two depends on the version and the way
 * the file was written:
 *
 *	conv1/conv1_3/kernel:0               save_weights, as crepe's files
 *	model_weights/conv1/conv1/kernel:0   save, with the optimiser beside
 *	model_weights/conv1/conv1/kernel     the same by Keras 3
 *	layers/conv2d/vars/0                 save_weights of Keras 3: layers are
 *	                                     counted by kind, weights numbered
 */
#ifndef PITCH_PITCH_KERAS_H
#define PITCH_PITCH_KERAS_H

#include "base/error.h"

#include "nn/weights.h"

/*
 * The tensors of a Keras file (nn/weights_h5.h) with the names and shapes
 * published for PyTorch, as pitch_net_import wants them: convolutions [height]
 * [width][in][out] become [out][in][height][width], the dense layer is
 * transposed.  Tensors of other names are left out, so some may be missing.
 * Free with weights_free; NULL with an error.
 */
struct weights *pitch_keras_convert(const struct weights *keras,
    struct error *err) MUST_CHECK;

#endif
