#include <math.h>
#include <stdio.h>

#include "base/random.h"

#include "tests/lib/signal.h"

#define TWO_PI 6.283185307179586476925286766559

void
signal_tone(float *x, size_t n, double rate_hz, double f_hz, double amplitude)
{
	signal_chirp(x, n, rate_hz, f_hz, f_hz, amplitude);
}

void
signal_harmonics(float *x, size_t n, double rate_hz, double f_hz,
    size_t n_harmonics, double amplitude)
{
	for (size_t i = 0; i < n; i++) {
		const double turns = fmod((double)i * f_hz / rate_hz, 1.0);
		double sum = 0.0;

		for (size_t k = 1; k <= n_harmonics &&
		    (double)k * f_hz < 0.5 * rate_hz; k++)
			sum += sin(TWO_PI * turns * (double)k) / (double)k;
		x[i] = (float)(amplitude * sum);
	}
}

double
signal_glide_hz(double sample, size_t n, double from_hz, double to_hz)
{
	return from_hz * pow(to_hz / from_hz, sample / (double)n);
}

void
signal_glide(float *x, size_t n, double rate_hz, double from_hz, double to_hz,
    double amplitude)
{
	const double log_ratio = log(to_hz / from_hz);

	if (fabs(log_ratio) < 1e-12) {
		signal_tone(x, n, rate_hz, from_hz, amplitude);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		/* The integral of signal_glide_hz, in turns. */
		const double hz = signal_glide_hz((double)i, n, from_hz,
		    to_hz);
		const double turns = (hz - from_hz) * (double)n /
		    (log_ratio * rate_hz);

		x[i] = (float)(amplitude * sin(TWO_PI * fmod(turns, 1.0)));
	}
}

void
signal_chirp(float *x, size_t n, double rate_hz, double from_hz, double to_hz,
    double amplitude)
{
	const double slope = (to_hz - from_hz) / (2.0 * (double)n);

	for (size_t i = 0; i < n; i++) {
		const double at = (double)i;
		const double turns = (from_hz + slope * at) * at / rate_hz;

		x[i] = (float)(amplitude * sin(TWO_PI * fmod(turns, 1.0)));
	}
}

void
signal_noise(float *x, size_t n, uint64_t seed, double rms)
{
	struct random r;

	random_init(&r, seed);
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(rms * random_normal(&r));
}

void
signal_clicks(float *x, size_t n, size_t first, size_t every)
{
	for (size_t i = 0; i < n; i++)
		x[i] = i >= first && (i - first) % every == 0 ? 1.0f : 0.0f;
}

void
signal_mix(float *x, const float *y, size_t n, double gain)
{
	for (size_t i = 0; i < n; i++)
		x[i] += (float)(gain * (double)y[i]);
}

double
signal_rms(const float *x, size_t n)
{
	double sum = 0.0;

	for (size_t i = 0; i < n; i++)
		sum += (double)x[i] * (double)x[i];
	return n > 0 ? sqrt(sum / (double)n) : 0.0;
}

double
signal_max_difference(const float *a, const float *b, size_t n)
{
	double largest = 0.0;

	for (size_t i = 0; i < n; i++)
		largest = fmax(largest, fabs((double)a[i] - (double)b[i]));
	return largest;
}

double
signal_snr_db(const float *want, const float *got, size_t n)
{
	double power = 0.0;
	double noise = 0.0;

	for (size_t i = 0; i < n; i++) {
		const double d = (double)got[i] - (double)want[i];

		power += (double)want[i] * (double)want[i];
		noise += d * d;
	}
	if (noise <= 0.0)
		return 300.0;
	return power > 0.0 ? 10.0 * log10(power / noise) : -300.0;
}

bool
signal_is_near(const float *want, const float *got, size_t n, double absolute,
    double relative)
{
	for (size_t i = 0; i < n; i++) {
		const double w = (double)want[i];
		const double d = fabs((double)got[i] - w);

		if (d <= absolute + relative * fabs(w))
			continue;
		(void)fprintf(stderr, "value %zu of %zu is %.9g, not %.9g\n",
		    i, n, (double)got[i], w);
		return false;
	}
	return true;
}

long
signal_best_lag(const float *ref, const float *x, size_t n, size_t max_lag)
{
	const long limit = (long)(max_lag < n ? max_lag : n - 1);
	double best = -INFINITY;
	long best_lag = 0;

	for (long lag = -limit; lag <= limit; lag++) {
		const size_t from = lag < 0 ? (size_t)-lag : 0;
		const size_t to = lag > 0 ? n - (size_t)lag : n;
		double sum = 0.0;

		for (size_t i = from; i < to; i++)
			sum += (double)ref[i] * (double)x[(long)i + lag];
		if (sum > best) {
			best = sum;
			best_lag = lag;
		}
	}
	return best_lag;
}

void
signal_unit_rows(float *rows, size_t n_rows, size_t n_dims, struct random *r)
{
	for (size_t i = 0; i < n_rows; i++) {
		float *row = rows + i * n_dims;
		double norm = 0;

		for (size_t d = 0; d < n_dims; d++) {
			row[d] = (float)random_normal(r);
			norm += pow((double)row[d], 2);
		}
		for (size_t d = 0; d < n_dims; d++)
			row[d] /= (float)sqrt(norm);
	}
}
