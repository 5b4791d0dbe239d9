/* Equations whose solution is known, singular ones among them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"

#include "nn/lapack.h"

#define N 60

/* matrix = b b', of rank n_columns, with b [N][n_columns]. */
static double *
make_matrix(size_t n_columns)
{
	static double b[N * N];
	struct error err;
	double *matrix = memory_new(N * N, sizeof(*matrix), "", &err);
	struct random r;

	assert_non_null(matrix);
	random_init(&r, 1);
	for (size_t i = 0; i < N * n_columns; i++)
		b[i] = random_uniform(&r) - 0.5;
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j < N; j++)
			for (size_t k = 0; k < n_columns; k++)
				matrix[i * N + j] += b[i * n_columns + k] *
				    b[j * n_columns + k];
	return matrix;
}

/* Right sides that have solutions are met, and those of two at once. */
static void
check_rank(size_t rank)
{
	double *copy = make_matrix(rank);
	double sides[2 * N] = { 0.0 }, want[2 * N];
	struct lapack_factor f;
	struct error err;

	for (size_t s = 0; s < 2; s++)
		for (size_t i = 0; i < N; i++)
			for (size_t j = 0; j < N; j++)
				sides[s * N + i] += copy[i * N + j] *
				    sin((double)(j + s));
	for (size_t i = 0; i < 2 * N; i++)
		want[i] = sides[i];
	assert_int_equal(lapack_factor_init(&f, make_matrix(rank), N, &err),
	    0);
	assert_int_equal(f.rank, rank);
	assert_int_equal(lapack_factor_solve(&f, sides, 2, &err), 0);
	for (size_t s = 0; s < 2; s++)
		for (size_t i = 0; i < N; i++) {
			double sum = 0.0;

			for (size_t j = 0; j < N; j++)
				sum += copy[i * N + j] * sides[s * N + j];
			/* Conditions of some 1e4, values about one. */
			assert_true(fabs(sum - want[s * N + i]) < 1e-9);
		}
	lapack_factor_release(&f);
	memory_free(copy);
}

static void
solutions_solve(void **state)
{
	(void)state;
	check_rank(N);
	check_rank(N - 1);
	check_rank(25);
	check_rank(1);
	check_rank(0);
}

static void
bad_matrices_are_refused(void **state)
{
	struct lapack_factor f;
	struct error err;
	double *matrix = make_matrix(N);

	(void)state;
	matrix[3] = NAN;
	assert_int_equal(lapack_factor_init(&f, matrix, N, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	assert_int_equal(lapack_factor_init(&f, make_matrix(N), 0, &err), -1);
	assert_int_equal(err.code, ERROR_LIMIT);
	lapack_factor_release(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(solutions_solve),
		cmocka_unit_test(bad_matrices_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
