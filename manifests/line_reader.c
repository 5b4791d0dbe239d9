#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/packed.h"

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
	char *block;		/* [BLOCK_BYTES], the text read last */
	size_t n_block;		/* bytes in it */
	size_t at;		/* of which are used */
	char *path;		/* NULL: standard input */
	bool has_begun;		/* the first bytes have been looked at */
	struct packed_reader *unpacker;	/* of a packed input, or NULL */
	char *raw;		/* [BLOCK_BYTES], packed, or NULL */
	size_t n_raw, raw_at;
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
	if ((r->path = memory_strdup(path, err)) == NULL) {
		line_reader_close(r);
		return NULL;
	}
	return r;
}

void
line_reader_close(struct line_reader *r)
{
	if (r == NULL)
		return;
	if (r->is_ours)
		(void)close(r->fd);
	packed_reader_free(r->unpacker);
	memory_free(r->path);
	memory_free(r->raw);
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

/* Read at most a block.  *n is 0 at the end, and of a stop.  0 or -1. */
static int
read_some(struct line_reader *r, char *to, size_t room, size_t *n,
    struct error *err)
{
	ssize_t n_read;

	*n = 0;
	do {
		if (!wait_for_input(r))
			return 0;
		n_read = read(r->fd, to, room);
	} while (n_read < 0 && (errno == EINTR || errno == EAGAIN));
	if (n_read < 0)
		return error_set_errno(err, "cannot read the manifest");
	*n = (size_t)n_read;
	return 0;
}

/* Read the first bytes, which tell whether the input is packed. */
static int
begin(struct line_reader *r, struct error *err)
{
	enum packed_kind kind;
	size_t n;

	do {
		if (read_some(r, r->block + r->n_block,
		    BLOCK_BYTES - r->n_block, &n, err) != 0)
			return -1;
		r->n_block += n;
	} while (n > 0 && r->n_block < PACKED_MAGIC_BYTES);
	r->has_begun = true;
	kind = packed_kind_of_bytes(r->block, r->n_block);
	if (kind == PACKED_NONE)
		return r->was_stopped ? 0 :
		    packed_check_name(r->path, kind, err);
	r->unpacker = packed_reader_new(kind, err);
	r->raw = r->block;
	r->n_raw = r->n_block;
	r->n_block = 0;
	r->block = memory_new(BLOCK_BYTES, 1, "bytes to unpack into", err);
	return r->unpacker == NULL || r->block == NULL ? -1 : 0;
}

/* Unpack the next block; none at the end. */
static int
unpack(struct line_reader *r, struct error *err)
{
	size_t n_used;

	for (;;) {
		if (packed_reader_run(r->unpacker, r->raw + r->raw_at,
		    r->n_raw - r->raw_at, &n_used, r->block, BLOCK_BYTES,
		    &r->n_block, err) != 0)
			return -1;
		r->raw_at += n_used;
		if (r->n_block > 0)
			return 0;
		if (r->raw_at < r->n_raw && n_used > 0)
			continue;
		r->raw_at = 0;
		if (read_some(r, r->raw, BLOCK_BYTES, &r->n_raw, err) != 0)
			return -1;
		if (r->n_raw == 0)
			return r->was_stopped ? 0 :
			    packed_reader_end(r->unpacker, err);
	}
}

/* Read the next block; none at the end of the input.  0 or -1. */
static int
fill(struct line_reader *r, struct error *err)
{
	r->at = r->n_block = 0;
	if (!r->has_begun && begin(r, err) != 0)
		return -1;
	if (r->unpacker != NULL) {
		if (unpack(r, err) != 0)
			return -1;
	} else if (r->n_block == 0 && !r->was_stopped && read_some(r,
	    r->block, BLOCK_BYTES, &r->n_block, err) != 0) {
		return -1;
	}
	r->at_end = r->n_block == 0 || r->was_stopped;
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
