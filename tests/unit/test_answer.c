/* What the headers of answers say, and who may be asked when. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fetch/answer.h"
#include "fetch/hosts.h"
#include "fetch/part.h"

/* Take a whole header, lines ended by newlines. */
static struct answer
read_answer(const char *text)
{
	struct answer a;

	memset(&a, 0xff, sizeof(a));
	while (*text != '\0') {
		const size_t n = strcspn(text, "\n") + 1;

		answer_line(&a, text, n);
		text += n;
	}
	return a;
}

static void
headers(void **state)
{
	const struct answer a = read_answer("HTTP/1.1 302 Found\r\n"
	    "ETag: \"old\"\r\n\r\nHTTP/2 206 \r\netag:\t\"x y\"  \r\n"
	    "Content-Length: 500\r\ncontent-range: bytes 500-999/1000\r\n"
	    "LAST-MODIFIED: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");

	(void)state;
	assert_int_equal(a.status, 206);
	assert_string_equal(a.etag, "\"x y\"");
	assert_true(a.has_length && a.n_bytes == 500);
	assert_true(a.has_range && a.first == 500 && a.last == 999);
	assert_true(a.has_total && a.total == 1000);
	assert_string_equal(a.last_modified, "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_equal(a.content_type, "");
}

/* Malformed, too long or with control characters: not said. */
static void
bad_headers(void **state)
{
	static const char *const ranges[] = { "bytes 5-4/10", "bytes 0-10/10",
		"bytes -4/10", "bytes 0-4", "bytes 0-4/", "bytes 0-4/10x",
		"items 0-4/10", "bytes 0-4/99999999999999999999", "bytes x",
		"bytes 0 - 4/10", "bytes */", "" };
	char line[400];
	struct answer a;

	(void)state;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		(void)snprintf(line, sizeof(line), "HTTP/1.1 206 x\n"
		    "Content-Range: bytes 1-2/3\nContent-Range: %s\n",
		    ranges[i]);
		a = read_answer(line);
		assert_false(a.has_range);
		assert_false(a.has_total);
	}
	a = read_answer("HTTP/1.1 416 x\nContent-Range: bytes */77\n");
	assert_true(!a.has_range && a.has_total && a.total == 77);
	a = read_answer("HTTP/1.1 206 x\nContent-Range: bytes 1-2/*\n");
	assert_true(a.has_range && !a.has_total);
	a = read_answer("HTTP/1.1 200 x\nContent-Length: -5\nETag: \"a\x01\"\n"
	    "Content-Length: 5, 5\n");
	assert_false(a.has_length);
	assert_string_equal(a.etag, "");
	(void)snprintf(line, sizeof(line), "HTTP/1.1 200 x\nETag: \"%0300d\"\n",
	    0);
	a = read_answer(line);
	assert_string_equal(a.etag, "");
	assert_int_equal(read_answer("HTTP/1.1\n").status, 0);
	assert_int_equal(read_answer("HTTP/1.1 2000 x\n").status, 0);
}

