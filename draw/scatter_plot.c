#include <math.h>
#include <stdio.h>

#include "draw/axes.h"
#include "draw/palette.h"
#include "draw/scatter_plot.h"

#define WIDTH 820.0
#define HEIGHT 620.0
#define LEGEND_WIDTH 170.0
#define LEGEND_LINE 16.0
#define LEGEND_SIZE 10.5
#define LEGEND_TOP 34.0
#define NAME_BYTES 27		/* of a name that is shown, with its 0 */
#define RADIUS 3.2
#define MANY 600		/* points that are drawn smaller */

/* Corners of the forms at radius 1; each has about the same area. */
struct form {
	size_t n_corners;
	double x[12], y[12];
};

static const struct form forms[] = {
	{ 12, { 1, .87, .5, 0, -.5, -.87, -1, -.87, -.5, 0, .5, .87 },
	    { 0, .5, .87, 1, .87, .5, 0, -.5, -.87, -1, -.87, -.5 } },
	{ 4, { -.88, .88, .88, -.88 }, { -.88, -.88, .88, .88 } },
	{ 3, { 0, 1.2, -1.2 }, { -1.35, .8, .8 } },
	{ 4, { 0, 1.25, 0, -1.25 }, { -1.25, 0, 1.25, 0 } },
	{ 12, { -.42, .42, .42, 1.2, 1.2, .42, .42, -.42, -.42, -1.2, -1.2,
	    -.42 }, { -1.2, -1.2, -.42, -.42, .42, .42, 1.2, 1.2, .42, .42,
	    -.42, -.42 } },
};

#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

/* Colours that stand out from white; yellow does not. */
static const enum palette_name colours[] = { PALETTE_BLUE,
    PALETTE_VERMILLION, PALETTE_GREEN, PALETTE_ORANGE, PALETTE_PURPLE,
    PALETTE_SKY, PALETTE_BLACK };

#define N_COLOURS (sizeof(colours) / sizeof(colours[0]))

/* The mark of a group; neighbours of one colour keep a white edge. */
static void
draw_mark(struct canvas *c, size_t group, double x, double y, double radius)
{
	static const struct canvas_colour white = { 1, 1, 1 };
	const struct form *f = &forms[group / N_COLOURS % N_FORMS];

	for (int pass = 0; pass < 2; pass++) {
		const double r = pass == 0 ? radius + 0.8 : radius;

		canvas_set_colour(c, pass == 0 ? white :
		    palette_line(colours[group % N_COLOURS]));
		canvas_move(c, x + r * f->x[0], y + r * f->y[0]);
		for (size_t i = 1; i < f->n_corners; i++)
			canvas_line_to(c, x + r * f->x[i], y + r * f->y[i]);
		canvas_fill(c);
	}
}

/* A name that fits: its begin, cut between characters, and an ellipsis. */
static void
shorten(const char *name, char text[NAME_BYTES + 4])
{
	size_t n = 0;

	while (name[n] != '\0' && n < NAME_BYTES)
		n++;
	if (name[n] != '\0')
		for (n = NAME_BYTES - 1; n > 0 &&
		    ((unsigned char)name[n] & 0xc0) == 0x80;)
			n--;
	(void)snprintf(text, NAME_BYTES + 4, "%.*s%s",
	    (int)n, name, name[n] == '\0' ? "" : "\xe2\x80\xa6");
}

static void
draw_legend(struct canvas *c, const struct scatter_plot *plot)
{
	static const struct canvas_colour ink = { 0.15, 0.15, 0.15 };
	const double left = canvas_width(c) - LEGEND_WIDTH;
	const size_t room = (size_t)fmax(1.0, (canvas_height(c) -
	    LEGEND_TOP - 46.0) / LEGEND_LINE);
	const size_t n = plot->n_groups <= room ? plot->n_groups : room - 1;
	char text[NAME_BYTES + 4];
	double y = LEGEND_TOP;

	for (size_t i = 0; i < n; i++, y += LEGEND_LINE) {
		draw_mark(c, i, left + 8.0, y, RADIUS + 1.0);
		shorten(plot->names[i], text);
		canvas_set_colour(c, ink);
		canvas_text(c, left + 19.0, y + 0.36 * LEGEND_SIZE,
		    LEGEND_SIZE, CANVAS_LEFT, false, text);
	}
	if (n == plot->n_groups)
		return;
	(void)snprintf(text, sizeof(text), "and %zu more",
	    plot->n_groups - n);
	canvas_set_colour(c, ink);
	canvas_text(c, left + 19.0, y + 0.36 * LEGEND_SIZE, LEGEND_SIZE,
	    CANVAS_LEFT, false, text);
}

int
scatter_plot_write(const char *path, const struct scatter_plot *plot,
    struct error *err)
{
	const double width = plot->width > 0.0 ? plot->width : WIDTH;
	const double height = plot->height > 0.0 ? plot->height : HEIGHT;
	const double radius = plot->n_points > MANY ? RADIUS - 1.0 : RADIUS;
	const struct canvas_box left = { 0, 0, width - LEGEND_WIDTH, height };
	struct axes axes = { .title = plot->title, .x_label = plot->x_label,
	    .y_label = plot->y_label,
	    .x = axes_range_of(plot->x, plot->n_points),
	    .y = axes_range_of(plot->y, plot->n_points) };
	struct canvas *c = canvas_open(path, width, height, err);

	if (c == NULL)
		return -1;
	canvas_begin_part(c, &left);
	axes_draw(c, &axes);
	for (size_t i = 0; i < plot->n_points; i++) {
		const struct axes_range x = { plot->x[i], plot->x[i] };
		const struct axes_range y = { plot->y[i], plot->y[i] };
		const struct canvas_box at = axes_cells(c, &axes, &x, &y);

		draw_mark(c, plot->group[i], at.left, at.top, radius);
	}
	canvas_end_part(c);
	draw_legend(c, plot);
	return canvas_close(c, err);
}
