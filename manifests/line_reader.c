#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

#include "manifests/line_reader.h"

#define BLOCK_BYTES ((size_t)64 << 10)
#define LOOK_EVERY_MSEC 100
#define SHOWN_BYTES 256		/* kept of a line that is too long */

struct line_reader {
	int fd;
	bool is_ours;		/* to be closed */
	bool at_end;
	bool was_stopped;
	bool is_too_long;	/* the line that is being read */
	bool (*must_stop)(void *shared);
	void *shared;
	size_t max_bytes;
	char *block;		/* [BLOCK_BYTES], what was read last */
	size_t n_block;		/* bytes in it */
	size_t at;		/* of which are used */
	char *line;		/* [capacity], the line so far */
	size_t n_line;
	size_t capacity;
};

struct line_reader *
line_reader_open(const char *path, size_t max_bytes,
    bool (*must_stop)(void *shared), void *shared, struct error *err)
{
	struct line_reader *r = memory_new(1, sizeof(*r), "reader", err);

	if (r == NULL)
		return NULL;
	r->max_bytes = max_bytes;
	r->must_stop = must_stop;
	r->shared = shared;
	r->fd = STDIN_FILENO;
	r->block = memory_new(BLOCK_BYTES, 1, "bytes to read into", err);
	if (r->block == NULL) {
		line_reader_close(r);
		return NULL;
	}
	if (path == NULL || strcmp(path, "-") == 0)
		return r;
	r->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0) {
		error_set_errno(err, "cannot open %s", path);
		line_reader_close(r);
		return NULL;
	}
	r->is_ours = true;
	return r;
}

void
line_reader_close(struct line_reader *r)
{
	if (r == NULL)
		return;
	if (r->is_ours)
		(void)close(r->fd);
	memory_free(r->line);
	memory_free(r->block);
	memory_free(r);
}

bool
line_reader_was_stopped(const struct line_reader *r)
{
	return r->was_stopped;
}

/* Wait until there is something to read.  False: must_stop said so. */
static bool
wait_for_input(struct line_reader *r)
{
	struct pollfd p = { r->fd, POLLIN, 0 };
	int n;

	do {
		if (r->must_stop != NULL && r->must_stop(r->shared)) {
			r->was_stopped = true;
			return false;
		}
		n = poll(&p, 1, LOOK_EVERY_MSEC);
	} while (n == 0 || (n < 0 && errno == EINTR));
	/* When poll cannot tell, read will. */
	return true;
}

/* Read the next block; none at the end of the input.  0 or -1. */
static int
fill(struct line_reader *r, struct error *err)
{
	ssize_t n;

	do {
		if (!wait_for_input(r)) {
			n = 0;
			break;
		}
		n = read(r->fd, r->block, BLOCK_BYTES);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0)
		return error_set_errno(err, "cannot read the manifest");
	r->at_end = n == 0;
	r->n_block = (size_t)n;
	r->at = 0;
	return 0;
}

/*
 * Add bytes to the line.  When it becomes too long only its beginning is
 * kept, and nothing is added any more.
 */
static int
add(struct line_reader *r, const char *bytes, size_t n_bytes,
    struct error *err)
{
	if (r->is_too_long)
		return 0;
	if (r->n_line + n_bytes > r->max_bytes) {
		const size_t limit = r->max_bytes < SHOWN_BYTES ?
		    r->max_bytes : SHOWN_BYTES;

		r->is_too_long = true;
		if (r->n_line > limit)
			r->n_line = limit;
		if (n_bytes > limit - r->n_line)
			n_bytes = limit - r->n_line;
	}
	if (memory_grow(&r->line, &r->capacity, r->n_line + n_bytes + 1, 1,
	    "bytes of a line", err) != 0)
		return -1;
	memcpy(r->line + r->n_line, bytes, n_bytes);
	r->n_line += n_bytes;
	r->line[r->n_line] = '\0';
	return 0;
}

enum line_kind
line_reader_next(struct line_reader *r, const char **text, size_t *n_bytes,
    struct error *err)
{
	const char *end = NULL;
	bool has_begun = false;

	r->n_line = 0;
	r->is_too_long = false;
	while (end == NULL) {
		const char *from;
		size_t n;

		if (r->at == r->n_block && !r->at_end && fill(r, err) != 0)
			return LINE_FAILED;
		if (r->at_end)
			break;
		has_begun = true;
		from = r->block + r->at;
		end = memchr(from, '\n', r->n_block - r->at);
		n = end != NULL ? (size_t)(end - from) : r->n_block - r->at;
		r->at += n + (end != NULL);
		if (add(r, from, n, err) != 0)
			return LINE_FAILED;
	}
	/* What a stop has cut in two is no line. */
	if (!has_begun || r->was_stopped)
		return LINE_END;
	*text = r->line;
	*n_bytes = r->n_line;
	return r->is_too_long ? LINE_TOO_LONG : LINE_TEXT;
}
