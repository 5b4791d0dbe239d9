#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bootstrap.h"

#define N_VALUES 400

/* 300 ones and 100 zeros: the binomial interval is .75 -+ 1.96 * .02165. */
static void
coins(double values[N_VALUES])
{
	for (size_t i = 0; i < N_VALUES; i++)
		values[i] = i % 4 == 0 ? 0 : 1;
}

/* Every value is a group of its own: the plain bootstrap. */
static int
mean_of_each(const double *values, size_t n_values, size_t n_resamples,
    uint64_t seed, struct bootstrap_interval *interval, struct error *err)
{
	size_t group[N_VALUES];

	assert_true(n_values <= N_VALUES);
	for (size_t i = 0; i < N_VALUES; i++)
		group[i] = i;
	return bootstrap_grouped_mean(values, group, n_values, n_values,
	    n_resamples, seed, interval, err);
}

static void
test_binomial(void **state)
{
	struct bootstrap_interval b;
	struct error err;
	double values[N_VALUES];

	(void)state;
	coins(values);
	assert_int_equal(mean_of_each(values, N_VALUES, 20000, 1, &b, &err),
	    0);
	assert_true(b.mean == 0.75);
	/* Steps of 1/400, and 20000 draws: two steps are allowed. */
	assert_true(fabs(b.low - 0.7076) <= 0.005);
	assert_true(fabs(b.high - 0.7924) <= 0.005);
}

static void
test_same_seed_same_interval(void **state)
{
	struct bootstrap_interval a, b, c;
	struct error err;
	double values[N_VALUES];

	(void)state;
	for (size_t i = 0; i < N_VALUES; i++)
		values[i] = sqrt((double)i);
	assert_int_equal(mean_of_each(values, N_VALUES, 500, 7, &a, &err), 0);
	assert_int_equal(mean_of_each(values, N_VALUES, 500, 7, &b, &err), 0);
	assert_int_equal(mean_of_each(values, N_VALUES, 500, 8, &c, &err), 0);
	assert_true(a.low == b.low && a.high == b.high);
	assert_true(a.low != c.low || a.high != c.high);
}

/* Values equal within groups: only the number of groups counts. */
static void
test_groups_widen(void **state)
{
	struct bootstrap_interval one, grouped;
	struct error err;
	double values[N_VALUES];
	size_t group[N_VALUES];

	(void)state;
	for (size_t i = 0; i < N_VALUES; i++) {
		group[i] = i / 20;
		values[i] = group[i] % 2 == 0 ? 0 : 1;
	}
	assert_int_equal(mean_of_each(values, N_VALUES, 2000, 1, &one, &err),
	    0);
	assert_int_equal(bootstrap_grouped_mean(values, group, N_VALUES, 20,
	    2000, 1, &grouped, &err), 0);
	assert_true(grouped.mean == one.mean);
	/* sqrt(20) times wider in theory. */
	assert_true(grouped.high - grouped.low > 3 * (one.high - one.low));
}

/* A value of weight 3 is as good as three of them. */
static void
test_weights_repeat(void **state)
{
	static const double values[] = { 1, 5, 2 }, weights[] = { 3, 1, 2 };
	static const size_t group[] = { 0, 1, 2 };
	static const double many[] = { 1, 1, 1, 5, 2, 2 };
	static const size_t groups[] = { 0, 0, 0, 1, 2, 2 };
	struct bootstrap_interval weighted, repeated;
	struct error err;

	(void)state;
	assert_int_equal(bootstrap_weighted_mean(values, weights, group, 3, 3,
	    2000, 1, &weighted, &err), 0);
	assert_int_equal(bootstrap_grouped_mean(many, groups, 6, 3, 2000, 1,
	    &repeated, &err), 0);
	assert_true(weighted.mean == 2.0 && repeated.mean == 2.0);
	assert_true(weighted.low == repeated.low &&
	    weighted.high == repeated.high);
}

static void
test_refusals(void **state)
{
	struct bootstrap_interval b;
	struct error err;
	const double bad[] = { 1, NAN };
	const size_t group[] = { 0, 5 };
	const double good[] = { 1, 2 }, weights[] = { 1, 0 };

	(void)state;
	assert_int_equal(mean_of_each(bad, 0, 10, 1, &b, &err), -1);
	assert_int_equal(mean_of_each(bad, 2, 10, 1, &b, &err), -1);
	assert_int_equal(mean_of_each(good, 2, 0, 1, &b, &err), -1);
	assert_int_equal(bootstrap_grouped_mean(good, group, 2, 2, 10, 1, &b,
	    &err), -1);
	assert_int_equal(err.code, ERROR_BUG);
	assert_int_equal(bootstrap_weighted_mean(good, weights, group, 2, 6,
	    10, 1, &b, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_binomial),
		cmocka_unit_test(test_same_seed_same_interval),
		cmocka_unit_test(test_groups_widen),
		cmocka_unit_test(test_weights_repeat),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
