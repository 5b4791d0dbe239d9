#include <math.h>

#include "synth/harmonics.h"

#define PI 3.14159265358979323846

/* Samples that are made together; loops of this length become vector code. */
#define LANES 16

struct lanes {
	float x[LANES];			/* place in the block, 0..1 */
	float turn_sin[LANES], turn_cos[LANES];
	float s[LANES], c[LANES];	/* of the present harmonic */
	float sum[LANES];
};

/* Phase at place x of the block, above that at 0. */
static double
phase_at(const struct harmonics_block *k, double x)
{
	double block_sec = 1.0 / (k->x_step * k->rate_hz);

	return 2.0 * PI * block_sec * x *
	    (k->from_hz + 0.5 * x * (k->to_hz - k->from_hz));
}

static void
start_lanes(const struct harmonics_block *k, double phase, size_t first,
    struct lanes *l)
{
	for (size_t i = 0; i < LANES; i++) {
		double x = k->x + (double)(first + i) * k->x_step;
		double angle = fmod(phase + phase_at(k, x), 2.0 * PI);

		l->x[i] = (float)x;
		l->s[i] = l->turn_sin[i] = sinf((float)angle);
		l->c[i] = l->turn_cos[i] = cosf((float)angle);
		l->sum[i] = 0;
	}
}

/* Add harmonic h (from 0) to the sums and turn to the next. */
static void
add_harmonic(struct lanes *l, float a, float a_step, float b, float b_step)
{
	for (size_t i = 0; i < LANES; i++) {
		float s = l->s[i], c = l->c[i];

		l->sum[i] += (a + a_step * l->x[i]) * s +
		    (b + b_step * l->x[i]) * c;
		l->s[i] = s * l->turn_cos[i] + c * l->turn_sin[i];
		l->c[i] = c * l->turn_cos[i] - s * l->turn_sin[i];
	}
}

void
harmonics_add(const struct harmonics_block *k, double *phase, float *samples,
    size_t n_samples)
{
	const struct harmonics *from = k->from, *to = k->to;
	size_t n = from->n > to->n ? from->n : to->n;
	struct lanes l;

	for (size_t first = 0; first < n_samples; first += LANES) {
		size_t n_left = n_samples - first;

		start_lanes(k, *phase, first, &l);
		for (size_t h = 0; h < n; h++)
			add_harmonic(&l, from->a[h], to->a[h] - from->a[h],
			    from->b[h], to->b[h] - from->b[h]);
		for (size_t i = 0; i < LANES && i < n_left; i++)
			samples[first + i] += l.sum[i];
	}
	*phase = fmod(*phase + phase_at(k, 1.0), 2.0 * PI);
}
