/*
 * Options: the input is a command line, its arguments separated by zero
 * bytes.  Values stay within their range, and no argument is lost.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"

#define MAX_ARGUMENTS 32

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static int
split_arguments(char *text, size_t n_bytes, char *argv[])
{
	static char name[] = "chad-fuzz";
	int argc = 1;

	argv[0] = name;
	for (size_t at = 0; at < n_bytes && argc < MAX_ARGUMENTS;
	    at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	argv[argc] = NULL;
	return argc;
}

/* True of help and version, which print: there is nothing to look at. */
static bool
prints(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "--version") == 0)
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	const char *text_value = "default";
	double number = 1.5;
	size_t count = 3;
	uint64_t seed = 0;
	bool flag = false;
	const struct cli_option options[] = {
		{ CLI_STRING, "text", &text_value, 0, 0, "FILE", "a text" },
		{ CLI_DOUBLE, "number", &number, -2, 10, "X", "a number" },
		{ CLI_SIZE, "count", &count, 1, 100, "N", "a count" },
		{ CLI_UINT64, "seed", &seed, 0, 0, "N", "a seed" },
		{ CLI_FLAG, "flag", &flag, 0, 0, NULL, "a flag" },
		{ CLI_LETTER, "n", NULL, 0, 0, "number", NULL },
		{ CLI_LETTER, "F", NULL, 0, 0, "no-flag", NULL },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-fuzz", "", "", options };
	char *argv[MAX_ARGUMENTS + 1];
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	char *text;
	int argc, first;

	if (a == NULL || (text = arena_alloc(a, n_bytes + 1, 1)) == NULL)
		abort();
	if (n_bytes > 0)
		memcpy(text, bytes, n_bytes);
	argc = split_arguments(text, n_bytes, argv);
	if (!prints(argc, argv)) {
		first = cli_try_parse(&tool, argc, argv, &err);
		if (first > argc || first == 0 ||
		    (first < 0 && err.text[0] == '\0'))
			abort();
		for (int i = 0; i < argc; i++)
			if (argv[i] == NULL)
				abort();
	}
	if (!(number >= -2.0 && number <= 10.0) || count < 1 || count > 100)
		abort();
	arena_free(a);
	return 0;
}
