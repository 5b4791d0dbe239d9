#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/pool.h"

#define N_TASKS 1000

struct tally {
	int n_done[N_TASKS];
	size_t n_threads;
	size_t fail_from;
};

static int
do_task(void *shared, size_t task, size_t thread, struct error *err)
{
	struct tally *t = shared;

	if (thread >= t->n_threads)
		return error_set(err, ERROR_BUG, "thread %zu", thread);
	if (task >= t->fail_from)
		return error_set(err, ERROR_LIMIT, "task %zu", task);
	t->n_done[task]++;
	return 0;
}

static void
every_task_runs_once(void **state)
{
	static const size_t n_threads[] = { 1, 2, 8 };

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		struct error err = { ERROR_NONE, "" };
		struct pool *p = pool_new(n_threads[k], &err);

		assert_non_null(p);
		assert_int_equal(pool_n_threads(p), n_threads[k]);
		for (int round = 0; round < 50; round++) {
			struct tally t = { { 0 }, n_threads[k], N_TASKS };

			assert_int_equal(pool_run(p, N_TASKS, do_task, &t,
			    &err), 0);
			for (size_t i = 0; i < N_TASKS; i++)
				assert_int_equal(t.n_done[i], 1);
		}
		assert_int_equal(pool_run(p, 0, do_task, NULL, &err), 0);
		pool_free(p);
	}
	pool_free(NULL);
}

static void
the_lowest_failure_is_told(void **state)
{
	static const size_t n_threads[] = { 1, 8 };

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct pool *p = pool_new(n_threads[k], NULL);

		assert_non_null(p);
		for (int round = 0; round < 200; round++) {
			struct error err = { ERROR_NONE, "" };
			struct tally t = { { 0 }, n_threads[k], 17 };

			assert_int_equal(pool_run(p, N_TASKS, do_task, &t,
			    &err), -1);
			assert_string_equal(err.text, "task 17");
			assert_int_equal(err.code, ERROR_LIMIT);
			for (size_t i = 0; i < 17; i++)
				assert_int_equal(t.n_done[i], 1);
		}
		pool_free(p);
	}
}

static void
odd_numbers_of_threads_are_refused(void **state)
{
	struct error err = { ERROR_NONE, "" };

	(void)state;
	assert_null(pool_new(0, &err));
	assert_int_equal(err.code, ERROR_LIMIT);
	assert_null(pool_new(257, &err));
}

/* Memory of its own for each task; task 7 of results[0] == 1 fails. */
static int
square_in_arena(void *shared, size_t task, struct arena *a, struct error *err)
{
	size_t *results = shared;
	size_t *own = arena_need(a, 1000, sizeof(*own), "numbers", err);

	if (own == NULL)
		return -1;
	own[999] = task;
	if (task == 7 && results[0] == 1)
		return error_set(err, ERROR_FORMAT, "task 7");
	results[task + 1] = own[999] * own[999];
	return 0;
}

static void
test_arenas(void **state)
{
	size_t results[101] = { 0 };
	struct error err = { ERROR_NONE, "" };

	(void)state;
	assert_int_equal(pool_run_arenas(3, 100, square_in_arena, results,
	    &err), 0);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(results[i + 1], i * i);
	results[0] = 1;
	assert_int_equal(pool_run_arenas(3, 100, square_in_arena, results,
	    &err), -1);
	assert_string_equal(err.text, "task 7");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_task_runs_once),
		cmocka_unit_test(the_lowest_failure_is_told),
		cmocka_unit_test(odd_numbers_of_threads_are_refused),
		cmocka_unit_test(test_arenas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
