/* Eigenvectors of known matrices; maps of vectors whose groups are known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

#include "nn/lapack.h"
#include "nn/projection.h"

#define N 40
#define N_DIMS 16
#define N_GROUPS 4
#define N_POINTS 80

static void
eigenvectors_meet_their_equation(void **state)
{
	static double matrix[N * N], vectors[N * N];
	double values[N];
	struct random r;

	(void)state;
	random_init(&r, 1);
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j <= i; j++)
			matrix[i * N + j] = matrix[j * N + i] =
			    random_normal(&r);
	memcpy(vectors, matrix, sizeof(matrix));
	assert_int_equal(lapack_eigen(vectors, N, values, NULL), 0);
	for (size_t k = 0; k < N; k++) {
		double length = 0.0;

		assert_true(k == 0 || values[k] <= values[k - 1]);
		for (size_t i = 0; i < N; i++) {
			double sum = 0.0;

			for (size_t j = 0; j < N; j++)
				sum += matrix[i * N + j] *
				    vectors[k * N + j];
			/* A few hundred roundings of numbers near 10. */
			assert_true(fabs(sum - values[k] *
			    vectors[k * N + i]) < 1e-11);
			length += vectors[k * N + i] * vectors[k * N + i];
		}
		assert_true(fabs(length - 1.0) < 1e-12);
	}
	assert_int_equal(lapack_eigen(vectors, 0, values, NULL), -1);
}

/* Groups around points far from each other; i % N_GROUPS is the group. */
static void
make_groups(float *vectors, size_t n)
{
	struct random r;

	random_init(&r, 2);
	for (size_t i = 0; i < n; i++)
		for (size_t d = 0; d < N_DIMS; d++)
			vectors[i * N_DIMS + d] = (float)(0.3 *
			    random_normal(&r) +
			    (d == i % N_GROUPS ? 4.0 : 0.0));
}

/* Along an ellipse in a plane of the space the axes come out. */
static void
pca_finds_the_plane(void **state)
{
	float vectors[N_POINTS * 3];
	double x[N_POINTS], y[N_POINTS], share[2];
	const double turn = 0.7;

	(void)state;
	for (size_t i = 0; i < N_POINTS; i++) {
		const double t = 2 * 3.14159265358979 * (double)i / N_POINTS;
		const double a = 5 * cos(t), b = 2 * sin(t);

		vectors[3 * i] = (float)(1 + a * cos(turn) - b * sin(turn));
		vectors[3 * i + 1] = 7.0f;
		vectors[3 * i + 2] = (float)(a * sin(turn) + b * cos(turn));
	}
	assert_int_equal(projection_pca(vectors, N_POINTS, 3, x, y, share,
	    NULL), 0);
	for (size_t i = 0; i < N_POINTS; i++) {
		const double t = 2 * 3.14159265358979 * (double)i / N_POINTS;

		/* Floats of numbers up to 6. */
		assert_true(fabs(fabs(x[i]) - fabs(5 * cos(t))) < 1e-5);
		assert_true(fabs(fabs(y[i]) - fabs(2 * sin(t))) < 1e-5);
	}
	assert_true(fabs(share[0] - 25.0 / 29) < 1e-6);
	assert_true(fabs(share[1] - 4.0 / 29) < 1e-6);
	assert_int_equal(projection_pca(vectors, 1, 3, x, y, share, NULL),
	    -1);
}

/* Each row of chances, before it is made symmetric, is not seen; sums are. */
static void
neighbours_are_a_distribution(void **state)
{
	static float vectors[N_POINTS * N_DIMS], p[N_POINTS * N_POINTS];
	double sum = 0.0, within = 0.0;

	(void)state;
	make_groups(vectors, N_POINTS);
	assert_int_equal(projection_neighbours(vectors, N_POINTS, N_DIMS, 8,
	    p, NULL), 0);
	for (size_t i = 0; i < N_POINTS; i++) {
		assert_true(p[i * N_POINTS + i] == 0.0f);
		for (size_t j = 0; j < N_POINTS; j++) {
			assert_true(p[i * N_POINTS + j] ==
			    p[j * N_POINTS + i]);
			sum += (double)p[i * N_POINTS + j];
			if (i % N_GROUPS == j % N_GROUPS)
				within += (double)p[i * N_POINTS + j];
		}
	}
	assert_true(fabs(sum - 1.0) < 1e-5);
	assert_true(within > 0.999);
}

