/*
 * squash -- sigmoid and tanh as plain arithmetic, which a compiler can turn
 * into vector code inside a SIMD loop, as it cannot a call of libm.
 *
 * Both lie within 2e-7 of the true value; near 0 that is less than float could
 * do, as 1 is subtracted.  What is not a number gives a number.
 */
#ifndef NN_SQUASH_H
#define NN_SQUASH_H

#include <stdint.h>
#include <string.h>

/* Further out, float does not tell the results from 0 and 1. */
#define SQUASH_MAX 30.0f

/*
 * exp(x), -30 <= x <= 30: 2^n exp(rest) with the rest in -0.35..0.35, where
 * what the series leaves out is 6e-9.  ln 2 is taken off in two parts, of
 * which the first has few enough bits that n times it is exact.
 */
static inline float
squash_exp(float x)
{
	const float turns = x * 1.44269504f;
	const int32_t n = (int32_t)(turns + (turns < 0.0f ? -0.5f : 0.5f));
	const float r = x - (float)n * 0.693359375f +
	    (float)n * 2.12194440e-4f;
	const int32_t bits = (n + 127) * (1 << 23);
	float sum = 1.0f / 5040, power;

	sum = sum * r + 1.0f / 720;
	sum = sum * r + 1.0f / 120;
	sum = sum * r + 1.0f / 24;
	sum = sum * r + 1.0f / 6;
	sum = sum * r + 0.5f;
	sum = sum * r + 1.0f;
	sum = sum * r + 1.0f;
	memcpy(&power, &bits, sizeof(power));
	return sum * power;
}

/* Written so that what is not a number becomes the bound. */
static inline float
squash_clamp(float x)
{
	x = x < SQUASH_MAX ? x : SQUASH_MAX;
	return x > -SQUASH_MAX ? x : -SQUASH_MAX;
}

static inline float
squash_sigmoid(float x)
{
	return 1.0f / (1.0f + squash_exp(squash_clamp(-x)));
}

static inline float
squash_tanh(float x)
{
	return 1.0f - 2.0f / (1.0f + squash_exp(squash_clamp(2.0f * x)));
}

#endif
