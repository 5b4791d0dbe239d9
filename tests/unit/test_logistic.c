/*
 * logistic: against closed forms and what holds at the optimum.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "nn/logistic.h"

#define N 400
#define DIMS 3

/*
 * One feature of two values: without a penalty to speak of, the probabilities
 * are the shares.
 */
static void
shares_are_learnt(void **state)
{
	double x[100];
	bool is_yes[100];
	const double low = 0.0, high = 7.0;
	struct logistic m;
	struct error err;
	size_t i;

	(void)state;
	/* 60 low, of which 15 are right; 40 high, of which 30 are. */
	for (i = 0; i < 100; i++) {
		x[i] = i < 60 ? low : high;
		is_yes[i] = i < 60 ? i < 15 : i < 90;
	}
	assert_int_equal(logistic_fit(&m, x, is_yes, 100, 1, 1e-9, &err), 0);
	assert_true(fabs(logistic_probability(&m, &low) - 0.25) < 1e-6);
	assert_true(fabs(logistic_probability(&m, &high) - 0.75) < 1e-6);
}

/* At the optimum the slope is zero, the penalty being in it. */
static void
the_optimum_is_found(void **state)
{
	static double x[N * DIMS];
	static bool is_yes[N];
	const double l2 = 3.0;
	double slope[DIMS + 1] = { 0 };
	struct logistic m, again;
	struct error err;
	struct random r;
	size_t i, j;

	(void)state;
	random_init(&r, 4);
	for (i = 0; i < N; i++) {
		double sum = 0.5;

		for (j = 0; j < DIMS; j++) {
			x[i * DIMS + j] = random_normal(&r) * (double)(j + 1);
			sum += x[i * DIMS + j] * ((double)j - 0.7);
		}
		is_yes[i] = random_uniform(&r) < 1.0 / (1.0 + exp(-sum));
	}
	assert_int_equal(logistic_fit(&m, x, is_yes, N, DIMS, l2, &err), 0);
	for (i = 0; i < N; i++) {
		const double off = logistic_probability(&m, x + i * DIMS) -
		    (is_yes[i] ? 1.0 : 0.0);

		slope[DIMS] += off;
		for (j = 0; j < DIMS; j++)
			slope[j] += off * (x[i * DIMS + j] - m.mean[j]) /
			    m.scale[j];
	}
	assert_true(fabs(slope[DIMS]) < 1e-6);
	for (j = 0; j < DIMS; j++)
		assert_true(fabs(slope[j] + l2 * m.weights[j]) < 1e-6);
	assert_int_equal(logistic_fit(&again, x, is_yes, N, DIMS, l2, &err),
	    0);
	assert_memory_equal(&m, &again, sizeof(m));
}

/* What tells the two apart without a doubt does not run away. */
static void
separable_cases_stay_finite(void **state)
{
	double x[20];
	bool is_yes[20];
	struct logistic m;
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < 20; i++) {
		x[i] = (double)i;
		is_yes[i] = i >= 10;
	}
	assert_int_equal(logistic_fit(&m, x, is_yes, 20, 1, 1.0, &err), 0);
	assert_true(m.weights[0] > 0.0 && m.weights[0] < 100.0);
	for (i = 0; i < 20; i++)
		is_yes[i] = true;
	assert_int_equal(logistic_fit(&m, x, is_yes, 20, 1, 1.0, &err), -1);
	assert_int_equal(err.code, ERROR_LIMIT);
}

/* Ten bins of two: known by hand. */
static void
errors_of_calibration(void **state)
{
	double p[20];
	bool is_yes[20];
	struct logistic_score score;
	struct error err;
	size_t i;

	(void)state;
	/* Half of each bin is right, as 0.5 says. */
	for (i = 0; i < 20; i++) {
		p[i] = 0.5;
		is_yes[i] = i % 2 == 0;
	}
	assert_int_equal(logistic_judge(p, is_yes, 20, &score, &err), 0);
	assert_true(fabs(score.brier - 0.25) < 1e-12);
	assert_true(score.ece < 1e-12);
	/* A tenth too sure of all that are wrong, and of the right ones. */
	for (i = 0; i < 20; i++)
		p[i] = i % 2 == 0 ? 0.9 : 0.1;
	assert_int_equal(logistic_judge(p, is_yes, 20, &score, &err), 0);
	assert_true(fabs(score.brier - 0.01) < 1e-12);
	assert_true(fabs(score.ece - 0.1) < 1e-12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_are_learnt),
		cmocka_unit_test(the_optimum_is_found),
		cmocka_unit_test(separable_cases_stay_finite),
		cmocka_unit_test(errors_of_calibration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
