#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "embed/image_kind.h"

#include "embed/cqt_crop.h"

#define LOW_DB -70.0f
#define RANGE_DB 102.0f
#define HEARD_DB -35.0f
#define N CQT_CROP_N_BINS
#define MIDDLE 36

/* experiment */
static double
knob(const char *name, double fallback)
{
	const char *s = getenv(name);

	return s == NULL ? fallback : atof(s);
}

void
cqt_crop_column(const float *rows, size_t n_frames, float *column)
{
	for (size_t b = 0; b < N; b++) {
		float sum = 0;

		for (size_t k = 0; k < n_frames; k++)
			sum += rows[k * N + b];
		sum /= (float)n_frames;
		column[b] = sum > 1e-6f ? (20 * log10f(sum) - LOW_DB) /
		    RANGE_DB : 0;
		column[b] = fminf(1, fmaxf(0, column[b]));
	}
}

bool
cqt_crop_is_heard(const float *column)
{
	float top = 0;

	for (size_t b = 0; b < N; b++)
		top = fmaxf(top, column[b]);
	return top * RANGE_DB + LOW_DB >= HEARD_DB;
}

static int
compare_floats(const void *a, const void *b)
{
	const float x = *(const float *)a;
	const float y = *(const float *)b;

	return (x > y) - (x < y);
}

static float
salience_peak(const float *column)
{
	static const int offsets[] = { 0, 12, 19, 24, 28, 31 };
	const double p = knob("CQT_SPOW", 0.5);
	const double decay = knob("CQT_DECAY", 0.8);
	float amp[N], s[N];
	size_t best = 14;
	double w = 0, sum = 0;

	for (size_t b = 0; b < N; b++)
		amp[b] = column[b] > 0 ? powf(10, (column[b] - 1) *
		    RANGE_DB / 20 * (float)p) : 0;
	for (size_t b = 0; b < N; b++) {
		double g = 1;

		s[b] = 0;
		for (size_t h = 0; h < 6; h++, g *= decay)
			if (b + (size_t)offsets[h] < N)
				s[b] += (float)(g * (double)amp[b +
				    (size_t)offsets[h]]);
	}
	for (size_t b = 14; b < 62; b++)
		if (s[b] > s[best])
			best = b;
	for (size_t b = best - 1; b <= best + 1; b++) {
		w += (double)amp[b];
		sum += (double)amp[b] * (double)b;
	}
	return w > 0 ? (float)(sum / w) : (float)best;
}

static float
centroid(const float *column)
{
	double w = 0, sum = 0;

	for (size_t b = 0; b < N; b++) {
		double a = pow(10, (double)(column[b] - 1) *
		    (double)RANGE_DB / 20);
		a = column[b] > 0 ? pow(a, knob("CQT_SPOW", 1)) : 0;
		w += a;
		sum += a * (double)b;
	}
	return w > 0 ? (float)(sum / w) : 0;
}

bool
cqt_crop_centre(const float *columns, size_t n_columns,
    double min_heard, double *centre)
{
	const int kind = (int)knob("CQT_CENTRE", 2);
	float pitch[IMAGE_KIND_MAX_COLUMNS];
	size_t n = 0;
	float top = 0;
	const float below = (float)knob("CQT_BELOW", 30) / RANGE_DB;

	for (size_t i = 0; i < n_columns * N; i++)
		top = fmaxf(top, columns[i]);
	*centre = MIDDLE;
	for (size_t k = 0; k < n_columns && k < IMAGE_KIND_MAX_COLUMNS; k++) {
		const float *c = columns + k * N;
		float high = 0;

		for (size_t b = 0; b < N; b++)
			high = fmaxf(high, c[b]);
		if (high < top - below || !cqt_crop_is_heard(c))
			continue;
		pitch[n++] = kind == 2 ? salience_peak(c) : kind == 1 ?
		    centroid(c) : MIDDLE;
	}
	if (n == 0 || (double)n < min_heard * (double)n_columns)
		return false;
	qsort(pitch, n, sizeof(pitch[0]), compare_floats);
	*centre = 0.5 * ((double)pitch[(n - 1) / 2] + (double)pitch[n / 2]);
	return true;
}

void
cqt_crop_window(const float *columns, size_t n_columns, double centre,
    float *image)
{
	const double at = centre - MIDDLE;
	const double whole = floor(at);
	const float part = (float)(at - whole);
	const float span = (float)knob("CQT_SPAN", 60) / RANGE_DB;
	const float p = (float)knob("CQT_POW", 0);
	float top = 0;

	for (size_t i = 0; i < n_columns * N; i++)
		top = fmaxf(top, columns[i]);
	for (size_t b = 0; b < N; b++) {
		const int from = (int)b + (int)whole;

		for (size_t k = 0; k < n_columns; k++) {
			const float *c = columns + k * N;
			const float x = from >= 0 && from < N ? c[from] : 0;
			const float y = from + 1 >= 0 && from + 1 < N ?
			    c[from + 1] : 0;
			float v = x + part * (y - x) - top;

			if (p > 0)
				v = powf(10, v * RANGE_DB / 20 * p);
			else
				v = fmaxf(0, 1 + v / span);
			image[b * n_columns + k] = v;
		}
	}
}

float
cqt_crop_amplitude_of(float value)
{
	const float p = (float)knob("CQT_POW", 0);

	if (p > 0)
		return powf(value, 1 / p);
	return value > 0 ? powf(10, (value - 1) * (float)knob("CQT_SPAN", 60) /
	    20) : 0;
}

float
cqt_crop_value_of(float amplitude)
{
	const float p = (float)knob("CQT_POW", 0);

	if (p > 0)
		return powf(amplitude, p);
	return amplitude > 0 ? fmaxf(0, 1 + 20 * log10f(amplitude) /
	    (float)knob("CQT_SPAN", 60)) : 0;
}
