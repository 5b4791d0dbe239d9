/*
 * pitch_pool -- voices whose pitch is known, to train a pitch network on.
 *
 * Synthetic ones are sung and hummed by synth/ from tunes made up for them;
 * real ones come from a manifest, with labels in truth.f0_path.  Beside them
 * lie accompaniments without voice, to be mixed in.  Everything is kept in 16
 * bits; an hour takes 115 MB.
 */
#ifndef PITCH_PITCH_POOL_H
#define PITCH_PITCH_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/pool.h"
#include "base/random.h"

#include "dsp/track.h"

#define PITCH_POOL_RATE_HZ 16000
#define PITCH_POOL_HOP_SEC 0.01	/* of all labels */

/* One sound; label k describes sample round((k * hop + shift) * rate). */
struct pitch_sound {
	int16_t *samples;	/* [n_samples], 32767 is 1 */
	size_t n_samples;
	float *f0_hz;		/* [n_frames], 0 unvoiced; NULL: no voice */
	size_t n_frames;
	double shift_sec;
	double level;		/* RMS of the voiced part, or of all */
};

struct pitch_pool {
	struct pitch_sound *sounds;
	size_t n_sounds, n_room;
};

/* Zeroed is empty; release with pitch_pool_release. */
void pitch_pool_release(struct pitch_pool *p);

/* What is synthesised: seconds of all sounds together, and of each. */
struct pitch_pool_plan {
	size_t n_sounds;
	double sound_sec;
	bool has_voice;		/* voices with labels, else accompaniments */
	uint64_t seed;
};

/* Add synthetic sounds; the same for any number of threads. */
int pitch_pool_synthesise(struct pitch_pool *p,
    const struct pitch_pool_plan *plan, struct pool *threads,
    struct error *err) MUST_CHECK;

/*
 * Add the records of a manifest that have truth.f0_path: the voice is
 * vocals_filepath, decode.path or a 16 kHz audio_filepath, the labels have a
 * hop of 10 ms and describe the time truth.f0_shift_sec (default 0) later.
 * Records with an "error" are left out; one that cannot be read is an error.
 */
int pitch_pool_load(struct pitch_pool *p, const char *manifest_path,
    struct error *err) MUST_CHECK;

/* Sample i of a sound, 0 outside of it; -1..1. */
float pitch_pool_sample(const struct pitch_sound *s, int64_t i);

/* A whole sound as float samples, heap memory to be freed by memory_free. */
float *pitch_pool_samples(const struct pitch_sound *s, struct error *err)
    MUST_CHECK;

#endif
