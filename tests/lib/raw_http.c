#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "tests/lib/raw_http.h"

int
raw_http_connect(unsigned port, unsigned from)
{
	const struct timeval limit = { 10, 0 };
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	struct sockaddr_in own = { .sin_family = AF_INET };
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	own.sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xffu) | from);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
	    sizeof(limit)) == 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO,
	    &limit, sizeof(limit)) == 0 &&
	    bind(fd, (struct sockaddr *)&own, sizeof(own)) == 0 &&
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

int
raw_http_write(int fd, const char *bytes, size_t n_bytes)
{
	while (n_bytes > 0) {
		const ssize_t n = send(fd, bytes, n_bytes, MSG_NOSIGNAL);

		if (n <= 0)
			return -1;
		bytes += n;
		n_bytes -= (size_t)n;
	}
	return 0;
}

/* Bytes of the answer that "text" begins with, or 0: not yet known. */
static size_t
answer_length(const char *text, int is_head)
{
	const char *end = strstr(text, "\r\n\r\n");
	const char *length = raw_http_header(text, "Content-Length");
	const unsigned status = raw_http_status(text);

	if (end == NULL)
		return 0;
	return (size_t)(end + 4 - text) + (length == NULL || is_head ||
	    status == 304 ? 0 : strtoul(length, NULL, 10));
}

size_t
raw_http_read(int fd, int is_head, char *text, size_t n_text)
{
	size_t n = 0, n_whole;

	text[0] = '\0';
	for (;;) {
		ssize_t n_now;

		n_whole = answer_length(text, is_head);
		if ((n_whole > 0 && n >= n_whole) || n + 1 >= n_text)
			return n;
		/* No more than this answer, but its header byte by byte. */
		n_now = recv(fd, text + n, n_whole == 0 ? 1 :
		    n_whole - n < n_text - 1 - n ? n_whole - n :
		    n_text - 1 - n, 0);
		if (n_now <= 0)
			return n;
		n += (size_t)n_now;
		text[n] = '\0';
	}
}

size_t
raw_http_ask(unsigned port, const char *bytes, size_t n_bytes, char *text,
    size_t n_text)
{
	const int fd = raw_http_connect(port, 1);
	size_t n;

	text[0] = '\0';
	if (fd < 0)
		return 0;
	/* A server may answer and close before it has read all. */
	(void)raw_http_write(fd, bytes, n_bytes);
	(void)shutdown(fd, SHUT_WR);
	n = raw_http_read(fd, strncmp(bytes, "HEAD ", 5) == 0, text, n_text);
	(void)close(fd);
	return n;
}

unsigned
raw_http_status(const char *text)
{
	unsigned status;

	return sscanf(text, "HTTP/1.1 %3u", &status) == 1 ? status : 0;
}

const char *
raw_http_header(const char *text, const char *name)
{
	const size_t n = strlen(name);
	const char *end = strstr(text, "\r\n\r\n");

	for (const char *line = text; end != NULL && line < end;) {
		if (strncasecmp(line, name, n) == 0 && line[n] == ':')
			return line + n + 1 + strspn(line + n + 1, " ");
		line = strstr(line, "\r\n") + 2;
	}
	return NULL;
}
