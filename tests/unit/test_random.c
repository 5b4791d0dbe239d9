#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"

/*
 * The published test values: splitmix64 for the seed 1234567 and xoshiro256**
 * for the state 1, 2, 3, 4.
 */
static void
numbers_are_the_published_ones(void **state)
{
	static const uint64_t words[4] = { UINT64_C(6457827717110365317),
		UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
		UINT64_C(4593380528125082431) };
	static const uint64_t numbers[6] = { 11520, 0, 1509978240,
		UINT64_C(1215971899390074240), UINT64_C(1216172134540287360),
		UINT64_C(607988272756665600) };
	struct random r;

	(void)state;
	random_init(&r, 1234567);
	for (int i = 0; i < 4; i++)
		assert_true(r.word[i] == words[i]);
	r = (struct random){ { 1, 2, 3, 4 } };
	for (int i = 0; i < 6; i++)
		assert_true(random_next(&r) == numbers[i]);
}

static void
keyed_streams_differ(void **state)
{
	uint64_t first[64];
	size_t n = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 4; seed++)
		for (uint64_t a = 0; a < 4; a++)
			for (uint64_t b = 0; b < 4; b++) {
				struct random r;

				random_init_keyed(&r, seed, a, b);
				first[n] = random_next(&r);
				for (size_t i = 0; i < n; i++)
					assert_true(first[i] != first[n]);
				n++;
			}
}

/*
 * Means of 100000 draws: the standard error of a uniform's mean is 0.0009,
 * of a normal's 0.0032; five of them are allowed.
 */
static void
moments_are_right(void **state)
{
	const int n = 100000;
	double sum = 0.0, normal_sum = 0.0, squares = 0.0;
	struct random r;

	(void)state;
	random_init(&r, 1);
	for (int i = 0; i < n; i++) {
		const double u = random_uniform(&r);
		const double g = random_normal(&r);
		const double v = random_range(&r, -3.0, -2.0);

		assert_true(u >= 0.0 && u < 1.0);
		assert_true(v >= -3.0 && v < -2.0);
		sum += u;
		normal_sum += g;
		squares += g * g;
	}
	assert_true(fabs(sum / n - 0.5) < 0.0045);
	assert_true(fabs(normal_sum / n) < 0.016);
	/* The variance of a squared normal is 2. */
	assert_true(fabs(squares / n - 1.0) < 5.0 * sqrt(2.0 / n));
}

/* 60000 throws of a die: each face within five standard deviations. */
static void
dice_are_fair(void **state)
{
	size_t n_thrown[6] = { 0 };
	struct random r;

	(void)state;
	random_init(&r, 2);
	for (int i = 0; i < 60000; i++)
		n_thrown[random_below(&r, 6)]++;
	for (int i = 0; i < 6; i++)
		assert_true(fabs((double)n_thrown[i] - 10000.0) < 457.0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(random_below(&r, 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_the_published_ones),
		cmocka_unit_test(keyed_streams_differ),
		cmocka_unit_test(moments_are_right),
		cmocka_unit_test(dice_are_fair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
