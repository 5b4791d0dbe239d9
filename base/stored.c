#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/stored.h"

uint64_t
stored_integer(const unsigned char *b, size_t n)
{
	uint64_t value = 0;
	size_t i;

	for (i = n; i > 0; i--)
		value = value << 8 | b[i - 1];
	return value;
}

static float
float_of_bits(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
static float
float_of_half(uint32_t half)
{
	const uint32_t exponent = half >> 10 & 31;
	const uint32_t fraction = half & 1023;
	float value;

	if (exponent == 31)
		value = fraction == 0 ? HUGE_VALF : float_of_bits(0x7fc00000);
	else if (exponent == 0)
		value = (float)ldexp((double)fraction, -24);
	else
		value = (float)ldexp((double)(fraction + 1024),
		    (int)exponent - 25);
	return half >> 15 != 0 ? -value : value;
}

float
stored_value(const unsigned char *b, enum stored_type type)
{
	double wide;
	uint64_t bits;

	switch (type) {
	case STORED_FLOAT16:
		return float_of_half((uint32_t)stored_integer(b, 2));
	case STORED_BFLOAT16:
		return float_of_bits((uint32_t)stored_integer(b, 2) << 16);
	case STORED_FLOAT64:
		bits = stored_integer(b, 8);
		memcpy(&wide, &bits, sizeof(wide));
		return (float)wide;
	default:
		return float_of_bits((uint32_t)stored_integer(b, 4));
	}
}

size_t
stored_bytes(enum stored_type type)
{
	switch (type) {
	case STORED_FLOAT16:
	case STORED_BFLOAT16:
		return 2;
	case STORED_FLOAT64:
		return 8;
	default:
		return 4;
	}
}

void
stored_put_integer(unsigned char *b, size_t n_bytes, uint64_t value)
{
	size_t i;

	for (i = 0; i < n_bytes; i++)
		b[i] = (unsigned char)(value >> (8 * i));
}

uint16_t
stored_half(float value)
{
	uint32_t bits, sign, magnitude, kept, rest, half_way;
	unsigned shift;

	memcpy(&bits, &value, sizeof(bits));
	sign = bits >> 16 & 0x8000u;
	magnitude = bits & 0x7fffffffu;
	if (magnitude > 0x7f800000u)
		return (uint16_t)(sign | 0x7e00u);	/* NaN */
	if (magnitude >= 0x47800000u)
		return (uint16_t)(sign | 0x7c00u);	/* 65536 and more */
	if (magnitude < 0x33000000u)
		return (uint16_t)sign;			/* below 2^-25 */
	if (magnitude >= 0x38800000u) {
		/* Normal: the exponent is moved by 127 - 15. */
		shift = 13;
		kept = (magnitude - 0x38000000u) >> shift;
		rest = magnitude & 0x1fffu;
	} else {
		/* Subnormal: the mantissa, with its leading 1, in 2^-24. */
		const uint32_t mantissa = (magnitude & 0x7fffffu) | 0x800000u;

		shift = 126 - (magnitude >> 23);
		kept = mantissa >> shift;
		rest = mantissa & ((1u << shift) - 1);
	}
	half_way = 1u << (shift - 1);
	if (rest > half_way || (rest == half_way && (kept & 1)))
		kept++;		/* may carry into the exponent, rightly */
	return (uint16_t)(sign | kept);
}
