/*
 * The web server over real sockets: what it serves, what it refuses, and what
 * every answer says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>

#include "review/http_address.h"
#include "review/http_server.h"

#include "tests/lib/http_echo.h"
#include "tests/lib/raw_http.h"

#define N_FILE 100000
#define N_TEXT 200000

static struct http_echo echo;
static struct http_server *server;
static unsigned port;
static char text[N_TEXT];

/* A server with this handler; other options as in "o". */
static struct http_server *
start(struct http_server_options o)
{
	struct error err = { ERROR_NONE, "" };
	struct http_server *s;

	o.address = "127.0.0.1";
	o.n_threads = 2;
	o.answer = http_echo_answer;
	o.shared = &echo;
	s = http_server_start(&o, &err);
	if (s == NULL)
		fail_msg("%s", err.text);
	return s;
}

static int
set_up(void **state)
{
	const struct http_server_options o = {
		.limits = { .requests_per_sec = 1e6, .burst = 1e6 }
	};

	(void)state;
	if (http_echo_init(&echo, N_FILE) != 0)
		return -1;
	server = start(o);
	port = http_server_port(server);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	http_server_stop(server);
	http_echo_release(&echo);
	return 0;
}

/* Ask with "Host: localhost:PORT" behind the line, and these headers. */
static unsigned
ask(const char *line, const char *headers)
{
	char request[2000];
	const int n = snprintf(request, sizeof(request),
	    "%s HTTP/1.1\r\nHost: localhost:%u\r\n%s\r\n", line, port,
	    headers);

	assert_true(n > 0 && (size_t)n < sizeof(request));
	(void)raw_http_ask(port, request, (size_t)n, text, sizeof(text));
	return raw_http_status(text);
}

static const char *
body(void)
{
	const char *end = strstr(text, "\r\n\r\n");

	return end == NULL ? "" : end + 4;
}

static void
has_header(const char *name, const char *value)
{
	const char *got = raw_http_header(text, name);

	if (value == NULL) {
		if (got != NULL)
			fail_msg("%s is in %s", name, text);
		return;
	}
	if (got == NULL || strncmp(got, value, strlen(value)) != 0 ||
	    got[strlen(value)] != '\r')
		fail_msg("no %s: %s in %s", name, value, text);
}

static void
has_guards(void)
{
	static const char *const guards[] = {
		"Content-Security-Policy", "X-Content-Type-Options",
		"Referrer-Policy", "Cross-Origin-Opener-Policy",
		"Cross-Origin-Resource-Policy", "X-Frame-Options",
		"Permissions-Policy", "Cache-Control"
	};

	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++)
		if (raw_http_header(text, guards[i]) == NULL)
			fail_msg("no %s in %s", guards[i], text);
}

static void
what_is_asked(void **state)
{
	char want[400];

	(void)state;
	assert_int_equal(ask("GET /ok", ""), 200);
	assert_string_equal(body(), "ok");
	has_guards();
	has_header("Content-Security-Policy", "default-src 'none'; "
	    "script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
	    "connect-src 'self'; media-src 'self' blob:; form-action 'self'; "
	    "base-uri 'none'; frame-ancestors 'none'");
	has_header("Cache-Control", "no-store");
	has_header("Content-Type", "text/plain");
	assert_int_equal(ask("HEAD /ok", ""), 200);
	has_header("Content-Length", "2");
	assert_string_equal(body(), "");
	assert_int_equal(ask("GET /%65cho?x=a+%C3%A9",
	    "Cookie: a=b; chad_review=T0k-en\r\nX-Csrf: c\r\n"), 200);
	assert_string_equal(body(),
	    "GET\n/echo\na \303\251\nT0k-en\nc\n-\n127.0.0.1\nplain\n\n");
	assert_int_equal(ask("POST /echo", "Content-Type: application/json\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n"
	    "0\r\n"), 200);
	assert_string_equal(body(), "POST\n/echo\n-\n-\n-\napplication/json\n"
	    "127.0.0.1\nplain\nabcde\n");
	(void)snprintf(want, sizeof(want), "Origin: http://localhost:%u\r\n"
	    "Sec-Fetch-Site: same-origin\r\nContent-Length: 5\r\n\r\nabcde",
	    port);
	assert_int_equal(ask("POST /echo", want), 200);
	assert_int_equal(ask("GET /none", ""), 404);
	assert_string_equal(body(), "{\"error\":\"there is no /none\"}");
	has_guards();
}

