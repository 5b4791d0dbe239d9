/* What a request is made of: each part read, and refused, by a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "review/http_address.h"
#include "review/http_cookie.h"
#include "review/http_origin.h"
#include "review/http_path.h"
#include "review/http_query.h"
#include "review/http_range.h"
#include "review/http_rate.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* Equal, or both NULL. */
static void
expect(const char *got, const char *wanted, const char *what)
{
	if ((got == NULL) == (wanted == NULL) &&
	    (got == NULL || strcmp(got, wanted) == 0))
		return;
	fail_msg("%s: got %s instead of %s", what, got == NULL ? "nothing" :
	    got, wanted == NULL ? "nothing" : wanted);
}

static void
paths(void **state)
{
	static const char *const rows[][2] = {
		{ "/", "/" }, { "/a", "/a" }, { "/a/", "/a/" },
		{ "/a/b.c", "/a/b.c" }, { "/%61", "/a" },
		{ "/caf%C3%A9", "/caf\303\251" }, { "/a+b", "/a+b" },
		{ "/a%20b", "/a b" }, { "/...", "/..." }, { "/.a", "/.a" },
		{ "/%2561", "/%61" },	/* once */
		{ "/%252e%252e/a", "/%2e%2e/a" },
		{ "", NULL }, { "a", NULL }, { "*", NULL },
		{ "http://host/a", NULL }, { "//", NULL }, { "//host/a", NULL },
		{ "/a//b", NULL }, { "/.", NULL }, { "/..", NULL },
		{ "/../a", NULL }, { "/a/..", NULL }, { "/a/./b", NULL },
		{ "/%2e", NULL }, { "/%2e%2E/a", NULL }, { "/.%2e/a", NULL },
		{ "/a%2fb", NULL }, { "/..%2f..%2fetc", NULL },
		{ "/a%5cb", NULL }, { "/a\\b", NULL }, { "/%00", NULL },
		{ "/a%00.html", NULL }, { "/%0d%0aX:y", NULL },
		{ "/%7f", NULL }, { "/%", NULL }, { "/%4", NULL },
		{ "/%zz", NULL }, { "/%+1", NULL }, { "/a b", NULL },
		{ "/a#b", NULL }, { "/caf\303\251", NULL },
		{ "/%c0%ae%c0%ae/a", NULL },	/* overlong "..", "/", NUL */
		{ "/%c0%af", NULL }, { "/%c0%80", NULL },
		{ "/%e0%80%af", NULL }, { "/%f0%80%80%af", NULL },
		{ "/%ed%a0%80", NULL }, { "/%ff", NULL }, { "/%c3", NULL },
		{ "/%u002e", NULL }
	};
	struct arena *a = arena_new();

	(void)state;
	assert_non_null(a);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct error err = { ERROR_NONE, "" };

		expect(http_path_decode(rows[i][0], strlen(rows[i][0]), a,
		    &err), rows[i][1], rows[i][0]);
		assert_int_equal(err.code, rows[i][1] == NULL ?
		    ERROR_FORMAT : ERROR_NONE);
	}
	/* A zero byte that is in the text. */
	assert_null(http_path_decode("/a\0b", 4, a, NULL));
	arena_free(a);
}

static void
queries(void **state)
{
	static const char *const rows[][2] = {	/* what x is */
		{ "", NULL }, { "x=1", "1" }, { "x", "" }, { "x=", "" },
		{ "a=2&x=1&b=3", "1" }, { "x=a+b%20c%2Bd", "a b c+d" },
		{ "x=a=b", "a=b" }, { "%78=1", "1" }, { "&&x=1&", "1" },
		{ "x=%0a", "\n" }, { "x=%2561", "%61" },
		{ "x=../../etc", "../../etc" }, { "X=1", NULL }
	};
	static const char *const bad[] = {
		"x=1&x=2", "x=1&%78=2", "x=%00", "x%00=1", "x=%ff", "x=%c0%ae",
		"x=%", "x=%1", "x=a b", "x=\001", "x=\303\251"
	};
	struct arena *a = arena_new();
	const struct http_query *q;
	char many[33 * 4 + 1] = "";

	(void)state;
	assert_non_null(a);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		q = http_query_parse(rows[i][0], a, NULL);
		assert_non_null(q);
		expect(http_query_get(q, "x"), rows[i][1], rows[i][0]);
	}
	for (size_t i = 0; i < LENGTH(bad); i++)
		if (http_query_parse(bad[i], a, NULL) != NULL)
			fail_msg("%s is read", bad[i]);
	q = http_query_parse(NULL, a, NULL);
	assert_non_null(q);
	assert_null(http_query_get(q, "x"));
	for (int i = 0; i < 33; i++)
		(void)snprintf(many + strlen(many), 5, "a%02d&", i);
	assert_null(http_query_parse(many, a, NULL));
	many[32 * 4] = '\0';
	q = http_query_parse(many, a, NULL);
	assert_non_null(q);
	assert_non_null(http_query_get(q, "a31"));
	arena_free(a);
}