static void
validators(void **state)
{
	struct answer a;

	(void)state;
	a = read_answer("HTTP/1.1 200 x\nETag: \"a\"\n"
	    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\n");
	assert_string_equal(answer_validator(&a), "\"a\"");
	a = read_answer("HTTP/1.1 200 x\nETag: W/\"a\"\n"
	    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\n");
	assert_string_equal(answer_validator(&a), "");
	a = read_answer("HTTP/1.1 200 x\nETag: W/\"a\"\n"
	    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\n"
	    "Date: Sun, 06 Nov 1994 08:49:38 GMT\n");
	assert_string_equal(answer_validator(&a), a.last_modified);
	/* It may have changed again within that second. */
	a = read_answer("HTTP/1.1 200 x\n"
	    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\n"
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\n");
	assert_string_equal(answer_validator(&a), "");
}

static double
wait_of(const char *text, double now_sec)
{
	const struct answer a = read_answer(text);

	return answer_wait_sec(&a, now_sec);
}

static void
waits(void **state)
{
	(void)state;
	assert_true(wait_of("HTTP/1.1 429 x\n", 0.0) < 0.0);
	assert_true(wait_of("HTTP/1.1 429 x\nRetry-After: soon\n", 0.0) < 0.0);
	assert_true(wait_of("HTTP/1.1 429 x\nRetry-After: -3\n", 0.0) < 0.0);
	assert_true(wait_of("HTTP/1.1 429 x\nRetry-After: 120\n",
	    0.0) == 120.0);
	assert_true(wait_of("HTTP/1.1 429 x\n"
	    "Retry-After: 99999999999999999999\n", 0.0) ==
	    ANSWER_MAX_WAIT_SEC);
	/* By the server's clock, which need not be ours. */
	assert_true(wait_of("HTTP/1.1 503 x\n"
	    "Date: Fri, 31 Dec 1999 23:59:00 GMT\n"
	    "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\n", 1e9) == 59.0);
	assert_true(wait_of("HTTP/1.1 503 x\n"
	    "Retry-After: Friday, 31-Dec-99 23:59:59 GMT\n",
	    946684789.0) == 10.0);
	assert_true(wait_of("HTTP/1.1 503 x\n"
	    "Retry-After: Fri Dec 31 23:59:59 1999\n", 1e9) == 0.0);
}

static const struct hosts_rules rules = { 4, 2, 0.5, 1.0, 100.0, 7 };

static void
turns(void **state)
{
	struct hosts *h = hosts_new(&rules, NULL);
	struct host *a, *b, *c;

	(void)state;
	assert_non_null(h);
	a = hosts_enter(h, "a", 0.0, NULL);
	b = hosts_enter(h, "b", 0.0, NULL);
	c = hosts_enter(h, "c", 0.0, NULL);
	assert_true(a != NULL && b != NULL && c != NULL && a != b);
	assert_ptr_equal(hosts_enter(h, "a", 0.0, NULL), a);
	hosts_leave(a);
	assert_true(hosts_wait_sec(h, a, 10.0) == 0.0);
	hosts_start(h, a, 10.0);
	/* The pause, then the limit of one, then that of all. */
	assert_true(hosts_wait_sec(h, a, 10.0) == 0.5);
	assert_true(hosts_wait_sec(h, a, 10.5) == 0.0);
	hosts_start(h, a, 10.5);
	assert_true(isinf(hosts_wait_sec(h, a, 20.0)));
	hosts_start(h, b, 10.0);
	hosts_start(h, b, 10.5);
	assert_true(isinf(hosts_wait_sec(h, c, 20.0)));
	hosts_end(h, a, 20.0, FAILURE_GONE, -1.0);
	assert_true(hosts_wait_sec(h, c, 20.0) == 0.0);
	hosts_leave(a);
	hosts_leave(b);
	hosts_leave(c);
	hosts_free(h);
}

static void
patience(void **state)
{
	struct hosts *h = hosts_new(&rules, NULL);
	struct host *a;
	double held_sec;

	(void)state;
	assert_non_null(h);
	a = hosts_enter(h, "a", 0.0, NULL);
	hosts_start(h, a, 0.0);
	hosts_start(h, a, 0.0);
	/* As long as it says, and up to a tenth more; both count as one. */
	hosts_end(h, a, 0.0, FAILURE_THROTTLED, 30.0);
	hosts_end(h, a, 0.0, FAILURE_THROTTLED, -1.0);
	held_sec = hosts_held_sec(a, 0.0);
	assert_true(held_sec >= 30.0 && held_sec <= 33.0);
	/* Then one at a time, and longer when it does not say. */
	hosts_start(h, a, 40.0);
	assert_true(isinf(hosts_wait_sec(h, a, 41.0)));
	hosts_end(h, a, 40.0, FAILURE_THROTTLED, -1.0);
	held_sec = hosts_held_sec(a, 40.0);
	assert_true(held_sec >= 1.0 && held_sec <= 2.0);
	/* Forgotten by nobody, even when all have left. */
	hosts_leave(a);
	assert_ptr_equal(hosts_enter(h, "a", 41.0, NULL), a);
	/* Each success lets one more in. */
	hosts_start(h, a, 50.0);
	hosts_end(h, a, 50.0, FAILURE_NONE, -1.0);
	hosts_start(h, a, 51.0);
	assert_true(hosts_wait_sec(h, a, 52.0) == 0.0);
	hosts_end(h, a, 52.0, FAILURE_NONE, -1.0);
	/* More than anybody waits: believed the third time. */
	for (int i = 0; i < 3; i++) {
		const double now_sec = 100.0 * (i + 1);

		hosts_start(h, a, now_sec);
		hosts_end(h, a, now_sec, FAILURE_THROTTLED, 3600.0);
		held_sec = hosts_held_sec(a, now_sec);
		assert_true(i < 2 ? held_sec <= 4.0 : held_sec >= 3600.0);
	}
	hosts_leave(a);
	hosts_free(h);
}

static void
backoff(void **state)
{
	struct hosts *h = hosts_new(&rules, NULL);

	(void)state;
	assert_non_null(h);
	for (size_t n = 1; n < 100; n++) {
		const double full = n > 6 ? 60.0 : ldexp(1.0, (int)n - 1);
		const double sec = hosts_backoff_sec(h, 1.0, n);

		assert_true(sec >= 0.5 * full && sec <= full);
	}
	hosts_free(h);
}

static void
states(void **state)
{
	static const char *const bad[] = { "", "[]", "{\"url\":\"u\"",
		"{\"url\":\"v\"}", "{\"url\":\"u\",\"validator\":5}",
		"{\"url\":\"u\",\"validator\":\"a\\r\\nX: y\"}",
		"{\"url\":\"u\",\"n_bytes\":-1}",
		"{\"url\":\"u\",\"n_bytes\":9e99}" };
	static const char good[] =
	    "{\"url\":\"u\",\"validator\":\"\\\"a\\\"\",\"n_bytes\":5}";
	struct part_state st;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(part_read_state(bad[i], strlen(bad[i]), "u",
		    &st));
		assert_true(st.validator[0] == '\0' && !st.has_total);
	}
	assert_true(part_read_state(good, strlen(good), "u", &st));
	assert_string_equal(st.validator, "\"a\"");
	assert_true(st.has_total && st.n_total == 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(bad_headers),
		cmocka_unit_test(validators),
		cmocka_unit_test(waits),
		cmocka_unit_test(turns),
		cmocka_unit_test(patience),
		cmocka_unit_test(backoff),
		cmocka_unit_test(states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
