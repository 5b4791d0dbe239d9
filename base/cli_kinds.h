/*
 * cli_kinds -- the main of a command whose first argument names one of several
 * kinds of work, each with options of its own: chad-plot, chad-eval.
 */
#ifndef BASE_CLI_KINDS_H
#define BASE_CLI_KINDS_H

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"

struct cli_kinds_entry {
	const char *name;	/* NULL ends the list */
	/*
	 * argv[0] is the kind's name.  "a" is released afterwards.  Returns
	 * the exit status, 0 being CLI_OK; or -1 with an error, and the
	 * command ends with CLI_FATAL.
	 */
	int (*run)(int argc, char *argv[], struct arena *a,
	    struct error *err);
};

struct cli_kinds {
	struct cli_tool tool;	/* for --help and --version without a kind */
	const char *question;	/* "which kind of picture?" */
	const char *failure;	/* goes before an error: "cannot draw"; or "" */
	const struct cli_kinds_entry *entries;
};

/*
 * Run the kind that argv[1] names; without one say what is wrong.  Returns the
 * exit status, standard output being closed and checked.
 */
int cli_kinds_main(const struct cli_kinds *k, int argc, char *argv[])
    MUST_CHECK;

#endif
