/*
 * scatter_plot -- points in groups, as a picture.
 *
 * Groups are told apart by colour and form, 35 ways in all, then they start
 * over.  Their names stand to the right, as far as there is room.
 */
#ifndef DRAW_SCATTER_PLOT_H
#define DRAW_SCATTER_PLOT_H

#include <stddef.h>

#include "base/error.h"

struct scatter_plot {
	const char *title;		/* or NULL */
	const char *x_label, *y_label;
	const double *x, *y;		/* [n_points] */
	const size_t *group;		/* [n_points], below n_groups */
	size_t n_points;
	const char *const *names;	/* [n_groups] */
	size_t n_groups;
	double width, height;		/* points; 0: 820 by 620 */
};

/* Write the picture.  The path as canvas_open. */
int scatter_plot_write(const char *path, const struct scatter_plot *plot,
    struct error *err) MUST_CHECK;

#endif
