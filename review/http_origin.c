#include <stdlib.h>
#include <string.h>

#include "review/http_origin.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz0123456789"

/* ":8137" or nothing: "" in *port where it goes without saying. */
static bool
take_port(const char *text, bool is_tls, const char **port)
{
	const size_t n_digits = *text == ':' ?
	    strspn(text + 1, "0123456789") : 0;
	long number;

	*port = "";
	if (*text == '\0')
		return true;
	if (n_digits < 1 || n_digits > 5 || text[1] == '0' ||
	    text[n_digits + 1] != '\0')
		return false;
	number = strtol(text + 1, NULL, 10);
	if (number > 65535)
		return false;
	if (number != (is_tls ? 443 : 80))
		*port = text;
	return true;
}

/* Bytes of the host that "text" begins with, in lower case; 0: none. */
static size_t
host_length(const char *text)
{
	size_t n;

	if (*text != '[')
		return strspn(text, LETTERS ".-_");
	n = 1 + strspn(text + 1, "0123456789abcdef:.");
	return n > 1 && text[n] == ']' ? n + 1 : 0;
}

/* The text in lower case without such a port; false when it is no origin. */
static bool
read_origin(const char *text, struct http_origin *o)
{
	const char *port;
	size_t n_scheme, n_host;

	memset(o, 0, sizeof(*o));
	if (strlen(text) >= sizeof(o->text))
		return false;
	for (size_t i = 0; text[i] != '\0'; i++)
		o->text[i] = text[i] >= 'A' && text[i] <= 'Z' ?
		    (char)(text[i] - 'A' + 'a') : text[i];
	o->is_tls = strncmp(o->text, "https://", 8) == 0;
	n_scheme = o->is_tls ? 8 : 7;
	if (!o->is_tls && strncmp(o->text, "http://", 7) != 0)
		return false;
	o->host = o->text + n_scheme;
	n_host = host_length(o->host);
	if (n_host == 0 || !take_port(o->host + n_host, o->is_tls, &port))
		return false;
	if (*port == '\0')
		o->text[n_scheme + n_host] = '\0';
	return true;
}

int
http_origin_parse(const char *text, struct http_origin *o, struct error *err)
{
	if (!read_origin(text, o))
		return error_set(err, ERROR_FORMAT, "\"%s\" is no origin: give "
		    "it as https://host or http://host:port", text);
	return 0;
}

bool
http_origin_is_host(const struct http_origin *o, const char *host)
{
	char text[HTTP_ORIGIN_BYTES] = "";
	const size_t n_scheme = o->is_tls ? 8 : 7, n_host = strlen(host);
	struct http_origin told;

	if (n_scheme + n_host >= sizeof(text))
		return false;
	memcpy(text, o->text, n_scheme);
	memcpy(text + n_scheme, host, n_host + 1);
	return read_origin(text, &told) && strcmp(told.host, o->host) == 0;
}

static bool
is_text(const char *s, const char *text)
{
	return s != NULL && strcmp(s, text) == 0;
}

bool
http_origin_allows(const struct http_origin *o, bool is_post,
    const struct http_origin_headers *h)
{
	struct http_origin from;

	if (h->origin != NULL && (!read_origin(h->origin, &from) ||
	    strcmp(from.text, o->text) != 0))
		return false;
	if (h->fetch_site == NULL || is_text(h->fetch_site, "same-origin"))
		return true;
	if (is_post)
		return false;
	/* Typed into the address bar, or followed into a page of its own. */
	return is_text(h->fetch_site, "none") ||
	    (is_text(h->fetch_mode, "navigate") &&
	    is_text(h->fetch_dest, "document"));
}
