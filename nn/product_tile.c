#include "nn/product_tile.h"

#include <stdint.h>
#include <string.h>

#define COLUMNS PRODUCT_TILE_COLUMNS

/* Loops that are not unrolled would keep their sums in memory. */
#define UNROLL _Pragma("GCC unroll 16")

/* A tile of so many rows, its sums in registers of so many floats. */
#define TILE(name, target, width, n_rows)				\
typedef float name##_vector __attribute__((vector_size(4 * (width)),	\
    aligned(4), may_alias));						\
									\
target static void							\
name(size_t k, const void *a, size_t a_row, const void *panel,		\
    bool is_more, float *c, size_t c_row)				\
{									\
	enum { PARTS = COLUMNS / (width) };				\
	const name##_vector *b = panel;					\
	const float *row = a;						\
	name##_vector sums[n_rows][PARTS];				\
									\
	UNROLL for (size_t r = 0; r < (n_rows); r++)			\
		UNROLL for (size_t v = 0; v < PARTS; v++)		\
			sums[r][v] = is_more ? ((const name##_vector *)	\
			    (c + r * c_row))[v] : (name##_vector){ 0.0f }; \
	for (size_t i = 0; i < k; i++, b += PARTS) {			\
		UNROLL for (size_t r = 0; r < (n_rows); r++) {		\
			const float x = row[r * a_row + i];		\
									\
			UNROLL for (size_t v = 0; v < PARTS; v++)	\
				sums[r][v] += x * b[v];			\
		}							\
	}								\
	UNROLL for (size_t r = 0; r < (n_rows); r++)			\
		UNROLL for (size_t v = 0; v < PARTS; v++)		\
			((name##_vector *)(c + r * c_row))[v] =		\
			    sums[r][v];					\
}

#define PLAIN_ROWS 3
TILE(tile_plain, , 4, PLAIN_ROWS)
TILE(row_plain, , 4, 1)

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define AVX2_ROWS 6
#define AVX512_ROWS 12
#define AVX2 __attribute__((target("avx2,fma")))
#define AVX512 __attribute__((target("avx512f")))
#define BF16 __attribute__((target("avx512f,avx512bf16")))

TILE(tile_avx2, AVX2, 8, AVX2_ROWS)
TILE(row_avx2, AVX2, 8, 1)
TILE(tile_avx512, AVX512, 16, AVX512_ROWS)
TILE(row_avx512, AVX512, 16, 1)

/* Two places of a row with two of each column at once. */
#define TILE_BF16(name, n_rows)						\
BF16 static void							\
name(size_t k, const void *a, size_t a_row, const void *panel,		\
    bool is_more, float *c, size_t c_row)				\
{									\
	const __m512i *b = panel;					\
	const uint16_t *row = a;					\
	__m512 sums[n_rows];						\
									\
	UNROLL for (size_t r = 0; r < (n_rows); r++)			\
		sums[r] = is_more ? _mm512_loadu_ps(c + r * c_row) :	\
		    _mm512_setzero_ps();				\
	for (size_t i = 0; i < k; i += 2, b++) {			\
		const __m512bh y = (__m512bh)_mm512_load_si512(b);	\
									\
		UNROLL for (size_t r = 0; r < (n_rows); r++) {		\
			int x;						\
									\
			memcpy(&x, row + r * a_row + i, sizeof(x));	\
			sums[r] = _mm512_dpbf16_ps(sums[r],		\
			    (__m512bh)_mm512_set1_epi32(x), y);		\
		}							\
	}								\
	UNROLL for (size_t r = 0; r < (n_rows); r++)			\
		_mm512_storeu_ps(c + r * c_row, sums[r]);		\
}

TILE_BF16(tile_bf16, AVX512_ROWS)
TILE_BF16(row_bf16, 1)

struct product_tiles
product_tiles_f32(void)
{
	if (__builtin_cpu_supports("avx512f"))
		return (struct product_tiles){ AVX512_ROWS, tile_avx512,
		    row_avx512 };
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return (struct product_tiles){ AVX2_ROWS, tile_avx2,
		    row_avx2 };
	return (struct product_tiles){ PLAIN_ROWS, tile_plain, row_plain };
}

bool
product_tiles_know_bf16(void)
{
	return __builtin_cpu_supports("avx512bf16");
}

struct product_tiles
product_tiles_bf16(void)
{
	return (struct product_tiles){ AVX512_ROWS, tile_bf16, row_bf16 };
}

#else

struct product_tiles
product_tiles_f32(void)
{
	return (struct product_tiles){ PLAIN_ROWS, tile_plain, row_plain };
}

bool
product_tiles_know_bf16(void)
{
	return false;
}

struct product_tiles
product_tiles_bf16(void)
{
	return (struct product_tiles){ 0, NULL, NULL };
}

#endif
