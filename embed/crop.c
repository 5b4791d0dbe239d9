#include <math.h>
#include <string.h>

#include "embed/image_kind.h"

#include "embed/crop.h"

#define BIN_SOURCES 4	/* an output bin of 2.25 touches at most 4 sources */

void
crop_column(const float *rows, size_t n_frames,
    float column[ACTIVATIONS_N_BINS])
{
	const float share = 1.0f / (float)n_frames;

	memset(column, 0, ACTIVATIONS_N_BINS * sizeof(column[0]));
	for (size_t k = 0; k < n_frames; k++) {
		const float *row = rows + k * ACTIVATIONS_N_BINS;

		for (size_t b = 0; b < ACTIVATIONS_N_BINS; b++)
			column[b] += row[b];
	}
	for (size_t b = 0; b < ACTIVATIONS_N_BINS; b++)
		column[b] *= share;
}

float
crop_pitch(const float column[ACTIVATIONS_N_BINS], float *confidence)
{
	double weight = 0, sum = 0;
	size_t peak = 0, first, last;

	for (size_t b = 1; b < ACTIVATIONS_N_BINS; b++)
		if (column[b] > column[peak])
			peak = b;
	*confidence = column[peak];
	if (!(column[peak] > 0))
		return 0;
	first = peak < 4 ? 0 : peak - 4;
	last = peak + 4 < ACTIVATIONS_N_BINS ? peak + 4 :
	    ACTIVATIONS_N_BINS - 1;
	for (size_t b = first; b <= last; b++) {
		weight += (double)column[b];
		sum += (double)column[b] * (double)b;
	}
	return (float)(sum / weight);
}

double
crop_centre(const float *columns, size_t n_columns, size_t *n_voiced)
{
	float pitch[IMAGE_KIND_MAX_COLUMNS];
	size_t n = 0;

	for (size_t k = 0; k < n_columns && k < IMAGE_KIND_MAX_COLUMNS; k++) {
		float confidence;
		const float p = crop_pitch(columns + k * ACTIVATIONS_N_BINS,
		    &confidence);

		if (confidence >= CROP_MIN_CONFIDENCE)
			pitch[n++] = p;
	}
	*n_voiced = n;
	if (n == 0)
		return 0;
	return image_kind_median(pitch, n);
}

/* Which source bins make up an output bin, and how much of each. */
struct source {
	int first;
	float weight[BIN_SOURCES];
};

/*
 * Source bin s covers [s - 0.5, s + 0.5); output bin b covers "width" bins
 * from centre + (b - 40) * width.
 */
static void
plan_sources(double centre, struct source sources[CROP_N_BINS])
{
	const double width = CROP_BIN_CENTS / ACTIVATIONS_BIN_CENTS;

	for (int b = 0; b < CROP_N_BINS; b++) {
		const double low = centre + (b - CROP_N_BINS / 2) * width;
		const double high = low + width;
		struct source *s = &sources[b];

		s->first = (int)floor(low + 0.5);
		for (int i = 0; i < BIN_SOURCES; i++) {
			const double left = fmax(low, s->first + i - 0.5);
			const double right = fmin(high, s->first + i + 0.5);

			s->weight[i] = right > left ?
			    (float)((right - left) / width) : 0;
		}
	}
}

static float
read_source(const struct source *s, const float *column)
{
	float sum = 0;

	for (int i = 0; i < BIN_SOURCES; i++) {
		const int b = s->first + i;

		if (b >= 0 && b < ACTIVATIONS_N_BINS)
			sum += s->weight[i] * column[b];
	}
	return sum;
}

void
crop_window(const float *columns, size_t n_columns, double centre,
    float *image)
{
	struct source sources[CROP_N_BINS];

	plan_sources(centre, sources);
	for (size_t k = 0; k < n_columns; k++) {
		const float *column = columns + k * ACTIVATIONS_N_BINS;
		float confidence;

		crop_pitch(column, &confidence);
		for (size_t b = 0; b < CROP_N_BINS; b++)
			image[b * n_columns + k] =
			    confidence < CROP_MIN_CONFIDENCE ? 0 :
			    read_source(&sources[b], column);
	}
}
