/*
 * replay -- run a fuzz target on files, where no fuzzer is installed.
 *
 * Arguments are the files of the corpus.  Without any, the target gets the
 * empty input only.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"

#define MAX_INPUT_BYTES ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static int
replay(const char *path)
{
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	const uint8_t *bytes;
	size_t n_bytes;

	if (a == NULL)
		return -1;
	bytes = file_read(path, MAX_INPUT_BYTES, a, &n_bytes, &err);
	if (bytes == NULL) {
		(void)fprintf(stderr, "%s\n", err.text);
		arena_free(a);
		return -1;
	}
	(void)LLVMFuzzerTestOneInput(bytes, n_bytes);
	arena_free(a);
	return 0;
}

int
main(int argc, char *argv[])
{
	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		if (replay(argv[i]) != 0)
			return 1;
	(void)printf("%d inputs replayed\n", argc);
	return 0;
}
