/* Ticks, colours and lines of pictures, and that pictures are written. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "draw/heat_map.h"
#include "draw/histogram.h"
#include "draw/line_plot.h"
#include "draw/strokes.h"

static void
ticks_are_round(void **state)
{
	static const struct {
		double low, high, n_wanted, want;
	} cases[] = {
		{ 0, 10, 10, 1 }, { 0, 10, 5, 2 }, { 0, 10, 2, 5 },
		{ 0, 100, 9, 10 }, { -1, 1, 4, 0.5 }, { 3, 3.02, 4, 0.005 },
		{ 0, 7e6, 7, 1e6 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct axes_range r = { cases[i].low, cases[i].high };
		const double step = axes_tick_step(&r, cases[i].n_wanted);

		assert_true(fabs(step / cases[i].want - 1.0) < 1e-9);
	}
}

static void
ranges_hold_their_values(void **state)
{
	const double values[] = { 3, -1, 7 }, same[] = { 5, 5 };
	const double near[] = { 5, nextafter(5, 6) };
	struct axes_range r = axes_range_of(values, 3);

	(void)state;
	assert_true(r.low < -1.0 && r.low > -2.0);
	assert_true(r.high > 7.0 && r.high < 8.0);
	r = axes_range_of(same, 2);
	assert_true(r.low < 5.0 && r.high > 5.0);
	/* Ticks between neighbouring numbers would never end. */
	r = axes_range_of(near, 2);
	assert_true(r.low < 4.9 && r.high > 5.1);
	r = axes_range_of(NULL, 0);
	assert_true(r.low < r.high);
}

static void
bins_hold_their_values(void **state)
{
	const struct axes_range r = { -1.0, 1.0 };

	(void)state;
	assert_int_equal(histogram_bin(&r, 4, -1.0), 0);
	assert_int_equal(histogram_bin(&r, 4, -0.5), 1);
	assert_int_equal(histogram_bin(&r, 4, 0.999), 3);
	assert_int_equal(histogram_bin(&r, 4, 1.0), 3);
	assert_int_equal(histogram_bin(&r, 4, -7.0), 0);
	assert_int_equal(histogram_bin(&r, 4, 7.0), 3);
	assert_int_equal(histogram_bin(&r, 4, NAN), 0);
}

/* Relative luminance, so that the map reads in grey as well. */
static double
luminance(double value)
{
	unsigned char rgb[3];

	palette_heat(value, rgb);
	return 0.2126 * pow(rgb[0] / 255.0, 2.2) +
	    0.7152 * pow(rgb[1] / 255.0, 2.2) +
	    0.0722 * pow(rgb[2] / 255.0, 2.2);
}

static void
heat_grows_lighter(void **state)
{
	unsigned char below[3], lowest[3];
	int i;

	(void)state;
	for (i = 0; i < 50; i++)
		assert_true(luminance(i / 50.0) < luminance((i + 1) / 50.0));
	palette_heat(-3.0, below);
	palette_heat(0.0, lowest);
	assert_memory_equal(below, lowest, 3);
	palette_heat((double)NAN, below);
	assert_memory_equal(below, lowest, 3);
}

static void
smoothing_keeps_straight_lines(void **state)
{
	struct arena *a = arena_new();
	struct strokes s, smooth;
	struct error err;
	int i;

	(void)state;
	assert_non_null(a);
	assert_int_equal(strokes_init(&s, 20, a, &err), 0);
	for (i = 0; i < 25; i++)
		strokes_add(&s, i == 0, i, 3.0 * i + 1.0);
	assert_int_equal(s.n, 20);
	assert_int_equal(strokes_smooth(&s, 4, &smooth, a, &err), 0);
	assert_int_equal(smooth.n, 20);
	for (i = 0; i < 20; i++)
		assert_true(fabs(smooth.y[i] - s.y[i]) < 1e-9);
	s.y[10] += 9.0;
	assert_int_equal(strokes_smooth(&s, 4, &smooth, a, &err), 0);
	assert_true(fabs(smooth.y[8] - 26.0) < 1e-9);
	arena_free(a);
}

