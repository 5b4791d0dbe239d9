/*
 * heat_map -- a matrix as colours, with lines over it, as a picture.
 *
 * Strips are single rows of their own below the matrix, over the same columns.
 */
#ifndef DRAW_HEAT_MAP_H
#define DRAW_HEAT_MAP_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "draw/axes.h"

#define HEAT_MAP_MAX_STRIPS 2

struct heat_map_strip {
	const char *name;
	const float *values;		/* [n_columns], 0..1 */
};

struct heat_map {
	const char *title;		/* or NULL */
	const char *x_label, *y_label;
	const float *values;		/* [n_rows][n_columns], row 0 lowest */
	size_t n_rows, n_columns;	/* at most 16384 */
	struct axes_range value;	/* darkest and brightest value */
	struct axes_range x, y;		/* edges of the matrix */
	struct axes_range x_axis, y_axis;	/* all 0: those edges */
	const struct axes_line *lines;	/* in the units of x and y */
	size_t n_lines;
	struct heat_map_strip strips[HEAT_MAP_MAX_STRIPS];	/* downwards */
	size_t n_strips;
	double width, height;		/* points; 0: 640 by 640 */
};

/* Draw it over the whole canvas, or the part that was begun. */
int heat_map_draw(struct canvas *c, const struct heat_map *map,
    struct error *err) MUST_CHECK;

/* Write the picture.  The path as canvas_open. */
int heat_map_write(const char *path, const struct heat_map *map,
    struct error *err) MUST_CHECK;

/*
 * Turn frames [n_frames][n_values] into rows [n_values][n_columns] of arena
 * memory, for n_columns <= n_frames: each holds the highest value, 0 or more,
 * of the frames that fall into it.  NULL with an error.
 */
float *heat_map_turn(const float *frames, size_t n_frames, size_t n_values,
    size_t n_columns, struct arena *a, struct error *err) MUST_CHECK;

#endif
