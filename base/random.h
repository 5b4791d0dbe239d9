/*
 * random -- seeded random numbers, the same on every machine.
 *
 * xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021), seeded by splitmix64.  The state is a plain struct: pass
 * it in, save it in checkpoints as its four words.  Independent streams for
 * item i of epoch e come from random_init_keyed, so that work can be done in
 * any order by any number of threads.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t word[4];
};

void random_init(struct random *r, uint64_t seed);

/* A stream of its own for each (seed, a, b). */
void random_init_keyed(struct random *r, uint64_t seed, uint64_t a,
    uint64_t b);

uint64_t random_next(struct random *r);

/* Uniform in [0, 1), a multiple of 2^-53. */
double random_uniform(struct random *r);

/* Uniform in [low, high). */
double random_range(struct random *r, double low, double high);

/* Uniform integer in 0..n-1, without bias; n >= 1. */
size_t random_below(struct random *r, size_t n);

/* Mean 0, standard deviation 1 (Box-Muller, one value a call). */
double random_normal(struct random *r);

#endif
