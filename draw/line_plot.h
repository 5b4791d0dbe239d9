/*
 * line_plot -- several lines over one axis, as a picture.
 */
#ifndef DRAW_LINE_PLOT_H
#define DRAW_LINE_PLOT_H

#include <stddef.h>

#include "base/error.h"

#include "draw/axes.h"

struct line_plot {
	const char *title;		/* or NULL */
	const char *x_label, *y_label;
	const struct axes_line *lines;
	size_t n_lines;
	double width, height;		/* points; 0: 720 by 400 */
};

/* Write the picture; its axes hold all points.  The path as canvas_open. */
int line_plot_write(const char *path, const struct line_plot *plot,
    struct error *err) MUST_CHECK;

#endif
