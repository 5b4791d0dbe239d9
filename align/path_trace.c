#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

#include "align/path_trace.h"

/* Half the band: this many windows and this share of the path's length. */
#define BAND_WINDOWS 6
#define BAND_SHARE 0.1
#define BAND_MAX 128
#define P LOCAL_PATH_DIAGONALS
#define N_ROWS (P + 3)		/* of scores that steps come from */
#define TILE_ROWS 16		/* whose similarities are made at once */

/* How a cell of the band is reached. */
enum step { STEP_NONE = 0, STEP_1_1, STEP_1_2, STEP_2_1, STEP_START };

#define UNREACHED -1e30f

/* A band around the line from start to end; row 0 is that of the start. */
struct band {
	const struct similarity *s;
	float threshold;
	struct local_path_cell start, end;
	size_t n_rows;
	size_t width;		/* columns of the band in every row */
	float *score[N_ROWS];	/* [width], of this row and those before */
	float *similarity;	/* [n_rows][width] */
	unsigned char *step;	/* [n_rows][width] */
	float *tile;		/* [TILE_ROWS][width + what they slant] */
};

/* The first column of the band in a row; may lie before column 0. */
static ptrdiff_t
band_first(const struct band *b, size_t row)
{
	const double across = (double)b->end.column - (double)b->start.column;
	const double down = b->n_rows > 1 ? (double)(b->n_rows - 1) : 1.0;
	const double middle = (double)b->start.column +
	    (double)row * across / down;

	return (ptrdiff_t)(middle + 0.5) - (ptrdiff_t)(b->width / 2);
}

/*
 * Similarities of rows of the band, as far as it lies in the matrix: of the
 * rectangle around them, which "tile" has room for.
 */
static int
band_similarity(const struct band *b, size_t row, size_t n, struct error *err)
{
	const ptrdiff_t columns = (ptrdiff_t)b->s->n_columns;
	const ptrdiff_t low = band_first(b, row);
	const ptrdiff_t high = band_first(b, row + n - 1) +
	    (ptrdiff_t)b->width;
	const ptrdiff_t from = low < 0 ? 0 : low;
	const ptrdiff_t to = high > columns ? columns : high;
	size_t i;

	if (to <= from)
		return 0;
	if (similarity_block(b->s, b->start.row + row, n, (size_t)from,
	    (size_t)(to - from), b->tile, err) != 0)
		return -1;
	for (i = 0; i < n; i++) {
		const ptrdiff_t first = band_first(b, row + i);
		const ptrdiff_t begin = first < from ? from : first;
		const ptrdiff_t last = first + (ptrdiff_t)b->width;
		const ptrdiff_t end = last > to ? to : last;

		if (end > begin)
			memcpy(b->similarity + (row + i) * b->width +
			    (begin - first), b->tile + (ptrdiff_t)i *
			    (to - from) + (begin - from),
			    (size_t)(end - begin) * sizeof(float));
	}
	return 0;
}

/*
 * The score of the cell "row", "column" when it was reached, else a number
 * below all scores.
 */
static float
band_score(const struct band *b, ptrdiff_t row, ptrdiff_t column)
{
	ptrdiff_t at;

	if (row < 0)
		return UNREACHED;
	at = column - band_first(b, (size_t)row);
	if (at < 0 || at >= (ptrdiff_t)b->width ||
	    b->step[(size_t)row * b->width + (size_t)at] == STEP_NONE)
		return UNREACHED;
	return b->score[row % N_ROWS][at];
}

/* What the cell and the P before it on its diagonal gain, in the band. */
static float
band_gain(const struct band *b, ptrdiff_t row, ptrdiff_t column, int n_before)
{
	float sum = 0.0f;

	for (; n_before >= 0; n_before--, row--, column--) {
		ptrdiff_t at;

		if (row < 0 || column < 0)
			return UNREACHED;
		at = column - band_first(b, (size_t)row);
		if (at < 0 || at >= (ptrdiff_t)b->width)
			return UNREACHED;
		sum += b->similarity[(size_t)row * b->width + (size_t)at] -
		    b->threshold;
	}
	return sum;
}

