#include <math.h>
#include <string.h>

#include "base/memory.h"

#include "audio/true_peak.h"

#define PI 3.14159265358979323846
#define FILTER 49
#define MAX_FACTOR 4
#define MAX_TAPS 25		/* of one of two phases */
#define BLOCK 256
#define LINE (MAX_TAPS - 1 + BLOCK)

struct true_peak {
	size_t n_channels, factor, n_taps;
	float taps[MAX_FACTOR][MAX_TAPS];
	float reach;		/* most that a value can be over samples */
	float peak;
	float *lines;		/* [n_channels][LINE]: what was, the block */
};

/* Phase k of the filter: values k, k + factor, ... */
static void
design(struct true_peak *t)
{
	for (size_t j = 0; j < FILTER; j++) {
		double x = ((double)j - (FILTER - 1) / 2) * PI /
		    (double)t->factor;
		double window = 0.5 * (1.0 - cos(2.0 * PI * (double)j /
		    (FILTER - 1)));

		t->taps[j % t->factor][j / t->factor] = (float)(window *
		    (fabs(x) < 1e-6 ? 1.0 : sin(x) / x));
	}
	t->n_taps = (FILTER + t->factor - 1) / t->factor;
	for (size_t k = 0; k < t->factor; k++) {
		float sum = 0.0f;

		for (size_t j = 0; j < t->n_taps; j++)
			sum += fabsf(t->taps[k][j]);
		t->reach = fmaxf(t->reach, sum);
	}
}

struct true_peak *
true_peak_new(unsigned rate_hz, size_t n_channels, struct error *err)
{
	struct true_peak *t = memory_new(1, sizeof *t, "true peak", err);

	if (t == NULL)
		return NULL;
	t->n_channels = n_channels;
	t->factor = rate_hz < 96000 ? 4 : rate_hz < 192000 ? 2 : 1;
	if (t->factor > 1)
		design(t);
	t->lines = memory_new(n_channels * LINE, sizeof *t->lines, "samples",
	    err);
	if (t->lines == NULL) {
		memory_free(t);
		return NULL;
	}
	return t;
}

void
true_peak_free(struct true_peak *t)
{
	if (t == NULL)
		return;
	memory_free(t->lines);
	memory_free(t);
}

static float
highest(const float *x, size_t n)
{
	float most = 0.0f;

	for (size_t i = 0; i < n; i++)
		most = fabsf(x[i]) > most ? fabsf(x[i]) : most;
	return most;
}

/* The values of one phase beside the n samples at the end of the line. */
static float
highest_of_phase(const struct true_peak *t, size_t phase, const float *line,
    size_t n)
{
	const float *block = line + MAX_TAPS - 1;
	float values[BLOCK] = { 0.0f };

	for (size_t j = 0; j < t->n_taps; j++) {
		const float tap = t->taps[phase][j];

		for (size_t i = 0; i < BLOCK; i++)
			values[i] += tap * block[(ptrdiff_t)i - (ptrdiff_t)j];
	}
	return highest(values, n);
}

/* n <= BLOCK samples of one channel stand at the end of its line. */
static void
look(struct true_peak *t, float *line, size_t n)
{
	float most = highest(line, MAX_TAPS - 1 + n);

	if (most > t->peak / fmaxf(1.0f, t->reach)) {
		t->peak = fmaxf(t->peak, highest(line + MAX_TAPS - 1, n));
		for (size_t k = 0; t->factor > 1 && k < t->factor; k++)
			t->peak = fmaxf(t->peak,
			    highest_of_phase(t, k, line, n));
	}
	memmove(line, line + n, (MAX_TAPS - 1) * sizeof *line);
}

void
true_peak_put(struct true_peak *t, const float *samples, size_t n)
{
	for (size_t done = 0, n_now; done < n; done += n_now) {
		n_now = n - done < BLOCK ? n - done : BLOCK;
		for (size_t c = 0; c < t->n_channels; c++) {
			float *line = t->lines + c * LINE;
			const float *x = samples + done * t->n_channels + c;

			for (size_t i = 0; i < n_now; i++)
				line[MAX_TAPS - 1 + i] = x[i * t->n_channels];
			look(t, line, n_now);
		}
	}
}

double
true_peak_get(const struct true_peak *t)
{
	return (double)t->peak;
}