static void
ranges(void **state)
{
	static const struct {
		const char *text;
		uint64_t n_bytes;
		enum http_range is;
		uint64_t first, last;
	} rows[] = {
		{ "bytes=0-0", 100, HTTP_RANGE_PART, 0, 0 },
		{ "bytes=0-99", 100, HTTP_RANGE_PART, 0, 99 },
		{ "bytes=10-200", 100, HTTP_RANGE_PART, 10, 99 },
		{ "bytes=10-", 100, HTTP_RANGE_PART, 10, 99 },
		{ "bytes=-10", 100, HTTP_RANGE_PART, 90, 99 },
		{ "bytes=-200", 100, HTTP_RANGE_PART, 0, 99 },
		{ "BYTES=99-", 100, HTTP_RANGE_PART, 99, 99 },
		{ "bytes=5-99999999999999999999999", 100, HTTP_RANGE_PART, 5,
		    99 },
		{ "bytes=-99999999999999999999999", 100, HTTP_RANGE_PART, 0,
		    99 },
		{ "bytes=100-", 100, HTTP_RANGE_NOWHERE, 0, 0 },
		{ "bytes=99999999999999999999999-", 100, HTTP_RANGE_NOWHERE,
		    0, 0 },
		{ "bytes=18446744073709551616-", 100, HTTP_RANGE_NOWHERE, 0,
		    0 },
		{ "bytes=-0", 100, HTTP_RANGE_NOWHERE, 0, 0 },
		{ "bytes=0-", 0, HTTP_RANGE_NOWHERE, 0, 0 },
		{ "bytes=-5", 0, HTTP_RANGE_NOWHERE, 0, 0 },
		{ "bytes=5-4", 100, HTTP_RANGE_WHOLE, 0, 0 },
		{ "bytes=0-1,5-6", 100, HTTP_RANGE_WHOLE, 0, 0 },
		{ "bytes=-", 100, HTTP_RANGE_WHOLE, 0, 0 },
		{ "bytes=", 100, HTTP_RANGE_WHOLE, 0, 0 },
		{ "bytes=a-b", 100, HTTP_RANGE_WHOLE, 0, 0 },
		{ "bytes=0x1-2", 100, HTTP_RANGE_WHOLE, 0, 0 },
		{ "bytes=--5", 100, HTTP_RANGE_WHOLE, 0, 0 },
		{ "bytes=1-2-3", 100, HTTP_RANGE_WHOLE, 0, 0 },
		{ "bytes= 1-2", 100, HTTP_RANGE_WHOLE, 0, 0 },
		{ "items=0-1", 100, HTTP_RANGE_WHOLE, 0, 0 },
		{ "", 100, HTTP_RANGE_WHOLE, 0, 0 },
		{ NULL, 100, HTTP_RANGE_WHOLE, 0, 0 }
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		uint64_t first = 0, last = 0;
		const enum http_range is = http_range_parse(rows[i].text,
		    rows[i].n_bytes, &first, &last);

		if (is != rows[i].is || first != rows[i].first ||
		    last != rows[i].last)
			fail_msg("%s", rows[i].text);
	}
	assert_true(http_range_is_same(NULL, "\"a\""));
	assert_true(http_range_is_same("\"a\"", "\"a\""));
	assert_false(http_range_is_same("W/\"a\"", "\"a\""));
	assert_false(http_range_is_same("\"a\"", NULL));
	assert_false(http_range_is_same("Sun, 06 Nov 1994 08:49:37 GMT",
	    "\"a\""));
	assert_true(http_range_is_known("\"a\"", "\"a\""));
	assert_true(http_range_is_known("W/\"a\"", "\"a\""));
	assert_true(http_range_is_known("\"b,c\", W/\"d\" ,\"a\"", "\"a\""));
	assert_true(http_range_is_known("*", "\"a\""));
	assert_false(http_range_is_known("*", NULL));
	assert_false(http_range_is_known(NULL, "\"a\""));
	assert_false(http_range_is_known("a", "\"a\""));
	assert_false(http_range_is_known("\"b\", \"a", "\"a\""));
	assert_false(http_range_is_known("\"\"a\"\"", "\"a\""));
}

