#include <math.h>

#include "synth/instrument.h"

#define PI 3.14159265358979323846
#define MAX_HARMONICS 32
#define DULL_SLOPE (-1.3)	/* added to the slope as the note decays */
#define DULL_SEC 0.25
#define SILENT 1e-3

/* One period and its first value again, for interpolation. */
struct table {
	float at[INSTRUMENT_TABLE + 1];
};

void
instrument_draw(struct instrument *i, enum instrument_kind kind,
    struct random *r)
{
	static const struct instrument kinds[INSTRUMENT_N_KINDS] = {
		{ INSTRUMENT_PIANO, -1.6, 1, 0.12, 0.004, 0.9, 0.12, 0, 2 },
		{ INSTRUMENT_GUITAR, -1.2, 1, 0.25, 0.003, 0.6, 0.08, 0, 0 },
		{ INSTRUMENT_ORGAN, -1.1, 0.8, 0, 0.02, 1, 0.05, 1, 0 },
		{ INSTRUMENT_STRINGS, -1.3, 1, 0, 0.18, 1, 0.25, 1, 9 },
		{ INSTRUMENT_SYNTH, -1.0, 0.3, 0, 0.02, 0.5, 0.15, 0.6, 12 },
		{ INSTRUMENT_BASS, -1.5, 1, 0.2, 0.006, 0.8, 0.06, 0.2, 0 },
	};

	*i = kinds[kind];
	i->slope += random_range(r, -0.4, 0.4);
	i->even *= random_range(r, 0.4, 1.0);
	i->pluck *= random_range(r, 0.6, 1.4);
	i->attack_sec *= random_range(r, 0.6, 1.6);
	i->decay_sec *= random_range(r, 0.6, 1.6);
	i->detune_cents *= random_range(r, 0.3, 1.5);
}

static double
weight(const struct instrument *i, size_t h, double slope)
{
	double w = pow((double)h, slope) * (h % 2 == 0 ? i->even : 1.0);

	return i->pluck > 0 ? w * fabs(sin(PI * i->pluck * (double)h)) : w;
}

/* Fill both tables; the bright one has power 1, the dull one keeps below. */
static void
fill_tables(const struct instrument *i, double f_hz, double rate_hz,
    struct table *bright, struct table *dull)
{
	size_t n = (size_t)fmin(0.47 * rate_hz / f_hz, MAX_HARMONICS);
	double power = 1e-9;

	for (size_t k = 0; k <= INSTRUMENT_TABLE; k++)
		bright->at[k] = dull->at[k] = 0;
	for (size_t h = 1; h <= n; h++)
		power += pow(weight(i, h, i->slope), 2);
	for (size_t h = 1; h <= n; h++) {
		float w = (float)(weight(i, h, i->slope) / sqrt(power));
		float v = (float)(weight(i, h, i->slope + DULL_SLOPE) /
		    sqrt(power));
		double step = 2.0 * PI * (double)h / INSTRUMENT_TABLE;
		/* Turning by one step, so that no sine is computed inside. */
		double s = sin(0.7 * (double)(h * h)), turn_s = sin(step);
		double c = cos(0.7 * (double)(h * h)), turn_c = cos(step);

		for (size_t k = 0; k <= INSTRUMENT_TABLE; k++) {
			double next = s * turn_c + c * turn_s;

			bright->at[k] += w * (float)s;
			dull->at[k] += v * (float)s;
			c = c * turn_c - s * turn_s;
			s = next;
		}
	}
}

static float
look_up(const struct table *t, double phase)
{
	int k = (int)phase;
	float x = (float)(phase - (double)k);

	return t->at[k] + x * (t->at[k + 1] - t->at[k]);
}

/* One voice of a note. */
static void
play_voice(const struct instrument *i, const struct instrument_note *note,
    double f_hz, const struct table *bright, const struct table *dull,
    double rate_hz, float *samples, size_t n_samples)
{
	double step = INSTRUMENT_TABLE * f_hz / rate_hz;
	double phase = 0, level = 1, release = 1, brightness = 1;
	double decay = exp(-1 / (i->decay_sec * rate_hz));
	double fade = exp(-1 / (0.3 * i->release_sec * rate_hz));
	double dulling = exp(-1 / (DULL_SEC * rate_hz));
	double attack_step = 1 / (i->attack_sec * rate_hz), attack = 0;
	double length = note->duration_sec * rate_hz;
	size_t first = (size_t)fmax(note->start_sec * rate_hz, 0);

	for (size_t n = first; n < n_samples; n++) {
		double gain;

		if ((double)(n - first) > length)
			release *= fade;
		attack = fmin(attack + attack_step, 1);
		level = i->sustain + (level - i->sustain) * decay;
		brightness *= dulling;
		gain = note->gain * attack * level * release;
		if (release * level < SILENT)
			break;
		samples[n] += (float)gain * (look_up(dull, phase) +
		    (float)brightness * (look_up(bright, phase) -
		    look_up(dull, phase)));
		phase += step;
		if (phase >= INSTRUMENT_TABLE)
			phase -= INSTRUMENT_TABLE;
	}
}

void
instrument_play(const struct instrument *i,
    const struct instrument_note *note, double rate_hz, float *samples,
    size_t n_samples)
{
	double f_hz = 440.0 * exp2((note->pitch - 69.0) / 12.0);
	double apart = exp2(i->detune_cents / 2400.0);
	struct instrument_note half = *note;
	struct table bright, dull;

	if (!(f_hz > 10.0) || f_hz > 0.4 * rate_hz)
		return;
	fill_tables(i, f_hz, rate_hz, &bright, &dull);
	if (i->detune_cents <= 0) {
		play_voice(i, note, f_hz, &bright, &dull, rate_hz, samples,
		    n_samples);
		return;
	}
	half.gain *= 0.6;
	play_voice(i, &half, f_hz / apart, &bright, &dull, rate_hz, samples,
	    n_samples);
	play_voice(i, &half, f_hz * apart, &bright, &dull, rate_hz, samples,
	    n_samples);
}
