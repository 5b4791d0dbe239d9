#include <math.h>
#include <string.h>

#include "synth/noise.h"

#define PI 3.14159265358979323846

void
noise_band_init(struct noise_band *n, double f_hz, double q, double rate_hz)
{
	double w = 2.0 * PI * fmin(f_hz / rate_hz, 0.45);
	double alpha = sin(w) / (2.0 * q);

	memset(n, 0, sizeof *n);
	n->b = alpha / (1.0 + alpha);
	n->a1 = -2.0 * cos(w) / (1.0 + alpha);
	n->a2 = (1.0 - alpha) / (1.0 + alpha);
}

/* The sum of four uniform numbers, one random word: nearly normal, RMS 1. */
static double
rough_normal(struct random *r)
{
	uint64_t word = random_next(r);
	double sum = 0;

	for (int i = 0; i < 4; i++, word >>= 16)
		sum += (double)(word & 0xffff);
	return (sum / 65536.0 - 2.0) * 1.7320508;
}

void
noise_add(struct noise_band *n, double from_gain, double to_gain,
    struct random *r, float *samples, size_t n_samples)
{
	double step = n_samples > 0 ?
	    (to_gain - from_gain) / (double)n_samples : 0;

	for (size_t i = 0; i < n_samples; i++) {
		double x = rough_normal(r) * (from_gain + (double)i * step);
		double y = n->b * (x - n->before[1]) - n->a1 * n->last[0] -
		    n->a2 * n->last[1];

		n->before[1] = n->before[0];
		n->before[0] = x;
		n->last[1] = n->last[0];
		n->last[0] = y;
		samples[i] += (float)y;
	}
}
