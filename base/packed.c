/* fopencookie is in the C library of GNU and of musl, not in POSIX. */
#define _GNU_SOURCE

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Else zlib wants to write its input. */
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/packed.h"

#define BLOCK_BYTES ((size_t)64 << 10)
#define GZIP_WINDOW (15 + 16)	/* zlib: the largest window, gzip's header */
#define GZIP_LEVEL 6
#define ZSTD_LEVEL 3
#define MAX_STEP_BYTES ((size_t)1 << 30)	/* zlib counts in 32 bits */

struct packed_reader {
	enum packed_kind kind;
	bool is_within;		/* a member or frame has begun */
	z_stream gzip;
	ZSTD_DStream *zstd;
};

/* What packs. */
struct packer {
	FILE *below;
	enum packed_kind kind;
	z_stream gzip;
	ZSTD_CStream *zstd;
	unsigned char *block;	/* [BLOCK_BYTES] */
};

enum packed_kind
packed_kind_of_name(const char *path)
{
	const char *dot = path != NULL ? strrchr(path, '.') : NULL;

	if (dot != NULL && strcasecmp(dot, ".gz") == 0)
		return PACKED_GZIP;
	if (dot != NULL && strcasecmp(dot, ".zst") == 0)
		return PACKED_ZSTD;
	return PACKED_NONE;
}

enum packed_kind
packed_kind_of_bytes(const void *bytes, size_t n_bytes)
{
	if (n_bytes >= 3 && memcmp(bytes, "\x1F\x8B\x08", 3) == 0)
		return PACKED_GZIP;
	if (n_bytes >= 4 && memcmp(bytes, "\x28\xB5\x2F\xFD", 4) == 0)
		return PACKED_ZSTD;
	return PACKED_NONE;
}

struct packed_reader *
packed_reader_new(enum packed_kind kind, struct error *err)
{
	struct packed_reader *r = memory_new(1, sizeof(*r), "unpacker", err);
	bool is_ready;

	if (r == NULL)
		return NULL;
	r->kind = kind;
	if (kind == PACKED_GZIP)
		is_ready = inflateInit2(&r->gzip, GZIP_WINDOW) == Z_OK;
	else
		is_ready = (r->zstd = ZSTD_createDStream()) != NULL;
	if (is_ready)
		return r;
	memory_free(r);
	error_set(err, ERROR_NOMEM, "out of memory for unpacking");
	return NULL;
}

void
packed_reader_free(struct packed_reader *r)
{
	if (r == NULL)
		return;
	if (r->kind == PACKED_GZIP)
		(void)inflateEnd(&r->gzip);
	(void)ZSTD_freeDStream(r->zstd);
	memory_free(r);
}

/* Between members there may be zeros, as tapes leave them. */
static size_t
skip_zeros(const unsigned char *in, size_t n_in)
{
	size_t n = 0;

	while (n < n_in && in[n] == 0)
		n++;
	return n;
}

static int
run_gzip(struct packed_reader *r, const unsigned char *in, size_t n_in,
    size_t *n_used, void *out, size_t room, size_t *n_out, struct error *err)
{
	int status;

	*n_used = r->is_within ? 0 : skip_zeros(in, n_in);
	if (*n_used == n_in && !r->is_within)
		return 0;
	if (!r->is_within && inflateReset(&r->gzip) != Z_OK)
		return error_set(err, ERROR_BUG, "zlib has no state");
	r->is_within = true;
	r->gzip.next_in = in + *n_used;
	r->gzip.avail_in = (uInt)(n_in - *n_used);
	r->gzip.next_out = out;
	r->gzip.avail_out = (uInt)room;
	status = inflate(&r->gzip, Z_NO_FLUSH);
	*n_used = n_in - r->gzip.avail_in;
	*n_out = room - r->gzip.avail_out;
	if (status == Z_STREAM_END)
		r->is_within = false;
	else if (status == Z_MEM_ERROR)
		return error_set(err, ERROR_NOMEM,
		    "out of memory for unpacking");
	else if (status != Z_OK && status != Z_BUF_ERROR)
		return error_set(err, ERROR_FORMAT, "damaged gzip data: %s",
		    r->gzip.msg != NULL ? r->gzip.msg : "a wrong stream");
	return 0;
}

