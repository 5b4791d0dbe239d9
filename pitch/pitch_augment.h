/*
 * pitch_augment -- a frame of a voice as a poor recording would have it.
 *
 * Each effect is applied with its own probability: the sound played faster or
 * slower (its pitch moves along), reflections of a room, an accompaniment,
 * coloured noise, the band of a telephone, 8-bit samples.  Some frames get no
 * voice at all: silence, noise or accompaniment alone.
 */
#ifndef PITCH_PITCH_AUGMENT_H
#define PITCH_PITCH_AUGMENT_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"

#include "pitch/pitch_net.h"
#include "pitch/pitch_pool.h"

/* Samples before the frame that filters and reflections need. */
#define PITCH_AUGMENT_LEAD 2048
#define PITCH_AUGMENT_SEGMENT (PITCH_AUGMENT_LEAD + PITCH_NET_FRAME)

/* The member "augmentation" of a recipe; each has a default. */
struct pitch_augment {
	double p_empty;			/* no voice in the frame */
	double p_tone;			/* pitch/pitch_tone.h instead */
	double p_speed, max_semitones;	/* played faster or slower */
	double p_reverb;
	double p_band, min_band_db, max_band_db;	/* voice over band */
	double p_noise, min_noise_db, max_noise_db;	/* voice over noise */
	double p_telephone;
	double p_8_bit;
	double p_clip;			/* too loud for the recorder */
};

/* Other members are refused. */
int pitch_augment_read(struct pitch_augment *o, const struct json *recipe,
    struct error *err) MUST_CHECK;

/*
 * Make the frame of "voice" around label k, with "bands" (may be empty) to
 * mix in: the last PITCH_NET_FRAME samples of "segment".  Returns the pitch at
 * its centre, 0 when there is none.
 */
double pitch_augment_frame(const struct pitch_augment *o,
    const struct pitch_sound *voice, size_t k,
    const struct pitch_pool *bands, struct random *r,
    float segment[PITCH_AUGMENT_SEGMENT]);

#endif
