/* A model goes on only when it is better beyond chance. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mine/promote.h"

#define N 200

static void
decide(size_t n_lost, size_t n_won, size_t n_together,
    struct promote_result *result)
{
	double old[N], new[N];
	size_t group[N];

	for (size_t i = 0; i < N; i++) {
		old[i] = i < n_lost || i % 2 == 0 ? 1 : 0;
		new[i] = old[i];
		group[i] = i / n_together;
	}
	for (size_t i = 0; i < n_lost; i++)
		new[i] = 0;
	for (size_t i = n_lost; i < N && n_won > 0; i++)
		if (old[i] < 1) {
			new[i] = 1;
			n_won--;
		}
	assert_int_equal(promote_decide(old, new, group, N, 10, 1, result,
	    NULL), 0);
}

/*
 * With n_won hums won and none lost the difference has the standard error
 * sqrt(p (1 - p) / N): 30 of 200 are far above 0.
 */
static void
test_better(void **state)
{
	const double p = 30.0 / N;
	struct promote_result r;

	(void)state;
	decide(0, 30, 1, &r);
	assert_true(r.promoted);
	assert_true(fabs(r.difference - p) < 1e-12);
	assert_true(fabs(r.low - (p - 1.96 * sqrt(p * (1 - p) / N))) < 0.02);
	assert_non_null(strstr(r.reason, "promoted: top-10"));
}

static void
test_not_better(void **state)
{
	struct promote_result r;

	(void)state;
	decide(0, 0, 1, &r);
	assert_false(r.promoted);
	decide(10, 12, 1, &r);	/* within chance */
	assert_false(r.promoted);
	assert_non_null(strstr(r.reason, "includes 0"));
	decide(30, 0, 1, &r);
	assert_false(r.promoted);
	assert_non_null(strstr(r.reason, "lies below 0"));
}

/* Six hums that were won are six works' or one's. */
static void
test_hums_of_a_work_fall_together(void **state)
{
	struct promote_result r;

	(void)state;
	decide(0, 6, 1, &r);
	assert_true(r.promoted);
	decide(0, 6, 20, &r);
	assert_false(r.promoted);
}

static void
test_unmeasured(void **state)
{
	struct promote_result r;

	(void)state;
	assert_int_equal(promote_decide(NULL, NULL, NULL, 0, 10, 1, &r, NULL),
	    0);
	assert_false(r.promoted);
	assert_non_null(strstr(r.reason, "no held-out hums"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_better),
		cmocka_unit_test(test_not_better),
		cmocka_unit_test(test_hums_of_a_work_fall_together),
		cmocka_unit_test(test_unmeasured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
