#include <math.h>

#include "base/memory.h"

#include "dsp/mel.h"

#define MAX_MELS 1024
#define LEAST_POWER 1e-10f
/* Slaney's scale: linear up to BREAK_HZ. */
#define LINEAR_HZ (200.0 / 3.0)
#define BREAK_HZ 1000.0
#define BREAK_MEL (BREAK_HZ / LINEAR_HZ)
#define LOG_STEP (log(6.4) / 27.0)

/* A band: its weights of the bins from "first" on. */
struct band {
	size_t first, n;
	float *weights;			/* of the whole */
};

struct mel {
	size_t n_mels;
	struct band *bands;		/* [n_mels] */
	float *weights;
};

struct mel_cepstrum {
	size_t n_mels, n_coefficients;
	float *basis;			/* [n_coefficients][n_mels] */
};

static double
mel_of(double hz, bool is_htk)
{
	if (is_htk)
		return 2595.0 * log10(1.0 + hz / 700.0);
	return hz < BREAK_HZ ? hz / LINEAR_HZ :
	    BREAK_MEL + log(hz / BREAK_HZ) / LOG_STEP;
}

static double
hz_of(double mel, bool is_htk)
{
	if (is_htk)
		return 700.0 * (pow(10.0, mel / 2595.0) - 1.0);
	return mel < BREAK_MEL ? mel * LINEAR_HZ :
	    BREAK_HZ * exp(LOG_STEP * (mel - BREAK_MEL));
}

/* The weight at hz of a triangle of area 1 from low over middle to high. */
static double
triangle(double hz, double low, double middle, double high)
{
	const double side = fmin((hz - low) / (middle - low),
	    (high - hz) / (high - middle));

	return fmax(0.0, side) * 2.0 / (high - low);
}

/* Fill the bands; "weights" has room for two bands at every bin. */
static void
fill_bands(struct mel *m, const struct mel_options *o, double fmax_hz,
    double rate_hz, size_t n_fft)
{
	const double low = mel_of(o->fmin_hz, o->is_htk);
	const double step = (mel_of(fmax_hz, o->is_htk) - low) /
	    (double)(o->n_mels + 1);
	float *weights = m->weights;

	for (size_t b = 0; b < m->n_mels; b++) {
		struct band *band = &m->bands[b];
		const double edges[3] = {
			hz_of(low + step * (double)b, o->is_htk),
			hz_of(low + step * (double)(b + 1), o->is_htk),
			hz_of(low + step * (double)(b + 2), o->is_htk) };

		band->weights = weights;
		for (size_t k = 0; k <= n_fft / 2; k++) {
			const double w = triangle((double)k * rate_hz /
			    (double)n_fft, edges[0], edges[1], edges[2]);

			if (w <= 0.0)
				continue;
			if (band->n == 0)
				band->first = k;
			band->weights[k - band->first] = (float)w;
			band->n = k - band->first + 1;
		}
		weights += band->n;
	}
}

struct mel *
mel_new(const struct mel_options *o, double rate_hz, size_t n_fft,
    struct error *err)
{
	const double fmax_hz = o->fmax_hz > 0.0 ? o->fmax_hz : rate_hz / 2.0;
	struct mel *m;

	if (o->n_mels < 1 || o->n_mels > MAX_MELS || !(o->fmin_hz >= 0.0) ||
	    !(fmax_hz > o->fmin_hz)) {
		error_set(err, ERROR_LIMIT, "%zu mel bands from %g to %g Hz: "
		    "there must be 1 to %d, and they must end above their "
		    "beginning", o->n_mels, o->fmin_hz, fmax_hz, MAX_MELS);
		return NULL;
	}
	if ((m = memory_new(1, sizeof *m, "mel bands", err)) == NULL)
		return NULL;
	m->n_mels = o->n_mels;
	m->bands = memory_new(o->n_mels, sizeof *m->bands, "mel bands", err);
	/* A bin lies in two bands at most. */
	m->weights = memory_new(n_fft + 2, sizeof *m->weights, "weights",
	    err);
	if (m->bands == NULL || m->weights == NULL) {
		mel_free(m);
		return NULL;
	}
	fill_bands(m, o, fmax_hz, rate_hz, n_fft);
	return m;
}

void
mel_free(struct mel *m)
{
	if (m == NULL)
		return;
	memory_free(m->bands);
	memory_free(m->weights);
	memory_free(m);
}

void
mel_run(const struct mel *m, const float *power, float *bands)
{
	for (size_t b = 0; b < m->n_mels; b++) {
		const struct band *band = &m->bands[b];
		double sum = 0.0;

		for (size_t i = 0; i < band->n; i++)
			sum += (double)band->weights[i] *
			    (double)power[band->first + i];
		bands[b] = (float)sum;
	}
}

float
mel_level_db(float power)
{
	return 10.0f * log10f(fmaxf(power, LEAST_POWER));
}

struct mel_cepstrum *
mel_cepstrum_new(size_t n_mels, size_t n_coefficients, double lifter,
    struct error *err)
{
	const double pi = acos(-1.0);
	struct mel_cepstrum *c;

	if (n_coefficients < 1 || n_coefficients > n_mels ||
	    !(lifter >= 0.0)) {
		error_set(err, ERROR_LIMIT, "a cepstrum of %zu coefficients: "
		    "there must be 1 to %zu, as many as there are mel bands",
		    n_coefficients, n_mels);
		return NULL;
	}
	if ((c = memory_new(1, sizeof *c, "cepstrum", err)) == NULL)
		return NULL;
	c->n_mels = n_mels;
	c->n_coefficients = n_coefficients;
	c->basis = memory_new(n_coefficients * n_mels, sizeof *c->basis,
	    "cosines", err);
	if (c->basis == NULL) {
		mel_cepstrum_free(c);
		return NULL;
	}
	for (size_t k = 0; k < n_coefficients; k++) {
		const double weight = sqrt((k == 0 ? 1.0 : 2.0) /
		    (double)n_mels) * (lifter > 0.0 ? 1.0 + lifter / 2.0 *
		    sin(pi * (double)(k + 1) / lifter) : 1.0);

		for (size_t m = 0; m < n_mels; m++)
			c->basis[k * n_mels + m] = (float)(weight *
			    cos(pi * (double)k * ((double)m + 0.5) /
			    (double)n_mels));
	}
	return c;
}

void
mel_cepstrum_free(struct mel_cepstrum *c)
{
	if (c == NULL)
		return;
	memory_free(c->basis);
	memory_free(c);
}

void
mel_cepstrum_run(const struct mel_cepstrum *c, const float *levels_db,
    float *coefficients)
{
	for (size_t k = 0; k < c->n_coefficients; k++) {
		double sum = 0.0;

		for (size_t m = 0; m < c->n_mels; m++)
			sum += (double)c->basis[k * c->n_mels + m] *
			    (double)levels_db[m];
		coefficients[k] = (float)sum;
	}
}