static void
what_is_refused(void **state)
{
	static const struct {
		const char *line, *headers;
		unsigned status;
	} rows[] = {
		{ "PUT /ok", "", 405 }, { "DELETE /ok", "", 405 },
		{ "OPTIONS /ok", "", 405 }, { "TRACE /ok", "", 405 },
		{ "get /ok", "", 405 }, { "G@T /ok", "", 405 },
		{ "PUT /ok", "Content-Length: 1\r\n\r\na", 405 },
		{ "GET /../ok", "", 400 }, { "GET /%2e%2e/ok", "", 400 },
		{ "GET ok", "", 400 }, { "GET *", "", 400 },
		{ "GET http://localhost/ok", "", 400 },
		{ "GET /ok?x=1&x=2", "", 400 }, { "GET /ok?x=%00", "", 400 },
		{ "GET /ok", "Host: localhost\r\n", 400 },
		{ "GET /ok", "Origin: http://a.example\r\n", 403 },
		{ "POST /ok", "Origin: null\r\nContent-Length: 0\r\n", 403 },
		{ "GET /ok", "Sec-Fetch-Site: cross-site\r\n", 403 },
		{ "POST /ok", "Sec-Fetch-Site: same-site\r\n", 403 },
		{ "GET /ok", "Content-Length: 1\r\n\r\na", 400 },
		{ "GET /ok", "Transfer-Encoding: chunked\r\n\r\n0\r\n", 400 },
		{ "POST /ok", "Content-Length: 65537\r\n", 413 },
		{ "POST /ok", "Content-Length: 99999999999999\r\n", 413 },
		{ "POST /ok", "Content-Length: 1\r\nContent-Length: 1\r\n"
		    "\r\na", 400 },
		{ "POST /ok", "Content-Length: 1\r\nContent-Length: 2\r\n"
		    "\r\na", 400 },
		{ "POST /ok", "Content-Length: 1\r\nTransfer-Encoding: chunked"
		    "\r\n\r\n0\r\n", 400 },
		{ "POST /ok", "Transfer-Encoding: chunked\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n0\r\n", 400 },
		{ "POST /ok", "Transfer-Encoding: gzip, chunked\r\n\r\n"
		    "0\r\n", 400 },
		{ "POST /ok", "Transfer-Encoding: xchunked\r\n\r\n0\r\n",
		    400 },
		{ "POST /ok", "Content-Length: +1\r\n\r\na", 400 },
		{ "POST /ok", "Content-Length: 1,1\r\n\r\na", 400 },
		{ "POST /ok", "Content-Length: 0x1\r\n\r\na", 400 },
		{ "GET /ok", "Range : bytes=0-\r\n", 400 },
		{ "GET /ok", "X-A: a\001b\r\n", 400 },
		{ "GET /ok", "Cookie: a=b\r\nCookie: c=d\r\n", 400 }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const unsigned status = ask(rows[i].line, rows[i].headers);

		if (status != rows[i].status)
			fail_msg("%u instead of %u to %s %s: %s", status,
			    rows[i].status, rows[i].line, rows[i].headers,
			    text);
	}
	assert_int_equal(ask("PUT /ok", ""), 405);
	has_header("Allow", "GET, HEAD, POST");
	has_guards();
}

/* Bytes "first".."last" of the file are the body. */
static void
has_bytes(size_t first, size_t last)
{
	const char *got = body();

	for (size_t i = first; i <= last; i++)
		if (got[i - first] != http_echo_byte(i))
			fail_msg("byte %zu is another", i);
}

