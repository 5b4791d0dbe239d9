/* Expressions of strangers, and records: the first line is the expression. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manifests/filter_expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	char *text = malloc(n_bytes + 1);
	struct filter_expr *e;
	struct json *rec;
	char *end;

	if (text == NULL)
		abort();
	if (n_bytes > 0)
		memcpy(text, bytes, n_bytes);
	text[n_bytes] = '\0';
	end = memchr(text, '\n', n_bytes);
	if (end != NULL)
		*end = '\0';
	e = filter_expr_parse(text, NULL);
	rec = end == NULL ? NULL : json_parse(end + 1,
	    n_bytes - (size_t)(end + 1 - text), NULL);
	/* The same answer twice: nothing is changed by asking. */
	if (e != NULL && rec != NULL && filter_expr_wants(e, rec) !=
	    filter_expr_wants(e, rec))
		abort();
	json_free(rec);
	filter_expr_free(e);
	free(text);
	return 0;
}
