#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "synth/harmonics.h"

#include "pitch/pitch_net.h"
#include "pitch/pitch_tone.h"

#define PI 3.14159265358979323846
#define MAX_HARMONICS 120
#define N_RESONANCES 4
#define LEVEL 0.1
/* Shares of the kinds of sounds. */
#define P_BELOW 0.06
#define P_ABOVE 0.06
#define P_SINE 0.25
#define P_ODD 0.15
#define P_COLOURED 0.6
#define P_WEAK 0.3
#define P_UNEVEN 0.3
/* No partial is to fold back, however far the pitch glides. */
#define LIMIT_HZ (0.47 * PITCH_NET_RATE_HZ)

/* What is played. */
struct tone {
	double f0_hz;			/* at the centre */
	double glide;			/* octaves a second */
	double vibrato, vibrato_hz, vibrato_phase;	/* octaves */
	size_t n_harmonics;
	double gain[MAX_HARMONICS];
	struct harmonics weights;
};

static double
gain_of_db(double db)
{
	return pow(10.0, db / 20.0);
}

/* Low to high, every octave as likely. */
static double
draw_hz(struct random *r, double low, double high)
{
	return low * pow(high / low, random_uniform(r));
}

static void
draw_pitch(struct tone *t, struct random *r, bool *is_sine)
{
	const double kind = random_uniform(r);

	*is_sine = random_uniform(r) < P_SINE;
	if (kind < P_BELOW) {
		t->f0_hz = draw_hz(r, 8.0, 30.7);
		*is_sine = true;
	} else if (kind < P_BELOW + P_ABOVE) {
		t->f0_hz = draw_hz(r, 4150.0, 7200.0);
		*is_sine = true;
	} else {
		t->f0_hz = *is_sine ? draw_hz(r, 32.0, 4020.0) :
		    draw_hz(r, 40.0, 1800.0);
	}
	t->glide = random_uniform(r) < 0.5 ? 0.0 : 0.5 * random_normal(r);
	t->vibrato = random_uniform(r) < 0.5 ? 0.0 :
	    random_range(r, 0.0, 0.05);
	t->vibrato_hz = random_range(r, 4.0, 7.0);
	t->vibrato_phase = random_uniform(r);
}

/* Raise the harmonics around a few random frequencies. */
static void
colour(struct tone *t, struct random *r)
{
	for (size_t i = 0; i < N_RESONANCES; i++) {
		const double middle_hz = draw_hz(r, 150.0, 5000.0);
		const double width = random_range(r, 0.08, 0.4);
		const double height = gain_of_db(random_range(r, 6.0, 24.0));

		for (size_t h = 0; h < t->n_harmonics; h++) {
			const double octaves = log2((double)(h + 1) *
			    t->f0_hz / middle_hz) / width;

			t->gain[h] *= 1.0 + height * exp(-0.5 * octaves *
			    octaves);
		}
	}
}

/* The lowest harmonics, all but lost. */
static void
weaken(struct tone *t, struct random *r)
{
	const size_t n = 1 + random_below(r, 2);

	for (size_t h = 0; h < n && h + 4 < t->n_harmonics; h++)
		t->gain[h] *= gain_of_db(random_range(r, -40.0, -6.0));
}

/* The even ones stand out, so that the sound is nearly an octave higher. */
static void
make_uneven(struct tone *t, struct random *r)
{
	const double factor = gain_of_db(random_range(r, -20.0, -4.0));

	for (size_t h = 0; h < t->n_harmonics; h += 2)
		t->gain[h] *= factor;
}

static void
draw_harmonics(struct tone *t, bool is_sine, struct random *r)
{
	const double slope = random_range(r, -15.0, -1.0) / 6.0206;
	const bool is_odd = random_uniform(r) < P_ODD;
	/* In phase they make pulses, else a murmur. */
	const double spread = random_uniform(r) < 0.5 ? 2.0 * PI : 0.3;
	double power = 0.0;

	t->n_harmonics = (size_t)fmin(LIMIT_HZ / t->f0_hz,
	    is_sine ? 2.0 : MAX_HARMONICS);
	for (size_t h = 0; h < t->n_harmonics; h++) {
		t->gain[h] = pow((double)(h + 1), slope);
		if (is_odd && h % 2 == 1)
			t->gain[h] *= 0.03;
		if (is_sine && h == 1)
			t->gain[h] = gain_of_db(random_range(r, -80.0, -24.0));
	}
	if (!is_sine && random_uniform(r) < P_COLOURED)
		colour(t, r);
	if (!is_sine && random_uniform(r) < P_WEAK)
		weaken(t, r);
	if (!is_sine && !is_odd && random_uniform(r) < P_UNEVEN)
		make_uneven(t, r);
	for (size_t h = 0; h < t->n_harmonics; h++)
		power += 0.5 * t->gain[h] * t->gain[h];
	t->weights.n = t->n_harmonics;
	for (size_t h = 0; h < t->n_harmonics; h++) {
		const double phase = spread * random_uniform(r);
		const double gain = LEVEL * t->gain[h] / sqrt(power);

		t->weights.a[h] = (float)(gain * sin(phase));
		t->weights.b[h] = (float)(gain * cos(phase));
	}
}

/* The pitch so long after the centre. */
static double
hz_at(const struct tone *t, double sec)
{
	return t->f0_hz * exp2(t->glide * sec + t->vibrato *
	    sin(2.0 * PI * (t->vibrato_hz * sec + t->vibrato_phase)));
}

double
pitch_tone_draw(struct random *r, size_t n_samples, size_t centre,
    float *samples)
{
	struct tone t = { .weights = { .n = 0 } };
	double phase = 0.0;
	bool is_sine;

	draw_pitch(&t, r, &is_sine);
	draw_harmonics(&t, is_sine, r);
	memset(samples, 0, n_samples * sizeof(*samples));
	for (size_t i = 0; i < n_samples; i += PITCH_TONE_BLOCK) {
		const double sec = ((double)i - (double)centre) /
		    PITCH_NET_RATE_HZ;
		const struct harmonics_block block = {
		    &t.weights, &t.weights, hz_at(&t, sec),
		    hz_at(&t, sec + (double)PITCH_TONE_BLOCK /
		    PITCH_NET_RATE_HZ), 0.0, 1.0 / PITCH_TONE_BLOCK,
		    PITCH_NET_RATE_HZ };

		harmonics_add(&block, &phase, samples + i,
		    PITCH_TONE_BLOCK);
	}
	return hz_at(&t, 0.0);
}
