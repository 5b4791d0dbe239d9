/* The nginx example that we ship, with nginx, TLS and curl. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/spawn.h"
#include "review/http_address.h"
#include "review/http_server.h"

#include "tests/lib/http_echo.h"

/* A port that was free a moment ago, as digits. */
static void
find_port(char text[8])
{
	unsigned port = 0;
	const int fd = http_address_listen("127.0.0.1", 0, &port, NULL);

	assert_true(fd >= 0);
	(void)close(fd);
	(void)snprintf(text, 8, "%u", port % 65536);
}

static void
behind_nginx(void **state)
{
	char origin[40], backend[8], tls[8], plain[8];
	const char *const origins[] = { origin };
	const char *const argv[] = { "tests/lib/review_nginx.sh", backend,
		tls, plain, NULL };
	const struct spawn_command command = { argv };
	struct http_server_options o = { .address = "127.0.0.1",
		.origins = origins, .n_origins = 1, .n_threads = 2,
		.answer = http_echo_answer };
	struct http_echo echo;
	struct http_server *s;
	struct error err = { ERROR_NONE, "" };
	int status = -1, result;

	(void)state;
	find_port(tls);
	find_port(plain);
	(void)snprintf(origin, sizeof(origin), "https://review.example:%s",
	    tls);
	assert_int_equal(http_echo_init(&echo, 1000000), 0);
	o.shared = &echo;
	s = http_server_start(&o, &err);
	if (s == NULL)
		fail_msg("%s", err.text);
	(void)snprintf(backend, sizeof(backend), "%u", http_server_port(s) %
	    65536);
	result = spawn_pipeline(&command, 1, NULL, NULL, &status, &err);
	http_server_stop(s);
	http_echo_release(&echo);
	assert_int_equal(result, 0);
	if (status == 77) {
		(void)printf("skipped: nginx, openssl or curl is missing\n");
		skip();
	}
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(behind_nginx) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
