#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/halver.h"

#define N_LANES 8		/* sums kept apart, for the vector unit */
#define N_SIDE HALVER_DELAY	/* taps on either side */
#define N_TAPS (2 * N_SIDE + 1)
#define N_PADDED ((N_TAPS + N_LANES - 1) / N_LANES * N_LANES)
/* Of 1, the old Nyquist frequency: midway from 0.91363 / 2 to 1 / 2. */
#define CUTOFF 0.4784075
#define BETA 13.04		/* of the Kaiser window */
#define WINDOW_END (N_SIDE + 0.5)
#define MAX_HELD (HALVER_MAX_PUT + 2 * N_PADDED)

struct halver {
	float taps[N_PADDED];
	/* From N_SIDE samples before sample 2 * n_given on. */
	float held[MAX_HELD];
	size_t n_held;
	uint64_t n_in, n_given;
	float out[HALVER_MAX_GET];
};

/* The modified Bessel function of the first kind, order 0. */
static double
bessel_i0(double x)
{
	double term = 1.0, sum = 1.0;

	for (int k = 1; term > 1e-17 * sum; k++) {
		term *= (x / (2.0 * k)) * (x / (2.0 * k));
		sum += term;
	}
	return sum;
}

static double
tap(int m)
{
	const double pi = acos(-1.0);
	const double place = (double)m / WINDOW_END;
	const double sinc = m == 0 ? CUTOFF :
	    sin(pi * CUTOFF * (double)m) / (pi * (double)m);

	return sinc * bessel_i0(BETA * sqrt(1.0 - place * place)) /
	    bessel_i0(BETA);
}

struct halver *
halver_new(struct error *err)
{
	struct halver *h = memory_new(1, sizeof *h, "filters", err);
	double sum = 0.0;

	if (h == NULL)
		return NULL;
	for (int m = -N_SIDE; m <= N_SIDE; m++)
		sum += tap(m);
	for (int m = -N_SIDE; m <= N_SIDE; m++)
		h->taps[N_SIDE + m] = (float)(tap(m) / sum);
	halver_reset(h);
	return h;
}

void
halver_free(struct halver *h)
{
	memory_free(h);
}

void
halver_reset(struct halver *h)
{
	memset(h->held, 0, sizeof h->held);
	h->n_held = N_SIDE;
	h->n_in = h->n_given = 0;
}

/* The taps beyond N_TAPS are 0, the samples there something finite. */
static float
weigh(const float *taps, const float *x)
{
	float sums[N_LANES] = { 0.0f }, sum = 0.0f;

	for (size_t i = 0; i < N_PADDED; i += N_LANES)
		for (size_t k = 0; k < N_LANES; k++)
			sums[k] += taps[i + k] * x[i + k];
	for (size_t k = 0; k < N_LANES; k++)
		sum += sums[k];
	return sum;
}

/* Give what the samples that are held reach. */
static size_t
give(struct halver *h)
{
	const size_t n = h->n_held < N_TAPS ? 0 :
	    (h->n_held - N_TAPS) / 2 + 1;

	for (size_t k = 0; k < n; k++)
		h->out[k] = weigh(h->taps, h->held + 2 * k);
	h->n_held -= 2 * n;
	memmove(h->held, h->held + 2 * n, h->n_held * sizeof *h->held);
	h->n_given += n;
	return n;
}

size_t
halver_put(struct halver *h, const float *samples, size_t n,
    const float **out)
{
	memcpy(h->held + h->n_held, samples, n * sizeof *samples);
	h->n_held += n;
	h->n_in += n;
	*out = h->out;
	return give(h);
}

size_t
halver_finish(struct halver *h, const float **out)
{
	const uint64_t n_left = (h->n_in + 1) / 2 - h->n_given;

	*out = h->out;
	if (n_left == 0)
		return 0;
	/* Silence up to what the last one reaches. */
	while (h->n_held < N_TAPS + 2 * (n_left - 1))
		h->held[h->n_held++] = 0.0f;
	return give(h);
}
