/* nn/product.h against three loops in double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "nn/bf16.h"
#include "nn/product.h"

/* A repeatable value in -1..1 for place i. */
static float
value_of(size_t i)
{
	return (float)((i * 7919 + 13) % 2003) / 1001.0f - 1.0f;
}

static float
rounded(enum product_kind kind, float x)
{
	return kind == PRODUCT_F32 ? x : bf16_round(x);
}

/* a [m][k] as the product takes it. */
static void *
first_factor(enum product_kind kind, size_t n)
{
	struct error err;
	void *a = memory_new(n, product_value_bytes(kind), "values", &err);

	assert_non_null(a);
	for (size_t i = 0; i < n; i++) {
		if (kind == PRODUCT_BF16)
			((uint16_t *)a)[i] = bf16_of(value_of(i));
		else
			((float *)a)[i] = rounded(kind, value_of(i));
	}
	return a;
}

/* Rows of a and c lie apart; what is between those of c stays. */
static void
check_product(size_t m, size_t n, size_t k, enum product_kind kind,
    bool is_transposed)
{
	const size_t stride = is_transposed ? k + 3 : n + 3;
	const struct product p = { kind, n, k, k + 5, (n + 15) / 16 * 16 + 1 };
	struct error err;
	float *b = calloc((k + 3) * (n + 3), sizeof(*b));
	float *c = calloc(m * p.c_row, sizeof(*c));
	const struct blas_matrix mb = { b, stride, is_transposed };
	void *a = first_factor(kind, m * p.a_row), *packed;

	assert_true(b != NULL && c != NULL);
	for (size_t i = 0; i < (k + 3) * (n + 3); i++)
		b[i] = value_of(i + 5000);
	for (size_t i = 0; i < m * p.c_row; i++)
		c[i] = 77.0f;
	assert_int_equal(product_packed_bytes(&p) % 64, 0);
	packed = memory_new(product_packed_bytes(&p), 1, "values", &err);
	assert_non_null(packed);
	product_pack(&p, &mb, packed);
	product_run(&p, m, a, packed, c);
	for (size_t i = 0; i < m; i++) {
		for (size_t j = 0; j < n; j++) {
			double want = 0.0;

			for (size_t l = 0; l < k; l++)
				want += (double)rounded(kind,
				    value_of(i * p.a_row + l)) *
				    (double)rounded(kind, b[is_transposed ?
				    j * stride + l : l * stride + j]);
			/* Sums of k terms of at most 1, in float. */
			assert_true(fabs((double)c[i * p.c_row + j] - want) <
			    2e-7 * (double)k + 1e-6);
		}
		assert_true(c[i * p.c_row + p.c_row - 1] == 77.0f);
	}
	memory_free(packed);
	memory_free(a);
	free(b);
	free(c);
}

static void
products_match_loops(void **state)
{
	const enum product_kind kinds[] = { PRODUCT_F32, PRODUCT_ROUNDED,
	    product_kind_bf16() };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		check_product(96, 32, 256, kinds[i], false);
		check_product(96, 64, 32, kinds[i], true);
		/* Several times as deep as is taken at once, and a rest. */
		check_product(13, 32, 600, kinds[i], false);
		/* Sizes that fit no tile. */
		check_product(5, 7, 4, kinds[i], false);
		check_product(1, 1, 2, kinds[i], true);
		check_product(17, 43, 30, kinds[i], true);
	}
}

/* The same bytes wherever a row is and whatever the others are. */
static void
rows_do_not_see_each_other(void **state)
{
	enum { M = 29, N_COLUMNS = 48, DEPTH = 300 };
	const struct product p = { PRODUCT_F32, N_COLUMNS, DEPTH, DEPTH,
	    N_COLUMNS };
	static float b[DEPTH * N_COLUMNS], c[M * N_COLUMNS], one[N_COLUMNS];
	const struct blas_matrix mb = { b, N_COLUMNS, false };
	struct error err;
	float *a = first_factor(PRODUCT_F32, M * DEPTH);
	void *packed = memory_new(product_packed_bytes(&p), 1, "values",
	    &err);

	(void)state;
	assert_non_null(packed);
	for (size_t i = 0; i < DEPTH * N_COLUMNS; i++)
		b[i] = value_of(i + 900);
	product_pack(&p, &mb, packed);
	product_run(&p, M, a, packed, c);
	for (size_t r = 0; r < M; r++) {
		product_run(&p, 1, a + r * DEPTH, packed, one);
		assert_memory_equal(one, c + r * N_COLUMNS, sizeof(one));
	}
	memory_free(packed);
	memory_free(a);
}

/* Of 8 bits of fraction, the first is not stored. */
static void
the_nearest_is_taken(void **state)
{
	(void)state;
	assert_true(bf16_round(1.0f) == 1.0f);
	assert_true(bf16_round(-2.5f) == -2.5f);
	assert_true(bf16_round(0.0f) == 0.0f);
	assert_true(bf16_round(1.0f + 1.0f / 256.0f) == 1.0f);
	assert_true(bf16_round(1.0f + 3.0f / 256.0f) == 1.0f + 4.0f / 256.0f);
	assert_true(bf16_round(1.0f + 1.1f / 256.0f) == 1.0f + 2.0f / 256.0f);
	assert_true(bf16_round(-1.0f - 1.1f / 256.0f) ==
	    -1.0f - 2.0f / 256.0f);
	assert_true(bf16_round(1.999f) == 2.0f);
	assert_int_equal(bf16_of(1.0f), 0x3f80);
	assert_int_equal(bf16_of(-2.0f), 0xc000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products_match_loops),
		cmocka_unit_test(rows_do_not_see_each_other),
		cmocka_unit_test(the_nearest_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
