#include <math.h>
#include <stdbool.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/fft.h"

#include "pitch/whistle.h"

#define PI 3.14159265358979323846
#define N ACTIVATIONS_N_BINS
#define OCTAVE 60		/* bins */
#define PAD 2			/* the spectrum is finer than the window's */
#define N_FFT (PAD * WHISTLE_FRAME)
#define N_BINS (N_FFT / 2 + 1)
#define BIN_HZ ((double)WHISTLE_RATE_HZ / N_FFT)
#define LOBE (2 * PAD)		/* bins to each side */
#define SUM_FROM_HZ 60.0
#define HARMONIC 0.01		/* -20 dB */
#define DOUBT 0.1		/* left of the shares of a voice's harmonics */
#define LEAST_SHARE 0.02	/* of a candidate */
/* Mean square of a frame taken for silence: -140 dBFS. */
#define SILENCE 1e-14

struct whistle {
	struct fft *fft;
	float window[WHISTLE_FRAME];
	float padded[N_FFT];
	float spectrum[N_BINS][2];
	double power[N_BINS];
};

struct whistle *
whistle_new(struct error *err)
{
	struct whistle *w = memory_new(1, sizeof(*w), "whistle tracker",
	    err);

	if (w == NULL)
		return NULL;
	w->fft = fft_new(N_FFT, err);
	if (w->fft == NULL) {
		whistle_free(w);
		return NULL;
	}
	for (size_t i = 0; i < WHISTLE_FRAME; i++)
		w->window[i] = (float)(0.5 - 0.5 * cos(2.0 * PI *
		    ((double)i + 0.5) / WHISTLE_FRAME));
	return w;
}

void
whistle_free(struct whistle *w)
{
	if (w == NULL)
		return;
	fft_free(w->fft);
	memory_free(w);
}

/* The power of all bins, and its sum above SUM_FROM_HZ; 0 for silence. */
static double
analyse(struct whistle *w, const float samples[WHISTLE_FRAME])
{
	double mean = 0.0, energy = 0.0, sum = 0.0;

	for (size_t i = 0; i < WHISTLE_FRAME; i++)
		mean += (double)samples[i];
	mean /= WHISTLE_FRAME;
	for (size_t i = 0; i < WHISTLE_FRAME; i++) {
		const double x = (double)samples[i] - mean;

		energy += x * x;
		w->padded[i] = (float)x * w->window[i];
	}
	if (!(energy > SILENCE * WHISTLE_FRAME))
		return 0.0;
	fft_forward(w->fft, w->padded, w->spectrum[0]);
	for (size_t b = 0; b < N_BINS; b++) {
		w->power[b] = (double)w->spectrum[b][0] *
		    (double)w->spectrum[b][0] + (double)w->spectrum[b][1] *
		    (double)w->spectrum[b][1];
		if ((double)b * BIN_HZ > SUM_FROM_HZ)
			sum += w->power[b];
	}
	return sum;
}

/*
 * Is a bin the highest of those around it?  Nearer than two lobes, another
 * would be a side lobe that shares the flank of the main one.
 */
static bool
is_peak(const struct whistle *w, size_t bin)
{
	const size_t first = bin > 2 * LOBE ? bin - 2 * LOBE : 0;

	for (size_t b = first; b <= bin + 2 * LOBE && b < N_BINS; b++)
		if (b != bin && !(w->power[b] < w->power[bin]))
			return false;
	return true;
}

/* Power of the window's main lobe around a bin. */
static double
lobe(const struct whistle *w, size_t bin)
{
	const size_t first = bin > LOBE ? bin - LOBE : 0;
	const size_t end = bin + LOBE < N_BINS ? bin + LOBE + 1 : N_BINS;
	double sum = 0.0;

	for (size_t b = first; b < end; b++)
		sum += w->power[b];
	return sum;
}

/* Is there a peak within a bin of the frequency of "bin" times a ratio? */
static bool
has_harmonic(const struct whistle *w, double bin, double ratio, double least)
{
	const size_t near = (size_t)(bin * ratio + 0.5);

	for (size_t b = near - 1; b <= near + 1 && b < N_BINS; b++)
		if (is_peak(w, b) && lobe(w, b) > least)
			return true;
	return false;
}

