#include <math.h>
#include <stdio.h>

#include "draw/axes.h"

#define LEFT 62.0
#define RIGHT 18.0
#define TOP 14.0
#define BOTTOM 46.0
#define TITLE_SIZE 13.0
#define LABEL_SIZE 12.0
#define TICK_SIZE 10.5
#define TICK_LENGTH 4.0
#define POINTS_A_TICK 70.0	/* distance wanted between ticks */
#define LEGEND_SAMPLE 20.0	/* length of the line before a name */
#define LEGEND_GAP 14.0
#define FLAT 1e-9		/* of a value: smaller ranges are none */
#define CHARACTER_WIDTH 0.56	/* of the size, on average, and ample */

static const struct canvas_colour ink = { 0.15, 0.15, 0.15 };

struct axes_range
axes_range_of(const double *values, size_t n)
{
	struct axes_range r = { HUGE_VAL, -HUGE_VAL };
	double margin;
	size_t i;

	for (i = 0; i < n; i++) {
		r.low = fmin(r.low, values[i]);
		r.high = fmax(r.high, values[i]);
	}
	if (n == 0)
		return (struct axes_range){ 0.0, 1.0 };
	margin = 0.04 * (r.high - r.low);
	/* What differs in its last digits only has no room for ticks. */
	if (!(margin > FLAT * fabs(r.low)))
		margin = r.low == 0.0 ? 0.5 : 0.1 * fabs(r.low);
	r.low -= margin;
	r.high += margin;
	return r;
}

double
axes_tick_step(const struct axes_range *range, double n_wanted)
{
	const double ideal = (range->high - range->low) / n_wanted;
	const double power = pow(10.0, floor(log10(ideal)));
	const double times = ideal / power;

	return power * (times < 1.5 ? 1.0 : times < 3.5 ? 2.0 :
	    times < 7.5 ? 5.0 : 10.0);
}

/* The box on the canvas that the ranges fill. */
static struct canvas_box
box_of(const struct canvas *c, const struct axes *axes)
{
	const double top = TOP + axes->legend_height +
	    (axes->title != NULL ? 1.6 * TITLE_SIZE : 0.0);
	const struct canvas_box box = { LEFT, top,
	    canvas_width(c) - LEFT - RIGHT,
	    canvas_height(c) - top - BOTTOM };

	return box;
}

static double
to_x(const struct canvas_box *box, const struct axes *axes, double x)
{
	return box->left + box->width * (x - axes->x.low) /
	    (axes->x.high - axes->x.low);
}

static double
to_y(const struct canvas_box *box, const struct axes *axes, double y)
{
	return box->top + box->height * (axes->y.high - y) /
	    (axes->y.high - axes->y.low);
}

struct canvas_box
axes_cells(const struct canvas *c, const struct axes *axes,
    const struct axes_range *x, const struct axes_range *y)
{
	const struct canvas_box box = box_of(c, axes);
	const double left = to_x(&box, axes, x->low);
	const double top = to_y(&box, axes, y->high);
	const struct canvas_box cells = { left, top,
	    to_x(&box, axes, x->high) - left, to_y(&box, axes, y->low) - top };

	return cells;
}

/* A tick at value "at" and its number; on the x or the y axis. */
static void
draw_tick(struct canvas *c, const struct axes *axes,
    const struct canvas_box *box, bool is_x, double at)
{
	const double x = is_x ? to_x(box, axes, at) : box->left;
	const double y = is_x ? box->top + box->height : to_y(box, axes, at);
	char text[32];

	(void)snprintf(text, sizeof(text), "%g", at); /* lint: allow */
	canvas_set_colour(c, ink);
	canvas_move(c, x, y);
	if (is_x)
		canvas_line_to(c, x, y + TICK_LENGTH);
	else
		canvas_line_to(c, x - TICK_LENGTH, y);
	canvas_stroke(c);
	if (is_x)
		canvas_text(c, x, y + TICK_LENGTH + TICK_SIZE, TICK_SIZE,
		    CANVAS_MIDDLE, false, text);
	else
		canvas_text(c, x - TICK_LENGTH - 3.0, y + 0.36 * TICK_SIZE,
		    TICK_SIZE, CANVAS_RIGHT, false, text);
}

