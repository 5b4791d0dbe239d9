#include <errno.h>
#include <math.h>
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
	enum npy_type type;
	size_t n_rows, n_columns;
	unsigned char buffer[BUFFER_VALUES * sizeof(float)];
};

struct npy_reader {
	FILE *file;
	char *path;
	struct npy_layout layout;
	unsigned char buffer[BUFFER_VALUES * sizeof(double)];
};

uint16_t
npy_half_of_float(float value)
{
	uint32_t bits, sign, magnitude, kept, rest, half_way;
	unsigned shift;

	memcpy(&bits, &value, sizeof(bits));
	sign = bits >> 16 & 0x8000u;
	magnitude = bits & 0x7fffffffu;
	if (magnitude > 0x7f800000u)
		return (uint16_t)(sign | 0x7e00u);	/* NaN */
	if (magnitude >= 0x47800000u)
		return (uint16_t)(sign | 0x7c00u);	/* 65536 and more */
	if (magnitude < 0x33000000u)
		return (uint16_t)sign;			/* below 2^-25 */
	if (magnitude >= 0x38800000u) {
		/* Normal: the exponent is moved by 127 - 15. */
		shift = 13;
		kept = (magnitude - 0x38000000u) >> shift;
		rest = magnitude & 0x1fffu;
	} else {
		/* Subnormal: the mantissa, with its leading 1, in 2^-24. */
		const uint32_t mantissa = (magnitude & 0x7fffffu) | 0x800000u;

		shift = 126 - (magnitude >> 23);
		kept = mantissa >> shift;
		rest = mantissa & ((1u << shift) - 1);
	}
	half_way = 1u << (shift - 1);
	if (rest > half_way || (rest == half_way && (kept & 1)))
		kept++;		/* may carry into the exponent, rightly */
	return (uint16_t)(sign | kept);
}

float
npy_float_of_half(uint16_t half)
{
	const unsigned exponent = half >> 10 & 0x1fu;
	const unsigned mantissa = half & 0x3ffu;
	float value;

	if (exponent == 0)
		value = ldexpf((float)mantissa, -24);
	else if (exponent == 31)
		value = mantissa == 0 ? INFINITY : NAN;
	else
		value = ldexpf((float)(mantissa | 0x400u), (int)exponent - 25);
	return half & 0x8000u ? -value : value;
}

static size_t
value_bytes(enum npy_type type)
{
	return type == NPY_FLOAT16 ? 2 : type == NPY_FLOAT32 ? 4 : 8;
}

static void
put_little_endian(unsigned char *to, uint32_t bits, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++)
		to[i] = (unsigned char)(bits >> (8 * i));
}

static uint64_t
get_little_endian(const unsigned char *from, size_t n_bytes)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < n_bytes; i++)
		bits |= (uint64_t)from[i] << (8 * i);
	return bits;
}

static int
write_header(const struct npy_writer *w, struct error *err)
{
	FILE *out = file_stream(w->file);
	char text[HEADER_BYTES - 10 + 1];
	int n = snprintf(text, sizeof(text), "{'descr': '<f%zu', "
	    "'fortran_order': False, 'shape': (%zu, %zu), }",
	    value_bytes(w->type), w->n_rows, w->n_columns);

	if (n < 0 || (size_t)n >= sizeof(text) - 1)
		return error_set(err, ERROR_BUG, "a .npy header too long");
	memset(text + n, ' ', sizeof(text) - (size_t)n);
	text[HEADER_BYTES - 11] = '\n';
	if (fseek(out, 0, SEEK_SET) != 0 ||
	    fwrite("\x93NUMPY\x01\0v\0", 1, 10, out) != 10 ||
	    fwrite(text, 1, HEADER_BYTES - 10, out) != HEADER_BYTES - 10)
		return error_set_errno(err, "writing a .npy header");
	return 0;
}

struct npy_writer *
npy_writer_open(const char *path, enum npy_type type, size_t n_columns,
    struct error *err)
{
	struct npy_writer *w;

	if (n_columns == 0 || n_columns > NPY_MAX_VALUES ||
	    type == NPY_FLOAT64) {
		error_set(err, ERROR_BUG, "%s: %zu columns of type %d", path,
		    n_columns, (int)type);
		return NULL;
	}
	w = memory_new(1, sizeof(*w), "array writer", err);
	if (w == NULL)
		return NULL;
	w->type = type;
	w->n_columns = n_columns;
	w->file = file_create(path, err);
	if (w->file == NULL || write_header(w, err) != 0) {
		npy_writer_abandon(w);
		return NULL;
	}
	return w;
}

int
npy_writer_put(struct npy_writer *w, const float *rows, size_t n_rows,
    struct error *err)
{
	const size_t size = value_bytes(w->type);
	size_t left;

	if (n_rows > NPY_MAX_VALUES / w->n_columns - w->n_rows)
		return error_set(err, ERROR_LIMIT, "an array of more than %zu "
		    "values", NPY_MAX_VALUES);
	w->n_rows += n_rows;
	for (left = n_rows * w->n_columns; left > 0;) {
		const size_t n = left < BUFFER_VALUES ? left : BUFFER_VALUES;

		for (size_t i = 0; i < n; i++) {
			uint32_t bits;

			if (!isfinite(rows[i]))
				return error_set(err, ERROR_BUG, "a value of "
				    "an array is not finite");
			if (w->type == NPY_FLOAT16)
				bits = npy_half_of_float(rows[i]);
			else
				memcpy(&bits, &rows[i], sizeof(bits));
			put_little_endian(w->buffer + i * size, bits, size);
		}
		if (fwrite(w->buffer, size, n, file_stream(w->file)) != n)
			return error_set_errno(err, "writing an array");
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

int
npy_write(const char *path, enum npy_type type, const float *values,
    size_t n_rows, size_t n_columns, struct error *err)
{
	struct npy_writer *w = npy_writer_open(path, type, n_columns, err);

	if (w == NULL)
		return -1;
	if (npy_writer_put(w, values, n_rows, err) != 0) {
		npy_writer_abandon(w);
		return error_add(err, "%s", path);
	}
	return npy_writer_commit(w, err);
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
	    (uint64_t)l->n_rows * l->n_columns * value_bytes(l->type))
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

static float
decode_value(enum npy_type type, const unsigned char *from)
{
	const uint64_t bits = get_little_endian(from, value_bytes(type));
	double wide;
	float value;

	if (type == NPY_FLOAT16)
		return npy_float_of_half((uint16_t)bits);
	if (type == NPY_FLOAT64) {
		memcpy(&wide, &bits, sizeof(wide));
		return (float)wide;
	}
	memcpy(&value, &(uint32_t){ (uint32_t)bits }, sizeof(value));
	return value;
}

int
npy_reader_get(struct npy_reader *r, size_t first, size_t n_rows,
    float *rows, struct error *err)
{
	const struct npy_layout *l = &r->layout;
	const size_t size = value_bytes(l->type);
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
			rows[i] = decode_value(l->type, r->buffer + i * size);
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
