/*
 * winograd -- the transforms of F(4x4, 3x3), a tile at a time.
 *
 * Winograd's short convolution (Lavin and Gray, "Fast Algorithms for
 * Convolutional Neural Networks", CVPR 2016, section 4.3): 4 x 4 values of a
 * convolution with 3 x 3 taps are A'[(G g G') . (B' d B)]A with d the 6 x 6
 * values they see, g the taps, and 36 products a channel instead of 144.  All
 * three transforms are linear, so the ways back are their transposes.
 *
 * A tile is a list of places, each a row of n channels; n is a multiple of 8.
 * Places may repeat or lie anywhere; those of a tile are read before any is
 * written.
 */
#ifndef NN_WINOGRAD_H
#define NN_WINOGRAD_H

#include <stddef.h>

#define WINOGRAD_OUT 4		/* outputs of a tile along each axis */
#define WINOGRAD_IN 6		/* inputs */
#define WINOGRAD_TAPS 3
#define WINOGRAD_N_OUT (WINOGRAD_OUT * WINOGRAD_OUT)
#define WINOGRAD_N_IN (WINOGRAD_IN * WINOGRAD_IN)	/* and of products */
#define WINOGRAD_N_TAPS (WINOGRAD_TAPS * WINOGRAD_TAPS)

/* B' d B: from [36] places to [36]. */
void winograd_input(const float *const *from, float *const *to, size_t n);
/* Its transpose, added to the 36 places of "to". */
void winograd_input_back(const float *const *from, float *const *to,
    size_t n);

/* A' m A: from [36] places to [16]. */
void winograd_output(const float *const *from, float *const *to, size_t n);
/* Its transpose: from [16] places to [36]. */
void winograd_output_back(const float *const *from, float *const *to,
    size_t n);

/* G g G': from [9] places to [36]. */
void winograd_taps(const float *const *from, float *const *to, size_t n);
/* Its transpose: from [36] places to [9]. */
void winograd_taps_back(const float *const *from, float *const *to,
    size_t n);

#endif
