/*
 * drums -- a kit of three struck sounds, made once and mixed in at each hit.
 */
#ifndef SYNTH_DRUMS_H
#define SYNTH_DRUMS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"

enum drums_sound { DRUMS_KICK, DRUMS_SNARE, DRUMS_HAT, DRUMS_N_SOUNDS };

struct drums {
	float *sounds[DRUMS_N_SOUNDS];
	size_t n_samples[DRUMS_N_SOUNDS];
};

/* A kit drawn from r, in arena memory. */
int drums_make(struct drums *d, double rate_hz, struct random *r,
    struct arena *a, struct error *err) MUST_CHECK;

/* Mix a hit into samples [n_samples] from sample "at" on. */
void drums_hit(const struct drums *d, enum drums_sound sound, double gain,
    size_t at, float *samples, size_t n_samples);

#endif