static int
run_zstd(struct packed_reader *r, const void *in, size_t n_in,
    size_t *n_used, void *out, size_t room, size_t *n_out, struct error *err)
{
	ZSTD_inBuffer source = { in, n_in, 0 };
	ZSTD_outBuffer target = { out, room, 0 };
	const size_t status = ZSTD_decompressStream(r->zstd, &target, &source);

	*n_used = source.pos;
	*n_out = target.pos;
	if (ZSTD_isError(status))
		return error_set(err, ERROR_FORMAT,
		    "damaged Zstandard data: %s", ZSTD_getErrorName(status));
	r->is_within = status != 0;
	return 0;
}

int
packed_reader_run(struct packed_reader *r, const void *in, size_t n_in,
    size_t *n_used, void *out, size_t room, size_t *n_out, struct error *err)
{
	*n_used = *n_out = 0;
	if (n_in > MAX_STEP_BYTES)
		n_in = MAX_STEP_BYTES;
	if (room > MAX_STEP_BYTES)
		room = MAX_STEP_BYTES;
	if (r->kind == PACKED_GZIP)
		return run_gzip(r, in, n_in, n_used, out, room, n_out, err);
	/* A frame that is done would be asked for the next one. */
	if (n_in == 0 && !r->is_within)
		return 0;
	return run_zstd(r, in, n_in, n_used, out, room, n_out, err);
}

int
packed_reader_end(const struct packed_reader *r, struct error *err)
{
	if (!r->is_within)
		return 0;
	return error_set(err, ERROR_FORMAT, "the %s data are cut off",
	    r->kind == PACKED_GZIP ? "gzip" : "Zstandard");
}

/* Unpack n_in bytes into arena memory with a zero behind it, or NULL. */
static char *
unpack(struct packed_reader *r, const char *in, size_t n_in,
    size_t max_bytes, struct arena *a, size_t *n_bytes, struct error *err)
{
	size_t capacity = 0, n_used, n_out;
	char *bytes = NULL, *copy = NULL;
	int result;

	*n_bytes = 0;
	do {
		result = memory_grow(&bytes, &capacity,
		    *n_bytes + BLOCK_BYTES, 1, "bytes of a file", err);
		if (result == 0)
			result = packed_reader_run(r, in, n_in, &n_used,
			    bytes + *n_bytes, BLOCK_BYTES, &n_out, err);
		if (result != 0)
			break;
		in += n_used;
		n_in -= n_used;
		*n_bytes += n_out;
		if (*n_bytes > max_bytes)
			result = error_set(err, ERROR_LIMIT,
			    "larger than %zu bytes when unpacked", max_bytes);
	} while (result == 0 && (n_used > 0 || n_out > 0));
	if (result == 0 && packed_reader_end(r, err) == 0)
		copy = arena_need(a, *n_bytes + 1, 1, "bytes of a file",
		    err);
	if (copy != NULL && *n_bytes > 0)
		memcpy(copy, bytes, *n_bytes);
	memory_free(bytes);
	return copy;
}

int
packed_check_name(const char *path, enum packed_kind kind, struct error *err)
{
	if (kind != PACKED_NONE || packed_kind_of_name(path) == PACKED_NONE)
		return 0;
	return error_set(err, ERROR_FORMAT, "its name ends in %s, but it is "
	    "not packed", strrchr(path, '.'));
}

char *
packed_read(const char *path, size_t max_bytes, struct arena *a,
    size_t *n_bytes, struct error *err)
{
	const bool is_stdin = path == NULL || strcmp(path, "-") == 0;
	const char *name = is_stdin ? "standard input" : path;
	char *bytes = file_read(is_stdin ? "/dev/stdin" : path, max_bytes, a,
	    n_bytes, err);
	struct packed_reader *r;
	enum packed_kind kind;
	char *text;

	if (bytes == NULL)
		return NULL;
	kind = packed_kind_of_bytes(bytes, *n_bytes);
	if (packed_check_name(path, kind, err) != 0) {
		error_add(err, "%s", name);
		return NULL;
	}
	if (kind == PACKED_NONE)
		return bytes;
	r = packed_reader_new(kind, err);
	if (r == NULL)
		return NULL;
	text = unpack(r, bytes, *n_bytes, max_bytes, a, n_bytes, err);
	packed_reader_free(r);
	if (text == NULL)
		error_add(err, "%s", name);
	return text;
}

