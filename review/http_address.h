/*
 * http_address -- addresses of clients, and the socket that they come to.
 */
#ifndef REVIEW_HTTP_ADDRESS_H
#define REVIEW_HTTP_ADDRESS_H

#include <stdbool.h>

#include <sys/socket.h>

#include "base/error.h"

#define HTTP_ADDRESS_BYTES 48

/* In digits without port; an IPv4 address within IPv6 as IPv4. */
void http_address_text(const struct sockaddr *address,
    char text[HTTP_ADDRESS_BYTES]);

/* The same of what somebody wrote; false when it is no address. */
bool http_address_parse(const char *written, char text[HTTP_ADDRESS_BYTES]);

/*
 * The last address of X-Forwarded-For, which the nearest proxy wrote; false
 * when it is none.
 */
bool http_address_forwarded(const char *header,
    char text[HTTP_ADDRESS_BYTES]);

bool http_address_is_loopback(const char *text);

/*
 * What stands for one client: an IPv4 address, or the first 64 bits of an
 * IPv6 address, whose rest a client chooses.
 */
void http_address_key(const char *text, char key[HTTP_ADDRESS_BYTES]);

/*
 * A socket that listens at the address (in digits) and port (0: a free one,
 * *taken says which), to be closed by the caller.  -1 with an error.
 */
int http_address_listen(const char *address, unsigned port, unsigned *taken,
    struct error *err) MUST_CHECK;

#endif