/* Fill one row: the best score of each cell and the step that leads to it. */
static void
band_fill_row(const struct band *b, size_t row)
{
	unsigned char *step = b->step + row * b->width;
	const ptrdiff_t r = (ptrdiff_t)row, first = band_first(b, row);
	size_t at;

	for (at = 0; at < b->width; at++) {
		const ptrdiff_t c = first + (ptrdiff_t)at;
		const float gain = band_gain(b, r, c, 0);
		const float sum = band_gain(b, r, c, P);
		const float from[] = { band_score(b, r - 1, c - 1) + gain,
		    band_score(b, r - P - 1, c - P - 2) + sum,
		    band_score(b, r - P - 2, c - P - 1) + sum };
		float best = from[0];

		if (c < (ptrdiff_t)b->start.column ||
		    c > (ptrdiff_t)b->end.column)
			continue;
		if (row == 0 && c == (ptrdiff_t)b->start.column) {
			step[at] = STEP_START;
			b->score[0][at] = 0.0f;
			continue;
		}
		step[at] = STEP_1_1;
		if (from[1] > best) {
			step[at] = STEP_1_2;
			best = from[1];
		}
		if (from[2] > best) {
			step[at] = STEP_2_1;
			best = from[2];
		}
		if (best <= UNREACHED / 2.0f)
			step[at] = STEP_NONE;
		b->score[row % N_ROWS][at] = best;
	}
}

/*
 * Walk back from the end.  cells: room for n_rows; they end up at its end.
 * Returns how many, or 0 when the end was not reached.
 */
static size_t
band_walk(const struct band *b, struct path_cell *cells)
{
	ptrdiff_t row = (ptrdiff_t)b->n_rows - 1;
	ptrdiff_t column = (ptrdiff_t)b->end.column;
	int n_diagonals = 0;	/* that are left of a step */
	enum step step = STEP_NONE;
	size_t n = 0;

	while (row >= 0) {
		const ptrdiff_t at = column - band_first(b, (size_t)row);

		if (at < 0 || at >= (ptrdiff_t)b->width)
			return 0;
		if (n_diagonals == 0) {
			step = b->step[(size_t)row * b->width + (size_t)at];
			if (step == STEP_1_2 || step == STEP_2_1)
				n_diagonals = P + 1;
		}
		if (step == STEP_NONE)
			return 0;
		n++;
		cells[b->n_rows - n].row = b->start.row + (size_t)row;
		cells[b->n_rows - n].column = (size_t)column;
		cells[b->n_rows - n].similarity =
		    b->similarity[(size_t)row * b->width + (size_t)at];
		if (step == STEP_START)
			return n;
		if (n_diagonals > 0)
			n_diagonals--;
		/* The step itself comes before its diagonals. */
		row -= step == STEP_2_1 && n_diagonals == 0 ? 2 : 1;
		column -= step == STEP_1_2 && n_diagonals == 0 ? 2 : 1;
	}
	return 0;
}

static int
band_init(struct band *b, struct error *err)
{
	double half = BAND_WINDOWS + BAND_SHARE * (double)b->n_rows, slant;
	int i;

	if (half > BAND_MAX)
		half = BAND_MAX;
	b->width = 2 * (size_t)half + 1;
	for (i = 0; i < N_ROWS; i++) {
		b->score[i] = memory_new(b->width, sizeof(float), "scores",
		    err);
		if (b->score[i] == NULL)
			return -1;
	}
	b->similarity = memory_new(b->n_rows * b->width, sizeof(float),
	    "similarities", err);
	b->step = memory_new(b->n_rows * b->width, 1, "steps", err);
	/* As far as the band moves in so many rows. */
	slant = (double)TILE_ROWS * ((double)b->end.column -
	    (double)b->start.column) / (double)b->n_rows;
	b->tile = memory_new(TILE_ROWS * (b->width + 2 * TILE_ROWS +
	    (size_t)(2.0 * slant)), sizeof(float), "similarities", err);
	return b->similarity == NULL || b->step == NULL || b->tile == NULL ?
	    -1 : 0;
}

static void
band_release(struct band *b)
{
	int i;

	for (i = 0; i < N_ROWS; i++)
		memory_free(b->score[i]);
	memory_free(b->similarity);
	memory_free(b->step);
	memory_free(b->tile);
}

int
path_trace(const struct similarity *s, const struct local_path *path,
    double threshold, struct arena *a, const struct path_cell **cells,
    size_t *n_cells, struct error *err)
{
	struct band b = { .s = s, .threshold = (float)threshold,
	    .start = path->start, .end = path->end,
	    .n_rows = (size_t)path->end.row - path->start.row + 1 };
	struct path_cell *room;
	size_t row;
	int status = -1;

	*n_cells = 0;
	room = arena_need(a, b.n_rows, sizeof(*room), "cells of a path", err);
	if (room == NULL || band_init(&b, err) != 0)
		goto out;
	for (row = 0; row < b.n_rows; row++) {
		if (row % TILE_ROWS == 0 && band_similarity(&b, row,
		    b.n_rows - row < TILE_ROWS ? b.n_rows - row : TILE_ROWS,
		    err) != 0)
			goto out;
		band_fill_row(&b, row);
	}
	*n_cells = band_walk(&b, room);
	*cells = room + (b.n_rows - *n_cells);
	status = 0;
out:
	band_release(&b);
	return status;
}
