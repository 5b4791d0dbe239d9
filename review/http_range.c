#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "review/http_range.h"

/*
 * A number, behind which *text is moved.  What has over 18 digits is 10^18,
 * further than any file.
 */
static bool
take_number(const char **text, uint64_t *value)
{
	const size_t n_digits = strspn(*text, "0123456789");
	uint64_t n = 0;

	for (size_t i = 0; i < n_digits; i++)
		if (n < UINT64_C(100000000000000000))
			n = 10 * n + (uint64_t)((*text)[i] - '0');
		else
			n = UINT64_C(1000000000000000000);
	*text += n_digits;
	*value = n;
	return n_digits > 0;
}

enum http_range
http_range_parse(const char *range, uint64_t n_bytes, uint64_t *first,
    uint64_t *last)
{
	uint64_t begin = 0, end = UINT64_MAX;
	bool has_begin, has_end;

	if (range == NULL || strncasecmp(range, "bytes=", 6) != 0)
		return HTTP_RANGE_WHOLE;
	range += 6;
	has_begin = take_number(&range, &begin);
	if (*range++ != '-')
		return HTTP_RANGE_WHOLE;
	has_end = take_number(&range, &end);
	if (*range != '\0' || (!has_begin && !has_end) ||
	    (has_begin && has_end && begin > end))
		return HTTP_RANGE_WHOLE;
	if (!has_begin) {	/* the last "end" bytes */
		if (end == 0 || n_bytes == 0)
			return HTTP_RANGE_NOWHERE;
		begin = end < n_bytes ? n_bytes - end : 0;
		end = n_bytes - 1;
	}
	if (begin >= n_bytes)
		return HTTP_RANGE_NOWHERE;
	*first = begin;
	*last = has_end && end < n_bytes ? end : n_bytes - 1;
	return HTTP_RANGE_PART;
}

bool
http_range_is_same(const char *if_range, const char *etag)
{
	return if_range == NULL ||
	    (etag != NULL && strcmp(if_range, etag) == 0);
}

bool
http_range_is_known(const char *if_none_match, const char *etag)
{
	const char *s = if_none_match;
	size_t n;

	if (s == NULL || etag == NULL)
		return false;
	if (strcmp(s, "*") == 0)
		return true;
	/* Tags may have commas in their quotes. */
	while (*(s += strspn(s, ", \t")) != '\0') {
		if (strncmp(s, "W/", 2) == 0)
			s += 2;
		if (*s != '"')
			return false;
		n = strcspn(s + 1, "\"") + 2;
		if (s[n - 1] == '\0')
			return false;
		if (n == strlen(etag) && memcmp(s, etag, n) == 0)
			return true;
		s += n;
	}
	return false;
}
