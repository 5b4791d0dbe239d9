/*
 * bf16 -- floats of 16 bits: the upper half of a float of 32.
 *
 * Eight bits of exponent and seven of fraction; the nearest is taken, of two
 * as near the even one.  For finite numbers below the largest by a factor of
 * two; NaN and the very largest are not kept apart from infinity.
 */
#ifndef NN_BF16_H
#define NN_BF16_H

#include <stdint.h>
#include <string.h>

static inline uint16_t
bf16_of(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* The float that is left of x. */
static inline float
bf16_round(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
	memcpy(&x, &bits, sizeof(x));
	return x;
}

#endif
