/*
 * tract -- the vocal tract as a cascade of resonances.
 *
 * Formant frequencies of vowels: Peterson and Barney, "Control methods used in
 * a study of the vowels" (JASA 24, 1952), averages of men; the closed mouth of
 * a hum after Fujimura, "Analysis of nasal consonants" (JASA 34, 1962).
 */
#ifndef SYNTH_TRACT_H
#define SYNTH_TRACT_H

#include <stddef.h>

#define TRACT_N_FORMANTS 6
#define TRACT_N_VOWELS 10

struct tract {
	double hz[TRACT_N_FORMANTS];
	double bandwidth_hz[TRACT_N_FORMANTS];
};

/* Vowel 0..TRACT_N_VOWELS-1; scale 1 is a man's, 1.2 a woman's tract. */
void tract_vowel(struct tract *t, size_t vowel, double scale);

/* The closed mouth. */
void tract_hum(struct tract *t, double scale);

/* Move a share (0..1) of the way to another shape. */
void tract_move(struct tract *t, const struct tract *to, double share);

/* Amplification at a frequency, 1 at 0 Hz, and the phase in radians. */
double tract_gain(const struct tract *t, double f_hz);
double tract_phase(const struct tract *t, double f_hz);

#endif