/*
 * Of a ring of equal neighbours the entropy can be told: all vectors at one
 * distance have n - 1 equal chances whatever the perplexity.
 */
static void
equal_distances_are_equal_chances(void **state)
{
	static float vectors[N_DIMS * N_DIMS], p[N_DIMS * N_DIMS];

	(void)state;
	for (size_t i = 0; i < N_DIMS; i++)
		vectors[i * N_DIMS + i] = 1.0f;
	assert_int_equal(projection_neighbours(vectors, N_DIMS, N_DIMS, 5, p,
	    NULL), 0);
	for (size_t i = 1; i < N_DIMS; i++)
		assert_true(fabs((double)p[i] - 1.0 / (N_DIMS * (N_DIMS -
		    1))) < 1e-7);
}

static void
gradient_meets_differences(void **state)
{
	static float vectors[N_POINTS * N_DIMS], p[N_POINTS * N_POINTS];
	static float kernel[N_POINTS * N_POINTS];
	double places[2 * N_POINTS], gradient[2 * N_POINTS];
	double unused[2 * N_POINTS];
	const double by = 1e-3;
	struct random r;

	(void)state;
	make_groups(vectors, N_POINTS);
	assert_int_equal(projection_neighbours(vectors, N_POINTS, N_DIMS, 8,
	    p, NULL), 0);
	random_init(&r, 3);
	for (size_t i = 0; i < 2 * N_POINTS; i++)
		places[i] = random_normal(&r);
	(void)projection_gradient(p, N_POINTS, places, 1.0, kernel, gradient);
	for (size_t i = 0; i < 2 * N_POINTS; i += 7) {
		const double at = places[i];
		double up, down;

		places[i] = at + by;
		up = projection_gradient(p, N_POINTS, places, 1.0, kernel,
		    unused);
		places[i] = at - by;
		down = projection_gradient(p, N_POINTS, places, 1.0, kernel,
		    unused);
		places[i] = at;
		/* The kernel is kept as float: 1e-7 over 2e-3. */
		assert_true(fabs((up - down) / (2 * by) - gradient[i]) <
		    2e-4);
	}
}

/* The nearest point on the map is of the same group, for all. */
static void
tsne_keeps_groups(void **state)
{
	static float vectors[N_POINTS * N_DIMS];
	double x[N_POINTS], y[N_POINTS], again[2][N_POINTS], left;

	(void)state;
	make_groups(vectors, N_POINTS);
	assert_int_equal(projection_tsne(vectors, N_POINTS, N_DIMS, 8, 5, x,
	    y, &left, NULL), 0);
	assert_true(left > 0.0 && left < 0.5);
	for (size_t i = 0; i < N_POINTS; i++) {
		double nearest = HUGE_VAL;
		size_t of = 0;

		for (size_t j = 0; j < N_POINTS; j++)
			if (j != i && hypot(x[i] - x[j], y[i] - y[j]) <
			    nearest) {
				nearest = hypot(x[i] - x[j], y[i] - y[j]);
				of = j;
			}
		assert_int_equal(of % N_GROUPS, i % N_GROUPS);
	}
	assert_int_equal(projection_tsne(vectors, N_POINTS, N_DIMS, 8, 5,
	    again[0], again[1], NULL, NULL), 0);
	assert_memory_equal(again[0], x, sizeof(x));
	assert_memory_equal(again[1], y, sizeof(y));
	assert_int_equal(projection_tsne(vectors, N_POINTS, N_DIMS, 8, 6,
	    again[0], again[1], NULL, NULL), 0);
	assert_true(memcmp(again[0], x, sizeof(x)) != 0);
	assert_int_equal(projection_tsne(vectors, N_POINTS, N_DIMS, 30, 5, x,
	    y, NULL, NULL), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eigenvectors_meet_their_equation),
		cmocka_unit_test(pca_finds_the_plane),
		cmocka_unit_test(neighbours_are_a_distribution),
		cmocka_unit_test(equal_distances_are_equal_chances),
		cmocka_unit_test(gradient_meets_differences),
		cmocka_unit_test(tsne_keeps_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
