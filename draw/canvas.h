/*
 * canvas -- a picture being drawn, as SVG or PNG (cairo behind it).
 *
 * Coordinates are in points from the top left corner.  Drawing calls do not
 * fail; what went wrong on the way is reported by canvas_close.
 */
#ifndef DRAW_CANVAS_H
#define DRAW_CANVAS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define CANVAS_MAX_POINTS 20000.0	/* width or height */
#define CANVAS_TEXT_BYTES 1024		/* longest text that is drawn */

struct canvas;

/* Red, green and blue, 0..1. */
struct canvas_colour {
	double r, g, b;
};

struct canvas_box {
	double left, top, width, height;
};

/* Which end of the text the position is. */
enum canvas_anchor { CANVAS_LEFT, CANVAS_MIDDLE, CANVAS_RIGHT };

/*
 * Begin a white picture; the end of the path, ".svg" or ".png", says what it
 * becomes.  The file appears, whole, at canvas_close.
 */
struct canvas *canvas_open(const char *path, double width, double height,
    struct error *err) MUST_CHECK;
int canvas_close(struct canvas *c, struct error *err) MUST_CHECK;
/* End without a file.  canvas_abandon(NULL) does nothing. */
void canvas_abandon(struct canvas *c);

double canvas_width(const struct canvas *c);
double canvas_height(const struct canvas *c);

/*
 * Until canvas_end_part the canvas is this box of it: coordinates, width and
 * height are the box's.  Parts do not nest.
 */
void canvas_begin_part(struct canvas *c, const struct canvas_box *box);
void canvas_end_part(struct canvas *c);

void canvas_set_colour(struct canvas *c, struct canvas_colour colour);
/* Of the lines that follow; dashed lines are easier told apart. */
void canvas_set_line(struct canvas *c, double width, bool is_dashed);

/*
 * A path: canvas_move, canvas_line_to ..., then canvas_stroke, or canvas_fill
 * for all that lies inside it.
 */
void canvas_move(struct canvas *c, double x, double y);
void canvas_line_to(struct canvas *c, double x, double y);
void canvas_stroke(struct canvas *c);
void canvas_fill(struct canvas *c);

void canvas_fill_box(struct canvas *c, const struct canvas_box *box);
void canvas_stroke_box(struct canvas *c, const struct canvas_box *box);

/* Draw only inside the box until canvas_unclip. */
void canvas_clip(struct canvas *c, const struct canvas_box *box);
void canvas_unclip(struct canvas *c);

/*
 * A line of text at the baseline; turned: running upwards.  Bytes that are not
 * UTF-8 become "?", and what is longer than CANVAS_TEXT_BYTES is cut.
 */
void canvas_text(struct canvas *c, double x, double y, double size,
    enum canvas_anchor anchor, bool is_turned, const char *text);

/*
 * Fill the box with a picture of n_columns by n_rows dots, the first row at
 * the top.  rgb: [n_rows][n_columns][3], 0..255.
 */
int canvas_image(struct canvas *c, const struct canvas_box *box,
    const unsigned char *rgb, size_t n_rows, size_t n_columns,
    struct error *err) MUST_CHECK;

#endif
