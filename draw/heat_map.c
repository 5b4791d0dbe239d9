#include "base/memory.h"

#include "draw/heat_map.h"
#include "draw/palette.h"

#define SIDE 640.0
#define LEGEND_HEIGHT 20.0

/* Draw the matrix where it lies in the axes, its first row at the bottom. */
static int
draw_matrix(struct canvas *c, const struct axes *axes,
    const struct heat_map *map, struct error *err)
{
	const struct canvas_box box = axes_cells(c, axes, &map->x, &map->y);
	const struct canvas_box inside = axes_cells(c, axes, &axes->x,
	    &axes->y);
	const double spread = map->value.high - map->value.low;
	unsigned char *rgb = memory_new(map->n_rows * map->n_columns, 3,
	    "dots", err);
	size_t row, column;
	int status;

	if (rgb == NULL)
		return -1;
	for (row = 0; row < map->n_rows; row++) {
		const float *from = map->values +
		    (map->n_rows - 1 - row) * map->n_columns;

		for (column = 0; column < map->n_columns; column++)
			palette_heat(((double)from[column] - map->value.low) /
			    spread, rgb + 3 * (row * map->n_columns + column));
	}
	canvas_clip(c, &inside);
	status = canvas_image(c, &box, rgb, map->n_rows, map->n_columns, err);
	canvas_unclip(c);
	memory_free(rgb);
	return status;
}

int
heat_map_write(const char *path, const struct heat_map *map,
    struct error *err)
{
	struct axes axes = { .title = map->title,
	    .x_label = map->x_label, .y_label = map->y_label,
	    .x = map->x_axis, .y = map->y_axis,
	    .legend_height = map->n_lines > 0 ? LEGEND_HEIGHT : 0.0 };
	struct canvas *c = canvas_open(path, map->width > 0.0 ? map->width :
	    SIDE, map->height > 0.0 ? map->height : SIDE, err);
	size_t i;

	if (c == NULL)
		return -1;
	if (!(axes.x.low < axes.x.high))
		axes.x = map->x;
	if (!(axes.y.low < axes.y.high))
		axes.y = map->y;
	if (draw_matrix(c, &axes, map, err) != 0) {
		canvas_abandon(c);
		return -1;
	}
	for (i = 0; i < map->n_lines; i++)
		axes_plot(c, &axes, &map->lines[i]);
	axes_draw(c, &axes);
	axes_legend(c, &axes, map->lines, map->n_lines);
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
