#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/fft.h"

#include "pitch/yin.h"

/* The first dip below this is taken (step 4 of the paper). */
#define DIP 0.15
#define N_FFT 2048	/* YIN_FRAME + YIN_MAX_LAG or more: nothing wraps */
#define N_BINS (N_FFT / 2 + 1)
/*
 * Between the samples a dip at a short lag is deeper than at any of them:
 * there the products are interpolated, by a sinc under a Hann window.
 */
#define PI 3.14159265358979323846
#define SHORT_LAG 40
#define STEPS 8			/* from one lag to the next */
#define TAPS 16			/* to each side */
/* Of the power, so much lies below the top of the range if a pitch does. */
#define TOP_BIN (N_FFT * 2 / (2 * YIN_MIN_LAG - 1))
#define LOW_SHARE 0.1
/* Mean square of a difference taken for silence: -140 dBFS. */
#define SILENCE 1e-14

struct yin {
	struct fft *fft;
	float padded[N_FFT];		/* the frame, then its products */
	float spectrum[N_BINS][2];
	double energy[YIN_FRAME + 1];	/* of the samples before each */
	double difference[YIN_MAX_LAG + 1];
	double normal[YIN_MAX_LAG + 1];	/* by the cumulative mean */
	double taps[STEPS][2 * TAPS];	/* from lag - TAPS + 1 on */
};

static void
set_taps(struct yin *y)
{
	for (size_t step = 0; step < STEPS; step++) {
		for (size_t i = 0; i < 2 * TAPS; i++) {
			const double x = (double)i - (TAPS - 1) -
			    (double)step / STEPS;

			y->taps[step][i] = x == 0.0 ? 1.0 : sin(PI * x) /
			    (PI * x) * (0.5 + 0.5 * cos(PI * x / TAPS));
		}
	}
}

struct yin *
yin_new(struct error *err)
{
	struct yin *y = memory_new(1, sizeof(*y), "pitch by YIN", err);

	if (y == NULL)
		return NULL;
	y->fft = fft_new(N_FFT, err);
	if (y->fft == NULL) {
		yin_free(y);
		return NULL;
	}
	set_taps(y);
	return y;
}

void
yin_free(struct yin *y)
{
	if (y == NULL)
		return;
	fft_free(y->fft);
	memory_free(y);
}

/*
 * The products of the frame with itself at all lags: y->padded.  False when
 * there is too little power where a pitch of the range must have some.
 */
static bool
correlate(struct yin *y, const float samples[YIN_FRAME])
{
	double mean = 0.0, sum = 0.0, low = 0.0;

	/* A constant would drown small differences in rounding. */
	for (size_t i = 0; i < YIN_FRAME; i++)
		mean += (double)samples[i];
	mean /= YIN_FRAME;
	memset(y->padded, 0, sizeof(y->padded));
	for (size_t i = 0; i < YIN_FRAME; i++) {
		y->padded[i] = (float)((double)samples[i] - mean);
		y->energy[i + 1] = y->energy[i] +
		    (double)y->padded[i] * (double)y->padded[i];
	}
	fft_forward(y->fft, y->padded, y->spectrum[0]);
	for (size_t b = 0; b < N_BINS; b++) {
		y->spectrum[b][0] = y->spectrum[b][0] * y->spectrum[b][0] +
		    y->spectrum[b][1] * y->spectrum[b][1];
		y->spectrum[b][1] = 0.0f;
		sum += (double)y->spectrum[b][0];
		if (b == TOP_BIN)
			low = sum;
	}
	fft_backward(y->fft, y->spectrum[0], y->padded);
	return low >= LOW_SHARE * sum;
}

/* Steps 2 and 3: both functions of the lag.  False where no pitch can be. */
static bool
compare(struct yin *y, const float samples[YIN_FRAME])
{
	double sum = 0.0;

	if (!correlate(y, samples))
		return false;
	y->normal[0] = 1.0;
	for (size_t lag = 1; lag <= YIN_MAX_LAG; lag++) {
		const size_t n = YIN_FRAME - lag;
		double d = y->energy[n] + y->energy[YIN_FRAME] -
		    y->energy[lag] - 2.0 * (double)y->padded[lag];

		d = d > 0.0 ? d / (double)n : 0.0;
		sum += d;
		y->difference[lag] = d;
		y->normal[lag] = sum > 0.0 ? d * (double)lag / sum : 1.0;
	}
	return sum > SILENCE * YIN_MAX_LAG;
}

