/*
 * layer_thin -- a convolution to one channel, run as dot products.
 *
 * With channels last the taps of one row of a kernel lie side by side, in the
 * input and in the kernel, so that an output is as many dot products as the
 * kernel has rows.  oneDNN computes eight channels and throws seven away.
 * Forward only.
 */
#ifndef NN_LAYER_THIN_H
#define NN_LAYER_THIN_H

#include <stdbool.h>

#include "nn/step.h"

/* Is the step such a convolution? */
bool layer_thin_suits(const struct step *s);

extern const struct step_kind layer_thin;

#endif