static void
draw_ticks(struct canvas *c, const struct axes *axes,
    const struct canvas_box *box, bool is_x)
{
	const struct axes_range *range = is_x ? &axes->x : &axes->y;
	const double length = is_x ? box->width : box->height;
	const double step = axes_tick_step(range,
	    fmax(1.0, length / POINTS_A_TICK));
	const bool has_own = !is_x && axes->y_ticks.low < axes->y_ticks.high;
	const struct axes_range *where = has_own ? &axes->y_ticks : range;
	double k;

	for (k = ceil(where->low / step - 1e-9);
	    k * step <= where->high + 1e-9 * step; k++)
		/* No "-0", and no digits of rounding. */
		draw_tick(c, axes, box, is_x, k == 0.0 ? 0.0 : k * step);
}

void
axes_draw(struct canvas *c, const struct axes *axes)
{
	const struct canvas_box box = box_of(c, axes);
	const double middle = box.left + box.width / 2.0;

	canvas_set_line(c, 0.8, false);
	draw_ticks(c, axes, &box, true);
	draw_ticks(c, axes, &box, false);
	canvas_set_colour(c, ink);
	canvas_stroke_box(c, &box);
	canvas_text(c, middle, canvas_height(c) - 10.0, LABEL_SIZE,
	    CANVAS_MIDDLE, false, axes->x_label);
	canvas_text(c, LABEL_SIZE + 3.0, box.top + box.height / 2.0,
	    LABEL_SIZE, CANVAS_MIDDLE, true, axes->y_label);
	if (axes->title != NULL)
		canvas_text(c, middle, TOP + 0.8 * TITLE_SIZE, TITLE_SIZE,
		    CANVAS_MIDDLE, false, axes->title);
}

void
axes_plot(struct canvas *c, const struct axes *axes,
    const struct axes_line *line)
{
	const struct canvas_box box = box_of(c, axes);
	size_t i;

	canvas_clip(c, &box);
	canvas_set_colour(c, line->colour);
	canvas_set_line(c, line->width > 0.0 ? line->width : 1.5,
	    line->is_dashed);
	for (i = 0; i < line->n_points; i++) {
		const double x = to_x(&box, axes, line->x[i]);
		const double y = to_y(&box, axes, line->y[i]);

		if (i == 0 || (line->is_break != NULL && line->is_break[i]))
			canvas_move(c, x, y);
		else
			canvas_line_to(c, x, y);
	}
	canvas_stroke(c);
	canvas_unclip(c);
}

void
axes_legend(struct canvas *c, const struct axes *axes,
    const struct axes_line *lines, size_t n_lines)
{
	const struct canvas_box box = box_of(c, axes);
	const double y = box.top - 7.0;
	double x = box.left;
	size_t i, n_letters;

	for (i = 0; i < n_lines; i++) {
		if (lines[i].name == NULL)
			continue;
		canvas_set_colour(c, lines[i].colour);
		canvas_set_line(c, 2.5, lines[i].is_dashed);
		canvas_move(c, x, y - 4.0);
		canvas_line_to(c, x + LEGEND_SAMPLE, y - 4.0);
		canvas_stroke(c);
		canvas_set_colour(c, ink);
		canvas_text(c, x + LEGEND_SAMPLE + 5.0, y, TICK_SIZE,
		    CANVAS_LEFT, false, lines[i].name);
		for (n_letters = 0; lines[i].name[n_letters] != '\0';)
			n_letters++;
		x += LEGEND_SAMPLE + 5.0 + LEGEND_GAP +
		    CHARACTER_WIDTH * TICK_SIZE * (double)n_letters;
	}
}