static void
cookies(void **state)
{
	static const char *const rows[][2] = {
		{ "c=abc", "abc" }, { "a=1; c=a_B-9; d=2", "a_B-9" },
		{ "a=1;c=x", "x" }, { "  c=x", "x" }, { "cc=x; xc=y", NULL },
		{ "c=", NULL }, { "c", NULL }, { "", NULL }, { "C=x", NULL },
		{ "c=x; c=x", NULL }, { "c=x; c=y", NULL },
		{ "c=\"x\"", NULL }, { "c=x y", NULL }, { "c=x\"", NULL },
		{ "c=../x", NULL }, { "a=\"; c=x\"; b=1", NULL },
		{ "c =x", NULL }
	};
	struct arena *a = arena_new();
	char text[3 + HTTP_COOKIE_MAX_BYTES + 1] = "c=";

	(void)state;
	assert_non_null(a);
	for (size_t i = 0; i < LENGTH(rows); i++)
		expect(http_cookie_find(rows[i][0], "c", a), rows[i][1],
		    rows[i][0]);
	memset(text + 2, 'x', HTTP_COOKIE_MAX_BYTES);
	assert_non_null(http_cookie_find(text, "c", a));
	text[2 + HTTP_COOKIE_MAX_BYTES] = 'x';
	assert_null(http_cookie_find(text, "c", a));
	arena_free(a);
}

static void
origins(void **state)
{
	static const char *const rows[][3] = {	/* its text, its host */
		{ "https://A.example", "https://a.example", "a.example" },
		{ "https://a.example:443", "https://a.example", "a.example" },
		{ "http://a:80", "http://a", "a" },
		{ "http://a:443", "http://a:443", "a:443" },
		{ "http://127.0.0.1:8137", "http://127.0.0.1:8137",
		    "127.0.0.1:8137" },
		{ "http://[::1]:1", "http://[::1]:1", "[::1]:1" }
	};
	static const char *const bad[] = {
		"", "null", "a.example", "ftp://a", "http://", "http:///",
		"http://a/", "http://a/b", "http://a:", "http://a:0",
		"http://a:080", "http://a:65536", "http://a:8x",
		"http://u@a", "http://a b", "http://a\r\nX: y", "http://[::1",
		"http://[]", "http://a?b", "http://a#b", "http://*",
		"https:a.example", "http://a,b"
	};
	struct http_origin o;
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		assert_int_equal(http_origin_parse(rows[i][0], &o, &err), 0);
		assert_string_equal(o.text, rows[i][1]);
		assert_string_equal(o.host, rows[i][2]);
		assert_int_equal(o.is_tls, o.text[4] == 's');
	}
	for (size_t i = 0; i < LENGTH(bad); i++)
		if (http_origin_parse(bad[i], &o, &err) == 0)
			fail_msg("%s is an origin", bad[i]);
	assert_int_equal(http_origin_parse("https://a.example", &o, &err), 0);
	assert_true(http_origin_is_host(&o, "a.example"));
	assert_true(http_origin_is_host(&o, "A.EXAMPLE:443"));
	assert_false(http_origin_is_host(&o, "a.example:80"));
	assert_false(http_origin_is_host(&o, "a.example.evil"));
	assert_false(http_origin_is_host(&o, "x.a.example"));
	assert_false(http_origin_is_host(&o, "a.example/"));
	assert_false(http_origin_is_host(&o, "a.example@evil"));
	assert_false(http_origin_is_host(&o, ""));
}

