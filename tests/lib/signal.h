/*
 * signal -- sounds with known answers, and how near two arrays are.
 *
 * Generators fill n samples; amplitude is the peak (1 is full scale), phases
 * start at 0 and are summed in double, so a tone is exact over hours.
 */
#ifndef TESTS_LIB_SIGNAL_H
#define TESTS_LIB_SIGNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

/* A sine of f_hz. */
void signal_tone(float *x, size_t n, double rate_hz, double f_hz,
    double amplitude);

/*
 * Harmonics 1..n_harmonics of f_hz with amplitudes amplitude / k, those at or
 * above half the rate left out: a plain stand-in for a sung vowel.
 */
void signal_harmonics(float *x, size_t n, double rate_hz, double f_hz,
    size_t n_harmonics, double amplitude);

/* From from_hz to to_hz with equal cents a second (a sung glide). */
void signal_glide(float *x, size_t n, double rate_hz, double from_hz,
    double to_hz, double amplitude);

/* The glide's frequency at a sample; "sample" may lie between two. */
double signal_glide_hz(double sample, size_t n, double from_hz, double to_hz);

/* From from_hz to to_hz with equal Hz a second (a linear chirp). */
void signal_chirp(float *x, size_t n, double rate_hz, double from_hz,
    double to_hz, double amplitude);

/* Gaussian noise of standard deviation rms, the same for the same seed. */
void signal_noise(float *x, size_t n, uint64_t seed, double rms);

/* Zero but for 1.0 at first, first + every, first + 2 * every ... */
void signal_clicks(float *x, size_t n, size_t first, size_t every);

/* x += gain * y. */
void signal_mix(float *x, const float *y, size_t n, double gain);

double signal_rms(const float *x, size_t n);
double signal_max_difference(const float *a, const float *b, size_t n);

/*
 * Power of "want" over power of (got - want) in dB; 300 when they are equal,
 * -300 when "want" is all zero and "got" is not.
 */
double signal_snr_db(const float *want, const float *got, size_t n);

/*
 * True when |got - want| <= absolute + relative * |want| everywhere; else
 * prints the first place where it is not.  NaN is never near.
 */
bool signal_is_near(const float *want, const float *got, size_t n,
    double absolute, double relative);

/*
 * The lag within -max_lag..max_lag at which x[i + lag] correlates best with
 * ref[i], both of n samples: how many samples x comes later.
 */
long signal_best_lag(const float *ref, const float *x, size_t n,
    size_t max_lag);

/* Random directions: rows [n_rows][n_dims] of length 1. */
void signal_unit_rows(float *rows, size_t n_rows, size_t n_dims,
    struct random *r);

#endif
