/*
 * layer_phases -- a transposed convolution that doubles the width, run as a
 * plain one.
 *
 * Every second value of a row is made by the same taps of the kernel (a phase
 * of it).  A plain convolution with a channel for each phase and channel makes
 * them side by side, which with channels last is where they belong (Shi et al.,
 * "Real-time single image and video super-resolution using an efficient
 * sub-pixel convolutional neural network", CVPR 2016).  oneDNN has fast kernels
 * for plain convolutions of any size, but not for transposed ones whose kernel
 * is wider than the stride.  Forward only.
 */
#ifndef NN_LAYER_PHASES_H
#define NN_LAYER_PHASES_H

#include <stdbool.h>

#include "nn/step.h"

/* Is the step such a convolution? */
bool layer_phases_suits(const struct step *s);

extern const struct step_kind layer_phases;

#endif
