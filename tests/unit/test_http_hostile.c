/*
 * A thousand requests of somebody who means harm, and hundreds of connections
 * that are slow on purpose: good requests are answered all along, nothing is
 * answered twice, and no file, thread or connection is left.
 */
#include <errno.h>
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
#include <sys/socket.h>

#include "base/arena.h"
#include "base/folder.h"
#include "base/random.h"
#include "review/http_deadlines.h"
#include "review/http_server.h"

#include "tests/lib/http_echo.h"
#include "tests/lib/raw_http.h"

#define N_RANDOM 1000
#define N_SLOW 500
#define N_FILE 16000000		/* more than sockets take in */
#define N_TEXT 300000
#define H "Host: localhost\r\n"	/* which an origin says is ours */

static struct http_echo echo;
static char text[N_TEXT];

static struct http_server *
start(const struct http_server_limits *limits)
{
	static const char *const origin[] = { "http://localhost" };
	const struct http_server_options o = {
		.address = "127.0.0.1", .origins = origin, .n_origins = 1,
		.n_threads = 3, .answer = http_echo_answer, .shared = &echo,
		.limits = *limits
	};
	struct error err = { ERROR_NONE, "" };
	struct http_server *s = http_server_start(&o, &err);

	if (s == NULL)
		fail_msg("%s", err.text);
	return s;
}

static int
set_up(void **state)
{
	(void)state;
	return http_echo_init(&echo, N_FILE);
}

static int
tear_down(void **state)
{
	(void)state;
	http_echo_release(&echo);
	return 0;
}

/* How much longer all may take: under valgrind, say. */
static double
patience(void)
{
	const char *run = getenv("RUN");

	return run != NULL && run[0] != '\0' ? 6.0 : 1.0;
}

static size_t
count_names(const char *folder)
{
	struct arena *a = arena_new();
	const char **names;
	size_t n = 0;

	assert_non_null(a);
	assert_int_equal(folder_names(folder, a, &names, &n, NULL), 0);
	arena_free(a);
	return n;
}

static void
sleep_ms(long ms)
{
	const struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&pause, NULL);
}

/* Files open now; waits a while for those above "wanted" to be closed. */
static size_t
count_files(size_t wanted)
{
	size_t n = 0;

	for (int i = 0; i < 100; i++) {
		n = count_names("/proc/self/fd");
		if (n <= wanted)
			break;
		sleep_ms(50);
	}
	return n;
}

static void
good_request(unsigned port)
{
	static const char ask[] = "GET /ok HTTP/1.1\r\n" H "\r\n";
	const double begin_sec = http_deadlines_now_sec();

	(void)raw_http_ask(port, ask, sizeof(ask) - 1, text, sizeof(text));
	assert_int_equal(raw_http_status(text), 200);
	assert_true(http_deadlines_now_sec() - begin_sec < patience());
}

/* All that comes until the server closes, over what was asked. */
static void
ask_all(unsigned port, const char *bytes, size_t n_bytes)
{
	const int fd = raw_http_connect(port, 1);
	size_t n = 0;
	ssize_t n_now = 0;

	assert_true(fd >= 0);
	(void)raw_http_write(fd, bytes, n_bytes);
	(void)shutdown(fd, SHUT_WR);
	while (n + 1 < sizeof(text) && (n_now = recv(fd, text + n,
	    sizeof(text) - 1 - n, 0)) > 0)
		n += (size_t)n_now;
	text[n] = '\0';
	(void)close(fd);
}

