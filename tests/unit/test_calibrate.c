/* The lowest threshold of the wanted precision, against trying them all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "mine/calibrate.h"

#define N_POINTS 500

/* Scores in steps, so that many are equal; right more often when high. */
static void
draw(struct calibrate_point *points, uint64_t seed)
{
	struct random r;

	random_init(&r, seed);
	for (size_t i = 0; i < N_POINTS; i++) {
		points[i].score = (double)random_below(&r, 41) / 40;
		points[i].is_right = random_uniform(&r) < points[i].score;
	}
}

/* By definition: count above each threshold, take the lowest that will do. */
static double
slow_threshold(const struct calibrate_point *points, double wanted)
{
	for (int step = 0; step <= 40; step++) {
		const double threshold = (double)step / 40;
		size_t n = 0, n_right = 0;

		for (size_t i = 0; i < N_POINTS; i++) {
			if (points[i].score < threshold)
				continue;
			n++;
			n_right += points[i].is_right ? 1 : 0;
		}
		if (n >= CALIBRATE_MIN_FRAGMENTS &&
		    (double)n_right >= wanted * (double)n)
			return threshold;
	}
	return 2;
}

static void
test_against_all(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct calibrate_point points[N_POINTS];
		struct calibrate_result result;
		double expected;

		draw(points, seed);
		expected = slow_threshold(points, 0.8);
		assert_int_equal(calibrate_threshold(points, N_POINTS, 0.8,
		    &result, NULL), 0);
		assert_true(result.reached);
		/* No point lies between the step and the lowest score. */
		assert_true(result.threshold >= expected &&
		    result.threshold < expected + 1.0 / 40);
		assert_true(result.precision >= 0.8);
	}
}

static void
test_not_reached(void **state)
{
	struct calibrate_point points[N_POINTS];
	struct calibrate_result result;

	(void)state;
	draw(points, 1);
	for (size_t i = 0; i < N_POINTS; i++)
		points[i].is_right = i % 2 == 0;
	assert_int_equal(calibrate_threshold(points, N_POINTS, 0.95, &result,
	    NULL), 0);
	assert_false(result.reached);
	assert_true(result.precision < 0.95);
}

static void
test_too_few(void **state)
{
	struct calibrate_point points[N_POINTS];
	struct calibrate_result result;
	struct error err = { ERROR_NONE, "" };

	(void)state;
	draw(points, 1);
	assert_int_equal(calibrate_threshold(points,
	    CALIBRATE_MIN_FRAGMENTS - 1, 0.8, &result, &err), -1);
	assert_int_equal(err.code, ERROR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_all),
		cmocka_unit_test(test_not_reached),
		cmocka_unit_test(test_too_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
