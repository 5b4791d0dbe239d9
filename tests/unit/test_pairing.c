/* Which records are paired, and which fragments follow the main line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "align/main_line.h"
#include "align/pairing.h"
#include "manifests/record.h"

/* Records as "group id type" become pairs as "a-b a-c ...". */
static void
check(const char *const *lines, size_t n, bool wants_all, const char *want,
    size_t n_groups, size_t n_without)
{
	struct arena *a = arena_new();
	const struct json *records[16];
	struct json *owned[16];
	const char *found = "";
	struct pairing p;
	struct error err;
	size_t i;

	assert_non_null(a);
	for (i = 0; i < n; i++) {
		const char *text = arena_printf(a, "{\"group_id\":\"%c\","
		    "\"id\":\"%c\",\"audio_type\":\"%s\"}", lines[i][0],
		    lines[i][2], lines[i] + 4);

		assert_non_null(text);
		owned[i] = json_parse(text, strlen(text), &err);
		assert_non_null(owned[i]);
		records[i] = owned[i];
	}
	assert_int_equal(pairing_make(records, n, wants_all, a, &p, &err), 0);
	for (i = 0; i < p.n_pairs; i++)
		found = arena_printf(a, "%s%s%s-%s", found,
		    i == 0 ? "" : " ", record_id(p.pairs[i].original),
		    record_id(p.pairs[i].cover));
	assert_string_equal(found, want);
	assert_int_equal(p.n_groups, n_groups);
	assert_int_equal(p.n_without_original, n_without);
	for (i = 0; i < n; i++)
		json_free(owned[i]);
	arena_free(a);
}

static void
pairs_keep_the_order_of_the_manifest(void **state)
{
	static const char *const lines[] = { "g a cover", "f x original",
	    "g b original", "g c humming", "f y cover", "h z cover",
	    "g d original" };

	(void)state;
	check(lines, 7, false, "b-a b-c d-a d-c x-y", 3, 1);
	check(lines, 7, true, "b-d b-a b-c d-a d-c a-c x-y", 3, 0);
	check(lines, 0, false, "", 0, 0);
	check(lines, 1, false, "", 1, 1);
}

static void
the_main_line_goes_forward(void **state)
{
	/* Three in order, one sung again later, one far back. */
	struct aligner_fragment f[] = {
		{ .original_from_sec = 0, .original_to_sec = 10,
		    .from_sec = 5, .to_sec = 15, .agreement = 0.7 },
		{ .original_from_sec = 0, .original_to_sec = 10,
		    .from_sec = 50, .to_sec = 60, .agreement = 0.8 },
		{ .original_from_sec = 10, .original_to_sec = 20,
		    .from_sec = 15, .to_sec = 25, .agreement = 0.7 },
		{ .original_from_sec = 20, .original_to_sec = 30,
		    .from_sec = 25, .to_sec = 35, .agreement = 0.6 },
		{ .original_from_sec = 25, .original_to_sec = 30,
		    .from_sec = 3, .to_sec = 8, .agreement = 0.9 },
	};
	static const bool want[] = { false, true, false, false, true };
	struct arena *a = arena_new();
	struct error err;
	size_t i;

	(void)state;
	assert_non_null(a);
	assert_int_equal(main_line_mark(f, 5, a, &err), 0);
	for (i = 0; i < 5; i++)
		assert_int_equal(f[i].is_repeat, want[i]);
	assert_int_equal(main_line_mark(f, 0, a, &err), 0);
	assert_int_equal(main_line_mark(f + 1, 1, a, &err), 0);
	assert_false(f[1].is_repeat);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_keep_the_order_of_the_manifest),
		cmocka_unit_test(the_main_line_goes_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