/* What each of these may be answered by: nothing (0), or that. */
static const struct {
	const char *bytes;
	unsigned status, or_status;
} hostile[] = {
	{ "GET /../../etc/passwd HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "GET /media/..%2f..%2fetc%2fpasswd HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "GET /media/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" H "\r\n", 400,
	    0 },
	{ "GET /media/%c0%ae%c0%ae/x HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "GET /media/x%00.opus HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "GET /media\\..\\x HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "GET //etc/passwd HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "GET file:///etc/passwd HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "GET http://localhost/ok HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "CONNECT localhost:22 HTTP/1.1\r\n" H "\r\n", 405, 0 },
	{ "GET /ok HTTP/9.9\r\n" H "\r\n", 505, 0 },
	{ "GET /ok\r\n\r\n", 400, 505 },
	{ "GET /ok  HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "GET /ok /ok HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ " GET /ok HTTP/1.1\r\n" H "\r\n", 0, 400 },
	{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, 0 },
	{ "\026\003\001\002", 0, 0 },	/* TLS */
	{ "GET /ok HTTP/1.1\r\n\r\n", 400, 0 },
	{ "GET /ok HTTP/1.1\r\n" H H "\r\n", 400, 0 },
	{ "GET /ok HTTP/1.1\r\nHost: a.example\r\n\r\n", 421, 0 },
	{ "GET /ok HTTP/1.1\r\nHost : localhost\r\n\r\n", 400, 0 },
	{ "GET /ok HTTP/1.1\r\n Host: localhost\r\n\r\n", 400, 0 },
	{ "GET /ok HTTP/1.1\r\n" H "X\r\n\r\n", 400, 0 },
	{ "GET /ok HTTP/1.1\r\n" H ": x\r\n\r\n", 200, 400 },
	{ "GET /ok HTTP/1.1\r\n" H "Cookie: chad_review=\001\r\n\r\n", 400,
	    0 },
	{ "GET /ok HTTP/1.1\r\n" H "Upgrade: h2c\r\n"
	    "Connection: Upgrade\r\n\r\n", 200, 0 },
	/* One of two readings of each of these has a second request. */
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: 6\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
	    "GET /smuggled HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: 0\r\n"
	    "Content-Length: 38\r\n\r\nGET /smuggled HTTP/1.1\r\n" H "\r\n",
	    400, 0 },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked, identity"
	    "\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding:\vchunked\r\n\r\n"
	    "0\r\n\r\nGET /smuggled HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding : chunked\r\n\r\n"
	    "0\r\n\r\nGET /smuggled HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "POST /echo HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
	    "0\r\n\r\nGET /smuggled HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "GET /echo HTTP/1.1\r\n" H "Content-Length: 38\r\n\r\n"
	    "GET /smuggled HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n"
	    "GET /smuggled HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: 18446744073709551617"
	    "\r\n\r\nxGET /smuggled HTTP/1.1\r\n" H "\r\n", 413, 400 },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
	    "-1\r\n\r\nGET /smuggled HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
	    "10000000000000001\r\nxGET /smuggled HTTP/1.1\r\n" H "\r\n", 413,
	    400 },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
	    "zz\r\nGET /smuggled HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
	    "1\r\nabGET /smuggled HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
	    "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n" H "\r\n", 400, 0 },
	{ "GET /header?v=%0d%0a%0d%0aGET%20/smuggled HTTP/1.1\r\n" H "\r\n",
	    500, 0 },
	{ "GET /file HTTP/1.1\r\n" H "Range: bytes=16000000-\r\n\r\n", 416,
	    0 },
	{ "GET /file HTTP/1.1\r\n" H "Range: bytes=99999999999999999999-\r\n"
	    "\r\n", 416, 0 },
	{ "POST /ok HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nab", 0, 0 },
	{ "POST /ok HTTP/1.1\r\n" H "Content-Length: 999999999\r\n\r\n", 413,
	    0 },
	{ "POST /ok HTTP/1.1\r\n" H "Origin: http://evil\r\n"
	    "Content-Length: 0\r\n\r\n", 403, 0 },
	{ "", 0, 0 }, { "\r\n\r\n\r\n", 0, 0 }, { "\n", 0, 0 }
};

static void
check_answer(const char *asked)
{
	const unsigned status = raw_http_status(text);

	if (strstr(text, "smuggled") != NULL)
		fail_msg("%s is two requests: %s", asked, text);
	if (strstr(text, "root:") != NULL)
		fail_msg("%s gives a file", asked);
	if (status >= 500 && status != 500 && status != 505)
		fail_msg("%u to %s", status, asked);
	if (status == 0 && text[0] != '\0')
		fail_msg("no answer: %s", text);
}

static void
by_hand(void **state)
{
	const struct http_server_limits limits = { .idle_sec = 2.0,
		.requests_per_sec = 1e6, .burst = 1e6 };
	struct http_server *s = start(&limits);
	const unsigned port = http_server_port(s);

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		unsigned status;

		ask_all(port, hostile[i].bytes, strlen(hostile[i].bytes));
		status = raw_http_status(text);
		if (status != hostile[i].status &&
		    status != hostile[i].or_status)
			fail_msg("%u instead of %u to %s: %s", status,
			    hostile[i].status, hostile[i].bytes, text);
		check_answer(hostile[i].bytes);
	}
	good_request(port);
	http_server_stop(s);
}

