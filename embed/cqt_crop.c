#include <math.h>

#include "embed/image_kind.h"

#include "embed/cqt_crop.h"

#define N_BINS CQT_CROP_N_BINS
#define N_HARMONICS 6
/* The scale of a column; a byte of embed/excerpt.h is 0.5 dB. */
#define LOW_DB -96.0f
#define RANGE_DB 132.0f
#define HEARD_DB -35.0f		/* a tone of -60 dBFS at 200 Hz */
#define LOUD_DB 30.0f		/* below the loudest column */
#define OCTAVE_DB 6.0206f	/* a factor of two */
/* Where voices sing: D2 to D6. */
#define FIRST_PITCH 14
#define LAST_PITCH 62

void
cqt_crop_column(const float *rows, size_t n_frames,
    float column[CQT_CROP_N_BINS])
{
	for (size_t b = 0; b < N_BINS; b++) {
		float sum = 0, value;

		for (size_t k = 0; k < n_frames; k++)
			sum += rows[k * N_BINS + b];
		value = (20 * log10f(sum / (float)n_frames) - LOW_DB) /
		    RANGE_DB;
		column[b] = value > 0 ? fminf(value, 1) : 0;
	}
}

static float
loudest(const float *values, size_t n)
{
	float top = 0;

	for (size_t i = 0; i < n; i++)
		top = fmaxf(top, values[i]);
	return top;
}

bool
cqt_crop_is_heard(const float column[CQT_CROP_N_BINS])
{
	return loudest(column, N_BINS) >= (HEARD_DB - LOW_DB) / RANGE_DB;
}

/* The root of a column's amplitude, as a share of that of "top". */
static float
root_of(float value, float top)
{
	return value > 0 ? exp2f((value - top) * (0.5f * RANGE_DB /
	    OCTAVE_DB)) : 0;
}

double
cqt_crop_pitch(const float column[CQT_CROP_N_BINS])
{
	/* Semitones above the fundamental, and 0.8 to their number. */
	static const struct {
		size_t bins;
		float weight;
	} harmonics[N_HARMONICS] = { { 0, 1 }, { 12, 0.8f }, { 19, 0.64f },
	    { 24, 0.512f }, { 28, 0.4096f }, { 31, 0.32768f } };
	float root[N_BINS], highest = -1;
	double weight = 0, sum = 0;
	size_t best = FIRST_PITCH;

	for (size_t b = 0; b < N_BINS; b++)
		root[b] = root_of(column[b], 1);
	for (size_t b = FIRST_PITCH; b <= LAST_PITCH; b++) {
		float salience = 0;

		for (size_t h = 0; h < N_HARMONICS; h++)
			if (b + harmonics[h].bins < N_BINS)
				salience += harmonics[h].weight *
				    root[b + harmonics[h].bins];
		if (salience > highest) {
			highest = salience;
			best = b;
		}
	}
	for (size_t b = best - 1; b <= best + 1; b++) {
		weight += (double)root[b];
		sum += (double)root[b] * (double)b;
	}
	return weight > 0 ? sum / weight : (double)best;
}

bool
cqt_crop_centre(const float *columns, size_t n_columns, double min_heard,
    double *centre)
{
	const float weakest = loudest(columns, n_columns * N_BINS) -
	    LOUD_DB / RANGE_DB;
	float pitch[IMAGE_KIND_MAX_COLUMNS];
	size_t n = 0;

	*centre = CQT_CROP_MIDDLE;
	for (size_t k = 0; k < n_columns && k < IMAGE_KIND_MAX_COLUMNS; k++) {
		const float *column = columns + k * N_BINS;

		if (cqt_crop_is_heard(column) &&
		    loudest(column, N_BINS) >= weakest)
			pitch[n++] = (float)cqt_crop_pitch(column);
	}
	if (n == 0 || (double)n < min_heard * (double)n_columns)
		return false;
	*centre = image_kind_median(pitch, n);
	return true;
}

/* Bin b of a column as the image has it. */
static float
pixel_of(const float *column, int b, float top)
{
	return b < 0 || b >= N_BINS ? 0 : root_of(column[b], top);
}

void
cqt_crop_window(const float *columns, size_t n_columns, double centre,
    float *image)
{
	const double shift = centre - CQT_CROP_MIDDLE;
	const int whole = (int)floor(shift);
	const float part = (float)(shift - whole);
	const float top = loudest(columns, n_columns * N_BINS);

	for (int b = 0; b < N_BINS; b++)
		for (size_t k = 0; k < n_columns; k++) {
			const float *column = columns + k * N_BINS;
			const float below = pixel_of(column, b + whole, top);
			const float above = pixel_of(column, b + whole + 1,
			    top);

			*image++ = below + part * (above - below);
		}
}

float
cqt_crop_amplitude_of(float value)
{
	return value * value;
}

float
cqt_crop_value_of(float amplitude)
{
	return sqrtf(amplitude);
}
