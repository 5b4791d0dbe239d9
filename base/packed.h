/*
 * packed -- gzip (RFC 1952, zlib behind it) and Zstandard (RFC 8878, libzstd)
 * files, read and written as streams.
 *
 * Several members or frames one after the other are one text, as cat, pigz
 * and pzstd make them.  A stream that is cut off is an error, not a short one.
 * Zstandard windows over 128 MiB are refused.
 */
#ifndef BASE_PACKED_H
#define BASE_PACKED_H

#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"

enum packed_kind { PACKED_NONE, PACKED_GZIP, PACKED_ZSTD };

#define PACKED_MAGIC_BYTES 4

/* By the suffix .gz or .zst, in any case; NULL and others: PACKED_NONE. */
enum packed_kind packed_kind_of_name(const char *path);

/* By the first PACKED_MAGIC_BYTES of a file, or fewer when it is shorter. */
enum packed_kind packed_kind_of_bytes(const void *bytes, size_t n_bytes);

/* -1 when the name says that the file is packed, and its bytes are not. */
int packed_check_name(const char *path, enum packed_kind kind,
    struct error *err) MUST_CHECK;

/* Unpacking.  The kind is gzip or Zstandard. */
struct packed_reader;

struct packed_reader *packed_reader_new(enum packed_kind kind,
    struct error *err) MUST_CHECK;
void packed_reader_free(struct packed_reader *r);	/* NULL: nothing */

/*
 * Unpack from "in" into "out", which has room for "room" bytes: *n_used bytes
 * of the input were taken and *n_out bytes made.  Both 0: more input is
 * needed.
 */
int packed_reader_run(struct packed_reader *r, const void *in, size_t n_in,
    size_t *n_used, void *out, size_t room, size_t *n_out,
    struct error *err) MUST_CHECK;

/* At the end of the input: -1 when it was cut off. */
int packed_reader_end(const struct packed_reader *r, struct error *err)
    MUST_CHECK;

/*
 * Read a whole file, unpacked if it is packed, of at most max_bytes unpacked.
 * "path" NULL or "-": standard input.  A zero byte is put behind it that
 * *n_bytes does not count.  Returns memory of the arena, or NULL; messages
 * name the file.
 */
char *packed_read(const char *path, size_t max_bytes, struct arena *a,
    size_t *n_bytes, struct error *err) MUST_CHECK;

/*
 * A stream whose bytes are packed and written on "below", which stays open.
 * fclose ends it, and fails when something could not be written.  NULL with
 * an error.
 */
FILE *packed_stream(FILE *below, enum packed_kind kind, struct error *err)
    MUST_CHECK;

#endif
