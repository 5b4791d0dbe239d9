#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"

#include "dsp/npy.h"

#define HEADER_BYTES 128	/* written: magic, length and padded text */
#define BUFFER_VALUES 1024	/* converted at a time */

struct npy_writer {
	struct file_new *file;
	enum stored_type type;
	size_t n_rows, n_columns;	/* of values */
	size_t n_parts;		/* values of a number: 2 of a complex one */
	unsigned char buffer[BUFFER_VALUES * sizeof(float)];
};

struct npy_reader {
	FILE *file;
	char *path;
	struct npy_layout layout;
	unsigned char buffer[BUFFER_VALUES * sizeof(double)];
};

static int
write_header(const struct npy_writer *w, struct error *err)
{
	FILE *out = file_stream(w->file);
	char text[HEADER_BYTES - 10 + 1];
	int n = snprintf(text, sizeof(text), "{'descr': '<%c%zu', "
	    "'fortran_order': False, 'shape': (%zu, %zu), }",
	    w->n_parts == 2 ? 'c' : 'f', w->n_parts * stored_bytes(w->type),
	    w->n_rows, w->n_columns / w->n_parts);

	if (n < 0 || (size_t)n >= sizeof(text) - 1)
		return error_set(err, ERROR_BUG, "a .npy header too long");
	memset(text + n, ' ', sizeof(text) - (size_t)n);
	text[HEADER_BYTES - 11] = '\n';
	if (fseek(out, 0, SEEK_SET) != 0 ||
	    fwrite("\x93NUMPY\x01\0v\0", 1, 10, out) != 10 ||
	    fwrite(text, 1, HEADER_BYTES - 10, out) != HEADER_BYTES - 10)
		return error_set_errno(err, "writing %s", file_path(w->file));
	return 0;
}

static struct npy_writer *
open_writer(const char *path, enum stored_type type, size_t n_columns,
    size_t n_parts, struct error *err)
{
	struct npy_writer *w;

	if (n_columns == 0 || n_columns > NPY_MAX_VALUES / n_parts ||
	    (type != STORED_FLOAT32 && type != STORED_FLOAT16)) {
		error_set(err, ERROR_BUG, "%s: %zu columns of type %d", path,
		    n_columns, (int)type);
		return NULL;
	}
	w = memory_new(1, sizeof(*w), "array writer", err);
	if (w == NULL)
		return NULL;
	w->type = type;
	w->n_columns = n_columns * n_parts;
	w->n_parts = n_parts;
	w->file = file_create(path, err);
	if (w->file == NULL || write_header(w, err) != 0) {
		npy_writer_abandon(w);
		return NULL;
	}
	return w;
}

struct npy_writer *
npy_writer_open(const char *path, enum stored_type type, size_t n_columns,
    struct error *err)
{
	return open_writer(path, type, n_columns, 1, err);
}

struct npy_writer *
npy_writer_open_complex(const char *path, size_t n_columns,
    struct error *err)
{
	return open_writer(path, STORED_FLOAT32, n_columns, 2, err);
}

/* Fill the buffer with n values; false when one would not be finite there. */
static bool
encode(struct npy_writer *w, const float *values, size_t n)
{
	const bool is_half = w->type == STORED_FLOAT16;
	const float limit = is_half ? STORED_HALF_LIMIT : HUGE_VALF;
	const size_t size = stored_bytes(w->type);

	for (size_t i = 0; i < n; i++) {
		uint32_t bits;

		if (!(fabsf(values[i]) < limit))
			return false;
		if (is_half)
			bits = stored_half(values[i]);
		else
			memcpy(&bits, &values[i], sizeof(bits));
		stored_put_integer(w->buffer + i * size, size, bits);
	}
	return true;
}

int
npy_writer_put(struct npy_writer *w, const float *rows, size_t n_rows,
    struct error *err)
{
	const size_t size = stored_bytes(w->type);
	size_t left;

	if (n_rows > NPY_MAX_VALUES / w->n_columns - w->n_rows)
		return error_set(err, ERROR_LIMIT, "writing %s: an array of "
		    "more than %zu values", file_path(w->file),
		    NPY_MAX_VALUES);
	w->n_rows += n_rows;
	for (left = n_rows * w->n_columns; left > 0;) {
		const size_t n = left < BUFFER_VALUES ? left : BUFFER_VALUES;

		if (!encode(w, rows, n))
			return error_set(err, ERROR_BUG, "writing %s: a value "
			    "is not finite, or too large for its type",
			    file_path(w->file));
		if (fwrite(w->buffer, size, n, file_stream(w->file)) != n)
			return error_set_errno(err, "writing %s",
			    file_path(w->file));
		rows += n;
		left -= n;
	}
	return 0;
}

