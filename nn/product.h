/*
 * product -- a matrix product of one shape, planned once and made often, with
 * second factors that are laid out ahead (oneDNN's matmul behind it).
 *
 * For shapes that are too small to be packed anew each time, and for factors
 * in bf16, whose products and sums are f32.  Where the processor knows bf16
 * the factors are stored so; elsewhere they are stored as floats that were
 * rounded to bf16: the products of two such are exact in f32, so that both
 * differ by the rounding of the sums alone.
 *
 * A product belongs to one thread, and computes on that thread alone.  All
 * products of one shape and kind want their second factor laid out alike, so
 * that what one has packed serves all.
 */
#ifndef NN_PRODUCT_H
#define NN_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#include "nn/blas.h"

/* What the factors are. */
enum product_kind {
	PRODUCT_F32,		/* float */
	PRODUCT_BF16,		/* uint16_t, see nn/bf16.h */
	PRODUCT_ROUNDED		/* float, rounded to bf16 */
};

/* PRODUCT_BF16 where the processor knows it, else PRODUCT_ROUNDED. */
enum product_kind product_kind_bf16(void);

/* Of one value of a factor. */
size_t product_value_bytes(enum product_kind kind);

struct product;

/*
 * c = a b with a [m][k], b [k][n] and c [m][n], their rows one behind the
 * other.  m, n, k >= 1; too large is ERROR_LIMIT.  Free with product_free.
 */
struct product *product_new(size_t m, size_t n, size_t k,
    enum product_kind kind, struct error *err) MUST_CHECK;
void product_free(struct product *p);

/* The size of a second factor as it is laid out, a multiple of 64. */
size_t product_packed_bytes(const struct product *p);

/* Lay out b [k][n] after any transposition; packed is aligned to 64 bytes. */
int product_pack(struct product *p, const struct blas_matrix *b,
    void *packed, struct error *err) MUST_CHECK;

/*
 * Multiply.  a: [m][k] values of the kind; c: [m][n]; neither overlaps c.  What
 * c held does not matter.
 */
int product_run(struct product *p, const void *a, const void *packed,
    float *c, struct error *err) MUST_CHECK;

#endif
