#include "base/utf8.h"

#include "review/http_percent.h"

/* 0..15, or -1. */
static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte at *at, behind which *at is moved; -1 when it is none. */
static int
take_byte(const char *text, size_t n_bytes, size_t *at, bool has_plus)
{
	const char c = text[*at];
	int high, low;

	if (c < 33 || c > 126)
		return -1;
	(*at)++;
	if (c == '+' && has_plus)
		return ' ';
	if (c != '%')
		return c;
	if (n_bytes - *at < 2)
		return -1;
	high = hex_value(text[*at]);
	low = hex_value(text[*at + 1]);
	*at += 2;
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

char *
http_percent_decode(const char *text, size_t n_bytes, bool has_plus,
    struct arena *a, struct error *err)
{
	char *decoded = arena_need(a, n_bytes + 1, 1, "bytes of an address",
	    err);
	size_t n = 0, n_char;

	if (decoded == NULL)
		return NULL;
	for (size_t at = 0; at < n_bytes;) {
		const int byte = take_byte(text, n_bytes, &at, has_plus);

		if (byte <= 0) {
			error_set(err, ERROR_FORMAT,
			    "the address is not encoded as it should be");
			return NULL;
		}
		decoded[n++] = (char)byte;
	}
	for (size_t i = 0; i < n; i += n_char) {
		n_char = utf8_length(decoded + i, n - i);
		if (n_char == 0) {
			error_set(err, ERROR_FORMAT,
			    "the address is not UTF-8");
			return NULL;
		}
	}
	return decoded;
}
