#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cairo.h>
#include <cairo-svg.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/utf8.h"

#include "draw/canvas.h"

/* Dots of a PNG per point. */
#define PNG_SCALE 2.0
#define MAX_IMAGE_SIDE 16384
#define FONT "sans-serif"

struct canvas {
	struct file_new *file;
	cairo_surface_t *surface;
	cairo_t *cr;
	double width, height;
	double whole_width, whole_height;	/* while a part is drawn */
	bool is_svg;
};

static cairo_status_t
write_bytes(void *closure, const unsigned char *bytes, unsigned n_bytes)
{
	FILE *out = closure;

	return fwrite(bytes, 1, n_bytes, out) == n_bytes ?
	    CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static bool
ends_with(const char *text, const char *end)
{
	const size_t n = strlen(text), n_end = strlen(end);

	return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

/* The surface and what draws on it. */
static int
begin(struct canvas *c, struct error *err)
{
	if (c->is_svg)
		c->surface = cairo_svg_surface_create_for_stream(write_bytes,
		    file_stream(c->file), c->width, c->height);
	else
		c->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24,
		    (int)(c->width * PNG_SCALE),
		    (int)(c->height * PNG_SCALE));
	c->cr = cairo_create(c->surface);
	if (cairo_status(c->cr) != CAIRO_STATUS_SUCCESS)
		return error_set(err, ERROR_NOMEM, "%s: cannot begin: %s",
		    file_path(c->file),
		    cairo_status_to_string(cairo_status(c->cr)));
	if (!c->is_svg)
		cairo_scale(c->cr, PNG_SCALE, PNG_SCALE);
	cairo_set_source_rgb(c->cr, 1.0, 1.0, 1.0);
	cairo_paint(c->cr);
	cairo_select_font_face(c->cr, FONT, CAIRO_FONT_SLANT_NORMAL,
	    CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_line_join(c->cr, CAIRO_LINE_JOIN_ROUND);
	return 0;
}

struct canvas *
canvas_open(const char *path, double width, double height, struct error *err)
{
	struct canvas *c;

	if (!ends_with(path, ".svg") && !ends_with(path, ".png")) {
		error_set(err, ERROR_FORMAT, "%s: pictures are written as "
		    ".svg or .png", path);
		return NULL;
	}
	if (!(width >= 1.0 && width <= CANVAS_MAX_POINTS) ||
	    !(height >= 1.0 && height <= CANVAS_MAX_POINTS)) {
		error_set(err, ERROR_LIMIT, "a picture of %g by %g points "
		    "cannot be drawn", width, height);
		return NULL;
	}
	c = memory_new(1, sizeof(*c), "pictures", err);
	if (c == NULL)
		return NULL;
	c->width = width;
	c->height = height;
	c->is_svg = ends_with(path, ".svg");
	c->file = file_create(path, err);
	if (c->file == NULL || begin(c, err) != 0) {
		canvas_abandon(c);
		return NULL;
	}
	return c;
}

/* Release what cairo holds; the first thing that went wrong, if any. */
static cairo_status_t
end(struct canvas *c)
{
	cairo_status_t status = CAIRO_STATUS_SUCCESS;

	if (c->cr != NULL) {
		status = cairo_status(c->cr);
		cairo_destroy(c->cr);
	}
	if (c->surface != NULL) {
		cairo_surface_finish(c->surface);
		if (status == CAIRO_STATUS_SUCCESS)
			status = cairo_surface_status(c->surface);
		cairo_surface_destroy(c->surface);
	}
	c->cr = NULL;
	c->surface = NULL;
	return status;
}

int
canvas_close(struct canvas *c, struct error *err)
{
	cairo_status_t written = CAIRO_STATUS_SUCCESS, status;
	int result;

	if (!c->is_svg)
		written = cairo_surface_write_to_png_stream(c->surface,
		    write_bytes, file_stream(c->file));
	status = end(c);
	if (status == CAIRO_STATUS_SUCCESS)
		status = written;
	if (status != CAIRO_STATUS_SUCCESS) {
		error_set(err, ERROR_IO, "%s: %s",
		    file_path(c->file), cairo_status_to_string(status));
		canvas_abandon(c);
		return -1;
	}
	result = file_commit(c->file, err);
	memory_free(c);
	return result;
}

void
canvas_abandon(struct canvas *c)
{
	if (c == NULL)
		return;
	(void)end(c);
	file_abandon(c->file);
	memory_free(c);
}

double
canvas_width(const struct canvas *c)
{
	return c->width;
}

double
canvas_height(const struct canvas *c)
{
	return c->height;
}

void
canvas_begin_part(struct canvas *c, const struct canvas_box *box)
{
	cairo_save(c->cr);
	cairo_translate(c->cr, box->left, box->top);
	c->whole_width = c->width;
	c->whole_height = c->height;
	c->width = box->width;
	c->height = box->height;
}

void
canvas_end_part(struct canvas *c)
{
	cairo_restore(c->cr);
	c->width = c->whole_width;
	c->height = c->whole_height;
}

void
canvas_set_colour(struct canvas *c, struct canvas_colour colour)
{
	cairo_set_source_rgb(c->cr, colour.r, colour.g, colour.b);
}

void
canvas_set_line(struct canvas *c, double width, bool is_dashed)
{
	const double dashes[] = { 4.0 + width, 2.0 + width };

	cairo_set_line_width(c->cr, width);
	cairo_set_dash(c->cr, dashes, is_dashed ? 2 : 0, 0.0);
}

void
canvas_move(struct canvas *c, double x, double y)
{
	cairo_move_to(c->cr, x, y);
}

void
canvas_line_to(struct canvas *c, double x, double y)
{
	cairo_line_to(c->cr, x, y);
}

void
canvas_stroke(struct canvas *c)
{
	cairo_stroke(c->cr);
}

void
canvas_fill(struct canvas *c)
{
	cairo_fill(c->cr);
}

static void
box_path(struct canvas *c, const struct canvas_box *box)
{
	cairo_rectangle(c->cr, box->left, box->top, box->width, box->height);
}

void
canvas_fill_box(struct canvas *c, const struct canvas_box *box)
{
	box_path(c, box);
	cairo_fill(c->cr);
}

void
canvas_stroke_box(struct canvas *c, const struct canvas_box *box)
{
	box_path(c, box);
	cairo_stroke(c->cr);
}

void
canvas_clip(struct canvas *c, const struct canvas_box *box)
{
	cairo_save(c->cr);
	box_path(c, box);
	cairo_clip(c->cr);
}

void
canvas_unclip(struct canvas *c)
{
	cairo_restore(c->cr);
}

void
canvas_text(struct canvas *c, double x, double y, double size,
    enum canvas_anchor anchor, bool is_turned, const char *text)
{
	const size_t n_bytes = strnlen(text, CANVAS_TEXT_BYTES);
	char clean[CANVAS_TEXT_BYTES + 1];
	cairo_text_extents_t extents;
	double back;

	/* Cairo draws nothing any more after a text that is not UTF-8. */
	utf8_clean(clean, text, n_bytes);
	cairo_set_font_size(c->cr, size);
	cairo_text_extents(c->cr, clean, &extents);
	back = anchor == CANVAS_LEFT ? 0.0 : anchor == CANVAS_MIDDLE ?
	    extents.x_advance / 2.0 : extents.x_advance;
	cairo_save(c->cr);
	cairo_translate(c->cr, x, y);
	if (is_turned)
		cairo_rotate(c->cr, -3.14159265358979 / 2.0);
	cairo_move_to(c->cr, -back, 0.0);
	cairo_show_text(c->cr, clean);
	cairo_restore(c->cr);
}

/* Copy the dots into cairo's form: one 32-bit word each. */
static void
copy_dots(cairo_surface_t *image, const unsigned char *rgb, size_t n_rows,
    size_t n_columns)
{
	unsigned char *data = cairo_image_surface_get_data(image);
	const size_t stride = (size_t)cairo_image_surface_get_stride(image);
	size_t r, k;

	for (r = 0; r < n_rows; r++) {
		for (k = 0; k < n_columns; k++, rgb += 3) {
			const uint32_t dot = (uint32_t)rgb[0] << 16 |
			    (uint32_t)rgb[1] << 8 | rgb[2];

			memcpy(data + r * stride + 4 * k, &dot, sizeof(dot));
		}
	}
	cairo_surface_mark_dirty(image);
}

int
canvas_image(struct canvas *c, const struct canvas_box *box,
    const unsigned char *rgb, size_t n_rows, size_t n_columns,
    struct error *err)
{
	cairo_surface_t *image;

	if (n_rows == 0 || n_columns == 0)
		return 0;
	if (n_rows > MAX_IMAGE_SIDE || n_columns > MAX_IMAGE_SIDE)
		return error_set(err, ERROR_LIMIT,
		    "a picture of %zu by %zu dots is too large", n_columns,
		    n_rows);
	image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)n_columns,
	    (int)n_rows);
	if (cairo_surface_status(image) != CAIRO_STATUS_SUCCESS) {
		cairo_surface_destroy(image);
		return error_set(err, ERROR_NOMEM,
		    "out of memory for %zu by %zu dots", n_columns, n_rows);
	}
	cairo_surface_flush(image);
	copy_dots(image, rgb, n_rows, n_columns);
	cairo_save(c->cr);
	cairo_translate(c->cr, box->left, box->top);
	cairo_scale(c->cr, box->width / (double)n_columns,
	    box->height / (double)n_rows);
	cairo_set_source_surface(c->cr, image, 0.0, 0.0);
	cairo_pattern_set_filter(cairo_get_source(c->cr),
	    CAIRO_FILTER_NEAREST);
	cairo_paint(c->cr);
	cairo_restore(c->cr);
	cairo_surface_destroy(image);
	return 0;
}
