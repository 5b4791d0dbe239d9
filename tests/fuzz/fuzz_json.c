/* JSON: what is read is written, and reads back as the same text. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	struct json *j = json_parse((const char *)bytes, n_bytes, &err);
	struct json *again;
	const char *text, *text_again;

	if (a == NULL)
		abort();
	if (j == NULL) {
		if (err.code == ERROR_NONE || err.text[0] == '\0')
			abort();
		arena_free(a);
		return 0;
	}
	text = json_text(j, a, &err);
	if (text == NULL || json_text_pretty(j, a, &err) == NULL)
		abort();
	again = json_parse(text, strlen(text), &err);
	if (again == NULL)
		abort();
	text_again = json_text(again, a, &err);
	if (text_again == NULL || strcmp(text, text_again) != 0)
		abort();
	/* Paths taken from the input itself. */
	(void)json_has(j, text);
	if (json_put_size(again, text, 1, &err) == 0 && !json_has(again, text))
		abort();
	json_remove(again, text);
	json_free(again);
	json_free(j);
	arena_free(a);
	return 0;
}
