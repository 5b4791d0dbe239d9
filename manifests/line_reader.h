/*
 * line_reader -- lines of a descriptor, of limited length, interruptible.
 *
 * Input packed by gzip or Zstandard is known by its first bytes and unpacked
 * on the way; a file whose name ends in .gz or .zst must be packed.
 *
 * A line ends with a newline or the end of the input; the newline is not part
 * of it.  Waiting for input looks at "must_stop" a few times a second, so that
 * a signal or a failed writer ends a read from a silent pipe.
 */
#ifndef MANIFESTS_LINE_READER_H
#define MANIFESTS_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct line_reader;

/* What line_reader_next found. */
enum line_kind {
	LINE_FAILED = -1,	/* the input could not be read: see err */
	LINE_END = 0,		/* the end of the input, or must_stop */
	LINE_TEXT,		/* a line */
	LINE_TOO_LONG		/* its first bytes; the rest was skipped */
};

/*
 * Read from the file "path" (kept), or from standard input when it is NULL or
 * "-".
 * Lines have at most max_bytes.  must_stop may be NULL; it is called with
 * "shared".  Close with line_reader_close.
 */
struct line_reader *line_reader_open(const char *path, size_t max_bytes,
    bool (*must_stop)(void *shared), void *shared, struct error *err)
    MUST_CHECK;
void line_reader_close(struct line_reader *r);

/*
 * The next line.  *text is borrowed until the next call, holds n_bytes and a
 * zero byte behind them.
 */
enum line_kind line_reader_next(struct line_reader *r, const char **text,
    size_t *n_bytes, struct error *err) MUST_CHECK;

/* True when the end came because must_stop said so. */
bool line_reader_was_stopped(const struct line_reader *r);

#endif