static bool
is_dip(const struct yin *y, size_t lag)
{
	return y->normal[lag] < y->normal[lag - 1] &&
	    y->normal[lag] <= y->normal[lag + 1];
}

/* Where the parabola through three neighbours is lowest, from the middle. */
static double
bottom(double left, double here, double right)
{
	const double bend = left - 2.0 * here + right;

	return bend > 0.0 && left >= here && right >= here ?
	    0.5 * (left - right) / bend : 0.0;
}

/* The difference at lag + step / STEPS. */
static double
difference_between(const struct yin *y, size_t lag, size_t step)
{
	const double *taps = y->taps[step];
	const double part = (double)step / STEPS;
	double product = 0.0, energy;

	for (size_t i = 0; i < 2 * TAPS; i++) {
		/* The products are the same forward and backward. */
		const size_t at = lag + i >= TAPS - 1 ? lag + i - (TAPS - 1) :
		    TAPS - 1 - lag - i;

		product += taps[i] * (double)y->padded[at];
	}
	energy = (1.0 - part) * (y->energy[YIN_FRAME - lag] -
	    y->energy[lag]) + part * (y->energy[YIN_FRAME - lag - 1] -
	    y->energy[lag + 1]) + y->energy[YIN_FRAME];
	return fmax(energy - 2.0 * product, 0.0) /
	    ((double)(YIN_FRAME - lag) - part);
}

/*
 * The dip around a short lag: the least difference within a lag on both sides
 * in steps of an eighth, and the parabola through it and its neighbours.
 */
static struct yin_dip
dip_between(const struct yin *y, size_t lag)
{
	double d[2 * STEPS + 1];
	size_t least = 1;

	for (size_t i = 0; i <= 2 * STEPS; i++) {
		d[i] = difference_between(y, lag - 1 + i / STEPS, i % STEPS);
		if (i > 0 && i < 2 * STEPS && d[i] < d[least])
			least = i;
	}
	return (struct yin_dip){ (double)lag - 1.0 + ((double)least +
	    bottom(d[least - 1], d[least], d[least + 1])) / STEPS,
	    fmin(y->normal[lag], d[least] / y->difference[lag] *
	    y->normal[lag]) };
}

/*
 * Step 5.  The dip of the difference itself may lie beside that of the
 * normalised one.
 */
static struct yin_dip
refine(const struct yin *y, size_t lag)
{
	const double *d = y->difference;
	const double depth = y->normal[lag];

	if (lag <= SHORT_LAG && d[lag] > 0.0)
		return dip_between(y, lag);
	if (d[lag - 1] < d[lag])
		lag--;
	else if (lag + 2 <= YIN_MAX_LAG && d[lag + 1] < d[lag])
		lag++;
	return (struct yin_dip){ (double)lag + bottom(d[lag - 1], d[lag],
	    d[lag + 1]), depth };
}

/* Does a dip show a pitch above the range? */
static bool
is_above(const struct yin_dip *dip)
{
	return dip->lag < YIN_MIN_LAG - 0.5;
}

/* Step 4: the first dip below DIP, else the deepest in the range. */
static const struct yin_dip *
choose(const struct yin_dip *dips, size_t n)
{
	const struct yin_dip *deepest = NULL;

	for (size_t i = 0; i < n; i++) {
		if (dips[i].depth < DIP)
			return &dips[i];
		if (!is_above(&dips[i]) &&
		    (deepest == NULL || dips[i].depth < deepest->depth))
			deepest = &dips[i];
	}
	return deepest;
}

void
yin_frame(struct yin *y, const float samples[YIN_FRAME], double *f0_hz,
    double *confidence)
{
	struct yin_dip dips[YIN_MAX_DIPS];
	const struct yin_dip *dip = choose(dips, yin_dips(y, samples, dips));

	*f0_hz = 0.0;
	*confidence = 0.0;
	if (dip == NULL || is_above(dip))
		return;
	*f0_hz = YIN_RATE_HZ / dip->lag;
	*confidence = fmax(1.0 - dip->depth, 0.0);
}

size_t
yin_dips(struct yin *y, const float samples[YIN_FRAME],
    struct yin_dip dips[YIN_MAX_DIPS])
{
	size_t n = 0;

	if (!compare(y, samples))
		return 0;
	for (size_t lag = 2; lag < YIN_MAX_LAG; lag++)
		if (is_dip(y, lag))
			dips[n++] = refine(y, lag);
	return n;
}
