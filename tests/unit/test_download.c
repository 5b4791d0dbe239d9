/* Downloads of files, with limits; the table of published weights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/hash.h"
#include "fetch/download.h"
#include "fetch/model_table.h"

/* Enough for the hash to begin before the end. */
#define N_BYTES 3000000

/* A folder with the file "there", and how to fetch it into "part". */
struct folder {
	char path[64], there[80], url[100], part[80];
	unsigned char bytes[N_BYTES];
	char sha256[HASH_HEX_BYTES];
	struct download d;
};

static int
set_up(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	(void)snprintf(f->path, sizeof(f->path), "/tmp/test_download.XXXXXX");
	assert_non_null(mkdtemp(f->path));
	(void)snprintf(f->there, sizeof(f->there), "%s/there", f->path);
	(void)snprintf(f->url, sizeof(f->url), "file://%s", f->there);
	(void)snprintf(f->part, sizeof(f->part), "%s/part", f->path);
	for (size_t i = 0; i < N_BYTES; i++)
		f->bytes[i] = (unsigned char)(i * i % 251);
	hash_bytes(f->bytes, N_BYTES, f->sha256);
	assert_int_equal(file_write(f->there, f->bytes, N_BYTES, NULL), 0);
	f->d = (struct download){ .url = f->url, .path = f->part,
		.sha256 = f->sha256, .max_bytes = N_BYTES, .stall_sec = 10 };
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct folder *f = *state;

	(void)unlink(f->there);
	(void)unlink(f->part);
	assert_int_equal(rmdir(f->path), 0);
	free(f);
	return 0;
}

/* Fetch, and expect the whole. */
static void
expect_whole(const struct folder *f)
{
	struct arena *a = arena_new();
	struct error err = { ERROR_NONE, "" };
	struct download_result got;
	size_t n_bytes = 0;
	const void *bytes;

	assert_non_null(a);
	if (download_file(&f->d, &got, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(got.failure, FAILURE_NONE);
	assert_int_equal(got.n_bytes, N_BYTES);
	assert_string_equal(got.sha256, f->sha256);
	bytes = file_read(f->part, N_BYTES, a, &n_bytes, NULL);
	assert_non_null(bytes);
	assert_int_equal(n_bytes, N_BYTES);
	assert_memory_equal(bytes, f->bytes, N_BYTES);
	arena_free(a);
}

static void
expect_failure(const struct folder *f, enum error_code code)
{
	struct error err = { ERROR_NONE, "" };
	struct download_result got;

	assert_int_equal(download_file(&f->d, &got, &err), -1);
	assert_int_equal(err.code, code);
	assert_int_not_equal(got.failure, FAILURE_NONE);
	assert_false(file_exists(f->part));
}

static void
whole_and_resumed(void **state)
{
	struct folder *f = *state;

	expect_whole(f);
	/* All is there. */
	expect_whole(f);
	assert_int_equal(file_write(f->part, f->bytes, 20000, NULL), 0);
	expect_whole(f);
	/* Not what is fetched: beside the beginning, and longer. */
	assert_int_equal(file_write(f->part, f->bytes + 1, 20000, NULL), 0);
	expect_whole(f);
	f->d.sha256 = NULL;
	assert_int_equal(unlink(f->part), 0);
	expect_whole(f);
}

/* With the size known, nothing is asked of the address when all is there. */
static void
whole_without_asking(void **state)
{
	struct folder *f = *state;

	expect_whole(f);
	assert_int_equal(unlink(f->there), 0);
	f->d.n_bytes = N_BYTES;
	expect_whole(f);
	assert_int_equal(unlink(f->part), 0);
	expect_failure(f, ERROR_FORMAT);
}

/* One byte more than may be is one too many, at once or after a part. */
static void
too_long(void **state)
{
	struct folder *f = *state;

	f->d.max_bytes = N_BYTES - 1;
	expect_failure(f, ERROR_LIMIT);
	assert_int_equal(file_write(f->part, f->bytes, 20000, NULL), 0);
	expect_failure(f, ERROR_LIMIT);
	assert_int_equal(file_write(f->part, f->bytes, N_BYTES, NULL), 0);
	expect_failure(f, ERROR_LIMIT);
}

static void
wrong_hash(void **state)
{
	struct folder *f = *state;
	char pin[HASH_HEX_BYTES];

	memcpy(pin, f->sha256, sizeof(pin));
	f->d.sha256 = pin;
	for (size_t n = DOWNLOAD_MIN_PIN; n <= 64; n += 8) {
		pin[n] = '\0';
		expect_whole(f);
		pin[n - 1] = pin[n - 1] == '0' ? '1' : '0';
		expect_failure(f, ERROR_FORMAT);
		memcpy(pin, f->sha256, sizeof(pin));
	}
	f->d.sha256 = "";
	expect_failure(f, ERROR_FORMAT);
}

static void
pins(void **state)
{
	char digits[66];

	(void)state;
	assert_true(download_is_pin("0123abCD"));
	assert_false(download_is_pin("0123abC"));
	assert_false(download_is_pin("0123abCg"));
	assert_false(download_is_pin("0123abCD "));
	memset(digits, 'f', 65);
	digits[65] = '\0';
	assert_false(download_is_pin(digits));
	digits[64] = '\0';
	assert_true(download_is_pin(digits));
}

/* What every entry must have; names are file names and there is one of each. */
static void
table(void **state)
{
	(void)state;
	assert_true(model_table_n_entries > 0);
	for (size_t i = 0; i < model_table_n_entries; i++) {
		const struct model_table_entry *e = &model_table[i];

		assert_ptr_equal(model_table_find(e->name), e);
		assert_int_equal(strspn(e->name, "abcdefghijklmnopqrstuvwxyz-"),
		    strlen(e->name));
		assert_true(download_is_pin(e->sha256));
		assert_int_equal(strncmp(e->url, "https://", 8), 0);
		assert_true(e->licence[0] != '\0' && e->use[0] != '\0');
		/* The custom of torch.hub: NAME-HASH.pth. */
		if (strstr(e->url, "zenodo") != NULL)
			assert_int_equal(strncmp(strrchr(e->url, '-') + 1,
			    e->sha256, 8), 0);
	}
	assert_null(model_table_find("crepe"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whole_and_resumed, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(whole_without_asking, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(too_long, set_up, tear_down),
		cmocka_unit_test_setup_teardown(wrong_hash, set_up, tear_down),
		cmocka_unit_test(pins),
		cmocka_unit_test(table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
