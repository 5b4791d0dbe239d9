#include <math.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/activations.h"

#include "embed/crop.h"

#include "embed/excerpt.h"

/* Make the columns, as floats, of frames from "first" on; rows is scratch. */
static int
read_columns(struct npy_reader *r, size_t first, size_t n_columns,
    float *rows, float *columns, struct error *err)
{
	const size_t n_rows = npy_reader_n_rows(r);

	for (size_t k = 0; k < n_columns; k++) {
		const size_t at = first + k * CROP_COLUMN_FRAMES;
		const size_t left = n_rows - at;
		const size_t n = left < CROP_COLUMN_FRAMES ? left :
		    CROP_COLUMN_FRAMES;

		if (npy_reader_get(r, at, n, rows, err) != 0)
			return -1;
		crop_column(rows, n, columns + k * ACTIVATIONS_N_BINS);
	}
	return 0;
}

/* The lowest bin to keep, so that the median lies in the middle. */
static size_t
choose_first_bin(const float *columns, size_t n_columns)
{
	const size_t n = n_columns < CROP_MAX_COLUMNS ? n_columns :
	    CROP_MAX_COLUMNS;
	size_t n_voiced;
	const double first = crop_centre(columns, n, &n_voiced) -
	    EXCERPT_N_BINS / 2;

	return (size_t)fmax(0, fmin(first, ACTIVATIONS_N_BINS -
	    EXCERPT_N_BINS));
}

static uint8_t
byte_of(float value)
{
	return (uint8_t)(255 * fmaxf(0, fminf(value, 1)) + 0.5f);
}

int
excerpt_read(struct npy_reader *r, double from_sec, double to_sec,
    struct excerpt *e, double *start_sec, struct error *err)
{
	const double end_sec = (double)npy_reader_n_rows(r) * CROP_FRAME_SEC;
	const double start = floor(fmax(from_sec, 0) / CROP_COLUMN_SEC);
	const double last = fmin(fmin(to_sec, end_sec),
	    start * CROP_COLUMN_SEC + EXCERPT_MAX_SEC);
	const double n = ceil(last / CROP_COLUMN_SEC - 1e-9) - start;
	float *columns;
	int status = -1;

	memset(e, 0, sizeof(*e));
	if (npy_reader_n_columns(r) != ACTIVATIONS_N_BINS)
		return error_set(err, ERROR_FORMAT, "the array has %zu "
		    "columns, activations have %d", npy_reader_n_columns(r),
		    ACTIVATIONS_N_BINS);
	if (!(n >= 1))
		return error_set(err, ERROR_LIMIT, "nothing lies between %g "
		    "and %g s of %g s", from_sec, to_sec, end_sec);
	e->n_columns = (size_t)n;
	*start_sec = start * CROP_COLUMN_SEC;
	/* The rows of one column lie behind the columns. */
	columns = memory_new((e->n_columns + CROP_COLUMN_FRAMES) *
	    ACTIVATIONS_N_BINS, sizeof(*columns), "activations", err);
	e->values = memory_new(e->n_columns * EXCERPT_N_BINS,
	    sizeof(*e->values), "activations", err);
	if (columns == NULL || e->values == NULL || read_columns(r,
	    (size_t)start * CROP_COLUMN_FRAMES, e->n_columns,
	    columns + e->n_columns * ACTIVATIONS_N_BINS, columns, err) != 0)
		goto out;
	e->first_bin = choose_first_bin(columns, e->n_columns);
	for (size_t k = 0; k < e->n_columns; k++)
		for (size_t b = 0; b < EXCERPT_N_BINS; b++)
			e->values[k * EXCERPT_N_BINS + b] = byte_of(columns[
			    k * ACTIVATIONS_N_BINS + e->first_bin + b]);
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
	memset(columns, 0, n * ACTIVATIONS_N_BINS * sizeof(*columns));
	for (size_t k = 0; k < n; k++) {
		const ptrdiff_t at = first + (ptrdiff_t)k;
		float *column = columns + k * ACTIVATIONS_N_BINS +
		    e->first_bin;
		const uint8_t *values;

		if (at < 0 || at >= (ptrdiff_t)e->n_columns)
			continue;
		values = e->values + (size_t)at * EXCERPT_N_BINS;
		for (size_t b = 0; b < EXCERPT_N_BINS; b++)
			column[b] = (float)values[b] * (1.0f / 255);
	}
}
