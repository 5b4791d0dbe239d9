#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/cqt_filters.h"
#include "dsp/fft_double.h"

/* While filters are made. */
struct making {
	size_t n_window, n_fft_bins;
	struct fft_double *fft;
	double *wave[2];	/* [n_window], real and imaginary part */
	double *spectrum[2];	/* their spectra, [n_fft_bins][2] */
	double *value;		/* [n_fft_bins][2], the filter's spectrum */
	double *magnitude;	/* [n_fft_bins] */
	double *sorted;
};

static double
frequency_hz(const struct cqt_filters_design *d, size_t bin)
{
	return d->lowest_hz * exp2((double)bin / (double)d->bins_per_octave);
}

size_t
cqt_filters_window(const struct cqt_filters_design *d)
{
	const double longest = d->q * d->rate_hz / d->lowest_hz;
	size_t n = 2;

	while ((double)n < longest)
		n *= 2;
	return n;
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * The smallest magnitude that is kept, so that what is dropped is less than
 * "share" of the sum.
 */
static double
find_threshold(struct making *m, double share)
{
	double total = 0.0, sum = 0.0;
	size_t i;

	memcpy(m->sorted, m->magnitude, m->n_fft_bins * sizeof *m->sorted);
	qsort(m->sorted, m->n_fft_bins, sizeof *m->sorted, compare);
	for (i = 0; i < m->n_fft_bins; i++)
		total += m->sorted[i];
	for (i = 0; i + 1 < m->n_fft_bins; i++) {
		sum += m->sorted[i];
		if (sum >= share * total)
			break;
	}
	return m->sorted[i];
}

/*
 * The windowed exponential: of length L it has the samples floor(-L / 2) to
 * floor(L / 2) - 1 around the middle, and a periodic Hann window of as many.
 */
static void
fill_wave(struct making *m, double length, double cycles)
{
	const double pi = acos(-1.0);
	const long first = (long)floor(-length / 2.0);
	const long n = (long)floor(length / 2.0) - first;
	double sum = 0.0;

	memset(m->wave[0], 0, m->n_window * sizeof(double));
	memset(m->wave[1], 0, m->n_window * sizeof(double));
	for (long i = 0; i < n; i++)
		sum += 0.5 - 0.5 * cos(2.0 * pi * (double)i / (double)n);
	for (long i = 0; i < n; i++) {
		const size_t at = m->n_window / 2 + (size_t)(first + i);
		const double phase = 2.0 * pi * cycles * (double)(first + i);
		const double hann = 0.5 - 0.5 * cos(2.0 * pi * (double)i /
		    (double)n);

		m->wave[0][at] = hann / sum * cos(phase);
		m->wave[1][at] = hann / sum * sin(phase);
	}
}

/* The spectrum of the wave, and its magnitudes. */
static void
transform(struct making *m)
{
	for (size_t part = 0; part < 2; part++)
		fft_double_forward(m->fft, m->wave[part], m->spectrum[part]);
	for (size_t k = 0; k < m->n_fft_bins; k++) {
		const double re = m->spectrum[0][2 * k] -
		    m->spectrum[1][2 * k + 1];
		const double im = m->spectrum[0][2 * k + 1] +
		    m->spectrum[1][2 * k];

		m->value[2 * k] = re;
		m->value[2 * k + 1] = im;
		m->magnitude[k] = hypot(re, im);
	}
}

/* Keep what counts of the filter's spectrum. */
static int
keep(const struct making *m, struct cqt_filter *filter, double threshold,
    double scale, struct error *err)
{
	size_t last = m->n_fft_bins;

	filter->first = 0;
	while (m->magnitude[filter->first] < threshold)
		filter->first++;
	while (m->magnitude[last - 1] < threshold)
		last--;
	filter->n = last - filter->first;
	filter->weights = memory_new(filter->n, 2 * sizeof(float),
	    "filter weights", err);
	if (filter->weights == NULL)
		return -1;
	for (size_t i = 0; i < filter->n; i++) {
		const size_t k = filter->first + i;

		if (m->magnitude[k] < threshold)
			continue;
		filter->weights[2 * i] = (float)(scale * m->value[2 * k]);
		filter->weights[2 * i + 1] = (float)(scale *
		    m->value[2 * k + 1]);
	}
	return 0;
}

static int
making_init(struct making *m, size_t n_window, struct error *err)
{
	double **const arrays[] = { &m->wave[0], &m->wave[1], &m->spectrum[0],
	    &m->spectrum[1], &m->value, &m->magnitude, &m->sorted };

	m->n_window = n_window;
	m->n_fft_bins = n_window / 2 + 1;
	if ((m->fft = fft_double_new(n_window, err)) == NULL)
		return -1;
	for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
		*arrays[i] = memory_new(n_window + 2, sizeof(double),
		    "numbers", err);
		if (*arrays[i] == NULL)
			return -1;
	}
	return 0;
}

static void
making_release(struct making *m)
{
	fft_double_free(m->fft);
	for (size_t part = 0; part < 2; part++) {
		memory_free(m->wave[part]);
		memory_free(m->spectrum[part]);
	}
	memory_free(m->value);
	memory_free(m->magnitude);
	memory_free(m->sorted);
}

int
cqt_filters_init(struct cqt_filters *f, const struct cqt_filters_design *d,
    struct error *err)
{
	struct making m = { .fft = NULL };
	int status = -1;

	memset(f, 0, sizeof *f);
	f->filters = memory_new(d->n_bins, sizeof *f->filters, "filters",
	    err);
	if (f->filters == NULL ||
	    making_init(&m, cqt_filters_window(d), err) != 0)
		goto done;
	f->n_window = m.n_window;
	f->n_bins = d->n_bins;
	for (size_t b = 0; b < d->n_bins; b++) {
		const double hz = frequency_hz(d, b);
		const double scale = sqrt(d->q * d->scale_rate_hz / hz) /
		    (double)m.n_window;

		fill_wave(&m, d->q * d->rate_hz / hz, hz / d->rate_hz);
		transform(&m);
		if (keep(&m, &f->filters[b], find_threshold(&m, d->sparsity),
		    scale, err) != 0)
			goto done;
	}
	status = 0;

done:
	making_release(&m);
	if (status != 0)
		cqt_filters_release(f);
	return status;
}

void
cqt_filters_release(struct cqt_filters *f)
{
	for (size_t b = 0; b < f->n_bins; b++)
		memory_free(f->filters[b].weights);
	memory_free(f->filters);
	memset(f, 0, sizeof *f);
}

void
cqt_filters_run(const struct cqt_filters *f, const float *spectrum,
    float *magnitudes)
{
	for (size_t b = 0; b < f->n_bins; b++) {
		const struct cqt_filter *filter = &f->filters[b];
		const float *w = filter->weights;
		const float *x = spectrum + 2 * filter->first;
		float re = 0.0f, im = 0.0f;

		for (size_t i = 0; i < 2 * filter->n; i += 2) {
			re += w[i] * x[i] - w[i + 1] * x[i + 1];
			im += w[i] * x[i + 1] + w[i + 1] * x[i];
		}
		magnitudes[b] = sqrtf(re * re + im * im);
	}
}
