#include <math.h>

#include "synth/drums.h"
#include "synth/noise.h"

#define PI 3.14159265358979323846

static int
make_room(struct drums *d, enum drums_sound sound, double sec,
    double rate_hz, struct arena *a, struct error *err)
{
	d->n_samples[sound] = (size_t)(sec * rate_hz);
	d->sounds[sound] = arena_need(a, d->n_samples[sound], sizeof(float),
	    "drums", err);
	return d->sounds[sound] == NULL ? -1 : 0;
}

/* A tone that falls from one frequency to another while it dies away. */
static void
add_drop(float *x, size_t n, double rate_hz, double from_hz, double to_hz,
    double drop_sec, double decay_sec, double gain)
{
	double phase = 0;

	for (size_t i = 0; i < n; i++) {
		double sec = (double)i / rate_hz;

		phase += 2.0 * PI / rate_hz *
		    (to_hz + (from_hz - to_hz) * exp(-sec / drop_sec));
		x[i] += (float)(gain * exp(-sec / decay_sec) * sin(phase));
	}
}

/* Noise of a band that dies away. */
static void
add_rattle(float *x, size_t n, double rate_hz, double f_hz, double q,
    double decay_sec, double gain, struct random *r)
{
	size_t step = (size_t)(0.004 * rate_hz);
	struct noise_band band;

	noise_band_init(&band, f_hz, q, rate_hz);
	for (size_t i = 0; i < n; i += step) {
		double sec = (double)i / rate_hz;

		noise_add(&band, gain * exp(-sec / decay_sec), gain *
		    exp(-(sec + 0.004) / decay_sec), r, x + i,
		    i + step < n ? step : n - i);
	}
}

int
drums_make(struct drums *d, double rate_hz, struct random *r,
    struct arena *a, struct error *err)
{
	double kick_hz = random_range(r, 40, 65);
	double kick_sec = random_range(r, 0.1, 0.25);
	double snare_hz = random_range(r, 150, 240);
	double snare_sec = random_range(r, 0.06, 0.2);
	double rattle_hz = random_range(r, 1500, 4000);
	double hat_hz = random_range(r, 6000, 10000);
	double hat_sec = random_range(r, 0.02, 0.08);
	double tone = random_range(r, 0.1, 0.5);

	if (make_room(d, DRUMS_KICK, 0.5, rate_hz, a, err) != 0 ||
	    make_room(d, DRUMS_SNARE, 0.5, rate_hz, a, err) != 0 ||
	    make_room(d, DRUMS_HAT, 0.3, rate_hz, a, err) != 0)
		return -1;
	add_drop(d->sounds[DRUMS_KICK], d->n_samples[DRUMS_KICK], rate_hz,
	    4.0 * kick_hz, kick_hz, 0.02, kick_sec, 1.0);
	add_drop(d->sounds[DRUMS_SNARE], d->n_samples[DRUMS_SNARE], rate_hz,
	    1.5 * snare_hz, snare_hz, 0.02, 0.1, tone);
	add_rattle(d->sounds[DRUMS_SNARE], d->n_samples[DRUMS_SNARE], rate_hz,
	    rattle_hz, 0.6, snare_sec, 0.6, r);
	add_rattle(d->sounds[DRUMS_HAT], d->n_samples[DRUMS_HAT], rate_hz,
	    hat_hz, 1.0, hat_sec, 0.4, r);
	return 0;
}

void
drums_hit(const struct drums *d, enum drums_sound sound, double gain,
    size_t at, float *samples, size_t n_samples)
{
	const float *x = d->sounds[sound];

	for (size_t i = 0; i < d->n_samples[sound] && at + i < n_samples; i++)
		samples[at + i] += (float)gain * x[i];
}
