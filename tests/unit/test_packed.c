/*
 * Packed files: what is packed is unpacked the same, in one piece or byte by
 * byte; what gzip and zstd wrote is read; what is cut or damaged is refused.
 */
/* mkstemps is not in POSIX. */
#define _DEFAULT_SOURCE

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
#include "base/packed.h"
#include "base/random.h"

#include "manifests/line_reader.h"

#define N_BYTES 300000

static const enum packed_kind kinds[] = { PACKED_GZIP, PACKED_ZSTD };

/* Lines that pack to about half: letters with a newline now and then. */
static char *
make_text(void)
{
	char *text = malloc(N_BYTES);
	struct random r;

	assert_non_null(text);
	random_init(&r, 1);
	for (size_t i = 0; i < N_BYTES; i++)
		text[i] = i % 61 == 60 ? '\n' :
		    (char)('a' + random_below(&r, 16));
	return text;
}

/* The packed text, to be freed. */
static char *
pack(enum packed_kind kind, const char *text, size_t n_bytes, size_t *n_packed)
{
	struct error err = { ERROR_NONE, "" };
	char *packed = NULL;
	FILE *below = open_memstream(&packed, n_packed);
	FILE *f;

	assert_non_null(below);
	f = packed_stream(below, kind, &err);
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n_bytes, f), n_bytes);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(fclose(below), 0);
	return packed;
}

/* Unpack by "step" bytes; the number made, or -1. */
static long
unpack(const char *packed, size_t n_packed, size_t step, char *out)
{
	const enum packed_kind kind = packed_kind_of_bytes(packed, n_packed);
	struct error err = { ERROR_NONE, "" };
	struct packed_reader *r = packed_reader_new(kind, &err);
	size_t at = 0, n = 0, n_used, n_out;
	int status = 0;

	assert_non_null(r);
	do {
		const size_t left = n_packed - at;

		status = packed_reader_run(r, packed + at,
		    left < step ? left : step, &n_used, out + n,
		    2 * N_BYTES - n, &n_out, &err);
		at += n_used;
		n += n_out;
	} while (status == 0 && (n_used > 0 || n_out > 0));
	if (status == 0)
		status = packed_reader_end(r, &err);
	packed_reader_free(r);
	return status == 0 ? (long)n : -1;
}

static void
test_there_and_back(void **state)
{
	static const size_t steps[] = { 1, 7, 4096, N_BYTES };
	char *text = make_text();
	char *out = malloc(2 * N_BYTES);

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		size_t n_packed;
		char *packed = pack(kinds[k], text, N_BYTES, &n_packed);

		assert_int_equal(packed_kind_of_bytes(packed, n_packed),
		    kinds[k]);
		assert_in_range(n_packed, N_BYTES / 3, N_BYTES * 2 / 3);
		for (size_t i = 0; i < 4; i++) {
			assert_int_equal(unpack(packed, n_packed, steps[i],
			    out), N_BYTES);
			assert_memory_equal(out, text, N_BYTES);
		}
		free(packed);
	}
	free(out);
	free(text);
}

/* Members one after the other are one text; a cut or a changed byte tells. */
static void
test_members_and_damage(void **state)
{
	char *text = make_text();
	char *out = malloc(2 * N_BYTES);

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		size_t n;
		char *one = pack(kinds[k], text, N_BYTES, &n);
		char *two = malloc(2 * n);

		assert_non_null(two);
		memcpy(two, one, n);
		memcpy(two + n, one, n);
		assert_int_equal(unpack(two, 2 * n, 1000, out), 2 * N_BYTES);
		assert_memory_equal(out + N_BYTES, text, N_BYTES);
		for (size_t cut = 5; cut < n; cut += n / 50)
			assert_int_equal(unpack(one, cut, n, out), -1);
		assert_int_equal(unpack(one, n - 1, n, out), -1);
		two[n / 2] ^= 1;
		assert_int_equal(unpack(two, n, n, out), -1);
		free(two);
		free(one);
	}
	free(out);
	free(text);
}

/* A file of that name with these bytes in the folder for temporary files. */
static void
write_file(char path[64], const char *suffix, const char *bytes,
    size_t n_bytes)
{
	FILE *f;
	int fd;

	(void)snprintf(path, 64, "/tmp/test_packed-XXXXXX%s", suffix);
	fd = mkstemps(path, (int)strlen(suffix));
	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n_bytes, f), n_bytes);
	assert_int_equal(fclose(f), 0);
}

/* The lines of a packed file are those of the plain one. */
static void
check_lines(const char *path, const char *text)
{
	struct error err = { ERROR_NONE, "" };
	struct line_reader *r = line_reader_open(path, 4096, NULL, NULL,
	    &err);
	const char *line;
	size_t at = 0, n;

	assert_non_null(r);
	while (line_reader_next(r, &line, &n, &err) == LINE_TEXT) {
		assert_memory_equal(line, text + at, n);
		at += n + 1;
	}
	line_reader_close(r);
	assert_in_range(at, N_BYTES, N_BYTES + 1);
	assert_int_equal(err.code, ERROR_NONE);
}

static void
test_files(void **state)
{
	static const char *const suffixes[] = { ".gz", ".zst" };
	char *text = make_text();

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct error err = { ERROR_NONE, "" };
		struct arena *a = arena_new();
		size_t n_packed, n;
		char *packed = pack(kinds[k], text, N_BYTES, &n_packed);
		char path[64];
		char *whole;

		assert_int_equal(packed_kind_of_name(suffixes[k]), kinds[k]);
		write_file(path, suffixes[k], packed, n_packed);
		whole = packed_read(path, N_BYTES, a, &n, &err);
		assert_non_null(whole);
		assert_int_equal(n, N_BYTES);
		assert_memory_equal(whole, text, N_BYTES);
		assert_null(packed_read(path, N_BYTES - 1, a, &n, &err));
		assert_int_equal(err.code, ERROR_LIMIT);
		check_lines(path, text);
		(void)unlink(path);

		/* A name that is not true, and one that says nothing. */
		write_file(path, suffixes[k], text, 100);
		assert_null(packed_read(path, N_BYTES, a, &n, &err));
		assert_non_null(strstr(err.text, suffixes[k]));
		(void)unlink(path);
		write_file(path, "", packed, n_packed);
		check_lines(path, text);
		(void)unlink(path);
		free(packed);
		arena_free(a);
	}
	free(text);
}

/* A full disk is told of when the stream is closed. */
static void
test_full_disk(void **state)
{
	char *text = make_text();

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		FILE *below = fopen("/dev/full", "w");
		struct error err;
		FILE *f;

		assert_non_null(below);
		setbuf(below, NULL);
		f = packed_stream(below, kinds[k], &err);
		assert_non_null(f);
		(void)fwrite(text, 1, N_BYTES, f);
		assert_int_equal(fclose(f), EOF);
		(void)fclose(below);
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_members_and_damage),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
