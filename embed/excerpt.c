#include <math.h>
#include <string.h>

#include "base/memory.h"

#include "embed/excerpt.h"

/* Make the columns, as floats, of frames from "first" on; rows is scratch. */
static int
read_columns(struct npy_reader *r, const struct image_kind *kind,
    size_t first, size_t n_columns, float *rows, float *columns,
    struct error *err)
{
	const size_t n_rows = npy_reader_n_rows(r);

	for (size_t k = 0; k < n_columns; k++) {
		const size_t at = (first + k) * kind->column_frames;
		const size_t left = n_rows - at;
		const size_t n = left < kind->column_frames ? left :
		    kind->column_frames;

		if (npy_reader_get(r, at, n, rows, err) != 0)
			return -1;
		kind->column(rows, n, columns + k * kind->n_bins);
	}
	return 0;
}

/* The lowest bin to keep, so that the median lies in the middle. */
static size_t
choose_first_bin(const struct image_kind *kind, const float *columns,
    size_t n_columns)
{
	const size_t n = n_columns < IMAGE_KIND_MAX_COLUMNS ? n_columns :
	    IMAGE_KIND_MAX_COLUMNS;
	double centre;

	(void)kind->centre(columns, n, 0, &centre);
	return (size_t)fmax(0, fmin(centre - (double)(kind->n_kept_bins / 2),
	    (double)(kind->n_bins - kind->n_kept_bins)));
}

static uint8_t
byte_of(float value)
{
	return (uint8_t)(255 * fmaxf(0, fminf(value, 1)) + 0.5f);
}

int
excerpt_read(struct npy_reader *r, const struct image_kind *kind,
    double from_sec, double to_sec, struct excerpt *e, double *start_sec,
    struct error *err)
{
	const double end_sec = (double)npy_reader_n_rows(r) * kind->frame_sec;
	const double start = floor(fmax(from_sec, 0) / IMAGE_KIND_COLUMN_SEC);
	const double last = fmin(fmin(to_sec, end_sec),
	    start * IMAGE_KIND_COLUMN_SEC + EXCERPT_MAX_SEC);
	const double n = ceil(last / IMAGE_KIND_COLUMN_SEC - 1e-9) - start;
	const size_t n_kept = kind->n_kept_bins;
	float *columns;
	int status = -1;

	memset(e, 0, sizeof(*e));
	e->kind = kind;
	if (!(n >= 1))
		return error_set(err, ERROR_LIMIT, "nothing lies between %g "
		    "and %g s of %g s", from_sec, to_sec, end_sec);
	e->n_columns = (size_t)n;
	*start_sec = start * IMAGE_KIND_COLUMN_SEC;
	/* The rows of one column lie behind the columns. */
	columns = memory_new((e->n_columns + kind->column_frames) *
	    kind->n_bins, sizeof(*columns), "columns", err);
	e->values = memory_new(e->n_columns * n_kept, sizeof(*e->values),
	    "columns", err);
	if (columns == NULL || e->values == NULL || read_columns(r, kind,
	    (size_t)start, e->n_columns, columns + e->n_columns *
	    kind->n_bins, columns, err) != 0)
		goto out;
	e->first_bin = choose_first_bin(kind, columns, e->n_columns);
	for (size_t k = 0; k < e->n_columns; k++)
		for (size_t b = 0; b < n_kept; b++)
			e->values[k * n_kept + b] = byte_of(columns[
			    k * kind->n_bins + e->first_bin + b]);
	status = 0;
out:
	memory_free(columns);
	if (status != 0)
		excerpt_release(e);
	return status;
}

void
excerpt_release(struct excerpt *e)
{
	memory_free(e->values);
	memset(e, 0, sizeof(*e));
}

void
excerpt_expand(const struct excerpt *e, ptrdiff_t first, size_t n,
    float *columns)
{
	const size_t n_bins = e->kind->n_bins, n_kept = e->kind->n_kept_bins;

	memset(columns, 0, n * n_bins * sizeof(*columns));
	for (size_t k = 0; k < n; k++) {
		const ptrdiff_t at = first + (ptrdiff_t)k;
		float *column = columns + k * n_bins + e->first_bin;
		const uint8_t *values;

		if (at < 0 || at >= (ptrdiff_t)e->n_columns)
			continue;
		values = e->values + (size_t)at * n_kept;
		for (size_t b = 0; b < n_kept; b++)
			column[b] = (float)values[b] * (1.0f / 255);
	}
}
