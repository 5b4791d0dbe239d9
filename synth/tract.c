#include <math.h>

#include "synth/tract.h"

static const double upper_hz[3] = { 3400, 4500, 5500 };
static const double bandwidths_hz[TRACT_N_FORMANTS] = { 115, 130, 170, 220,
    280, 400 };

void
tract_vowel(struct tract *t, size_t vowel, double scale)
{
	static const double lower_hz[TRACT_N_VOWELS][3] = {
		{ 270, 2290, 3010 }, { 390, 1990, 2550 }, { 530, 1840, 2480 },
		{ 660, 1720, 2410 }, { 730, 1090, 2440 }, { 570, 840, 2410 },
		{ 440, 1020, 2240 }, { 300, 870, 2240 }, { 640, 1190, 2390 },
		{ 490, 1350, 1690 },
	};

	for (size_t i = 0; i < TRACT_N_FORMANTS; i++) {
		double hz = i < 3 ? lower_hz[vowel][i] : upper_hz[i - 3];

		t->hz[i] = scale * hz;
		t->bandwidth_hz[i] = bandwidths_hz[i];
	}
}

void
tract_hum(struct tract *t, double scale)
{
	static const double hz[TRACT_N_FORMANTS] = { 260, 1000, 2000, 3000,
	    4000, 5000 };

	for (size_t i = 0; i < TRACT_N_FORMANTS; i++) {
		t->hz[i] = scale * hz[i];
		t->bandwidth_hz[i] = 120.0 + 0.1 * hz[i];
	}
}

void
tract_move(struct tract *t, const struct tract *to, double share)
{
	for (size_t i = 0; i < TRACT_N_FORMANTS; i++) {
		t->hz[i] += share * (to->hz[i] - t->hz[i]);
		t->bandwidth_hz[i] += share *
		    (to->bandwidth_hz[i] - t->bandwidth_hz[i]);
	}
}

double
tract_gain(const struct tract *t, double f_hz)
{
	double below = 1.0;

	for (size_t i = 0; i < TRACT_N_FORMANTS; i++) {
		double square = t->hz[i] * t->hz[i];
		double a = 1.0 - f_hz * f_hz / square;
		double b = f_hz * t->bandwidth_hz[i] / square;

		below *= a * a + b * b;
	}
	return 1.0 / sqrt(below);
}

double
tract_phase(const struct tract *t, double f_hz)
{
	double phase = 0;

	for (size_t i = 0; i < TRACT_N_FORMANTS; i++)
		phase -= atan2(f_hz * t->bandwidth_hz[i],
		    t->hz[i] * t->hz[i] - f_hz * f_hz);
	return phase;
}