static bool
is_harmonic(const struct whistle *w, double bin, double power)
{
	static const double ratios[] = { 1.0 / 2.0, 1.0 / 3.0, 2.0 / 3.0,
	    3.0 / 2.0, 2.0 };

	for (size_t i = 0; i < sizeof(ratios) / sizeof(*ratios); i++)
		if (has_harmonic(w, bin, ratios[i], HARMONIC * power))
			return true;
	return false;
}

/* Where the parabola through a peak's logarithms is highest. */
static double
refine(const struct whistle *w, size_t b)
{
	const double left = log(w->power[b - 1] + 1e-300);
	const double here = log(w->power[b] + 1e-300);
	const double right = log(w->power[b + 1] + 1e-300);
	const double bend = left - 2.0 * here + right;

	return bend < 0.0 ? (double)b + 0.5 * (left - right) / bend :
	    (double)b;
}

/* Share a peak between the two bins around its pitch. */
static void
add(float row[N], double f0_hz, double share)
{
	const double bin = (activations_hz_to_cents(0.5 * f0_hz) -
	    ACTIVATIONS_FIRST_CENTS) / ACTIVATIONS_BIN_CENTS;
	const size_t below = (size_t)bin;

	row[below] += (float)(share * (1.0 - (bin - (double)below)));
	row[below + 1] += (float)(share * (bin - (double)below));
}

double
whistle_frame(struct whistle *w, const float samples[WHISTLE_FRAME],
    float row[N])
{
	const double sum = analyse(w, samples);
	double largest = 0.0, largest_at = 0.0;

	memset(row, 0, N * sizeof(*row));
	if (!(sum > 0.0))
		return 0.0;
	for (size_t b = 1; b + 1 < N_BINS; b++) {
		double at, f0_hz, share;

		if (!is_peak(w, b))
			continue;
		at = refine(w, b);
		f0_hz = at * BIN_HZ;
		share = fmin(lobe(w, b) / sum, 1.0);
		if (f0_hz < WHISTLE_LOWEST_HZ || f0_hz > WHISTLE_HIGHEST_HZ ||
		    share < LEAST_SHARE)
			continue;
		add(row, f0_hz, share);
		if (share > largest) {
			largest = share;
			largest_at = at;
		}
	}
	if (largest > 0.0 && is_harmonic(w, largest_at, largest * sum)) {
		for (size_t b = 0; b < N; b++)
			row[b] *= (float)DOUBT;
		largest *= DOUBT;
	}
	return largest;
}

double
whistle_strongest(struct whistle *w, const float samples[WHISTLE_FRAME],
    double *share)
{
	const double sum = analyse(w, samples);
	size_t best = 1;

	*share = 0.0;
	if (!(sum > 0.0))
		return 0.0;
	for (size_t b = 2; b + 1 < N_BINS; b++)
		if (w->power[b] > w->power[best])
			best = b;
	*share = fmin(lobe(w, best) / sum, 1.0);
	return refine(w, best) * BIN_HZ;
}

/*
 * The slope changes its sign twice in a period of the partial that has most
 * power, however loud lower ones are beside it, and no less often for those
 * above.  A tone that fills but half of the frame is let through.
 */
bool
whistle_may_be_above(const float samples[WHISTLE_FRAME], double hz)
{
	int n_turns = 0;

	for (size_t i = 2; i < WHISTLE_FRAME; i++)
		n_turns += (samples[i] > samples[i - 1]) !=
		    (samples[i - 1] > samples[i - 2]);
	return (double)n_turns > hz * WHISTLE_FRAME / WHISTLE_RATE_HZ;
}

void
whistle_fold(float row[N])
{
	float above[N];

	memcpy(above, row, sizeof(above));
	memset(row, 0, sizeof(above));
	for (size_t b = 0; b < N; b++) {
		const size_t place = b + OCTAVE < N ? b + OCTAVE : b;

		row[place] = fmaxf(row[place], above[b]);
	}
}
