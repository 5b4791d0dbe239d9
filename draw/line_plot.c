#include <math.h>

#include "draw/line_plot.h"

#define WIDTH 720.0
#define HEIGHT 400.0
#define LEGEND_HEIGHT 20.0

/* The range that holds the ranges of all lines. */
static struct axes_range
range_of_all(const struct line_plot *plot, bool is_x)
{
	struct axes_range all = { HUGE_VAL, -HUGE_VAL };
	size_t i;

	for (i = 0; i < plot->n_lines; i++) {
		const struct axes_line *line = &plot->lines[i];
		const struct axes_range r = axes_range_of(
		    is_x ? line->x : line->y, line->n_points);

		if (line->n_points == 0)
			continue;
		all.low = fmin(all.low, r.low);
		all.high = fmax(all.high, r.high);
	}
	return all.low < all.high ? all : axes_range_of(NULL, 0);
}

int
line_plot_write(const char *path, const struct line_plot *plot,
    struct error *err)
{
	struct axes axes = { .title = plot->title, .x_label = plot->x_label,
	    .y_label = plot->y_label, .legend_height = LEGEND_HEIGHT };
	struct canvas *c;
	size_t i;

	axes.x = range_of_all(plot, true);
	axes.y = range_of_all(plot, false);
	c = canvas_open(path, plot->width > 0.0 ? plot->width : WIDTH,
	    plot->height > 0.0 ? plot->height : HEIGHT, err);
	if (c == NULL)
		return -1;
	for (i = 0; i < plot->n_lines; i++)
		axes_plot(c, &axes, &plot->lines[i]);
	axes_draw(c, &axes);
	axes_legend(c, &axes, plot->lines, plot->n_lines);
	return canvas_close(c, err);
}
