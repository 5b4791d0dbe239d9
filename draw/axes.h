/*
 * axes -- a frame with ticks and labels, and lines inside it.
 *
 * Ticks stand at 1, 2 or 5 times a power of ten.
 */
#ifndef DRAW_AXES_H
#define DRAW_AXES_H

#include <stdbool.h>
#include <stddef.h>

#include "draw/canvas.h"

struct axes_range {
	double low, high;
};

struct axes {
	const char *title;	/* or NULL */
	const char *x_label, *y_label;
	struct axes_range x, y;
	struct axes_range y_ticks;	/* where there are any; all 0: in y */
	double legend_height;	/* room under the title; see axes_legend */
};

struct axes_line {
	const char *name;	/* for the legend; NULL: not in it */
	const double *x, *y;	/* [n_points] */
	/* [n_points] or NULL: true where the pen is lifted before a point. */
	const bool *is_break;
	size_t n_points;
	struct canvas_colour colour;
	double width;		/* points; 0: 1.5 */
	bool is_dashed;
};

/* The range of values [n], widened a little; 0..1 when there are none. */
struct axes_range axes_range_of(const double *values, size_t n);

/*
 * The distance between ticks: about n_wanted of them between low and high,
 * at 1, 2 or 5 times a power of ten.  low < high, n_wanted >= 1.
 */
double axes_tick_step(const struct axes_range *range, double n_wanted);

/* The box on the canvas of a part of the plot, which may reach beyond it. */
struct canvas_box axes_cells(const struct canvas *c, const struct axes *axes,
    const struct axes_range *x, const struct axes_range *y);

/* Draw the frame, ticks, labels and title. */
void axes_draw(struct canvas *c, const struct axes *axes);

/* Draw a line, cut off at the frame. */
void axes_plot(struct canvas *c, const struct axes *axes,
    const struct axes_line *line);

/* Draw the names of the lines above the frame, where there are any. */
void axes_legend(struct canvas *c, const struct axes *axes,
    const struct axes_line *lines, size_t n_lines);

#endif
