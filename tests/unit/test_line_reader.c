#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"

#include "manifests/line_reader.h"

#define MAX_BYTES 100000

/* A reader of the given bytes; the file is gone when it is closed. */
static struct line_reader *
reader_of(const char *bytes, size_t n_bytes, size_t max_bytes)
{
	char path[] = "/tmp/test_line_reader_XXXXXX";
	const int fd = mkstemp(path);
	struct line_reader *r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n_bytes), n_bytes);
	close(fd);
	r = line_reader_open(path, max_bytes, NULL, NULL, NULL);
	assert_non_null(r);
	unlink(path);
	return r;
}

static void
assert_next(struct line_reader *r, enum line_kind want, const char *want_text)
{
	struct error err = { ERROR_NONE, "" };
	const char *text = NULL;
	size_t n_bytes = 0;

	assert_int_equal(line_reader_next(r, &text, &n_bytes, &err), want);
	if (want_text == NULL)
		return;
	assert_int_equal(n_bytes, strlen(want_text));
	assert_string_equal(text, want_text);
}

static void
lines_end_with_a_newline_or_the_end(void **state)
{
	struct line_reader *r = reader_of("one\n\ntwo", 8, MAX_BYTES);

	(void)state;
	assert_next(r, LINE_TEXT, "one");
	assert_next(r, LINE_TEXT, "");
	assert_next(r, LINE_TEXT, "two");
	assert_next(r, LINE_END, NULL);
	assert_next(r, LINE_END, NULL);
	assert_false(line_reader_was_stopped(r));
	line_reader_close(r);
	r = reader_of("", 0, MAX_BYTES);
	assert_next(r, LINE_END, NULL);
	line_reader_close(r);
	r = reader_of("\n", 1, MAX_BYTES);
	assert_next(r, LINE_TEXT, "");
	assert_next(r, LINE_END, NULL);
	line_reader_close(r);
	line_reader_close(NULL);
}

/* Lines longer than the limit are skipped whole, also over many blocks. */
static void
long_lines_are_skipped(void **state)
{
	static char text[400000];
	const char *got;
	struct line_reader *r;
	struct error err = { ERROR_NONE, "" };
	size_t n_got;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + MAX_BYTES, "\n", 1);
	memcpy(text + sizeof(text) - 6, "\nnext\n", 6);
	r = reader_of(text, sizeof(text), MAX_BYTES);
	assert_int_equal(line_reader_next(r, &got, &n_got, &err), LINE_TEXT);
	assert_int_equal(n_got, MAX_BYTES);
	assert_int_equal(line_reader_next(r, &got, &n_got, &err),
	    LINE_TOO_LONG);
	assert_true(n_got <= 256);
	assert_next(r, LINE_TEXT, "next");
	assert_next(r, LINE_END, NULL);
	line_reader_close(r);
	r = reader_of("12345\n123456", 12, 5);
	assert_next(r, LINE_TEXT, "12345");
	assert_next(r, LINE_TOO_LONG, "12345");
	assert_next(r, LINE_END, NULL);
	line_reader_close(r);
}

static void
zero_bytes_are_part_of_a_line(void **state)
{
	struct line_reader *r = reader_of("a\0b\nc", 5, MAX_BYTES);
	struct error err = { ERROR_NONE, "" };
	const char *text;
	size_t n;

	(void)state;
	assert_int_equal(line_reader_next(r, &text, &n, &err), LINE_TEXT);
	assert_int_equal(n, 3);
	assert_memory_equal(text, "a\0b", 4);
	assert_next(r, LINE_TEXT, "c");
	line_reader_close(r);
}

static void
what_cannot_be_read_is_named(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct line_reader *r;
	const char *text;
	size_t n;

	(void)state;
	assert_null(line_reader_open("/no/such", 10, NULL, NULL, &err));
	assert_non_null(strstr(err.text, "/no/such"));
	r = line_reader_open("/tmp", 10, NULL, NULL, &err);
	assert_non_null(r);
	assert_int_equal(line_reader_next(r, &text, &n, &err), LINE_FAILED);
	assert_int_equal(err.code, ERROR_IO);
	line_reader_close(r);
}

static bool
stop_at_third_look(void *shared)
{
	int *n_looks = shared;

	return ++*n_looks >= 3;
}

/* Half a line and then silence: the stop ends the wait, the half is dropped. */
static void
a_stop_ends_a_silent_pipe(void **state)
{
	const int kept = dup(STDIN_FILENO);
	struct line_reader *r;
	int n_looks = 0;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "one\nha", 6), 6);
	assert_true(dup2(fds[0], STDIN_FILENO) >= 0);
	r = line_reader_open("-", MAX_BYTES, stop_at_third_look, &n_looks,
	    NULL);
	assert_non_null(r);
	assert_next(r, LINE_TEXT, "one");
	assert_next(r, LINE_END, NULL);
	assert_true(line_reader_was_stopped(r));
	line_reader_close(r);
	close(fds[0]);
	close(fds[1]);
	assert_true(dup2(kept, STDIN_FILENO) >= 0);
	close(kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_with_a_newline_or_the_end),
		cmocka_unit_test(long_lines_are_skipped),
		cmocka_unit_test(zero_bytes_are_part_of_a_line),
		cmocka_unit_test(what_cannot_be_read_is_named),
		cmocka_unit_test(a_stop_ends_a_silent_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
