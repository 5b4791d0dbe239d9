/* Titles that name one song give one key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_small_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
