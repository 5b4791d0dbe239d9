#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/tuning.h"

#define LOWEST_HZ 150.0
#define HIGHEST_HZ 4000.0
#define LEAST_SHARE 0.1f
#define A0_HZ 27.5
#define N_STEPS 100		/* to a bin */
/*
 * Strengths: 2^-50 to 2^30, each octave in 512 steps.  A float's upper bits
 * without its lowest 14 count these.
 */
#define DROPPED_BITS 14
#define STEPS_AN_OCTAVE 512
#define LOWEST_OCTAVE (127 - 50)
#define N_STRENGTHS (80 * STEPS_AN_OCTAVE)

struct tuning {
	double rate_hz, bins_per_octave;
	size_t n_fft, first, end;	/* bins that may be peaks */
	/* Peaks of every strength and place. */
	uint32_t (*counts)[N_STEPS];	/* [N_STRENGTHS] */
};

struct tuning *
tuning_new(double rate_hz, size_t n_fft, size_t bins_per_octave,
    struct error *err)
{
	const double bin_hz = rate_hz / (double)n_fft;
	struct tuning *t = memory_new(1, sizeof *t, "tuning", err);

	if (t == NULL)
		return NULL;
	t->rate_hz = rate_hz;
	t->n_fft = n_fft;
	t->bins_per_octave = (double)bins_per_octave;
	t->first = (size_t)ceil(LOWEST_HZ / bin_hz);
	t->end = (size_t)ceil(fmin(HIGHEST_HZ, rate_hz / 2.0) / bin_hz);
	t->counts = memory_new(N_STRENGTHS, sizeof *t->counts, "peaks", err);
	if (t->counts == NULL) {
		tuning_free(t);
		return NULL;
	}
	return t;
}

void
tuning_free(struct tuning *t)
{
	if (t == NULL)
		return;
	memory_free(t->counts);
	memory_free(t);
}

void
tuning_reset(struct tuning *t)
{
	memset(t->counts, 0, N_STRENGTHS * sizeof *t->counts);
}

static size_t
strength(float value)
{
	const uint32_t lowest = (uint32_t)LOWEST_OCTAVE * STEPS_AN_OCTAVE;
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	bits >>= DROPPED_BITS;
	if (bits < lowest)
		return 0;
	return bits - lowest < N_STRENGTHS ? bits - lowest : N_STRENGTHS - 1;
}

/* Which hundredth of a bin a frequency lies in, 0 for half a bin below. */
static size_t
place(const struct tuning *t, double hz)
{
	const double bins = t->bins_per_octave * log2(hz / A0_HZ) + 0.5;
	const size_t step = (size_t)((bins - floor(bins)) * N_STEPS);

	return step < N_STEPS ? step : N_STEPS - 1;
}

/* A bin's value, 0 where it is too weak to be a peak. */
static float
strong(float value, float least)
{
	return value > least ? value : 0.0f;
}

void
tuning_put(struct tuning *t, const float *spectrum)
{
	float most = 0.0f, least;

	for (size_t k = 0; k <= t->n_fft / 2; k++)
		most = fmaxf(most, spectrum[k]);
	least = LEAST_SHARE * most;
	for (size_t k = t->first; k < t->end && k < t->n_fft / 2; k++) {
		const float before = spectrum[k - 1], here = spectrum[k];
		const float after = spectrum[k + 1];
		const float bend = after + before - 2.0f * here;
		const float slope = (after - before) / 2.0f;
		float shift = 0.0f;

		if (!(here > least) || !(here > strong(before, least)) ||
		    here < strong(after, least))
			continue;
		if (fabsf(slope) < fabsf(bend))
			shift = -slope / bend;
		t->counts[strength(here + 0.5f * slope * shift)][place(t,
		    ((double)k + (double)shift) * t->rate_hz /
		    (double)t->n_fft)]++;
	}
}

double
tuning_estimate(const struct tuning *t)
{
	uint64_t sums[N_STEPS] = { 0 }, n_peaks = 0, n_taken = 0;
	size_t best = 0;

	for (size_t s = 0; s < N_STRENGTHS; s++)
		for (size_t k = 0; k < N_STEPS; k++)
			n_peaks += t->counts[s][k];
	if (n_peaks == 0)
		return 0.0;
	for (size_t s = N_STRENGTHS; s-- > 0 && 2 * n_taken < n_peaks;)
		for (size_t k = 0; k < N_STEPS; k++) {
			sums[k] += t->counts[s][k];
			n_taken += t->counts[s][k];
		}
	for (size_t k = 1; k < N_STEPS; k++)
		if (sums[k] > sums[best])
			best = k;
	return (double)best / N_STEPS - 0.5;
}
