/*
 * cli -- options from a table, messages, and the end of a command.
 *
 * The table is the single source of parsing, range checks and --help.  Every
 * command also understands --help, --version and --quiet without naming them.
 * Options are "--name VALUE" or "--name=VALUE"; a flag has no value and
 * "--no-name" clears it.  Two options of one value are two names of it.  Where
 * the table has letters, "-x VALUE", "-xVALUE" and flags together as in "-xy"
 * are understood.  Only this file and cmd/ print or exit.
 */
#ifndef BASE_CLI_H
#define BASE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CLI_VERSION "0.1"

/* Exit statuses. */
enum cli_status {
	CLI_OK = 0,		/* all records done */
	CLI_SOME_FAILED = 1,	/* some records failed, the rest were written */
	CLI_FATAL = 2,		/* could not start or go on */
	CLI_AGAIN = 75		/* stopped by a passing fault: run it again */
};

enum cli_kind {
	CLI_END = 0,
	CLI_STRING,		/* value: const char ** */
	CLI_SHARED,		/* the same, found by base/share.h */
	CLI_DOUBLE,		/* value: double *, within low..high */
	CLI_SIZE,		/* value: size_t *, within low..high */
	CLI_UINT64,		/* value: uint64_t *, any */
	CLI_FLAG,		/* value: bool * */
	CLI_LETTER		/* "name" is short for the option "metavar" */
};

struct cli_option {
	enum cli_kind kind;
	const char *name;	/* without the dashes; of a letter, that */
	void *value;		/* where it goes; holds the default before */
	double low, high;	/* allowed range of numbers, inclusive */
	/*
	 * Word for the value in the help, or NULL.  Of a letter the name of the
	 * option that it stands for, "no-name" and "quiet" included.
	 */
	const char *metavar;
	const char *help;	/* one line; NULL of a letter */
};

struct cli_tool {
	const char *name;	/* "chad-f0" */
	const char *purpose;	/* one line */
	const char *usage;	/* what follows the name */
	const struct cli_option *options;	/* ends with CLI_END */
};

/*
 * Parse the command line into the table's values.  Prints --help and
 * --version on standard output and exits 0; prints a usage error as one line
 * on standard error and exits 2.  Options and operands may be mixed: argv is
 * put in order, options first, and the index of the first operand returned.
 * What follows "--" is never an option, and "-" alone is an operand.  SIGPIPE
 * is ignored from here on, so that a closed pipe is an error to be reported.
 */
int cli_parse(const struct cli_tool *tool, int argc, char *argv[]);

/*
 * The same without an end of the process: returns the index of the first
 * operand, 0 when help or version was printed, -1 with a message.
 */
int cli_try_parse(const struct cli_tool *tool, int argc, char *argv[],
    struct error *err) MUST_CHECK;

/*
 * Where a file that comes with the tools is, see base/share.h; for defaults
 * that are chosen after parsing.  Valid until the process ends.
 */
const char *cli_shared_path(const char *path);

/* The tool's name after cli_parse, "chad" before. */
const char *cli_tool_name(void);

/* True after --quiet. */
bool cli_is_quiet(void);

/*
 * The options as given that differ from their defaults, as one text such as
 * "--hop 5 --viterbi", in the table's order, without --threads, --quiet,
 * --work and --shard and those of the network's use, which do not change the
 * result.  For the history.
 * Valid until the process ends.
 */
const char *cli_options_text(void);

/* Print "chad-x: MESSAGE: the text of err" on standard error, one line. */
void cli_warn(const struct error *err, const char *fmt, ...)
    ERROR_PRINTF(2, 3);

/* Print "chad-x: MESSAGE" on standard error, unless --quiet. */
void cli_note(const char *fmt, ...) ERROR_PRINTF(1, 2);

/*
 * Flush and close standard output and check it.  Returns "status", or
 * CLI_FATAL with a message when the output could not be written.  The last
 * call of every main.
 */
int cli_finish(int status) MUST_CHECK;

#endif
