#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

#include "embed/cqt_crop.h"
#include "embed/image_kind.h"

#define N_COLUMNS 50
#define N_BINS CQT_CROP_N_BINS
#define N_VALUES ((size_t)N_COLUMNS * N_BINS)

/* Notes with six harmonics each, the second the strongest. */
static float *
melody(struct arena *a, int shift, float gain)
{
	static const int steps[] = { 0, 4, 2, 7, 5 };
	static const int harmonics[] = { 0, 12, 19, 24, 28, 31 };
	static const float amplitudes[] = { 1, 2, 0.5f, 0.4f, 0.3f, 0.2f };
	float *rows = arena_alloc(a, N_VALUES, sizeof(float));

	assert_non_null(rows);
	for (size_t k = 0; k < N_COLUMNS; k++)
		for (size_t h = 0; h < 6; h++)
			rows[k * N_BINS + (size_t)(31 + steps[k / 10] +
			    shift + harmonics[h])] = gain * amplitudes[h];
	return rows;
}

static float *
columns_of(struct arena *a, const float *rows)
{
	float *columns = arena_alloc(a, N_VALUES, sizeof(float));

	assert_non_null(columns);
	for (size_t k = 0; k < N_COLUMNS; k++)
		cqt_crop_column(rows + k * N_BINS, 1, columns + k * N_BINS);
	return columns;
}

static float *
image_of(struct arena *a, const float *rows)
{
	const float *columns = columns_of(a, rows);
	float *image = arena_alloc(a, N_VALUES, sizeof(float));
	double centre;

	assert_non_null(image);
	assert_true(cqt_crop_centre(columns, N_COLUMNS, 1, &centre));
	cqt_crop_window(columns, N_COLUMNS, centre, image);
	return image;
}

/* In another key and as loud as one likes the image is the same. */
static void
test_key_and_loudness(void **state)
{
	struct arena *a = *state;
	const float *image = image_of(a, melody(a, 0, 1));

	for (int shift = -9; shift <= 9; shift += 3) {
		const float *other = image_of(a, melody(a, shift,
		    powf(10, (float)shift / 8)));

		/* Columns of up to 132 dB are exact to 1e-5 dB, and a pixel
		 * to a twentieth of what that is as a share. */
		for (size_t i = 0; i < N_VALUES; i++)
			assert_true(fabsf(image[i] - other[i]) < 1e-5f);
	}
}

/* The median note, the third of the five, is in the middle. */
static void
test_middle(void **state)
{
	struct arena *a = *state;
	const float *image = image_of(a, melody(a, 5, 0.1f));
	const size_t n = N_COLUMNS;

	for (size_t k = 40; k < 50; k++) {
		const size_t b = CQT_CROP_MIDDLE + 1;	/* 5 of 0 2 4 5 7 */

		/* The second harmonic is 1, the fundamental half of it. */
		assert_true(fabsf(image[(b + 12) * n + k] - 1) < 1e-5f);
		assert_true(fabsf(image[b * n + k] - sqrtf(0.5f)) < 1e-5f);
		assert_true(image[(b - 12) * n + k] == 0);
	}
}

/* A fundamental that is weaker than its octave is the pitch all the same. */
static void
test_pitch(void **state)
{
	struct arena *a = *state;
	const float *columns = columns_of(a, melody(a, 0, 0.3f));

	for (size_t k = 0; k < N_COLUMNS; k += 10) {
		static const double notes[] = { 31, 35, 33, 38, 36 };

		assert_true(fabs(cqt_crop_pitch(columns + k * N_BINS) -
		    notes[k / 10]) < 1e-6);
	}
}

/* The decibels of a column, and what is beyond them or no number. */
static void
test_column(void **state)
{
	const struct {
		float row;
		double value;
	} cases[] = { { 0, 0 }, { 1, 96.0 / 132 }, { 10, 116.0 / 132 },
	    { 1e-5f, 0 }, { 1e9f, 1 }, { INFINITY, 1 }, { NAN, 0 },
	    { -1, 0 } };
	float rows[2 * N_BINS] = { 0 }, column[N_BINS];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		rows[i] = cases[i].row;
	cqt_crop_column(rows, 1, column);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_true(fabs((double)column[i] - cases[i].value) < 1e-6);
	/* Of two rows the mean: 20 log10 2 dB below. */
	cqt_crop_column(rows, 2, column);
	assert_true(fabs((double)column[1] - 89.9794 / 132) < 1e-6);
}

static void
test_silence(void **state)
{
	struct arena *a = *state;
	float *rows = melody(a, 0, 0.005f);
	double centre;

	/* Too soft by half: 2 * 0.005 is -40 dB. */
	assert_false(cqt_crop_is_heard(columns_of(a, rows)));
	assert_false(cqt_crop_centre(columns_of(a, rows), N_COLUMNS, 0,
	    &centre));
	/* Loud in one note of five, and the others 30 dB and more below. */
	for (size_t i = 0; i < 10 * N_BINS; i++)
		rows[i] *= 100;
	assert_true(cqt_crop_centre(columns_of(a, rows), N_COLUMNS, 0.2,
	    &centre));
	assert_true(fabs(centre - 31) < 1e-6);
	assert_false(cqt_crop_centre(columns_of(a, rows), N_COLUMNS, 0.21,
	    &centre));
}

/* Far from the middle nothing beyond the bins is read. */
static void
test_edges(void **state)
{
	struct arena *a = *state;
	float *image = arena_alloc(a, N_VALUES, sizeof(float));
	float *columns = arena_alloc(a, N_VALUES, sizeof(float));

	assert_true(image != NULL && columns != NULL);
	for (size_t i = 0; i < N_VALUES; i++)
		columns[i] = 0.9f;
	for (double centre = -100; centre <= 200; centre += 33.3) {
		cqt_crop_window(columns, N_COLUMNS, centre, image);
		for (size_t b = 0; b < N_BINS; b++) {
			const double from = (double)b + centre -
			    CQT_CROP_MIDDLE;
			const float value = image[b * N_COLUMNS + 7];

			if (from >= 0 && from <= N_BINS - 1)
				assert_true(fabsf(value - 1) < 1e-6f);
			if (from <= -1 || from >= N_BINS)
				assert_true(value == 0);
		}
	}
}

static void
test_amplitudes(void **state)
{
	(void)state;
	for (float v = 0.01f; v <= 1; v += 0.01f)
		assert_true(fabsf(cqt_crop_value_of(cqt_crop_amplitude_of(v)) -
		    v) < 1e-5f);
	assert_true(fabsf(cqt_crop_amplitude_of(0.1f) - 0.01f) < 1e-6f);
	assert_true(cqt_crop_amplitude_of(0) == 0);
	assert_true(cqt_crop_value_of(0) == 0);
}

static int
setup(void **state)
{
	*state = arena_new();
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_key_and_loudness, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_middle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pitch, setup, teardown),
		cmocka_unit_test(test_column),
		cmocka_unit_test_setup_teardown(test_silence, setup, teardown),
		cmocka_unit_test_setup_teardown(test_edges, setup, teardown),
		cmocka_unit_test(test_amplitudes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
