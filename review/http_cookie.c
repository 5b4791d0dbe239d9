#include <string.h>

#include "review/http_cookie.h"

const char *
http_cookie_find(const char *header, const char *name, struct arena *a)
{
	const size_t n_name = strlen(name);
	const char *found = NULL;
	char *value;
	size_t n;

	for (const char *s = header; *(s += strspn(s, "; \t")) != '\0';
	    s += strcspn(s, ";")) {
		if (strncmp(s, name, n_name) != 0 || s[n_name] != '=')
			continue;
		if (found != NULL)
			return NULL;
		found = s + n_name + 1;
	}
	if (found == NULL)
		return NULL;
	n = strspn(found, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_");
	if (n == 0 || n > HTTP_COOKIE_MAX_BYTES ||
	    (found[n] != '\0' && found[n] != ';'))
		return NULL;
	value = arena_alloc(a, n + 1, 1);
	if (value != NULL)
		memcpy(value, found, n);
	return value;
}