static void
files(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /file", ""), 200);
	has_header("Content-Length", "100000");
	has_header("Accept-Ranges", "bytes");
	has_header("ETag", HTTP_ECHO_ETAG);
	has_header("Cache-Control", "private, max-age=31536000, immutable");
	has_bytes(0, N_FILE - 1);
	assert_int_equal(ask("HEAD /file", ""), 200);
	has_header("Content-Length", "100000");
	assert_int_equal(ask("GET /file", "Range: bytes=5-9\r\n"), 206);
	has_header("Content-Range", "bytes 5-9/100000");
	has_header("Content-Length", "5");
	has_bytes(5, 9);
	assert_int_equal(ask("HEAD /file", "Range: bytes=5-9\r\n"), 206);
	assert_int_equal(ask("GET /file", "Range: bytes=99990-\r\n"), 206);
	has_header("Content-Range", "bytes 99990-99999/100000");
	has_bytes(99990, 99999);
	assert_int_equal(ask("GET /file", "Range: bytes=-50000\r\n"), 206);
	has_header("Content-Range", "bytes 50000-99999/100000");
	has_bytes(50000, 99999);
	assert_int_equal(ask("GET /file", "Range: bytes=100000-\r\n"), 416);
	has_header("Content-Range", "bytes */100000");
	has_header("Content-Length", "0");
	has_guards();
	assert_int_equal(ask("GET /file", "Range: bytes=0-1,4-5\r\n"), 200);
	has_header("Content-Length", "100000");
	assert_int_equal(ask("GET /file", "Range: bytes=0-1\r\n"
	    "If-Range: " HTTP_ECHO_ETAG "\r\n"), 206);
	assert_int_equal(ask("GET /file", "Range: bytes=0-1\r\n"
	    "If-Range: \"old\"\r\n"), 200);
	assert_int_equal(ask("GET /file", "If-None-Match: \"x\", "
	    HTTP_ECHO_ETAG "\r\n"), 304);
	assert_string_equal(body(), "");
	has_header("ETag", HTTP_ECHO_ETAG);
	has_guards();
	assert_int_equal(ask("GET /file", "If-None-Match: \"old\"\r\n"), 200);
}

/* What a handler passes on of the request does not make headers. */
static void
injection(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /header?v=/a%0d%0aX-Evil:+1", ""), 500);
	has_header("X-Evil", NULL);
	has_header("Location", NULL);
	has_guards();
	assert_int_equal(ask("GET /header?v=/a&name=a%22%0d%0aX-Evil:+1%C3%A9",
	    ""), 200);
	has_header("Location", "/a");
	has_header("X-Evil", NULL);
	has_header("Content-Disposition", "attachment; filename*=UTF-8''"
	    "a%22%0D%0AX-Evil%3A%201%C3%A9");
}

static void
hosts(void **state)
{
	char request[200];
	static const struct {
		const char *host;
		unsigned status;
	} rows[] = {
		{ "Host: 127.0.0.1:%u\r\n", 200 },
		{ "Host: LOCALHOST:%u\r\n", 200 },
		{ "Host: [::1]:%u\r\n", 200 }, { "Host: localhost\r\n", 421 },
		{ "Host: a.example:%u\r\n", 421 },
		{ "Host: 127.0.0.1.a.example:%u\r\n", 421 },
		{ "Host: 127.0.0.2:%u\r\n", 421 }, { "Host:\r\n", 421 },
		{ "Host: localhost:%u,localhost\r\n", 421 },
		{ "Host: localhost:%u/\r\n", 421 }, { "", 400 }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *mark = strstr(rows[i].host, "%u");
		const size_t n = mark == NULL ? strlen(rows[i].host) :
		    (size_t)(mark - rows[i].host);
		char number[12] = "";

		if (mark != NULL)
			(void)snprintf(number, sizeof(number), "%u", port);
		(void)snprintf(request, sizeof(request),
		    "GET /ok HTTP/1.1\r\n%.*s%s%s\r\n", (int)n, rows[i].host,
		    number, mark == NULL ? "" : mark + 2);
		(void)raw_http_ask(port, request, strlen(request), text,
		    sizeof(text));
		if (raw_http_status(text) != rows[i].status)
			fail_msg("%s: %s", rows[i].host, text);
	}
}

