/*
 * error -- one sentence about what went wrong, in a buffer of fixed size.
 *
 * A function that can fail returns 0 or -1, or a pointer or NULL, and takes a
 * struct error as its last argument.  It calls error_set where the failure is
 * found; callers put what they know in front with error_add, so the finished
 * message reads from the general to the particular:
 *
 *	return error_add(err, "reading %s", path);
 *
 * Nothing here allocates.  A message that is too long is cut.  "err" may be
 * NULL where the caller does not want to know.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/* For callers that must choose what to do; the text is for people. */
enum error_code {
	ERROR_NONE = 0,
	ERROR_IO,		/* the system refused: file, disk, network */
	ERROR_FORMAT,		/* the input is not what it should be */
	ERROR_LIMIT,		/* the input is larger or smaller than may be */
	ERROR_NOMEM,		/* out of memory */
	ERROR_BUG,		/* a mistake of ours, or of a library */
	ERROR_BUSY,		/* a passing fault, as a lock held: try again */
	ERROR_OUTPUT		/* there is no room or right to write: a run
				 * stops, and goes on when there is */
};

#define ERROR_TEXT_BYTES 1024

struct error {
	enum error_code code;
	char text[ERROR_TEXT_BYTES];
};

#define ERROR_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define MUST_CHECK __attribute__((warn_unused_result))

/* Say what failed.  Replaces what "err" held.  Returns -1, always. */
int error_set(struct error *err, enum error_code code, const char *fmt, ...)
    ERROR_PRINTF(3, 4);

/*
 * As error_set with ERROR_IO, or what errno says better, and ": " and
 * strerror(errno) at the end.
 */
int error_set_errno(struct error *err, const char *fmt, ...)
    ERROR_PRINTF(2, 3);

/* Put "fmt: " in front of the message; the code stays.  Returns -1, always. */
int error_add(struct error *err, const char *fmt, ...) ERROR_PRINTF(2, 3);

#endif
