/*
 * A stand-in for chad-review, to be asked by review_load.py: the web server
 * with answers that cost nothing.  Prints its port and serves until standard
 * input ends.
 */
#include <stdio.h>

#include "review/http_server.h"

#include "tests/lib/http_echo.h"

int
main(void)
{
	static const char *const origin[] = { "http://localhost" };
	struct http_echo echo;
	const struct http_server_options o = { .address = "127.0.0.1",
		.origins = origin, .n_origins = 1, .n_threads = 4,
		.answer = http_echo_answer, .shared = &echo };
	struct error err = { ERROR_NONE, "" };
	struct http_server *s;

	if (http_echo_init(&echo, 1000000) != 0)
		return 2;
	s = http_server_start(&o, &err);
	if (s == NULL) {
		(void)fprintf(stderr, "%s\n", err.text);
		http_echo_release(&echo);
		return 2;
	}
	(void)printf("%u\n", http_server_port(s));
	(void)fflush(stdout);
	while (getchar() != EOF)
		;
	http_server_stop(s);
	http_echo_release(&echo);
	return 0;
}
