/* blas_multiply against three loops in double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nn/blas.h"

#define MOST 40

/* A repeatable value in -1..1 for place i. */
static float
value_of(size_t i)
{
	return (float)((i * 7919 + 13) % 2003) / 1001.0f - 1.0f;
}

static void
check_product(size_t m, size_t n, size_t k, bool ta, bool tb)
{
	static float a[MOST * MOST], b[MOST * MOST], c[MOST * MOST];
	const struct blas_matrix ma = { a, ta ? m + 1 : k + 1, ta };
	const struct blas_matrix mb = { b, tb ? k + 2 : n + 2, tb };
	struct error err;
	size_t i, j, l;

	for (i = 0; i < MOST * MOST; i++) {
		a[i] = value_of(i);
		b[i] = value_of(i + 5000);
		c[i] = value_of(i + 9000);
	}
	assert_int_equal(blas_multiply(m, n, k, 0.5f, &ma, &mb, 2.0f, c,
	    n + 3, &err), 0);
	for (i = 0; i < m; i++) {
		for (j = 0; j < n; j++) {
			double want = 2.0 *
			    (double)value_of(i * (n + 3) + j + 9000);

			for (l = 0; l < k; l++)
				want += 0.5 *
				    (double)a[ta ? l * ma.stride + i :
				    i * ma.stride + l] *
				    (double)b[tb ? j * mb.stride + l :
				    l * mb.stride + j];
			/* Sums of 30 terms of at most 1 in float. */
			assert_true(fabs((double)c[i * (n + 3) + j] - want) <
			    1e-5);
		}
	}
}

static void
products_match_loops(void **state)
{
	(void)state;
	for (int t = 0; t < 4; t++) {
		check_product(17, 5, 30, t & 1, t & 2);
		check_product(1, 1, 1, t & 1, t & 2);
		check_product(3, 4, 0, t & 1, t & 2);
		check_product(0, 4, 3, t & 1, t & 2);
	}
}

static void
old_values_do_not_matter_with_beta_0(void **state)
{
	const float one = 1.0f;
	const struct blas_matrix m = { &one, 1, false };
	float c = (float)NAN;
	struct error err;

	(void)state;
	assert_int_equal(blas_multiply(1, 1, 1, 1.0f, &m, &m, 0.0f, &c, 1,
	    &err), 0);
	assert_true(c == 1.0f);
	c = (float)NAN;
	assert_int_equal(blas_multiply(1, 1, 0, 1.0f, &m, &m, 0.0f, &c, 1,
	    &err), 0);
	assert_true(c == 0.0f);
}

static void
too_large_is_refused(void **state)
{
	const float one = 1.0f;
	const struct blas_matrix m = { &one, 1, false };
	float c = 0.0f;
	struct error err = { ERROR_NONE, "" };

	(void)state;
	assert_int_equal(blas_multiply((size_t)1 << 33, 1, 1, 1.0f, &m, &m,
	    0.0f, &c, 1, &err), -1);
	assert_int_equal(err.code, ERROR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products_match_loops),
		cmocka_unit_test(old_values_do_not_matter_with_beta_0),
		cmocka_unit_test(too_large_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
