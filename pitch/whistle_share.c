#include "pitch/whistle.h"
#include "pitch/whistle_share.h"

#define HOP_SEC 0.016
#define WHISTLED 0.5		/* share of the strongest peak */

/* Of all but a constant. */
static double
energy_of(const float samples[WHISTLE_FRAME])
{
	double sum = 0.0, energy = 0.0;

	for (size_t i = 0; i < WHISTLE_FRAME; i++) {
		sum += (double)samples[i];
		energy += (double)samples[i] * (double)samples[i];
	}
	return energy - sum * sum / WHISTLE_FRAME;
}

int
whistle_share(const struct frames_source *source, struct arena *a,
    double *share, struct error *err)
{
	float frame[WHISTLE_FRAME], row[ACTIVATIONS_N_BINS];
	struct whistle *w = whistle_new(err);
	double whistled = 0.0, all = 0.0;
	struct frames frames;
	bool has = true;
	int status = -1;

	*share = 0.0;
	if (w == NULL || frames_init(&frames, source, WHISTLE_FRAME, HOP_SEC,
	    false, a, err) != 0)
		goto out;
	while (has) {
		if (frames_next(&frames, frame, &has, err) != 0)
			goto out;
		if (has) {
			const double energy = energy_of(frame);

			if (whistle_frame(w, frame, row) >= WHISTLED)
				whistled += energy;
			all += energy;
		}
	}
	if (all > 0.0 && whistled > 0.0)
		*share = whistled / all;
	status = 0;
out:
	whistle_free(w);
	return status;
}
