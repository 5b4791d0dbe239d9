#include <math.h>
#include <stdbool.h>

#include "align/sequence_score.h"

/* Sums over pairs of values. */
struct sums {
	double n, x, y, xx, yy, xy;
};

static bool
is_silent(const float *window, size_t n_dims)
{
	size_t d;

	for (d = 0; d < n_dims; d++) {
		if (window[d] != 0.0f)
			return false;
	}
	return true;
}

/*
 * Add the pairs of one window of the original and of the cover at "position",
 * a number of windows with a fraction.
 */
static void
add_window(const struct similarity *s, size_t row, double position,
    struct sums *sums)
{
	const float *x = s->original + row * s->n_dims;
	const float *low, *high;
	size_t column, d;
	double part;

	if (position < 0.0)
		position = 0.0;
	if (position > (double)(s->n_columns - 1))
		position = (double)(s->n_columns - 1);
	column = (size_t)position;
	part = position - (double)column;
	low = s->cover + column * s->n_dims;
	high = part > 0.0 ? low + s->n_dims : low;
	if (is_silent(x, s->n_dims) || is_silent(low, s->n_dims) ||
	    is_silent(high, s->n_dims))
		return;
	for (d = 0; d < s->n_dims; d++) {
		const double vx = (double)x[d];
		const double vy = (1.0 - part) * (double)low[d] +
		    part * (double)high[d];

		sums->x += vx;
		sums->y += vy;
		sums->xx += vx * vx;
		sums->yy += vy * vy;
		sums->xy += vx * vy;
	}
	sums->n += (double)s->n_dims;
}

static double
pearson(const struct sums *s)
{
	const double xx = s->n * s->xx - s->x * s->x;
	const double yy = s->n * s->yy - s->y * s->y;
	double r;

	if (!(xx > 0.0) || !(yy > 0.0))
		return 0.0;
	r = (s->n * s->xy - s->x * s->y) / sqrt(xx * yy);
	return r < 0.0 ? 0.0 : r > 1.0 ? 1.0 : r;
}

/* The window whose centre is nearest above "sec", from 0 to n. */
static size_t
window_above(double sec, double window_sec, double hop_sec, size_t n)
{
	const double k = ceil((sec - window_sec / 2.0) / hop_sec - 1e-9);

	return k < 0.0 ? 0 : k > (double)n ? n : (size_t)k;
}

double
sequence_score(const struct similarity *s, double window_sec, double hop_sec,
    const struct time_line *l, double from_sec, double to_sec)
{
	const double half = window_sec / 2.0;
	struct sums sums = { 0 };
	size_t row, first, end;

	if (s->n_rows == 0 || s->n_columns == 0)
		return 0.0;
	first = window_above(from_sec, window_sec, hop_sec, s->n_rows);
	end = window_above(to_sec, window_sec, hop_sec, s->n_rows);
	if (end <= first) {
		first = window_above((from_sec + to_sec - hop_sec) / 2.0,
		    window_sec, hop_sec, s->n_rows - 1);
		end = first + 1;
	}
	for (row = first; row < end; row++) {
		const double centre = (double)row * hop_sec + half;

		add_window(s, row,
		    (time_line_cover(l, centre) - half) / hop_sec, &sums);
	}
	return pearson(&sums);
}
