/*
 * utf8 -- what is UTF-8 (RFC 3629), and text made to be it.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/*
 * Bytes of the UTF-8 character at s, which has n_bytes >= 1, or 0 when it is
 * none: cut short, longer than need be, a surrogate, or over U+10FFFF.
 */
size_t utf8_length(const char *s, size_t n_bytes);

/*
 * Copy n_bytes of text and a zero byte, with "?" for each byte that is zero or
 * no part of a character.  "copy" has room for n_bytes + 1.
 */
void utf8_clean(char *copy, const char *text, size_t n_bytes);

#endif
