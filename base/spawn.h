/*
 * spawn -- run other programs from an argument vector, never through a shell.
 */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* One program of a pipeline.  argv[0] is looked up on PATH; ends with NULL. */
struct spawn_command {
	const char *const *argv;
};

/*
 * Run a pipeline: the standard input of the first is the file in_path (or
 * /dev/null when NULL), the standard output of each goes to the next, that of
 * the last to the file out_path (or ours when NULL), created or truncated.
 * Standard error is ours.  Waits for all of them.  SIGTERM, SIGINT and
 * SIGHUP to us are passed on to them; one that we ignore they ignore too.
 * status[i] is the exit status of command i, or 128 + signal.  0 when all
 * could be started, whatever their status; else -1, with those that had
 * started ended by SIGTERM.  -1 with ERROR_BUSY when a signal came.  At most
 * 16 commands; one call at a time.
 */
int spawn_pipeline(const struct spawn_command *commands, size_t n_commands,
    const char *in_path, const char *out_path, int *status,
    struct error *err) MUST_CHECK;

/*
 * Run one program with nothing to read, its standard output and error in
 * out_path and err_path, created or truncated, in a process group of its own.
 * must_stop (may be NULL) is asked while it runs, with "shared"; when it says
 * so the group is ended by SIGTERM, 5 s later by SIGKILL.  When we are killed
 * the program, but not what it has started, is ended by SIGKILL.  Waits for the
 * program.  *status as above.  -1 when it could not be started, with
 * ERROR_BUSY when it was stopped.  Any number of calls at a time.
 */
int spawn_program(const char *const *argv, const char *out_path,
    const char *err_path, bool (*must_stop)(void *shared), void *shared,
    int *status, struct error *err) MUST_CHECK;

#endif
