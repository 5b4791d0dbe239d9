/*
 * product -- matrix products too thin for a library, the second factor laid
 * out ahead.
 *
 * The products of pitch/pitch_spectral.h are of some hundred rows with a
 * matrix of some tens of columns, one of many that differ.  They are made by
 * tiles (nn/product_tile.h): 16 columns, as many rows as the processor has
 * registers for.  Rows are read where they lie.  Against the gemm of oneDNN
 * 2.6 on a processor with AVX2, 96 rows, in 10^9 multiplications a second:
 *
 *	n, k         oneDNN  here
 *	32, 256      32      42
 *	32, 32       32      42
 *	128, 64      42      45
 *	512, 2048    29      38
 *
 * Each value of the result is one sum over k in order: it does not depend on
 * the row's place nor on the other rows.
 *
 * Factors may be bf16, with sums in f32.  Where the processor multiplies bf16
 * they are stored so; elsewhere they are stored as floats that were rounded to
 * bf16: the products of two such are exact in f32, so that both differ by the
 * rounding of the sums alone.
 */
#ifndef NN_PRODUCT_H
#define NN_PRODUCT_H

#include <stddef.h>

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

/*
 * c = a b with a [rows][k], b [k][n] and c [rows][n], the rows of a and c
 * a_row and c_row values apart.  k is even; c_row is at least n rounded up to
 * a multiple of 16: that many values of a row are written.
 */
struct product {
	enum product_kind kind;
	size_t n, k;
	size_t a_row, c_row;
};

/* The size of b as it is laid out, a multiple of 64. */
size_t product_packed_bytes(const struct product *p);

/*
 * Lay out b [k][n] after any transposition; packed is aligned to 64 bytes.
 * Floats lie as [n / 16, rounded up][k][16]; who has them so need not pack.
 */
void product_pack(const struct product *p, const struct blas_matrix *b,
    void *packed);

/*
 * Multiply n_rows rows on this thread.  a: values of the kind; c overlaps
 * neither factor, and what it held does not matter.
 */
void product_run(const struct product *p, size_t n_rows, const void *a,
    const void *packed, float *c);

#endif
