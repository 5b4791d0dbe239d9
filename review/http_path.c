#include <stdbool.h>
#include <string.h>

#include "review/http_path.h"
#include "review/http_percent.h"

static bool
is_segment(const char *s)
{
	if (strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return false;
	for (; *s != '\0'; s++)
		if (*s == '/' || *s == '\\' || *s == 127 ||
		    (*s > 0 && *s < 32))
			return false;
	return true;
}

const char *
http_path_decode(const char *text, size_t n_bytes, struct arena *a,
    struct error *err)
{
	char *path = arena_need(a, n_bytes + 1, 1, "bytes of a path", err);
	size_t at = 0, n = 0;

	if (path == NULL)
		return NULL;
	if (n_bytes == 0 || memchr(text, '#', n_bytes) != NULL)
		goto refuse;
	while (at < n_bytes) {
		const char *begin = text + at + 1;
		const char *end, *segment;

		if (text[at] != '/')
			goto refuse;
		end = memchr(begin, '/', n_bytes - at - 1);
		if (end == begin)
			goto refuse;
		if (end == NULL)
			end = text + n_bytes;
		segment = http_percent_decode(begin, (size_t)(end - begin),
		    false, a, err);
		if (segment == NULL)
			return NULL;
		if (!is_segment(segment))
			goto refuse;
		path[n++] = '/';
		memcpy(path + n, segment, strlen(segment));
		n += strlen(segment);
		at = (size_t)(end - text);
	}
	return path;
refuse:
	error_set(err, ERROR_FORMAT, "there is no such path");
	return NULL;
}
