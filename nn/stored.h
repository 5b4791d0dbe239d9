/*
 * stored -- numbers as weight files store them, little-endian.
 */
#ifndef NN_STORED_H
#define NN_STORED_H

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

#endif
