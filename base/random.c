#include <math.h>

#include "base/random.h"

/* splitmix64 (Steele, Lea and Flood, OOPSLA 2014): one step. */
static uint64_t
splitmix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void
random_init(struct random *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		r->word[i] = splitmix(&seed);
}

void
random_init_keyed(struct random *r, uint64_t seed, uint64_t a, uint64_t b)
{
	uint64_t state = seed;
	uint64_t mixed;

	mixed = splitmix(&state);
	state = mixed ^ a;
	mixed = splitmix(&state);
	state = mixed ^ b;
	mixed = splitmix(&state);
	random_init(r, mixed);
}

static uint64_t
rotate_left(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t
random_next(struct random *r)
{
	uint64_t *s = r->word;
	const uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	const uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

double
random_uniform(struct random *r)
{
	return (double)(random_next(r) >> 11) * 0x1p-53;
}

double
random_range(struct random *r, double low, double high)
{
	const double x = low + (high - low) * random_uniform(r);

	/* Rounding may reach the end that is not included. */
	return x < high ? x : low;
}

size_t
random_below(struct random *r, size_t n)
{
	const uint64_t limit = n;
	/* 2^64 mod n: values below it would make some results likelier. */
	const uint64_t n_refused = (UINT64_MAX - limit + 1) % limit;
	uint64_t x;

	do
		x = random_next(r);
	while (x < n_refused);
	return (size_t)(x % limit);
}

double
random_normal(struct random *r)
{
	const double two_pi = 6.283185307179586476925286766559;
	/* 1 - uniform lies in (0, 1], where the logarithm is finite. */
	const double radius = sqrt(-2.0 * log(1.0 - random_uniform(r)));

	return radius * cos(two_pi * random_uniform(r));
}
