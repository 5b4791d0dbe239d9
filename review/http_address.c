#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "review/http_address.h"

#define BACKLOG 512

static void
write_text(int family, const void *bytes, char text[HTTP_ADDRESS_BYTES])
{
	if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(
	    (const struct in6_addr *)bytes)) {
		family = AF_INET;
		bytes = (const char *)bytes + 12;
	}
	if (inet_ntop(family, bytes, text, HTTP_ADDRESS_BYTES) == NULL)
		text[0] = '\0';
}

void
http_address_text(const struct sockaddr *address,
    char text[HTTP_ADDRESS_BYTES])
{
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	text[0] = '\0';
	if (address->sa_family == AF_INET) {
		memcpy(&in4, address, sizeof(in4));
		write_text(AF_INET, &in4.sin_addr, text);
	} else if (address->sa_family == AF_INET6) {
		memcpy(&in6, address, sizeof(in6));
		write_text(AF_INET6, &in6.sin6_addr, text);
	}
}

bool
http_address_parse(const char *written, char text[HTTP_ADDRESS_BYTES])
{
	struct in_addr in4;
	struct in6_addr in6;

	if (inet_pton(AF_INET, written, &in4) == 1)
		write_text(AF_INET, &in4, text);
	else if (inet_pton(AF_INET6, written, &in6) == 1)
		write_text(AF_INET6, &in6, text);
	else
		return false;
	return true;
}

bool
http_address_forwarded(const char *header, char text[HTTP_ADDRESS_BYTES])
{
	const char *comma = strrchr(header, ',');
	const char *last = comma == NULL ? header : comma + 1;
	char written[HTTP_ADDRESS_BYTES] = "";
	size_t n;

	last += strspn(last, " \t");
	n = strcspn(last, " \t");
	if (n >= sizeof(written) || last[n + strspn(last + n, " \t")] != '\0')
		return false;
	memcpy(written, last, n);
	return http_address_parse(written, text);
}

bool
http_address_is_loopback(const char *text)
{
	return strncmp(text, "127.", 4) == 0 || strcmp(text, "::1") == 0;
}

void
http_address_key(const char *text, char key[HTTP_ADDRESS_BYTES])
{
	struct in6_addr in6;

	if (inet_pton(AF_INET6, text, &in6) == 1) {
		memset(in6.s6_addr + 8, 0, 8);
		write_text(AF_INET6, &in6, key);
	} else {
		memset(key, 0, HTTP_ADDRESS_BYTES);
		memcpy(key, text, strnlen(text, HTTP_ADDRESS_BYTES - 1));
	}
}

/* The address and port as the system wants them, and their length; or 0. */
static socklen_t
to_system(const char *address, unsigned port, struct sockaddr_storage *to)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)port) };

	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET, address, &in4.sin_addr) == 1) {
		memcpy(to, &in4, sizeof(in4));
		return sizeof(in4);
	}
	if (inet_pton(AF_INET6, address, &in6.sin6_addr) == 1) {
		memcpy(to, &in6, sizeof(in6));
		return sizeof(in6);
	}
	return 0;
}

/* The port that the socket has. */
static int
port_of(int fd, unsigned *port)
{
	struct sockaddr_storage own;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
	socklen_t n = sizeof(own);

	if (getsockname(fd, (struct sockaddr *)&own, &n) != 0)
		return -1;
	if (own.ss_family == AF_INET6) {
		memcpy(&in6, &own, sizeof(in6));
		*port = ntohs(in6.sin6_port);
	} else {
		memcpy(&in4, &own, sizeof(in4));
		*port = ntohs(in4.sin_port);
	}
	return 0;
}

int
http_address_listen(const char *address, unsigned port, unsigned *taken,
    struct error *err)
{
	const int on = 1;
	struct sockaddr_storage to;
	const socklen_t n = to_system(address, port, &to);
	int fd;

	if (n == 0)
		return error_set(err, ERROR_FORMAT, "\"%s\" is no address in "
		    "digits, as 127.0.0.1 and ::1 are", address);
	if (port > 65535)
		return error_set(err, ERROR_LIMIT, "there is no port %u",
		    port);
	fd = socket(to.ss_family, SOCK_STREAM, 0);
	if (fd < 0)
		return error_set_errno(err, "no socket");
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)&to, n) != 0 ||
	    listen(fd, BACKLOG) != 0 || port_of(fd, taken) != 0) {
		if (errno == EADDRINUSE)
			error_set(err, ERROR_IO, "port %u of %s is taken by "
			    "another program: choose another one", port,
			    address);
		else
			error_set_errno(err, "listening at port %u of %s",
			    port, address);
		(void)close(fd);
		return -1;
	}
	return fd;
}
