#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/stored.h"

static float
value_of(uint16_t half)
{
	unsigned char bytes[2];

	stored_put_integer(bytes, 2, half);
	return stored_value(bytes, STORED_FLOAT16);
}

static void
halves_are_exact_both_ways(void **state)
{
	(void)state;
	for (uint32_t h = 0; h < 0x7c00; h++) {
		const float value = value_of((uint16_t)h);

		assert_int_equal(stored_half(value), h);
		assert_int_equal(stored_half(-value), h | 0x8000u);
		/* Between two halves the nearest is taken, even on a tie. */
		if (h + 1 < 0x7c00) {
			const float next = value_of((uint16_t)(h + 1));
			const float middle = 0.5f * (value + next);

			assert_int_equal(stored_half(middle),
			    h % 2 == 0 ? h : h + 1);
			assert_int_equal(stored_half(
			    nextafterf(middle, 0.0f)), h);
			assert_int_equal(stored_half(
			    nextafterf(middle, 1e9f)), h + 1);
		}
	}
	assert_true(value_of(0x3c00) == 1.0f);
	assert_true(value_of(0x3555) == 0.333251953125f);
	assert_true(value_of(0x7bff) == 65504.0f);
	assert_int_equal(stored_half(1e6f), 0x7c00);
	assert_true(isnan(value_of(stored_half(NAN))));
}

static void
numbers_return_as_they_were(void **state)
{
	static const unsigned char bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 0x88 };
	unsigned char copy[8];

	(void)state;
	assert_true(stored_integer(bytes, 0) == 0);
	assert_true(stored_integer(bytes, 3) == 0x030201);
	assert_true(stored_integer(bytes, 8) == 0x8807060504030201);
	stored_put_integer(copy, 8, 0x8807060504030201);
	assert_memory_equal(copy, bytes, 8);
}

static void
values_have_the_bits_of_their_type(void **state)
{
	/* -1.5 in each. */
	static const unsigned char single[] = { 0, 0, 0xc0, 0xbf };
	static const unsigned char wide[] = { 0, 0, 0, 0, 0, 0, 0xf8, 0xbf };
	static const unsigned char half[] = { 0, 0xbe };

	(void)state;
	assert_true(stored_value(single, STORED_FLOAT32) == -1.5f);
	assert_true(stored_value(single + 2, STORED_BFLOAT16) == -1.5f);
	assert_true(stored_value(wide, STORED_FLOAT64) == -1.5f);
	assert_true(stored_value(half, STORED_FLOAT16) == -1.5f);
	assert_int_equal(stored_bytes(STORED_FLOAT32), sizeof(single));
	assert_int_equal(stored_bytes(STORED_BFLOAT16), 2);
	assert_int_equal(stored_bytes(STORED_FLOAT64), sizeof(wide));
	assert_int_equal(stored_bytes(STORED_FLOAT16), sizeof(half));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(halves_are_exact_both_ways),
		cmocka_unit_test(numbers_return_as_they_were),
		cmocka_unit_test(values_have_the_bits_of_their_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