static void
foreign_pages(void **state)
{
	static const struct {
		struct http_origin_headers h;
		bool get, post;		/* allowed? */
	} rows[] = {
		{ { NULL, NULL, NULL, NULL }, true, true },
		{ { "https://a", NULL, NULL, NULL }, true, true },
		{ { "https://A:443", "same-origin", "cors", "empty" }, true,
		    true },
		{ { "http://a", NULL, NULL, NULL }, false, false },
		{ { "https://b", NULL, NULL, NULL }, false, false },
		{ { "null", NULL, NULL, NULL }, false, false },
		{ { "", NULL, NULL, NULL }, false, false },
		{ { NULL, "none", "navigate", "document" }, true, false },
		{ { NULL, "cross-site", "navigate", "document" }, true,
		    false },
		{ { NULL, "cross-site", "navigate", "iframe" }, false, false },
		{ { NULL, "cross-site", "no-cors", "image" }, false, false },
		{ { NULL, "same-site", "cors", "empty" }, false, false },
		{ { NULL, "what", NULL, NULL }, false, false },
		{ { "https://a", "cross-site", NULL, NULL }, false, false }
	};
	struct http_origin o;

	(void)state;
	assert_int_equal(http_origin_parse("https://a", &o, NULL), 0);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (http_origin_allows(&o, false, &rows[i].h) != rows[i].get ||
		    http_origin_allows(&o, true, &rows[i].h) != rows[i].post)
			fail_msg("row %zu", i);
	}
}

static void
addresses(void **state)
{
	static const char *const rows[][3] = {	/* its text, its key */
		{ "192.0.2.1", "192.0.2.1", "192.0.2.1" },
		{ "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1" },
		{ "2001:DB8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6",
		    "2001:db8:1:2::" },
		{ "1.2.3", NULL, NULL }, { "a", NULL, NULL }, { "", NULL, NULL }
	};
	static const char *const hops[][2] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "10.0.0.1, 192.0.2.1", "192.0.2.1" },
		{ "evil,::1 ", "::1" }, { "192.0.2.1, evil", NULL },
		{ "192.0.2.1,", NULL }, { "", NULL }, { "1 2", NULL }
	};
	char text[HTTP_ADDRESS_BYTES], key[HTTP_ADDRESS_BYTES];

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const bool is = http_address_parse(rows[i][0], text);

		expect(is ? text : NULL, rows[i][1], rows[i][0]);
		if (!is)
			continue;
		http_address_key(text, key);
		expect(key, rows[i][2], rows[i][0]);
	}
	for (size_t i = 0; i < LENGTH(hops); i++)
		expect(http_address_forwarded(hops[i][0], text) ? text : NULL,
		    hops[i][1], hops[i][0]);
	assert_true(http_address_is_loopback("127.1.2.3"));
	assert_true(http_address_is_loopback("::1"));
	assert_false(http_address_is_loopback("128.0.0.1"));
	assert_false(http_address_is_loopback("0.0.0.0"));
}

static void
rates(void **state)
{
	struct http_rate *r = http_rate_new(2.0, 3.0, NULL);
	char key[32];

	(void)state;
	assert_null(http_rate_new(0.0, 1.0, NULL));
	assert_null(http_rate_new(1.0, 0.0, NULL));
	assert_non_null(r);
	for (int i = 0; i < 3; i++)
		assert_int_equal(http_rate_take(r, "a", 10.0), 0);
	assert_int_equal(http_rate_take(r, "a", 10.0), 1);
	assert_int_equal(http_rate_take(r, "b", 10.0), 0);
	assert_int_equal(http_rate_take(r, "a", 10.25), 1);
	assert_int_equal(http_rate_take(r, "a", 10.5), 0);
	assert_int_equal(http_rate_take(r, "a", 10.5), 1);
	/* No more than three are saved up; a clock set back gives none. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(http_rate_take(r, "a", 1000.0), 0);
	assert_int_equal(http_rate_take(r, "a", 999.0), 1);
	/* Many others: each may ask, and memory does not grow. */
	for (int i = 0; i < 100000; i++) {
		(void)snprintf(key, sizeof(key), "%d", i);
		assert_int_equal(http_rate_take(r, key, 1001.0), 0);
	}
	http_rate_free(r);
	http_rate_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(queries),
		cmocka_unit_test(ranges),
		cmocka_unit_test(cookies),
		cmocka_unit_test(origins),
		cmocka_unit_test(foreign_pages),
		cmocka_unit_test(addresses),
		cmocka_unit_test(rates)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