static void
frames_turn_into_rows(void **state)
{
	static const float frames[] = { 1, 10, 3, 2, 5, 6, 4, 8 };
	struct arena *a = arena_new();
	struct error err;
	float *rows;

	(void)state;
	assert_non_null(a);
	rows = heat_map_turn(frames, 4, 2, 2, a, &err);
	assert_non_null(rows);
	assert_true(rows[0] == 3.0f && rows[1] == 5.0f);
	assert_true(rows[2] == 10.0f && rows[3] == 8.0f);
	arena_free(a);
}

/* A folder for pictures, the same for all tests of this file. */
static char *
picture_path(struct arena *a, const char *name)
{
	const char *folder = getenv("TMPDIR");
	char *path = arena_printf(a, "%s/chad-test-draw-%ld-%s",
	    folder != NULL ? folder : "/tmp", (long)getpid(), name);

	assert_non_null(path);
	return path;
}

static void
pictures_are_written(void **state)
{
	static const double x[] = { 0, 1, 2 }, y[] = { 0, 3, 1 };
	static const float values[] = { 0, 0.5f, 1, 0.25f };
	const struct axes_line line = { .name = "one", .x = x, .y = y,
	    .n_points = 3 };
	const struct line_plot plot = { .title = "t", .x_label = "x",
	    .y_label = "y", .lines = &line, .n_lines = 1 };
	const struct heat_map map = { .x_label = "x", .y_label = "y",
	    .values = values, .n_rows = 2, .n_columns = 2,
	    .value = { 0, 1 }, .x = { 0, 2 }, .y = { 0, 2 },
	    .lines = &line, .n_lines = 1 };
	struct arena *a = arena_new();
	char *svg, *png;
	struct error err;
	size_t n_bytes;
	char *text;

	(void)state;
	assert_non_null(a);
	svg = picture_path(a, "a.svg");
	png = picture_path(a, "a.png");
	assert_int_equal(line_plot_write(svg, &plot, &err), 0);
	text = file_read(svg, 1 << 20, a, &n_bytes, &err);
	assert_non_null(text);
	assert_non_null(strstr(text, "<svg"));
	assert_int_equal(heat_map_write(png, &map, &err), 0);
	text = file_read(png, 1 << 20, a, &n_bytes, &err);
	assert_non_null(text);
	assert_memory_equal(text, "\211PNG", 4);
	assert_int_equal(unlink(svg), 0);
	assert_int_equal(unlink(png), 0);
	assert_int_equal(line_plot_write("picture.gif", &plot, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	assert_int_equal(line_plot_write("/dev/null/x.svg", &plot, &err),
	    -1);
	arena_free(a);
}

/* An id may be longer than any picture, a file name any bytes. */
static void
any_text_is_drawn(void **state)
{
	static const double x[] = { 0, 1 };
	char name[3 * CANVAS_TEXT_BYTES];
	const struct axes_line line = { .name = name, .x = x, .y = x,
	    .n_points = 2 };
	const struct line_plot plot = { .title = "caf\xe9.safetensors",
	    .x_label = "\xff", .y_label = "", .lines = &line, .n_lines = 1 };
	struct arena *a = arena_new();
	const char *svg;
	struct error err;

	(void)state;
	assert_non_null(a);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	svg = picture_path(a, "text.svg");
	assert_int_equal(line_plot_write(svg, &plot, &err), 0);
	assert_int_equal(unlink(svg), 0);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ticks_are_round),
		cmocka_unit_test(ranges_hold_their_values),
		cmocka_unit_test(bins_hold_their_values),
		cmocka_unit_test(heat_grows_lighter),
		cmocka_unit_test(smoothing_keeps_straight_lines),
		cmocka_unit_test(frames_turn_into_rows),
		cmocka_unit_test(pictures_are_written),
		cmocka_unit_test(any_text_is_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
