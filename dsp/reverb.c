#include <math.h>

#include "base/memory.h"

#include "dsp/reverb.h"

#define N_COMBS 4
#define N_ALL_PASSES 2
#define ALL_PASS_GAIN 0.7f

/* Schroeder's ranges: combs of 30 to 45 ms, all-pass filters of 5 and 1.7. */
static const double comb_sec[N_COMBS] = { 0.0297, 0.0371, 0.0411, 0.0437 };
static const double all_pass_sec[N_ALL_PASSES] = { 0.005, 0.0017 };

/* to += y, where y = x delayed + gain * y delayed. */
static void
add_comb(const float *x, float *y, float *to, size_t n, size_t delay,
    float gain)
{
	for (size_t i = 0; i < n; i++) {
		y[i] = i < delay ? 0.0f :
		    x[i - delay] + gain * y[i - delay];
		to[i] += y[i];
	}
}

/* y = -gain * x + x delayed + gain * y delayed. */
static void
all_pass(const float *x, float *y, size_t n, size_t delay)
{
	for (size_t i = 0; i < n; i++)
		y[i] = -ALL_PASS_GAIN * x[i] + (i < delay ? 0.0f :
		    x[i - delay] + ALL_PASS_GAIN * y[i - delay]);
}

int
reverb_add(float *x, size_t n, double rate_hz, double fade_sec, double level,
    double size, struct error *err)
{
	float *y = memory_new(n, sizeof *y, "reverberation", err);
	float *wet = memory_new(n, sizeof *wet, "reverberation", err);
	double power = 0.0;		/* of the combs for white noise */
	int status = -1;

	if (y == NULL || wet == NULL)
		goto done;
	for (int i = 0; i < N_COMBS; i++) {
		double sec = comb_sec[i] * size;
		double gain = pow(10.0, -3.0 * sec / fade_sec);

		add_comb(x, y, wet, n, (size_t)lround(sec * rate_hz),
		    (float)gain);
		power += 1.0 / (1.0 - gain * gain);
	}
	for (int i = 0; i < N_ALL_PASSES; i++) {
		size_t delay = (size_t)lround(all_pass_sec[i] * size *
		    rate_hz);

		all_pass(wet, y, n, delay);
		float *swap = wet;

		wet = y;
		y = swap;
	}
	for (size_t i = 0; i < n; i++)
		x[i] += (float)(level / sqrt(power)) * wet[i];
	status = 0;

done:
	memory_free(y);
	memory_free(wet);
	return status;
}