/* One connection carries many requests, and a refused one does not end it. */
static void
kept_alive(void **state)
{
	char request[300];
	const int fd = raw_http_connect(port, 1);

	(void)state;
	assert_true(fd >= 0);
	for (int i = 0; i < 20; i++) {
		static const char *const lines[] = { "GET /ok", "HEAD /ok",
			"GET /file", "GET /..", "POST /ok" };
		const char *line = lines[i % 5];

		(void)snprintf(request, sizeof(request),
		    "%s HTTP/1.1\r\nHost: localhost:%u\r\n%s", line, port,
		    i % 5 == 4 ? "Origin: null\r\nContent-Length: 3\r\n\r\n"
		    "abc" : "\r\n");
		assert_int_equal(raw_http_write(fd, request, strlen(request)),
		    0);
		assert_true(raw_http_read(fd, i % 5 == 1, text,
		    sizeof(text)) > 0);
		assert_int_equal(raw_http_status(text), i % 5 == 3 ? 400 :
		    i % 5 == 4 ? 403 : 200);
	}
	(void)close(fd);
}

static void
limits(void **state)
{
	static char request[80000];
	size_t n;

	(void)state;
	/* An address, and a header, of the most bytes and one more. */
	for (size_t more = 0; more < 2; more++) {
		n = (size_t)snprintf(request, sizeof(request), "GET /ok?");
		memset(request + n, 'a', 8192 - 4 + more);
		n += 8192 - 4 + more;
		n += (size_t)snprintf(request + n, sizeof(request) - n,
		    " HTTP/1.1\r\nHost: localhost:%u\r\n\r\n", port);
		(void)raw_http_ask(port, request, n, text, sizeof(text));
		assert_int_equal(raw_http_status(text), more ? 414 : 200);
		has_guards();
	}
	for (size_t more = 0; more < 2; more++) {
		n = (size_t)snprintf(request, sizeof(request), "GET /ok "
		    "HTTP/1.1\r\nHost: localhost:%u\r\nX-A: ", port);
		memset(request + n, 'a', 16200 + more * 400);
		n += 16200 + more * 400;
		n += (size_t)snprintf(request + n, sizeof(request) - n,
		    "\r\n\r\n");
		(void)raw_http_ask(port, request, n, text, sizeof(text));
		assert_int_equal(raw_http_status(text), more ? 431 : 200);
		has_guards();
	}
	/* A body in chunks, of the most bytes and one more. */
	for (size_t more = 0; more < 2; more++) {
		n = (size_t)snprintf(request, sizeof(request), "POST /echo "
		    "HTTP/1.1\r\nHost: localhost:%u\r\nTransfer-Encoding: "
		    "chunked\r\n\r\n%zx\r\n", port, 65536 + more);
		memset(request + n, 'a', 65536 + more);
		n += 65536 + more;
		n += (size_t)snprintf(request + n, sizeof(request) - n,
		    "\r\n0\r\n\r\n");
		(void)raw_http_ask(port, request, n, text, sizeof(text));
		assert_int_equal(raw_http_status(text), more ? 413 : 200);
		has_guards();
	}
}

static void
too_often(void **state)
{
	const struct http_server_options o = {
		.limits = { .requests_per_sec = 0.01, .burst = 5.0 }
	};
	struct http_server *s = start(o);
	const unsigned all = port;
	unsigned status = 0;

	(void)state;
	port = http_server_port(s);
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask("GET /ok", ""), 200);
	status = ask("GET /ok", "");
	assert_int_equal(status, 429);
	has_header("Retry-After", "100");
	has_guards();
	port = all;
	http_server_stop(s);
}

