/*
 * npy -- arrays of two dimensions as NumPy's .npy files.
 *
 * Format 1.0 of numpy.lib.format: magic, version, a header text with descr,
 * fortran_order and shape, then the rows.  Written: '<f4', '<f2' and '<c8', C
 * order.
 * Read: '<f4', '<f2' and '<f8', C order, one or two dimensions (one dimension
 * is one column).  Values are float in memory; a file with values that are not
 * finite is refused.
 */
#ifndef DSP_NPY_H
#define DSP_NPY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/stored.h"

#define NPY_MAX_VALUES ((size_t)1 << 33)

/* What the start of a file says. */
struct npy_layout {
	enum stored_type type;
	size_t n_rows, n_columns;	/* product at most NPY_MAX_VALUES */
	size_t data_offset;		/* bytes before the first value */
};

/* Longest header that is read. */
#define NPY_HEADER_BYTES 4096

/*
 * Read the header from the first n_bytes of a file (NPY_HEADER_BYTES of them
 * always suffice).
 */
int npy_header_parse(const void *bytes, size_t n_bytes,
    struct npy_layout *layout, struct error *err) MUST_CHECK;

/* Read the whole array into arena memory. */
int npy_read(const char *path, struct arena *a, float **values,
    size_t *n_rows, size_t *n_columns, struct error *err) MUST_CHECK;

/*
 * Writing row by row; the file appears, whole, when committed.  The type is
 * STORED_FLOAT32 or STORED_FLOAT16.
 */
struct npy_writer;
struct npy_writer *npy_writer_open(const char *path, enum stored_type type,
    size_t n_columns, struct error *err) MUST_CHECK;
/* Of complex numbers, rows [n_columns][2]: '<c8', which is not read here. */
struct npy_writer *npy_writer_open_complex(const char *path, size_t n_columns,
    struct error *err) MUST_CHECK;
/* Values that are not finite, or too large for float16, are refused. */
int npy_writer_put(struct npy_writer *w, const float *rows, size_t n_rows,
    struct error *err) MUST_CHECK;
int npy_writer_commit(struct npy_writer *w, struct error *err) MUST_CHECK;
void npy_writer_abandon(struct npy_writer *w);

/* Reading any rows, for arrays that do not fit in memory. */
struct npy_reader;
struct npy_reader *npy_reader_open(const char *path, struct error *err)
    MUST_CHECK;
size_t npy_reader_n_rows(const struct npy_reader *r);
size_t npy_reader_n_columns(const struct npy_reader *r);
/* Read rows [first, first + n_rows), all within the file, into "rows". */
int npy_reader_get(struct npy_reader *r, size_t first, size_t n_rows,
    float *rows, struct error *err) MUST_CHECK;
void npy_reader_close(struct npy_reader *r);

#endif
