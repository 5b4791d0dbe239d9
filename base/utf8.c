#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

size_t
utf8_length(const char *s, size_t n_bytes)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	const size_t n = u[0] < 0x80 ? 1 : u[0] < 0xc0 ? 0 : u[0] < 0xe0 ? 2 :
	    u[0] < 0xf0 ? 3 : u[0] < 0xf8 ? 4 : 0;
	uint32_t c;

	if (n <= 1)
		return n;
	if (n > n_bytes)
		return 0;
	c = u[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3fu);
	}
	if (c < lowest[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return n;
}

void
utf8_clean(char *copy, const char *text, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes;) {
		const size_t n = utf8_length(text + i, n_bytes - i);

		if (n == 0 || text[i] == '\0')
			copy[i] = '?';
		else
			memcpy(copy + i, text + i, n);
		i += n == 0 ? 1 : n;
	}
	copy[n_bytes] = '\0';
}
