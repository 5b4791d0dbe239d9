#include <math.h>

#include "base/memory.h"

#include "draw/canvas.h"
#include "draw/strokes.h"

#include "pitch/pitch_picture.h"

#define WIDTH 1000.0
#define HEIGHT 440.0
#define LEGEND_HEIGHT 20.0
#define MAX_JUMP 1.5		/* semitones between joined frames */
#define MAX_GAP_SEC 0.2		/* and between their times */
#define STRIP_SHARE 0.05	/* of the height of the pitches */
#define STRIP_TEXT_SIZE 9.0
#define MAX_DOTS 2000
#define N_LINES (PITCH_SCORE_N_VERDICTS)	/* the truth, no silence */

/* How each verdict is drawn; the truth stands in for silence. */
static const struct kind {
	const char *name;
	enum palette_name colour;
	double width;
} kinds[N_LINES] = {
	[PITCH_SCORE_SILENT] = { "truth", PALETTE_SKY, 6.0 },
	[PITCH_SCORE_RIGHT] = { "right", PALETTE_BLUE, 1.8 },
	[PITCH_SCORE_OCTAVE] = { "octave error", PALETTE_VERMILLION, 3.0 },
	[PITCH_SCORE_WRONG] = { "another pitch", PALETTE_ORANGE, 3.0 },
	[PITCH_SCORE_MISSED] = { "missed", PALETTE_BLACK, 3.0 },
	[PITCH_SCORE_ALARM] = { "false alarm", PALETTE_PURPLE, 3.0 },
};

/* MIDI note number of a frequency. */
static double
note_of(double f0_hz)
{
	return 69.0 + 12.0 * log2(f0_hz / 440.0);
}

/* The pitch at which a frame is drawn on a line; 0: it is not on it. */
static double
pitch_on(const struct pitch_score_frame *f, enum pitch_score_verdict line)
{
	if (line == PITCH_SCORE_SILENT)
		return f->true_hz;
	if (f->verdict != line)
		return 0.0;
	return line == PITCH_SCORE_MISSED ? f->true_hz : f->found_hz;
}

/*
 * The frames of a line.  A frame reaches half way to its neighbours, so that
 * single ones are seen too.
 */
static int
collect(const struct pitch_score_frame *frames, size_t n_frames,
    enum pitch_score_verdict line, struct strokes *s, struct arena *a,
    struct error *err)
{
	bool is_break = true;
	double last = 0.0;

	if (strokes_init(s, 2 * n_frames, a, err) != 0)
		return -1;
	for (size_t k = 0; k < n_frames; k++) {
		const double hz = pitch_on(&frames[k], line);
		const double now = frames[k].time_sec;
		const double before = k > 0 ? now - frames[k - 1].time_sec :
		    0.0;
		const double after = k + 1 < n_frames ?
		    frames[k + 1].time_sec - now : before;
		double note;

		if (!(hz > 0.0)) {
			is_break = true;
			continue;
		}
		note = note_of(hz);
		if (before > MAX_GAP_SEC || fabs(note - last) > MAX_JUMP)
			is_break = true;
		strokes_add(s, is_break, now - fmin(before, MAX_GAP_SEC) / 2.0,
		    note);
		strokes_add(s, false, now + fmin(after, MAX_GAP_SEC) / 2.0,
		    note);
		is_break = false;
		last = note;
	}
	return 0;
}

/* The range that holds all lines; low is not below high where there is none. */
static struct axes_range
range_of(const struct axes_line *lines)
{
	struct axes_range all = { HUGE_VAL, -HUGE_VAL };

	for (size_t i = 0; i < N_LINES; i++) {
		const struct axes_range r = axes_range_of(lines[i].y,
		    lines[i].n_points);

		if (lines[i].n_points == 0)
			continue;
		all.low = fmin(all.low, r.low);
		all.high = fmax(all.high, r.high);
	}
	return all;
}

/* Confidences over the time of the axes, each dot that of its last value. */
static int
draw_strip(struct canvas *c, const struct axes *axes,
    const struct axes_range *y, const struct pitch_series_file *s,
    struct error *err)
{
	const struct canvas_colour ink = { 0.15, 0.15, 0.15 };
	const struct canvas_box box = axes_cells(c, axes, &axes->x, y);
	unsigned char *rgb = memory_new(MAX_DOTS, 3, "dots", err);
	size_t at = 0;
	int status;

	if (rgb == NULL)
		return -1;
	for (size_t i = 0; i < MAX_DOTS; i++) {
		const double sec = axes->x.low + (axes->x.high -
		    axes->x.low) * ((double)i + 0.5) / MAX_DOTS;

		while (at + 1 < s->n_values && s->time_sec[at + 1] <= sec)
			at++;
		palette_heat(s->confidence[at], rgb + 3 * i);
	}
	status = canvas_image(c, &box, rgb, 1, MAX_DOTS, err);
	canvas_set_colour(c, ink);
	canvas_text(c, box.left - 6.0, box.top + 0.5 * box.height +
	    0.36 * STRIP_TEXT_SIZE, STRIP_TEXT_SIZE, CANVAS_RIGHT, false,
	    "confidence");
	memory_free(rgb);
	return status;
}

static int
draw(struct canvas *c, struct axes *axes, const struct axes_line *lines,
    const struct pitch_series_file *estimate, struct error *err)
{
	const double height = STRIP_SHARE * (axes->y.high - axes->y.low);

	axes->y_ticks = axes->y;
	if (estimate != NULL && estimate->confidence != NULL) {
		const struct axes_range strip = { axes->y.low - height,
		    axes->y.low };

		axes->y.low = strip.low;
		if (draw_strip(c, axes, &strip, estimate, err) != 0)
			return -1;
	}
	for (size_t i = 0; i < N_LINES; i++)
		axes_plot(c, axes, &lines[i]);
	axes_draw(c, axes);
	axes_legend(c, axes, lines, N_LINES);
	return 0;
}

int
pitch_picture_write(const char *path, const char *title,
    const struct pitch_score_frame *frames, size_t n_frames,
    const struct pitch_series_file *estimate, struct arena *a,
    struct error *err)
{
	struct axes axes = { .title = title, .x_label = "time (s)",
	    .y_label = "pitch (MIDI note)", .legend_height = LEGEND_HEIGHT };
	struct axes_line lines[N_LINES];
	struct strokes strokes[N_LINES];
	struct canvas *c;

	for (size_t i = 0; i < N_LINES; i++) {
		if (collect(frames, n_frames, (enum pitch_score_verdict)i,
		    &strokes[i], a, err) != 0)
			return -1;
		lines[i] = strokes_line(&strokes[i], kinds[i].name,
		    kinds[i].colour);
		lines[i].width = kinds[i].width;
	}
	axes.y = range_of(lines);
	if (!(axes.y.low < axes.y.high))
		return error_set(err, ERROR_FORMAT,
		    "neither the truth nor the estimate has a voiced frame");
	axes.x = (struct axes_range){ frames[0].time_sec,
	    frames[n_frames - 1].time_sec };
	if (!(axes.x.low < axes.x.high))
		axes.x = axes_range_of(&axes.x.low, 1);
	c = canvas_open(path, WIDTH, HEIGHT, err);
	if (c == NULL)
		return -1;
	if (draw(c, &axes, lines, estimate, err) != 0) {
		canvas_abandon(c);
		return -1;
	}
	return canvas_close(c, err);
}
