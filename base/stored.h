/*
 * stored -- numbers as files of weights and arrays hold them, little-endian.
 *
 * Float16 is IEEE 754 binary16; bfloat16 is the upper half of a float.
 */
#ifndef BASE_STORED_H
#define BASE_STORED_H

#include <stddef.h>
#include <stdint.h>

enum stored_type {
	STORED_FLOAT32, STORED_FLOAT16, STORED_BFLOAT16, STORED_FLOAT64
};

/* An unsigned number of n_bytes, at most 8. */
uint64_t stored_integer(const unsigned char *b, size_t n_bytes);

/* Bytes of one value. */
size_t stored_bytes(enum stored_type type);

/* The value at "b"; may be infinite or NaN. */
float stored_value(const unsigned char *b, enum stored_type type);

/* Put the lowest n_bytes, at most 8, of a number at "b". */
void stored_put_integer(unsigned char *b, size_t n_bytes, uint64_t value);

/* The float16 nearest to a value, even on a tie. */
uint16_t stored_half(float value);

/* What is not below becomes infinite as a float16. */
#define STORED_HALF_LIMIT 65520.0f

#endif