int
npy_writer_commit(struct npy_writer *w, struct error *err)
{
	int status;

	if (write_header(w, err) != 0) {
		npy_writer_abandon(w);
		return -1;
	}
	status = file_commit(w->file, err);
	memory_free(w);
	return status;
}

void
npy_writer_abandon(struct npy_writer *w)
{
	if (w == NULL)
		return;
	file_abandon(w->file);
	memory_free(w);
}

/* Read and check the header, and that the file is long enough for it. */
static int
read_header(struct npy_reader *r, struct error *err)
{
	struct npy_layout *l = &r->layout;
	struct stat st;
	const size_t n = fread(r->buffer, 1, NPY_HEADER_BYTES, r->file);

	if (ferror(r->file) || fstat(fileno(r->file), &st) != 0)
		return error_set_errno(err, "reading the header");
	if (npy_header_parse(r->buffer, n, l, err) != 0)
		return -1;
	if ((uint64_t)st.st_size < l->data_offset +
	    (uint64_t)l->n_rows * l->n_columns * stored_bytes(l->type))
		return error_set(err, ERROR_FORMAT, "the file is cut off: "
		    "%zu x %zu values do not fit in it", l->n_rows,
		    l->n_columns);
	return 0;
}

struct npy_reader *
npy_reader_open(const char *path, struct error *err)
{
	struct npy_reader *r = memory_new(1, sizeof(*r), "array reader", err);

	if (r == NULL)
		return NULL;
	r->path = memory_strdup(path, err);
	if (r->path == NULL)
		goto fail;
	r->file = fopen(path, "rb");
	if (r->file == NULL) {
		error_set_errno(err, "%s", path);
		goto fail;
	}
	if (read_header(r, err) != 0) {
		error_add(err, "%s", path);
		goto fail;
	}
	return r;
fail:
	npy_reader_close(r);
	return NULL;
}

size_t
npy_reader_n_rows(const struct npy_reader *r)
{
	return r->layout.n_rows;
}

size_t
npy_reader_n_columns(const struct npy_reader *r)
{
	return r->layout.n_columns;
}

int
npy_reader_get(struct npy_reader *r, size_t first, size_t n_rows,
    float *rows, struct error *err)
{
	const struct npy_layout *l = &r->layout;
	const size_t size = stored_bytes(l->type);
	size_t left;

	if (first > l->n_rows || n_rows > l->n_rows - first)
		return error_set(err, ERROR_BUG,
		    "%s: rows %zu to %zu of %zu", r->path, first,
		    first + n_rows, l->n_rows);
	if (fseeko(r->file, (off_t)(l->data_offset +
	    first * l->n_columns * size), SEEK_SET) != 0)
		return error_set_errno(err, "%s", r->path);
	for (left = n_rows * l->n_columns; left > 0;) {
		const size_t n = left < BUFFER_VALUES ? left : BUFFER_VALUES;

		if (fread(r->buffer, size, n, r->file) != n)
			return error_set(err, ERROR_IO,
			    "%s: cannot read all of it", r->path);
		for (size_t i = 0; i < n; i++) {
			rows[i] = stored_value(r->buffer + i * size,
			    l->type);
			if (!isfinite(rows[i]))
				return error_set(err, ERROR_FORMAT, "%s: holds "
				    "a value that is not finite", r->path);
		}
		rows += n;
		left -= n;
	}
	return 0;
}

void
npy_reader_close(struct npy_reader *r)
{
	if (r == NULL)
		return;
	if (r->file != NULL)
		fclose(r->file);
	memory_free(r->path);
	memory_free(r);
}

int
npy_read(const char *path, struct arena *a, float **values,
    size_t *n_rows, size_t *n_columns, struct error *err)
{
	struct npy_reader *r = npy_reader_open(path, err);
	int status = -1;

	if (r == NULL)
		return -1;
	*n_rows = r->layout.n_rows;
	*n_columns = r->layout.n_columns;
	*values = arena_need(a, *n_rows * *n_columns, sizeof(**values),
	    "array values", err);
	if (*values != NULL)
		status = npy_reader_get(r, 0, *n_rows, *values, err);
	npy_reader_close(r);
	return status;
}
