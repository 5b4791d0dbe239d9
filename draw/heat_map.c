#include "base/memory.h"

#include "draw/heat_map.h"
#include "draw/palette.h"

#define SIDE 640.0
#define LEGEND_HEIGHT 20.0
#define STRIP_SHARE 0.035	/* height of a strip, of that of the matrix */
#define STRIP_GAP 6.0
#define STRIP_TEXT_SIZE 9.0

/* Values as dots where they lie in the axes, the first row at the bottom. */
static int
draw_values(struct canvas *c, const struct axes *axes,
    const struct heat_map *map, const struct axes_range *y,
    const float *values, size_t n_rows, const struct axes_range *value,
    struct error *err)
{
	const struct canvas_box box = axes_cells(c, axes, &map->x, y);
	const struct canvas_box inside = axes_cells(c, axes, &axes->x,
	    &axes->y);
	const double spread = value->high - value->low;
	unsigned char *rgb = memory_new(n_rows * map->n_columns, 3, "dots",
	    err);
	size_t row, column;
	int status;

	if (rgb == NULL)
		return -1;
	for (row = 0; row < n_rows; row++) {
		const float *from = values +
		    (n_rows - 1 - row) * map->n_columns;

		for (column = 0; column < map->n_columns; column++)
			palette_heat(((double)from[column] - value->low) /
			    spread, rgb + 3 * (row * map->n_columns + column));
	}
	canvas_clip(c, &inside);
	status = canvas_image(c, &box, rgb, n_rows, map->n_columns, err);
	canvas_unclip(c);
	memory_free(rgb);
	return status;
}

/* Where strip i lies, in the units of y; the axes have room for it. */
static struct axes_range
strip_range(const struct axes_range *y, size_t i)
{
	const double height = STRIP_SHARE * (y->high - y->low);
	const double top = y->low - (1.0 + 1.5 * (double)i) * height +
	    0.5 * height;
	const struct axes_range range = { top - height, top };

	return range;
}

/* Draw the strips and their names. */
static int
draw_strips(struct canvas *c, const struct axes *axes,
    const struct heat_map *map, const struct axes_range *y,
    struct error *err)
{
	const struct axes_range value = { 0.0, 1.0 };
	const struct canvas_colour ink = { 0.15, 0.15, 0.15 };
	size_t i;

	for (i = 0; i < map->n_strips; i++) {
		const struct axes_range range = strip_range(y, i);
		const struct canvas_box box = axes_cells(c, axes, &axes->x,
		    &range);

		if (draw_values(c, axes, map, &range, map->strips[i].values,
		    1, &value, err) != 0)
			return -1;
		canvas_set_colour(c, ink);
		canvas_text(c, box.left - STRIP_GAP, box.top +
		    0.5 * box.height + 0.36 * STRIP_TEXT_SIZE,
		    STRIP_TEXT_SIZE, CANVAS_RIGHT, false,
		    map->strips[i].name);
	}
	return 0;
}

/* Draw everything inside the axes. */
static int
draw_all(struct canvas *c, struct axes *axes, const struct heat_map *map,
    struct error *err)
{
	const struct axes_range y = axes->y;
	size_t i;

	if (map->n_strips > 0) {
		axes->y_ticks = y;
		axes->y.low = strip_range(&y, map->n_strips - 1).low -
		    0.5 * STRIP_SHARE * (y.high - y.low);
	}
	if (draw_values(c, axes, map, &map->y, map->values, map->n_rows,
	    &map->value, err) != 0 ||
	    draw_strips(c, axes, map, &y, err) != 0)
		return -1;
	for (i = 0; i < map->n_lines; i++)
		axes_plot(c, axes, &map->lines[i]);
	axes_draw(c, axes);
	axes_legend(c, axes, map->lines, map->n_lines);
	return 0;
}

int
heat_map_draw(struct canvas *c, const struct heat_map *map,
    struct error *err)
{
	struct axes axes = { .title = map->title,
	    .x_label = map->x_label, .y_label = map->y_label,
	    .x = map->x_axis, .y = map->y_axis,
	    .legend_height = map->n_lines > 0 ? LEGEND_HEIGHT : 0.0 };

	if (!(axes.x.low < axes.x.high))
		axes.x = map->x;
	if (!(axes.y.low < axes.y.high))
		axes.y = map->y;
	return draw_all(c, &axes, map, err);
}

int
heat_map_write(const char *path, const struct heat_map *map,
    struct error *err)
{
	struct canvas *c = canvas_open(path, map->width > 0.0 ? map->width :
	    SIDE, map->height > 0.0 ? map->height : SIDE, err);

	if (c == NULL)
		return -1;
	if (heat_map_draw(c, map, err) != 0) {
		canvas_abandon(c);
		return -1;
	}
	return canvas_close(c, err);
}

float *
heat_map_turn(const float *frames, size_t n_frames, size_t n_values,
    size_t n_columns, struct arena *a, struct error *err)
{
	float *rows = arena_need(a, n_values * n_columns, sizeof(float),
	    "values of a picture", err);
	size_t k, i;

	for (k = 0; rows != NULL && k < n_frames; k++) {
		float *cell = rows + k * n_columns / n_frames;

		for (i = 0; i < n_values; i++) {
			const float value = frames[k * n_values + i];

			if (value > cell[i * n_columns])
				cell[i * n_columns] = value;
		}
	}
	return rows;
}
