#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"

static void
blocks_are_zeroed_and_aligned(void **state)
{
	(void)state;
	for (size_t n = 0; n < 300; n += 7) {
		unsigned char *p = memory_new(n, 1, "bytes", NULL);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 64, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memory_free(p);
	}
	memory_free(NULL);
}

static void
products_that_overflow_are_refused(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();

	(void)state;
	assert_non_null(a);
	assert_null(memory_new(SIZE_MAX / 2, 3, "things", &err));
	assert_int_equal(err.code, ERROR_NOMEM);
	assert_non_null(strstr(err.text, "things"));
	assert_null(memory_new(SIZE_MAX, 1, "bytes", NULL));
	assert_null(memory_new(1, SIZE_MAX - 64, "bytes", NULL));
	assert_null(arena_alloc(a, SIZE_MAX / 2, 3));
	assert_null(arena_alloc(a, 1, SIZE_MAX - 70));
	assert_null(arena_need(a, SIZE_MAX, 8, "rows", &err));
	assert_non_null(strstr(err.text, "rows"));
	arena_free(a);
}

static void
growing_keeps_the_values(void **state)
{
	int *values = NULL;
	size_t capacity = 0;

	(void)state;
	for (size_t n = 1; n < 1000; n++) {
		assert_int_equal(memory_grow(&values, &capacity, n,
		    sizeof(values[0]), "values", NULL), 0);
		assert_true(capacity >= n);
		assert_int_equal(values[n - 1], 0);
		values[n - 1] = (int)n;
	}
	for (size_t i = 0; i < 999; i++)
		assert_int_equal(values[i], i + 1);
	/* A growth that cannot be leaves everything as it was. */
	assert_int_equal(memory_grow(&values, &capacity, SIZE_MAX / 2,
	    sizeof(values[0]), "values", NULL), -1);
	assert_int_equal(values[998], 999);
	memory_free(values);
}

/* What arenas promise, in both of their modes. */
static void
use_arena(struct arena *a)
{
	unsigned char *p[200];

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 200; i++) {
			p[i] = arena_alloc(a, i * i, 1);
			assert_non_null(p[i]);
			assert_int_equal((uintptr_t)p[i] % 64, 0);
			for (size_t k = 0; k < i * i; k++)
				assert_int_equal(p[i][k], 0);
			memset(p[i], (int)i + 1, i * i);
		}
		/* None of them has written into another. */
		for (size_t i = 0; i < 200; i++)
			for (size_t k = 0; k < i * i; k++)
				assert_int_equal(p[i][k],
				    (unsigned char)(i + 1));
		assert_string_equal(arena_strdup(a, "text"), "text");
		assert_string_equal(arena_printf(a, "%d-%s", 7, "x"), "7-x");
		arena_reset(a);
	}
}

static void
arenas_hand_out_separate_memory(void **state)
{
	struct arena *a;

	(void)state;
	unsetenv("CHAD_ARENA");
	a = arena_new();
	assert_non_null(a);
	use_arena(a);
	arena_free(a);
	setenv("CHAD_ARENA", "malloc", 1);
	a = arena_new();
	assert_non_null(a);
	use_arena(a);
	arena_free(a);
	arena_free(NULL);
	unsetenv("CHAD_ARENA");
}

static void
errors_read_from_general_to_particular(void **state)
{
	struct error err = { ERROR_NONE, "" };
	char longer[3000];

	(void)state;
	assert_int_equal(error_set(&err, ERROR_FORMAT, "byte %d", 7), -1);
	assert_int_equal(error_add(&err, "reading %s", "a.wav"), -1);
	assert_string_equal(err.text, "reading a.wav: byte 7");
	assert_int_equal(err.code, ERROR_FORMAT);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	error_set(&err, ERROR_IO, "%s", longer);
	assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 1);
	error_add(&err, "%s", longer);
	assert_true(strlen(err.text) < ERROR_TEXT_BYTES);
	err = (struct error){ ERROR_NONE, "" };
	assert_int_equal(err.code, ERROR_NONE);
	assert_string_equal(err.text, "");
	assert_int_equal(error_set(NULL, ERROR_IO, "nobody asks"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_zeroed_and_aligned),
		cmocka_unit_test(products_that_overflow_are_refused),
		cmocka_unit_test(growing_keeps_the_values),
		cmocka_unit_test(arenas_hand_out_separate_memory),
		cmocka_unit_test(errors_read_from_general_to_particular),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
