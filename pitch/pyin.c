#include <math.h>
#include <string.h>

#include "pitch/pyin.h"

#define N ACTIVATIONS_N_BINS
#define BETA 18.0	/* the distribution of thresholds is Beta(2, BETA) */
#define BELOW_ALL 0.01	/* chance of the deepest dip below no threshold */

/* The chance of a threshold below x. */
static double
chance_below(double x)
{
	if (x >= 1.0)
		return 1.0;
	return 1.0 - pow(1.0 - x, BETA) * (1.0 + BETA * x);
}

/* Add a candidate's chance to the two bins around it. */
static void
add(float row[N], double lag, double chance)
{
	const double bin = (activations_hz_to_cents(YIN_RATE_HZ / lag) -
	    ACTIVATIONS_FIRST_CENTS) / ACTIVATIONS_BIN_CENTS;
	const double below = floor(bin);
	const size_t b = (size_t)below;

	/* The range of lags ends well within that of the bins. */
	row[b] += (float)(chance * (1.0 - (bin - below)));
	row[b + 1] += (float)(chance * (bin - below));
}

double
pyin_frame(struct yin *y, const float samples[YIN_FRAME], float row[N])
{
	struct yin_dip dips[YIN_MAX_DIPS];
	const size_t n = yin_dips(y, samples, dips);
	double voiced = 0.0, left = 1.0;
	size_t deepest = 0;

	memset(row, 0, N * sizeof(*row));
	for (size_t i = 0; i < n; i++) {
		const double below = chance_below(dips[i].depth);

		if (dips[i].depth < dips[deepest].depth)
			deepest = i;
		if (!(below < left))
			continue;
		if (dips[i].lag >= YIN_MIN_LAG - 0.5) {
			add(row, dips[i].lag, left - below);
			voiced += left - below;
		}
		left = below;
	}
	if (n > 0 && dips[deepest].lag >= YIN_MIN_LAG - 0.5) {
		add(row, dips[deepest].lag, BELOW_ALL * left);
		voiced += BELOW_ALL * left;
	}
	return fmin(voiced, 1.0);
}
