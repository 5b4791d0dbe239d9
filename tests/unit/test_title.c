/* Titles that name one song give one key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "store/title.h"

static void
check_key(const char *title, const char *expected)
{
	char key[64];

	title_normalise(title, key, sizeof(key));
	assert_string_equal(key, expected);
}

static void
test_keys(void **state)
{
	(void)state;
	check_key("Hey Jude", "hey jude");
	check_key("  HEY,   Jude! ", "hey jude");
	check_key("Hey Jude (Live) [Remastered 2009]", "hey jude");
	check_key("Hey Jude feat. Somebody", "hey jude");
	check_key("Hey Jude ft. Somebody (x)", "hey jude");
	check_key("Hey Jude featuring Somebody", "hey jude");
	check_key("Left Turn", "left turn");	/* holds "ft " */
	check_key("Feat.", "feat");		/* nothing before it */
	check_key("(Everything I Do)", "everything i do");
	check_key("a) b", "a b");		/* a stray bracket */
	check_key("Tränen", "tränen");
	check_key("", "");
	check_key("?!", "");
}

static void
test_small_buffer(void **state)
{
	char key[5] = "xxxx";

	(void)state;
	title_normalise("abcdefgh", key, sizeof(key));
	assert_string_equal(key, "abcd");
	title_normalise("abc", key, 1);
	assert_string_equal(key, "");
}

static void
test_alike(void **state)
{
	(void)state;
	assert_true(title_is_like("hey jude", "hey jude"));
	assert_true(title_is_like("hey jude", "hey judy"));
	assert_true(title_is_like("hey jude", "the beatles hey jude"));
	assert_true(title_is_like("hey jude remaster", "hey jude"));
	assert_true(title_is_like("a whiter shade of pale",
	    "whiter shade of pale"));
	assert_true(title_is_like("somewhere over the rainbow",
	    "somewere over teh rainbow"));
	assert_false(title_is_like("hey", "hey jude"));
	assert_false(title_is_like("hey jude", "hey dude you"));
	assert_false(title_is_like("love me", "glove merry go round"));
	assert_false(title_is_like("symphony no 5", "symphony no 6"));
	assert_false(title_is_like("symphony", "symphony 5"));
	assert_false(title_is_like("yesterday", ""));
	assert_true(title_is_like("", ""));
}

/* The distance of short texts by the definition, without a table. */
static size_t
slow_distance(const char *a, const char *b)
{
	size_t best, next;

	if (*a == '\0' || *b == '\0')
		return strlen(a) + strlen(b);
	best = slow_distance(a + 1, b + 1) + (*a != *b);
	next = slow_distance(a + 1, b) + 1;
	best = next < best ? next : best;
	next = slow_distance(a, b + 1) + 1;
	return next < best ? next : best;
}

/* One letter in eight of the shorter may differ, no more. */
static void
test_alike_by_definition(void **state)
{
	struct random r;

	(void)state;
	random_init(&r, 1);
	for (int i = 0; i < 300; i++) {
		char a[10] = "abababab", b[10];
		size_t n;

		for (size_t k = 0; k < 8; k++)
			a[k] = (char)('a' + random_below(&r, 3));
		(void)snprintf(b, sizeof(b), "%s", a);
		b[random_below(&r, 8)] = 'c';
		b[random_below(&r, 8)] = 'b';
		if (i % 3 == 0)
			b[7] = '\0';
		n = strlen(b) < 8 ? 0 : 1;
		assert_int_equal(title_is_like(a, b),
		    slow_distance(a, b) <= n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_small_buffer),
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_alike_by_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