/*
 * Pack bytes and write what comes out; "ends" flushes the rest.  0 or -1 with
 * errno.
 */
static int
pack(struct packer *p, const char *bytes, size_t n_bytes, bool ends)
{
	ZSTD_inBuffer source = { bytes, n_bytes, 0 };
	size_t n_left;

	p->gzip.next_in = (const Bytef *)bytes;
	p->gzip.avail_in = (uInt)n_bytes;
	do {
		ZSTD_outBuffer target = { p->block, BLOCK_BYTES, 0 };
		size_t n_out;

		if (p->kind == PACKED_GZIP) {
			p->gzip.next_out = p->block;
			p->gzip.avail_out = (uInt)BLOCK_BYTES;
			n_left = deflate(&p->gzip, ends ? Z_FINISH :
			    Z_NO_FLUSH) != Z_STREAM_END && ends;
			n_out = BLOCK_BYTES - p->gzip.avail_out;
			n_left += p->gzip.avail_in;
		} else {
			n_left = ZSTD_compressStream2(p->zstd, &target,
			    &source, ends ? ZSTD_e_end : ZSTD_e_continue);
			if (ZSTD_isError(n_left)) {
				errno = ENOMEM;
				return -1;
			}
			if (!ends)
				n_left = n_bytes - source.pos;
			n_out = target.pos;
		}
		if (fwrite(p->block, 1, n_out, p->below) != n_out)
			return -1;
	} while (n_left > 0);
	return 0;
}

static ssize_t
write_cookie(void *cookie, const char *bytes, size_t n_bytes)
{
	const size_t n = n_bytes < MAX_STEP_BYTES ? n_bytes : MAX_STEP_BYTES;

	/* fopencookie wants 0, not -1, of a failure. */
	return pack(cookie, bytes, n, false) == 0 ? (ssize_t)n : 0;
}

static int
close_cookie(void *cookie)
{
	struct packer *p = cookie;
	const int result = pack(p, "", 0, true);

	if (p->kind == PACKED_GZIP)
		(void)deflateEnd(&p->gzip);
	(void)ZSTD_freeCStream(p->zstd);
	memory_free(p->block);
	memory_free(p);
	return result;
}

static bool
start_packing(struct packer *p)
{
	if (p->kind == PACKED_GZIP)
		return deflateInit2(&p->gzip, GZIP_LEVEL, Z_DEFLATED,
		    GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) == Z_OK;
	p->zstd = ZSTD_createCStream();
	/* The sum at the end tells damage from data. */
	return p->zstd != NULL &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(p->zstd,
	    ZSTD_c_compressionLevel, ZSTD_LEVEL)) &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(p->zstd,
	    ZSTD_c_checksumFlag, 1));
}

FILE *
packed_stream(FILE *below, enum packed_kind kind, struct error *err)
{
	const cookie_io_functions_t calls = { .write = write_cookie,
	    .close = close_cookie };
	struct packer *p = memory_new(1, sizeof(*p), "packer", err);
	FILE *f = NULL;

	if (p == NULL)
		return NULL;
	p->below = below;
	p->kind = kind;
	p->block = memory_new(BLOCK_BYTES, 1, "bytes to pack into", err);
	if (p->block != NULL && start_packing(p))
		f = fopencookie(p, "w", calls);
	if (f == NULL) {
		error_set(err, ERROR_NOMEM, "out of memory for packing");
		if (p->block != NULL && p->kind == PACKED_GZIP)
			(void)deflateEnd(&p->gzip);
		(void)ZSTD_freeCStream(p->zstd);
		memory_free(p->block);
		memory_free(p);
	}
	return f;
}
