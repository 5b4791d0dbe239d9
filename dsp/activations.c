#include <math.h>
#include <string.h>

#include "dsp/activations.h"
#include "dsp/npy.h"

#define REFERENCE_HZ 10.0
#define TARGET_CENTS 25.0	/* standard deviation of a target */
#define TARGET_REACH 8.0	/* deviations; beyond it is below 2e-14: 0 */

double
activations_hz_to_cents(double f0_hz)
{
	return 1200.0 * log2(f0_hz / REFERENCE_HZ);
}

double
activations_cents_to_hz(double cents)
{
	return REFERENCE_HZ * exp2(cents / 1200.0);
}

void
activations_of_f0(double f0_hz, float row[ACTIVATIONS_N_BINS])
{
	double cents;

	memset(row, 0, ACTIVATIONS_N_BINS * sizeof(*row));
	if (!(f0_hz > 0.0) || !isfinite(f0_hz))
		return;
	cents = activations_hz_to_cents(f0_hz);
	for (size_t b = 0; b < ACTIVATIONS_N_BINS; b++) {
		const double distance = (ACTIVATIONS_FIRST_CENTS +
		    (double)b * ACTIVATIONS_BIN_CENTS - cents) / TARGET_CENTS;

		if (fabs(distance) > TARGET_REACH)
			continue;
		row[b] = (float)exp(-0.5 * distance * distance);
	}
}

void
activations_of_track(const struct track *t, float *rows)
{
	for (size_t k = 0; k < t->n_frames; k++) {
		float *row = rows + k * ACTIVATIONS_N_BINS;

		activations_of_f0((double)t->f0_hz[k], row);
		for (size_t b = 0; b < ACTIVATIONS_N_BINS; b++)
			row[b] *= t->confidence[k];
	}
}

int
activations_write(const char *path, const struct track *t, struct error *err)
{
	struct npy_writer *w = npy_writer_open(path, STORED_FLOAT16,
	    ACTIVATIONS_N_BINS, err);
	float row[ACTIVATIONS_N_BINS];

	if (w == NULL)
		return -1;
	for (size_t k = 0; k < t->n_frames; k++) {
		const struct track one = { t->hop_sec, 1, &t->f0_hz[k],
		    &t->confidence[k] };

		activations_of_track(&one, row);
		if (npy_writer_put(w, row, 1, err) != 0) {
			npy_writer_abandon(w);
			return -1;
		}
	}
	return npy_writer_commit(w, err);
}
