/*
 * Places in memory: things that live at the same time never overlap, and
 * places are used again.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/random.h"
#include "nn/layout.h"

#define N_ITEMS 60

static void
test_no_overlap(void **state)
{
	struct layout_item items[N_ITEMS] = { { 0, 0, 0, 0 } };
	struct error err = { ERROR_NONE, "" };
	struct random r;
	size_t round, i, k, n_bytes;

	(void)state;
	random_init(&r, 11);
	for (round = 0; round < 50; round++) {
		for (i = 0; i < N_ITEMS; i++) {
			items[i].n_bytes = 1 + random_below(&r, 5000);
			items[i].first = random_below(&r, 40);
			items[i].last = items[i].first + random_below(&r, 9);
		}
		assert_int_equal(layout_assign(items, N_ITEMS, &n_bytes,
		    &err), 0);
		for (i = 0; i < N_ITEMS; i++) {
			const struct layout_item *a = &items[i];

			assert_int_equal(a->offset % 64, 0);
			assert_true(a->offset + a->n_bytes <= n_bytes);
			for (k = 0; k < i; k++) {
				const struct layout_item *b = &items[k];

				assert_true(a->first > b->last ||
				    b->first > a->last ||
				    a->offset >= b->offset + b->n_bytes ||
				    b->offset >= a->offset + a->n_bytes);
			}
		}
	}
}

/* A chain in which each value lives for two steps needs two places. */
static void
test_chain(void **state)
{
	struct layout_item items[20] = { { 0, 0, 0, 0 } };
	struct error err = { ERROR_NONE, "" };
	size_t i, n_bytes;

	(void)state;
	for (i = 0; i < 20; i++)
		items[i] = (struct layout_item){ 640, i, i + 1, 0 };
	assert_int_equal(layout_assign(items, 20, &n_bytes, &err), 0);
	assert_int_equal(n_bytes, 2 * 640);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_overlap),
		cmocka_unit_test(test_chain)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
