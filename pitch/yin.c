#include "pitch/yin.h"

/* The first dip below this is taken (step 4 of the paper). */
#define DIP 0.15f
#define LANES 16		/* partial sums, for the vector unit */
/* Mean square of a difference taken for silence: -140 dBFS. */
#define SILENCE 1e-14

/* Sum of squared differences of the window and its copy "lag" later. */
static double
difference(const float *samples, size_t lag)
{
	const float *early = samples + (YIN_FRAME - YIN_WINDOW - lag) / 2;
	const float *late = early + lag;
	float lane[LANES] = { 0.0f };
	double sum = 0.0;

	for (size_t j = 0; j < YIN_WINDOW; j += LANES) {
		for (size_t l = 0; l < LANES; l++) {
			const float d = early[j + l] - late[j + l];

			lane[l] += d * d;
		}
	}
	for (size_t l = 0; l < LANES; l++)
		sum += (double)lane[l];
	return sum;
}

/*
 * Where a parabola through three neighbours of a dip is lowest: within half a
 * sample of it.  At the ends of the range the lag may be no dip.
 */
static double
refine(const double *dip, size_t lag)
{
	const double left = dip[lag - 1], here = dip[lag];
	const double right = dip[lag + 1];
	const double bend = left - 2.0 * here + right;

	if (!(bend > 0.0) || left < here || right < here)
		return (double)lag;
	return (double)lag + 0.5 * (left - right) / bend;
}

/* The lag of the first dip below DIP, else of the deepest. */
static size_t
choose(const float *normal)
{
	size_t best = YIN_MIN_LAG;

	for (size_t lag = YIN_MIN_LAG; lag < YIN_MAX_LAG; lag++) {
		if (normal[lag] < DIP) {
			while (lag + 1 < YIN_MAX_LAG &&
			    normal[lag + 1] < normal[lag])
				lag++;
			return lag;
		}
		if (normal[lag] < normal[best])
			best = lag;
	}
	return best;
}

void
yin_frame(const float samples[YIN_FRAME], double *f0_hz, double *confidence)
{
	double d[YIN_MAX_LAG + 1] = { 0.0 };
	float normal[YIN_MAX_LAG + 1] = { 1.0f };
	double sum = 0.0;
	size_t lag;

	*f0_hz = 0.0;
	*confidence = 0.0;
	for (lag = 1; lag <= YIN_MAX_LAG; lag++) {
		d[lag] = difference(samples, lag);
		sum += d[lag];
		normal[lag] = sum > 0.0 ?
		    (float)(d[lag] * (double)lag / sum) : 1.0f;
	}
	if (!(sum > SILENCE * YIN_WINDOW * YIN_MAX_LAG))
		return;
	lag = choose(normal);
	*f0_hz = YIN_RATE_HZ / refine(d, lag);
	if (normal[lag] < 1.0f)
		*confidence = 1.0 - (double)normal[lag];
}
