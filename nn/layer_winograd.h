/*
 * layer_winograd -- training of a 3x3 convolution by nn/winograd.h.
 *
 * The transformed inputs V [36][tiles][in] meet the transformed weights U
 * [36][in][out] in 36 matrix products, M = V U.  Backward, with the transposed
 * transforms, that by V is (that by M) U' and that by U is V' (that by M), so
 * that one transform of the output's gradient serves both.  Tiles are taken
 * some at a time, in order, so that what is between stays in the cache.
 *
 * A quarter of the multiplications of the direct way, less what the tiles
 * reach over the edge.  oneDNN 2.6 has it for AVX-512 alone.  Sums differ from
 * the direct ones by about 1e-5 of their size.
 */
#ifndef NN_LAYER_WINOGRAD_H
#define NN_LAYER_WINOGRAD_H

#include <stdbool.h>

#include "nn/step.h"

extern const struct step_kind layer_winograd;

/* Whether this kind can do a step (node, shapes and items set), and should. */
bool layer_winograd_suits(const struct step *s);

#endif
