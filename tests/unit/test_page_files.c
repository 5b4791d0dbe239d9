/* The page is compiled in, whole, with the packages that it needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/hash.h"
#include "review/page_files.h"

static void
found(void **state)
{
	static const char *const names[] = { "index.html",
		"wavesurfer.esm.js", "regions.esm.js",
		"wavesurfer-licence.txt" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct page_file *f = page_files_find(names[i]);

		if (f == NULL)
			fail_msg("no %s", names[i]);
		assert_string_equal(f->name, names[i]);
		assert_true(f->n_bytes > 0);
	}
	assert_null(page_files_find(""));
	assert_null(page_files_find("embed.py"));
	assert_null(page_files_find("package.json"));
	assert_null(page_files_find("../page/index.html"));
}

/* As in the folder, in the order of names, each with the tag of its bytes. */
static void
as_they_are(void **state)
{
	struct arena *a = arena_new();
	const struct page_file *f, *before = NULL;
	size_t n_ours = 0;

	(void)state;
	assert_non_null(a);
	for (size_t i = 0; (f = page_files_at(i)) != NULL; i++) {
		const char *path = arena_printf(a, "review/page/%s", f->name);
		char hex[HASH_HEX_BYTES];

		assert_non_null(path);
		assert_ptr_equal(page_files_find(f->name), f);
		assert_true(before == NULL ||
		    strcmp(before->name, f->name) < 0);
		before = f;
		hash_bytes(f->bytes, f->n_bytes, hex);
		assert_int_equal(strlen(f->etag), 34);
		assert_int_equal(memcmp(f->etag + 1, hex, 32), 0);
		if (file_exists(path)) {
			size_t n_bytes = 0;
			const void *bytes = file_read(path, (size_t)1 << 24,
			    a, &n_bytes, NULL);

			assert_non_null(bytes);
			assert_int_equal(n_bytes, f->n_bytes);
			assert_int_equal(memcmp(bytes, f->bytes, n_bytes), 0);
			n_ours++;
		}
	}
	assert_true(n_ours > 0);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found),
		cmocka_unit_test(as_they_are)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