static void
behind_a_proxy(void **state)
{
	static const char *const origin[] = { "https://review.example" };
	const struct http_server_options o = {
		.origins = origin, .n_origins = 1,
		.limits = { .requests_per_sec = 0.01, .burst = 2.0 }
	};
	struct http_server *s = start(o);
	char request[300];

	(void)state;
	for (int i = 0; i < 9; i++) {
		/* The proxy says who; what a client says before counts not. */
		(void)snprintf(request, sizeof(request), "GET /echo HTTP/1.1"
		    "\r\nHost: review.example\r\nOrigin: https://review."
		    "example\r\nX-Forwarded-For: 192.0.2.99, 192.0.2.%d\r\n"
		    "\r\n", i / 3);
		(void)raw_http_ask(http_server_port(s), request,
		    strlen(request), text, sizeof(text));
		assert_int_equal(raw_http_status(text), i % 3 == 2 ? 429 :
		    200);
		if (i == 0)
			assert_string_equal(body(), "GET\n/echo\n-\n-\n-\n-\n"
			    "192.0.2.0\ntls\n\n");
	}
	http_server_stop(s);
	/* Without origins nobody is believed. */
	assert_int_equal(ask("GET /echo", "X-Forwarded-For: 192.0.2.1\r\n"),
	    200);
	assert_non_null(strstr(body(), "\n127.0.0.1\n"));
}

static void
refused_to_start(void **state)
{
	static const char *const bad[] = { "https://a/b" };
	struct http_server_options o = { .address = "0.0.0.0",
		.n_threads = 2, .answer = http_echo_answer };
	struct error err = { ERROR_NONE, "" };

	(void)state;
	assert_null(http_server_start(&o, &err));
	assert_non_null(strstr(err.text, "--origin"));
	o.address = "localhost";
	assert_null(http_server_start(&o, &err));
	o.address = "127.0.0.1";
	o.port = port;
	assert_null(http_server_start(&o, &err));
	assert_non_null(strstr(err.text, "taken"));
	o.port = 65536;
	assert_null(http_server_start(&o, &err));
	o.port = 0;
	o.n_threads = 0;
	assert_null(http_server_start(&o, &err));
	o.n_threads = 2;
	o.origins = bad;
	o.n_origins = 1;
	assert_null(http_server_start(&o, &err));
	http_server_stop(NULL);
}

static void *
wait_there(void *shared)
{
	const int fd = *(const int *)shared;
	static char answer[2000];

	return raw_http_read(fd, 0, answer, sizeof(answer)) > 0 &&
	    raw_http_status(answer) == 200 ? shared : NULL;
}

/* A request that is under way when the server is told to stop is answered. */
static void
stopped(void **state)
{
	const struct http_server_options o = { .port = 0 };
	const struct timespec pause = { 0, 200000000 };
	struct http_server *s = start(o);
	char request[100];
	int fd = raw_http_connect(http_server_port(s), 1);
	pthread_t thread;
	void *answered;

	(void)state;
	assert_true(fd >= 0);
	(void)snprintf(request, sizeof(request), "GET /wait?ms=700 HTTP/1.1"
	    "\r\nHost: localhost:%u\r\n\r\n", http_server_port(s));
	assert_int_equal(raw_http_write(fd, request, strlen(request)), 0);
	assert_int_equal(pthread_create(&thread, NULL, wait_there, &fd), 0);
	(void)nanosleep(&pause, NULL);
	http_server_stop(s);
	assert_int_equal(pthread_join(thread, &answered), 0);
	assert_ptr_equal(answered, &fd);
	(void)close(fd);
}

/* The time that a handler takes is not the client's. */
static void
long_handler(void **state)
{
	const struct http_server_options o = { .limits = { .header_sec = 0.3,
		.body_sec = 0.3, .idle_sec = 1.0 } };
	struct http_server *s = start(o);
	const unsigned all = port;

	(void)state;
	port = http_server_port(s);
	assert_int_equal(ask("GET /wait?ms=2600", ""), 200);
	assert_string_equal(body(), "waited");
	port = all;
	http_server_stop(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(files),
		cmocka_unit_test(injection),
		cmocka_unit_test(hosts),
		cmocka_unit_test(kept_alive),
		cmocka_unit_test(limits),
		cmocka_unit_test(too_often),
		cmocka_unit_test(behind_a_proxy),
		cmocka_unit_test(long_handler),
		cmocka_unit_test(refused_to_start),
		cmocka_unit_test(stopped)
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