/* A request of pieces, each now and then something worse, spoiled. */
static size_t
make_request(struct random *r, char *bytes, size_t n_room)
{
	static const char *const methods[] = { "GET", "GET", "GET", "POST",
		"POST", "HEAD", "PUT", "get", "", "\001",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };
	static const char *const targets[] = { "/ok", "/ok", "/echo",
		"/echo?x=1", "/file",
		"/%", "/%2e%2e/", "/?&&==", "*", "/\377\376", "/ok?x=%u0041",
		"/..;/ok", "/ok#", "//ok", "/%00" };
	static const char *const headers[] = { "A: b\r\n", "C: d\r\n",
		"Content-Length: 3\r\n", "Content-Length: 99999\r\n",
		"Transfer-Encoding: chunked\r\n", "Range: bytes=0-5\r\n",
		"Range: bytes=5-,-3,\r\n", "If-None-Match: \"\r\n",
		"Cookie: chad_review=a; chad_review=b\r\n", "\r", "\n",
		"Expect: 100-continue\r\n", "Connection: close\r\n",
		"X-Forwarded-For: ,,::,\r\n", "A: b\r\n c\r\n",
		"Origin: http://[\r\n", "Sec-Fetch-Site: x\r\n" };
	static const char *const bodies[] = { "", "abc", "3\r\nabc\r\n0\r\n"
		"\r\n", "ffffffff\r\n", "0\r\nA: b\r\n\r\n", "3;a=\"\r\n" };
#define PICK(list) list[random_below(r, sizeof(list) / sizeof((list)[0]))]
	size_t n = (size_t)snprintf(bytes, n_room, "%s %s HTTP/1.1\r\n",
	    PICK(methods), PICK(targets));

	if (random_below(r, 8) > 0)
		n += (size_t)snprintf(bytes + n, n_room - n, H);
	for (size_t i = random_below(r, 4); i > 0; i--)
		n += (size_t)snprintf(bytes + n, n_room - n, "%s",
		    PICK(headers));
	n += (size_t)snprintf(bytes + n, n_room - n, "\r\n%s", PICK(bodies));
#undef PICK
	for (size_t i = random_below(r, 4); i > 1; i--)
		bytes[random_below(r, n)] = (char)random_below(r, 256);
	return n;
}

static void
a_thousand(void **state)
{
	const struct http_server_limits limits = { .idle_sec = 2.0,
		.header_sec = 1.0, .body_sec = 1.0, .requests_per_sec = 1e6,
		.burst = 1e6 };
	const size_t n_files_before = count_names("/proc/self/fd");
	const size_t n_threads_before = count_names("/proc/self/task");
	struct http_server *s = start(&limits);
	const unsigned port = http_server_port(s);
	const size_t n_files = count_names("/proc/self/fd");
	const size_t n_threads = count_names("/proc/self/task");
	struct random r;
	char bytes[1000];
	unsigned n_whole = 0, n_refused = 0;

	(void)state;
	random_init(&r, 7);
	for (int i = 0; i < N_RANDOM; i++) {
		const size_t n = make_request(&r, bytes, sizeof(bytes) - 1);

		bytes[n] = '\0';
		ask_all(port, bytes, n);
		check_answer(bytes);
		n_whole += raw_http_status(text) == 200;
		n_refused += raw_http_status(text) >= 400;
		if (i % 50 == 0)
			good_request(port);
	}
	/* Some were in order, most were not. */
	assert_true(n_whole > 10);
	assert_true(n_refused > 200);
	good_request(port);
	assert_int_equal(count_files(n_files), n_files);
	assert_int_equal(count_names("/proc/self/task"), n_threads);
	http_server_stop(s);
	assert_int_equal(count_files(n_files_before), n_files_before);
	assert_int_equal(count_names("/proc/self/task"), n_threads_before);
}

/* How many of the connections the server has closed. */
static size_t
count_closed(const int *fds, size_t n_fds)
{
	size_t n = 0;

	for (size_t i = 0; i < n_fds; i++) {
		char byte;
		const ssize_t n_now = recv(fds[i], &byte, 1, MSG_DONTWAIT |
		    MSG_PEEK);

		n += n_now == 0 || (n_now < 0 && errno == ECONNRESET);
	}
	return n;
}

/*
 * Hundreds of connections, each sending a header, or else a body, a byte now
 * and then.  All are closed soon after the deadline, good requests are quick
 * meanwhile.
 */
