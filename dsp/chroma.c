#include <float.h>
#include <math.h>
#include <stdint.h>

#include "base/memory.h"

#include "dsp/chroma.h"

#define A0_HZ 27.5
#define MIDDLE_OCTAVE 5.0	/* above A0; counts most */
#define OCTAVE_WIDTH 2.0
#define MAX_SMOOTH 4096
#define N_THRESHOLDS 4

struct chroma {
	size_t n_classes, n_bins;
	float *weights;			/* [n_classes][n_bins] */
};

struct chroma_cens {
	size_t n_classes, n_smooth;
	float *window;			/* [n_smooth] */
	float *held;			/* [n_smooth][n_classes], a ring */
	uint64_t n_in, n_out;
};

static struct chroma *
make(size_t n_classes, size_t n_bins, struct error *err)
{
	struct chroma *c;

	if (n_classes < 1 || n_classes > CHROMA_MAX_CLASSES) {
		error_set(err, ERROR_LIMIT, "%zu pitch classes to the octave: "
		    "must be 1 to %d", n_classes, CHROMA_MAX_CLASSES);
		return NULL;
	}
	if ((c = memory_new(1, sizeof *c, "chroma", err)) == NULL)
		return NULL;
	c->n_classes = n_classes;
	c->n_bins = n_bins;
	c->weights = memory_new(n_classes * n_bins, sizeof *c->weights,
	    "weights", err);
	if (c->weights == NULL) {
		chroma_free(c);
		return NULL;
	}
	return c;
}

/* Where FFT bin k lies, in classes above A0; what lies at 0 Hz is made up. */
static double
position(double rate_hz, size_t n_fft, size_t k, double n_classes,
    double tuning)
{
	const double a0_hz = A0_HZ * exp2(tuning / n_classes);
	const double hz = (double)(k == 0 ? 1 : k) * rate_hz / (double)n_fft;

	return n_classes * log2(hz / a0_hz) - (k == 0 ? 1.5 * n_classes :
	    0.0);
}

/* The weights of one FFT bin, whose neighbour lies "width" classes above. */
static void
fill_bin(struct chroma *c, size_t k, double at, double width)
{
	const double n = (double)c->n_classes;
	const double half = rint(n / 2.0);
	const double octaves = (at / n - MIDDLE_OCTAVE) / OCTAVE_WIDTH;
	const size_t roll = 3 * (c->n_classes / 12);
	double values[CHROMA_MAX_CLASSES], sum = 0.0;

	for (size_t i = 0; i < c->n_classes; i++) {
		/* The way round the octave from class i, counted from A. */
		const double way = at - (double)i + half;
		const double gap = way - n * floor(way / n) - half;
		const double share = 2.0 * gap / fmax(width, 1.0);

		values[i] = exp(-0.5 * share * share);
		sum += values[i] * values[i];
	}
	for (size_t i = 0; i < c->n_classes; i++) {
		const size_t class = (i + c->n_classes - roll) %
		    c->n_classes;

		c->weights[class * c->n_bins + k] = (float)(values[i] /
		    sqrt(sum) * exp(-0.5 * octaves * octaves));
	}
}

struct chroma *
chroma_new_stft(double rate_hz, size_t n_fft, size_t n_classes,
    double tuning, struct error *err)
{
	struct chroma *c = make(n_classes, n_fft / 2 + 1, err);

	if (c == NULL)
		return NULL;
	for (size_t k = 0; k < c->n_bins; k++) {
		const double at = position(rate_hz, n_fft, k,
		    (double)n_classes, tuning);

		fill_bin(c, k, at, position(rate_hz, n_fft, k + 1,
		    (double)n_classes, tuning) - at);
	}
	return c;
}

struct chroma *
chroma_new_cqt(size_t n_bins, size_t bins_per_octave, double fmin_hz,
    size_t n_classes, struct error *err)
{
	const double note = 69.0 + 12.0 * log2(fmin_hz / 440.0);
	struct chroma *c;
	size_t first, n_merge;

	if (n_classes == 0 || bins_per_octave % n_classes != 0) {
		error_set(err, ERROR_LIMIT, "%zu bins to the octave cannot be "
		    "folded into %zu pitch classes: they must be a multiple",
		    bins_per_octave, n_classes);
		return NULL;
	}
	if ((c = make(n_classes, n_bins, err)) == NULL)
		return NULL;
	n_merge = bins_per_octave / n_classes;
	first = (size_t)rint((note - 12.0 * floor(note / 12.0)) *
	    (double)n_classes / 12.0);
	for (size_t b = 0; b < n_bins; b++)
		c->weights[((b + n_merge / 2) / n_merge + first) % n_classes *
		    n_bins + b] = 1.0f;
	return c;
}

