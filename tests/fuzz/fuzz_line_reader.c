/*
 * Lines: what the reader gives is what splitting the input by hand gives.
 * The first byte chooses the longest line.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#include "manifests/line_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

/* Compare every line; "bytes" is what the reader reads. */
static void
compare(struct line_reader *r, const char *bytes, size_t n_bytes,
    size_t max_bytes)
{
	struct error err = { ERROR_NONE, "" };
	const char *text;
	size_t at = 0;
	size_t n;

	while (at < n_bytes) {
		const char *end = memchr(bytes + at, '\n', n_bytes - at);
		const size_t n_line = end != NULL ?
		    (size_t)(end - (bytes + at)) : n_bytes - at;
		const enum line_kind kind = line_reader_next(r, &text, &n,
		    &err);

		if (kind != (n_line > max_bytes ? LINE_TOO_LONG : LINE_TEXT))
			abort();
		if (n > n_line || (kind == LINE_TEXT && n != n_line) ||
		    memcmp(text, bytes + at, n) != 0 || text[n] != '\0')
			abort();
		at += n_line + (end != NULL);
	}
	if (line_reader_next(r, &text, &n, &err) != LINE_END)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	char path[64];
	struct line_reader *r;
	size_t max_bytes;
	FILE *file;

	if (n_bytes < 1)
		return 0;
	max_bytes = (size_t)bytes[0] * 17;
	file = tmpfile();
	if (file == NULL)
		abort();
	if (n_bytes > 1 && fwrite(bytes + 1, 1, n_bytes - 1, file) !=
	    n_bytes - 1)
		abort();
	if (fflush(file) != 0)
		abort();
	(void)snprintf(path, sizeof(path), "/dev/fd/%d", fileno(file));
	rewind(file);
	r = line_reader_open(path, max_bytes, NULL, NULL, NULL);
	if (r == NULL)
		abort();
	compare(r, (const char *)bytes + 1, n_bytes - 1, max_bytes);
	line_reader_close(r);
	(void)fclose(file);
	return 0;
}
