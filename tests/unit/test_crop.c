#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"

#include "embed/crop.h"

#define N_COLUMNS 50
#define N_BINS ACTIVATIONS_N_BINS

/* A melody of some notes, moved up by whole bins; every tenth is silent. */
static float *
melody(struct arena *a, double shift_bins)
{
	float *columns = arena_alloc(a, N_COLUMNS * N_BINS, sizeof(float));

	assert_non_null(columns);
	for (size_t k = 0; k < N_COLUMNS; k++) {
		const double bin = 150 + 35 * sin(0.4 * (double)k) +
		    shift_bins;

		if (k % 10 != 9)
			activations_of_f0(activations_cents_to_hz(
			    ACTIVATIONS_FIRST_CENTS + bin *
			    ACTIVATIONS_BIN_CENTS), columns + k * N_BINS);
	}
	return columns;
}

static void
make_image(const float *columns, float *image)
{
	size_t n_voiced;
	const double centre = crop_centre(columns, N_COLUMNS, &n_voiced);

	crop_window(columns, N_COLUMNS, centre, image);
}

/* Sung in another key, the image is the same. */
static void
test_transposition(void **state)
{
	struct arena *a = arena_new();
	float *one, *other;

	(void)state;
	assert_non_null(a);
	one = arena_alloc(a, CROP_N_BINS * N_COLUMNS, sizeof(float));
	other = arena_alloc(a, CROP_N_BINS * N_COLUMNS, sizeof(float));
	assert_true(one != NULL && other != NULL);
	make_image(melody(a, 0), one);
	for (int shift = -60; shift <= 60; shift += 17) {
		double energy = 0;

		make_image(melody(a, shift), other);
		for (size_t i = 0; i < CROP_N_BINS * N_COLUMNS; i++) {
			energy += (double)(other[i] * other[i]);
			/* Floats of up to 1 whose bins are reached by sums of
			 * doubles: a few units of the last place. */
			assert_true(fabsf(one[i] - other[i]) < 2e-5f);
		}
		assert_true(energy > 10);
	}
	arena_free(a);
}

/* An output bin is the mean of the source over its 45 cents. */
static void
test_area(void **state)
{
	const double width = CROP_BIN_CENTS / ACTIVATIONS_BIN_CENTS;
	struct arena *a = arena_new();
	float *column, *image;
	double sum = 0;

	(void)state;
	assert_non_null(a);
	column = arena_alloc(a, N_BINS, sizeof(float));
	image = arena_alloc(a, CROP_N_BINS, sizeof(float));
	assert_true(column != NULL && image != NULL);
	column[180] = 1;
	crop_window(column, 1, 180.25, image);
	for (size_t b = 0; b < CROP_N_BINS; b++)
		sum += (double)image[b];
	/* One source bin of height 1 has the area 1 / width. */
	assert_true(fabs(sum - 1 / width) < 1e-6);
	/* Bin 40 covers 180.25 to 182.5, bin 39 the rest: 180.5 is the end. */
	assert_true(fabs((double)image[40] - 0.25 / width) < 1e-6);
	assert_true(fabs((double)image[39] - 0.75 / width) < 1e-6);
	arena_free(a);
}

/* Near the ends of the scale what is outside is 0, and nothing is read. */
static void
test_edges(void **state)
{
	struct arena *a = arena_new();
	float *column, *image;

	(void)state;
	assert_non_null(a);
	column = arena_alloc(a, N_BINS, sizeof(float));
	image = arena_alloc(a, CROP_N_BINS, sizeof(float));
	assert_true(column != NULL && image != NULL);
	for (size_t b = 0; b < N_BINS; b++)
		column[b] = 1;
	crop_window(column, 1, 0, image);
	assert_true(image[0] == 0 && image[CROP_N_BINS - 1] > 0.99f);
	crop_window(column, 1, N_BINS - 1, image);
	assert_true(image[0] > 0.99f && image[CROP_N_BINS - 1] == 0);
	arena_free(a);
}

static void
test_silence(void **state)
{
	struct arena *a = arena_new();
	float *columns, *image;
	size_t n_voiced = 99;

	(void)state;
	assert_non_null(a);
	columns = arena_alloc(a, N_COLUMNS * N_BINS, sizeof(float));
	image = arena_alloc(a, CROP_N_BINS * N_COLUMNS, sizeof(float));
	assert_true(columns != NULL && image != NULL);
	for (size_t i = 0; i < N_COLUMNS * N_BINS; i++)
		columns[i] = 0.9f * CROP_MIN_CONFIDENCE;
	assert_true(crop_centre(columns, N_COLUMNS, &n_voiced) == 0);
	assert_int_equal(n_voiced, 0);
	crop_window(columns, N_COLUMNS, 180, image);
	for (size_t i = 0; i < CROP_N_BINS * N_COLUMNS; i++)
		assert_true(image[i] == 0);
	arena_free(a);
}

static void
test_pitch_of_tone(void **state)
{
	float column[N_BINS];
	float confidence;

	(void)state;
	for (double bin = 20; bin < 340; bin += 13.37) {
		activations_of_f0(activations_cents_to_hz(
		    ACTIVATIONS_FIRST_CENTS + bin * ACTIVATIONS_BIN_CENTS),
		    column);
		/* The mean of nine bins of a Gaussian of 1.25 bins, not
		 * centred on it: within a cent. */
		assert_true(fabs((double)crop_pitch(column, &confidence) -
		    bin) < 0.05);
		assert_true(confidence > 0.9f);
	}
}

static void
test_column_is_mean(void **state)
{
	float rows[3 * N_BINS], column[N_BINS];

	(void)state;
	memset(rows, 0, sizeof(rows));
	rows[5] = 0.3f;
	rows[N_BINS + 5] = 0.6f;
	rows[2 * N_BINS + 7] = 0.9f;
	crop_column(rows, 3, column);
	assert_true(fabsf(column[5] - 0.3f) < 1e-6f);
	assert_true(fabsf(column[7] - 0.3f) < 1e-6f);
	assert_true(column[6] == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transposition),
		cmocka_unit_test(test_area),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_pitch_of_tone),
		cmocka_unit_test(test_column_is_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