void
chroma_free(struct chroma *c)
{
	if (c == NULL)
		return;
	memory_free(c->weights);
	memory_free(c);
}

void
chroma_fold(const struct chroma *c, const float *spectrum, float *classes)
{
	for (size_t i = 0; i < c->n_classes; i++) {
		const float *weights = c->weights + i * c->n_bins;
		float sum = 0.0f;

		for (size_t b = 0; b < c->n_bins; b++)
			sum += weights[b] * spectrum[b];
		classes[i] = sum;
	}
}

static void
divide(float *classes, size_t n, float by)
{
	for (size_t i = 0; i < n && by >= FLT_MIN; i++)
		classes[i] /= by;
}

void
chroma_scale_peak(float *classes, size_t n)
{
	float most = 0.0f;

	for (size_t i = 0; i < n; i++)
		most = fmaxf(most, classes[i]);
	divide(classes, n, most);
}

void
chroma_scale_sum(float *classes, size_t n)
{
	float sum = 0.0f;

	for (size_t i = 0; i < n; i++)
		sum += classes[i];
	divide(classes, n, sum);
}

void
chroma_scale_length(float *classes, size_t n)
{
	float sum = 0.0f;

	for (size_t i = 0; i < n; i++)
		sum += classes[i] * classes[i];
	divide(classes, n, sqrtf(sum));
}

struct chroma_cens *
chroma_cens_new(size_t n_classes, size_t n_smooth, struct error *err)
{
	const size_t n = n_smooth == 0 ? 1 : n_smooth;
	const double pi = acos(-1.0);
	struct chroma_cens *s;

	if (n % 2 == 0 || n > MAX_SMOOTH) {
		error_set(err, ERROR_LIMIT, "chroma smoothed over %zu frames: "
		    "must be odd, at most %d, or 0", n_smooth, MAX_SMOOTH);
		return NULL;
	}
	if ((s = memory_new(1, sizeof *s, "chroma", err)) == NULL)
		return NULL;
	s->n_classes = n_classes;
	s->n_smooth = n;
	s->window = memory_new(n, sizeof *s->window, "window", err);
	s->held = memory_new(n * n_classes, sizeof *s->held, "frames", err);
	if (s->window == NULL || s->held == NULL) {
		chroma_cens_free(s);
		return NULL;
	}
	/* Symmetric, sums to 1. */
	for (size_t i = 0; i < n; i++)
		s->window[i] = (float)((1.0 - cos(2.0 * pi * (double)(i + 1) /
		    (double)(n + 1))) / (double)(n + 1));
	return s;
}

void
chroma_cens_free(struct chroma_cens *s)
{
	if (s == NULL)
		return;
	memory_free(s->window);
	memory_free(s->held);
	memory_free(s);
}

void
chroma_cens_reset(struct chroma_cens *s)
{
	s->n_in = s->n_out = 0;
}

/* The next row: what the window around it holds. */
static size_t
smooth(struct chroma_cens *s, float *out)
{
	const uint64_t half = s->n_smooth / 2;

	for (size_t c = 0; c < s->n_classes; c++)
		out[c] = 0.0f;
	for (size_t i = 0; i < s->n_smooth; i++) {
		const uint64_t from = s->n_out + i;
		const float *row = s->held + (from - half) % s->n_smooth *
		    s->n_classes;

		if (from < half || from - half >= s->n_in)
			continue;
		for (size_t c = 0; c < s->n_classes; c++)
			out[c] += s->window[i] * row[c];
	}
	chroma_scale_length(out, s->n_classes);
	s->n_out++;
	return 1;
}

size_t
chroma_cens_put(struct chroma_cens *s, const float *classes, float *out)
{
	static const float thresholds[N_THRESHOLDS] = { 0.05f, 0.1f, 0.2f,
	    0.4f };
	float *row = s->held + s->n_in % s->n_smooth * s->n_classes;

	for (size_t c = 0; c < s->n_classes; c++)
		row[c] = classes[c];
	chroma_scale_sum(row, s->n_classes);
	for (size_t c = 0; c < s->n_classes; c++) {
		const float value = row[c];

		row[c] = 0.0f;
		for (size_t i = 0; i < N_THRESHOLDS; i++)
			if (value > thresholds[i])
				row[c] += 1.0f / N_THRESHOLDS;
	}
	s->n_in++;
	return s->n_in > s->n_smooth / 2 ? smooth(s, out) : 0;
}

size_t
chroma_cens_finish(struct chroma_cens *s, float *out)
{
	return s->n_out < s->n_in ? smooth(s, out) : 0;
}
