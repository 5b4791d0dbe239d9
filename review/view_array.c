#include <math.h>
#include <stdio.h>
#include <string.h>

#include "review/view_array.h"

#define NUMBER_BYTES 32		/* of the longest float, and a comma */

static int
put_text(struct json *j, const char *path, const char *text, size_t n,
    struct error *err)
{
	struct json *value = json_parse(text, n, err);
	int status;

	if (value == NULL)
		return -1;
	status = json_put(j, path, value, err);
	json_free(value);
	return status;
}

int
view_array_put(struct json *j, const char *path, const float *values,
    size_t n, int n_decimals, struct arena *a, struct error *err)
{
	char *text = arena_need(a, n + 1, NUMBER_BYTES, "numbers", err);
	size_t used = 0;

	if (text == NULL)
		return -1;
	text[used++] = '[';
	for (size_t i = 0; i < n; i++) {
		const int got = isnan(values[i]) ?
		    snprintf(text + used, NUMBER_BYTES, "null,") :
		    snprintf(text + used, NUMBER_BYTES, "%.*f,", n_decimals,
		    (double)values[i]);

		if (got < 0 || got >= NUMBER_BYTES)
			return error_set(err, ERROR_BUG, "%g in \"%s\" has "
			    "too many digits", (double)values[i], path);
		used += (size_t)got;
	}
	/* In the place of the last comma. */
	text[n == 0 ? used++ : used - 1] = ']';
	return put_text(j, path, text, used, err);
}

int
view_array_put_bytes(struct json *j, const char *path, const void *bytes,
    size_t n_bytes, struct arena *a, struct error *err)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *b = bytes;
	char *text = arena_need(a, n_bytes / 3 + 2, 4, "digits", err);
	char *to = text;

	if (text == NULL)
		return -1;
	for (size_t i = 0; i < n_bytes; i += 3, to += 4) {
		const size_t n = n_bytes - i < 3 ? n_bytes - i : 3;
		const unsigned bits = (unsigned)b[i] << 16 |
		    (n > 1 ? (unsigned)b[i + 1] << 8 : 0) |
		    (n > 2 ? (unsigned)b[i + 2] : 0);

		to[0] = digits[bits >> 18];
		to[1] = digits[bits >> 12 & 63];
		to[2] = n > 1 ? digits[bits >> 6 & 63] : '=';
		to[3] = n > 2 ? digits[bits & 63] : '=';
	}
	*to = '\0';
	return json_put_string(j, path, text, err);
}

int
view_array_put_pair(struct json *j, const char *path, double first,
    double second, struct error *err)
{
	char text[96];

	(void)snprintf(text, sizeof(text), "[%.6f,%.6f]", first, second);
	return put_text(j, path, text, strlen(text), err);
}
