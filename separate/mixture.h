/*
 * mixture -- a few seconds of any voice over any accompaniment.
 *
 * Each draw is another one: speed (and with it key and formants), two bands
 * of an equaliser on either stem, their levels, a room around the voice, now
 * and then a second accompaniment, no voice or no accompaniment at all.
 */
#ifndef SEPARATE_MIXTURE_H
#define SEPARATE_MIXTURE_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"

#include "separate/stems.h"

struct mixture_options {
	double p_same_song;	/* voice and accompaniment of one song */
	double p_no_voice, p_no_accompaniment, p_second_accompaniment;
	double max_speed;	/* 1.2: from 1/1.2 to 1.2 */
	double max_gain_db;	/* voice against accompaniment, either way */
	double max_eq_db;
	double p_reverb;	/* of the voice: 0.2 to 2 s, -24 to -6 dB */
};

/* The "augmentation" member of a recipe; what is missing has a default. */
int mixture_options_read(const struct json *recipe, struct mixture_options *o,
    struct error *err) MUST_CHECK;

/* Fill voice and accompaniment, [n_samples] each; their sum is the mixture. */
int mixture_draw(const struct mixture_options *o, const struct stems *stems,
    struct random *r, float *voice, float *accompaniment, size_t n_samples,
    struct error *err) MUST_CHECK;

#endif
