#include <string.h>

#include "base/cli_kinds.h"

/* Without a kind: --help, --version, or what is wrong. */
static int
explain(const struct cli_kinds *k, int argc, char *argv[])
{
	const int first = cli_parse(&k->tool, argc, argv);
	struct error err;

	if (first < argc)
		error_set(&err, ERROR_FORMAT, "there is no kind \"%s\"",
		    argv[first]);
	else
		error_set(&err, ERROR_FORMAT, "%s", k->question);
	cli_warn(&err, "usage");
	return CLI_FATAL;
}

static int
run(const struct cli_kinds *k, const struct cli_kinds_entry *entry, int argc,
    char *argv[])
{
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	int status = CLI_OK;

	if (a == NULL)
		error_set(&err, ERROR_NOMEM, "out of memory");
	if (a == NULL || (status = entry->run(argc, argv, a, &err)) < 0) {
		cli_warn(&err, "%s", k->failure);
		status = CLI_FATAL;
	}
	arena_free(a);
	return status;
}

int
cli_kinds_main(const struct cli_kinds *k, int argc, char *argv[])
{
	const struct cli_kinds_entry *entry = k->entries;

	while (entry->name != NULL &&
	    (argc < 2 || strcmp(argv[1], entry->name) != 0))
		entry++;
	if (entry->name == NULL)
		return cli_finish(explain(k, argc, argv));
	return cli_finish(run(k, entry, argc - 1, argv + 1));
}