static void
drip(const char *begin, const char *rest)
{
	const struct http_server_limits limits = {
		.header_sec = 1.5 * patience(),
		.body_sec = 1.5 * patience(), .n_per_address = 32,
		.requests_per_sec = 1e6, .burst = 1e6 };
	struct http_server *s = start(&limits);
	const unsigned port = http_server_port(s);
	static int fds[N_SLOW];
	const double begin_sec = http_deadlines_now_sec();
	size_t n_closed = 0, n_rounds = 0;

	for (size_t i = 0; i < N_SLOW; i++) {
		fds[i] = raw_http_connect(port, (unsigned)(2 + i % 20));
		assert_true(fds[i] >= 0);
		(void)raw_http_write(fds[i], begin, strlen(begin));
	}
	assert_true(http_deadlines_now_sec() - begin_sec < patience());
	assert_int_equal(count_closed(fds, N_SLOW), 0);
	while (http_deadlines_now_sec() - begin_sec < 5.0 * patience()) {
		for (size_t i = 0; i < N_SLOW; i++)
			(void)raw_http_write(fds[i], rest + n_rounds %
			    strlen(rest), 1);
		n_rounds++;
		good_request(port);
		n_closed = count_closed(fds, N_SLOW);
		if (n_closed == N_SLOW)
			break;
		sleep_ms(20);
	}
	assert_int_equal(n_closed, N_SLOW);
	assert_true(n_rounds >= 5);
	for (size_t i = 0; i < N_SLOW; i++)
		(void)close(fds[i]);
	http_server_stop(s);
}

static void
slow_headers(void **state)
{
	(void)state;
	drip("GET /ok HTTP/1.1\r\nX-A: ", "a");
}

static void
slow_bodies(void **state)
{
	(void)state;
	drip("POST /echo HTTP/1.1\r\n" H "Content-Length: 60000\r\n\r\n", "a");
}

/* Those who ask for a large file and do not read it hold no thread. */
static void
slow_readers(void **state)
{
	static const char ask[] = "GET /file HTTP/1.1\r\n" H "\r\n";
	const struct http_server_limits limits = { .idle_sec = 1.0,
		.bytes_per_sec = 100000000, .requests_per_sec = 1e6,
		.burst = 1e6 };
	struct http_server *s = start(&limits);
	const size_t n_files = count_names("/proc/self/fd");
	int fds[40];

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		fds[i] = raw_http_connect(http_server_port(s), 2);
		assert_true(fds[i] >= 0);
		assert_int_equal(raw_http_write(fds[i], ask,
		    sizeof(ask) - 1), 0);
	}
	good_request(http_server_port(s));
	/* Cut off: only the sockets here are open still. */
	assert_int_equal(count_files(n_files + 40), n_files + 40);
	good_request(http_server_port(s));
	for (size_t i = 0; i < 40; i++)
		(void)close(fds[i]);
	http_server_stop(s);
}

/* One address has its share of the connections, and no more. */
static void
too_many(void **state)
{
	const struct http_server_options o = { .address = "127.0.0.1",
		.n_threads = 2, .answer = http_echo_answer, .shared = &echo,
		.limits = { .n_per_address = 4 } };
	struct http_server *s = http_server_start(&o, NULL);
	int fds[10];
	char ask[80];

	(void)state;
	assert_non_null(s);
	for (size_t i = 0; i < 10; i++) {
		fds[i] = raw_http_connect(http_server_port(s), 2);
		assert_true(fds[i] >= 0);
		sleep_ms(20);
	}
	sleep_ms(100);
	assert_int_equal(count_closed(fds, 4), 0);
	assert_int_equal(count_closed(fds + 4, 6), 6);
	(void)snprintf(ask, sizeof(ask), "GET /ok HTTP/1.1\r\n"
	    "Host: localhost:%u\r\n\r\n", http_server_port(s));
	(void)raw_http_ask(http_server_port(s), ask, strlen(ask), text,
	    sizeof(text));
	assert_int_equal(raw_http_status(text), 200);
	for (size_t i = 0; i < 10; i++)
		(void)close(fds[i]);
	http_server_stop(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_hand),
		cmocka_unit_test(a_thousand),
		cmocka_unit_test(slow_headers),
		cmocka_unit_test(slow_bodies),
		cmocka_unit_test(slow_readers),
		cmocka_unit_test(too_many)
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
