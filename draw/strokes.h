/*
 * strokes -- a line with gaps, collected point by point.
 */
#ifndef DRAW_STROKES_H
#define DRAW_STROKES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "draw/axes.h"
#include "draw/palette.h"

struct strokes {
	double *x, *y;		/* [n_max] */
	bool *is_break;		/* [n_max]: the pen is lifted before */
	size_t n, n_max;
};

/* Room for n_max points, in arena memory. */
int strokes_init(struct strokes *s, size_t n_max, struct arena *a,
    struct error *err) MUST_CHECK;

/* Add a point; one for which there is no room is left out. */
void strokes_add(struct strokes *s, bool is_break, double x, double y);

/*
 * The same points with the mean of each and up to n_half on either side, as
 * many on one side as on the other.
 */
int strokes_smooth(const struct strokes *s, size_t n_half,
    struct strokes *smooth, struct arena *a, struct error *err) MUST_CHECK;

/* As a line of a plot, not in the legend when there are no points. */
struct axes_line strokes_line(const struct strokes *s, const char *name,
    enum palette_name colour);

#endif
