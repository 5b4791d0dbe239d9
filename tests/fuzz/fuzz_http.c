/*
 * The parts of a request, each from the whole input: whatever is read has
 * nothing in it that could lead elsewhere.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "review/http_address.h"
#include "review/http_cookie.h"
#include "review/http_origin.h"
#include "review/http_path.h"
#include "review/http_query.h"
#include "review/http_range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_utf8(const char *s)
{
	const size_t n = strlen(s);

	for (size_t i = 0; i < n;) {
		const size_t n_char = utf8_length(s + i, n - i);

		if (n_char == 0)
			abort();
		i += n_char;
	}
}

static void
check_path(const char *text, size_t n_bytes, struct arena *a)
{
	const char *path = http_path_decode(text, n_bytes, a, NULL);

	if (path == NULL)
		return;
	check_utf8(path);
	if (path[0] != '/' || strchr(path, '\\') != NULL ||
	    strstr(path, "//") != NULL || strstr(path, "/../") != NULL ||
	    strstr(path, "/./") != NULL || strlen(path) > n_bytes)
		abort();
	if (strlen(path) >= 2 && strcmp(strrchr(path, '/'), "/..") == 0)
		abort();
	for (const char *s = path; *s != '\0'; s++)
		if ((unsigned char)*s < 32 || *s == 127)
			abort();
}

static void
check_range(const char *text, uint64_t n_bytes)
{
	uint64_t first = 1, last = 0;

	if (http_range_parse(text, n_bytes, &first, &last) ==
	    HTTP_RANGE_PART && (first > last || last >= n_bytes))
		abort();
}

static void
check_origin(const char *text)
{
	struct http_origin o, again;
	const struct http_origin_headers h = { text, text, text, text };

	if (http_origin_parse("https://a.example", &o, NULL) != 0)
		abort();
	if (http_origin_allows(&o, true, &h))
		abort();	/* no text is an origin and "same-origin" */
	(void)http_origin_is_host(&o, text);
	if (http_origin_parse(text, &o, NULL) != 0)
		return;
	/* What is in order stays as it is, and its host is its own. */
	if (http_origin_parse(o.text, &again, NULL) != 0 ||
	    strcmp(o.text, again.text) != 0 ||
	    !http_origin_is_host(&o, o.host))
		abort();
}

static void
check_texts(const char *text, struct arena *a)
{
	const struct http_query *q = http_query_parse(text, a, NULL);
	const char *value = q == NULL ? NULL : http_query_get(q, "g");
	char address[HTTP_ADDRESS_BYTES], key[HTTP_ADDRESS_BYTES];

	if (value != NULL)
		check_utf8(value);
	value = http_cookie_find(text, "c", a);
	if (value != NULL && (value[0] == '\0' ||
	    strlen(value) > HTTP_COOKIE_MAX_BYTES ||
	    strpbrk(value, "\r\n\"; ,/\\") != NULL))
		abort();
	if (http_address_forwarded(text, address)) {
		if (address[strspn(address, "0123456789abcdef:.")] != '\0')
			abort();
		http_address_key(address, key);
	}
	check_range(text, 0);
	check_range(text, 1);
	check_range(text, 123456);
	check_range(text, UINT64_MAX);
	if (http_range_is_known(text, "\"abc\"") && strcmp(text, "*") != 0 &&
	    strstr(text, "\"abc\"") == NULL)
		abort();
	if (http_range_is_same(text, "\"abc\"") &&
	    strcmp(text, "\"abc\"") != 0)
		abort();
	check_origin(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	char *text = a == NULL ? NULL : arena_alloc(a, size + 1, 1);

	if (text != NULL) {
		if (size > 0)
			memcpy(text, data, size);
		check_path(text, size, a);
		check_texts(text, a);
	}
	arena_free(a);
	return 0;
}
