#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/http_echo.h"

char
http_echo_byte(size_t i)
{
	return (char)(i * 2654435761u >> 13);
}

int
http_echo_init(struct http_echo *e, size_t n_bytes)
{
	static const char name[] = "/tmp/chad-echo-XXXXXX";
	char block[4096];
	int fd, result = 0;

	memcpy(e->path, name, sizeof(name));
	e->n_bytes = n_bytes;
	fd = mkstemp(e->path);
	if (fd < 0)
		return -1;
	for (size_t at = 0; at < n_bytes; at += sizeof(block)) {
		const size_t n = n_bytes - at < sizeof(block) ?
		    n_bytes - at : sizeof(block);

		for (size_t i = 0; i < n; i++)
			block[i] = http_echo_byte(at + i);
		if (write(fd, block, n) != (ssize_t)n)
			result = -1;
	}
	return close(fd) == 0 ? result : -1;
}

void
http_echo_release(struct http_echo *e)
{
	(void)unlink(e->path);
}

static void
say(struct http_answer *answer, const char *type, const char *text)
{
	answer->status = 200;
	answer->type = type;
	answer->body = text;
	answer->n_bytes = strlen(text);
}

static const char *
or_none(const char *text)
{
	return text == NULL ? "-" : text;
}

static void
say_request(const struct http_request *r, struct http_answer *answer)
{
	const char *text = arena_printf(r->a,
	    "%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n",
	    r->method == HTTP_POST ? "POST" : "GET", r->path,
	    or_none(http_query_get(r->query, "x")), or_none(r->cookie),
	    or_none(r->csrf), or_none(r->content_type), r->address,
	    r->is_tls ? "tls" : "plain", r->body);

	if (text != NULL)
		say(answer, "text/plain", text);
}

static void
say_file(const struct http_echo *e, struct http_answer *answer)
{
	answer->fd = open(e->path, O_RDONLY);
	if (answer->fd < 0)
		return;
	answer->has_fd = true;
	answer->n_file_bytes = e->n_bytes;
	answer->status = 200;
	answer->type = "audio/ogg";
	answer->etag = HTTP_ECHO_ETAG;
	answer->is_lasting = true;
}

static void
wait_ms(const char *ms)
{
	const long n = ms == NULL ? 0 : strtol(ms, NULL, 10);
	const struct timespec pause = { n / 1000, n % 1000 * 1000000 };

	(void)nanosleep(&pause, NULL);
}

void
http_echo_answer(void *shared, const struct http_request *r,
    struct http_answer *answer)
{
	const struct http_echo *e = shared;

	if (strcmp(r->path, "/ok") == 0) {
		say(answer, "text/plain", "ok");
	} else if (strcmp(r->path, "/echo") == 0) {
		say_request(r, answer);
	} else if (strcmp(r->path, "/file") == 0 ||
	    strncmp(r->path, "/media/", 7) == 0) {
		say_file(e, answer);
	} else if (strcmp(r->path, "/header") == 0) {
		say(answer, "text/plain", "see there");
		answer->location = http_query_get(r->query, "v");
		answer->download_name = http_query_get(r->query, "name");
	} else if (strcmp(r->path, "/wait") == 0) {
		wait_ms(http_query_get(r->query, "ms"));
		say(answer, "text/plain", "waited");
	} else if (strcmp(r->path, "/api/me") == 0) {
		say(answer, "application/json", "{\"csrf\":\"none\"}");
	} else if (strcmp(r->path, "/api/claim") == 0) {
		say(answer, "application/json",
		    "{\"item\":{\"g\":\"g\",\"f\":\"f\"},\"left\":1}");
	} else if (strcmp(r->path, "/api/view") == 0) {
		say(answer, "application/json", "{\"original\":{\"mix\":"
		    "{\"url\":\"/media/0.opus\",\"offsets\":[0,40000,80000]}},"
		    "\"other\":{\"mix\":{\"url\":\"/media/1.opus\","
		    "\"offsets\":[0,40000,80000]}}}");
	} else if (strcmp(r->path, "/api/verdict") == 0) {
		say(answer, "application/json", "{\"done\":1,\"left\":1}");
	} else {
		http_answer_error(answer, r, 404, "there is no %s", r->path);
	}
}
