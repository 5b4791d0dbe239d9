#include <math.h>

#include "draw/histogram.h"

#define WIDTH 720.0
#define ONE_HEIGHT 360.0
#define PANEL_HEIGHT 220.0
#define TITLE_HEIGHT 44.0	/* of the title and the legend of all */
#define TITLE_SIZE 13.0
#define GAP 0.6			/* between bars, points */

static const struct canvas_colour ink = { 0.15, 0.15, 0.15 };

size_t
histogram_bin(const struct axes_range *range, size_t n_bins, double value)
{
	const double at = (value - range->low) /
	    (range->high - range->low) * (double)n_bins;

	/* Also true of what is not a number. */
	if (!(at > 0.0))
		return 0;
	return at >= (double)n_bins ? n_bins - 1 : (size_t)at;
}

/* The tallest pile of a panel. */
static size_t
tallest(const struct histogram *h, const struct histogram_panel *p)
{
	size_t most = 0;

	for (size_t k = 0; k < h->n_bins; k++) {
		size_t sum = 0;

		for (size_t i = 0; i < h->n_classes; i++)
			sum += p->counts[i * h->n_bins + k];
		most = sum > most ? sum : most;
	}
	return most;
}

static void
draw_bars(struct canvas *c, const struct histogram *h,
    const struct axes *axes, const struct histogram_panel *p)
{
	const double width = (h->range.high - h->range.low) /
	    (double)h->n_bins;

	for (size_t k = 0; k < h->n_bins; k++) {
		const double from = h->range.low + width * (double)k;
		const struct axes_range x = { from, from + width };
		size_t below = 0;

		for (size_t i = 0; i < h->n_classes; i++) {
			const size_t n = p->counts[i * h->n_bins + k];
			const struct axes_range y = { (double)below,
			    (double)(below + n) };
			struct canvas_box box = axes_cells(c, axes, &x, &y);

			below += n;
			box.width = fmax(box.width - GAP, 0.4);
			canvas_set_colour(c,
			    palette_line(h->classes[i].colour));
			if (n > 0)
				canvas_fill_box(c, &box);
		}
	}
}

static void
draw_marks(struct canvas *c, const struct histogram *h,
    const struct axes *axes)
{
	for (size_t i = 0; i < h->n_marks; i++) {
		const double x[2] = { h->marks[i], h->marks[i] };
		const double y[2] = { axes->y.low, axes->y.high };
		const struct axes_line line = { .x = x, .y = y,
		    .n_points = 2, .colour = ink, .width = 1.2,
		    .is_dashed = true };

		axes_plot(c, axes, &line);
	}
}

static void
draw_panel(struct canvas *c, const struct histogram *h,
    const struct histogram_panel *p)
{
	/* Counts are whole: no ticks between 0 and 1. */
	const double top = fmax(1.06 * (double)tallest(h, p), 4.0);
	const struct axes axes = { .title = p->title, .x_label = h->x_label,
	    .y_label = "count", .x = h->range, .y = { 0.0, top } };

	draw_bars(c, h, &axes, p);
	draw_marks(c, h, &axes);
	axes_draw(c, &axes);
}

/* The legend is that of lines of the classes' colours. */
static void
draw_head(struct canvas *c, const struct histogram *h)
{
	struct axes_line lines[PALETTE_N];
	const struct axes axes = { .x = { 0, 1 }, .y = { 0, 1 },
	    .legend_height = TITLE_HEIGHT - 16.0 };
	size_t n = 0;

	for (size_t i = 0; i < h->n_classes && i < PALETTE_N; i++) {
		const struct axes_line line = { .name = h->classes[i].name,
		    .colour = palette_line(h->classes[i].colour) };

		lines[n++] = line;
	}
	if (h->title != NULL) {
		canvas_set_colour(c, ink);
		canvas_text(c, canvas_width(c) / 2.0, 18.0, TITLE_SIZE,
		    CANVAS_MIDDLE, false, h->title);
	}
	if (n > 1 || (n == 1 && lines[0].name != NULL))
		axes_legend(c, &axes, lines, n);
}

int
histogram_write(const char *path, const struct histogram *h,
    struct error *err)
{
	const double one = h->n_panels > 1 ? PANEL_HEIGHT : ONE_HEIGHT;
	struct canvas_box box = { 0, TITLE_HEIGHT, WIDTH, one };
	struct canvas *c;

	if (h->n_panels == 0 || h->n_panels > HISTOGRAM_MAX_PANELS ||
	    h->n_bins == 0 || h->n_bins > HISTOGRAM_MAX_BINS ||
	    !(h->range.low < h->range.high))
		return error_set(err, ERROR_BUG, "no such histogram");
	c = canvas_open(path, WIDTH, TITLE_HEIGHT + one *
	    (double)h->n_panels, err);
	if (c == NULL)
		return -1;
	draw_head(c, h);
	for (size_t i = 0; i < h->n_panels; i++, box.top += one) {
		canvas_begin_part(c, &box);
		draw_panel(c, h, &h->panels[i]);
		canvas_end_part(c);
	}
	return canvas_close(c, err);
}
