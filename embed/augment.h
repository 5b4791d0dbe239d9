/*
 * augment -- making training windows harder, on their columns and images.
 *
 * What separates a hum from a record -- another speed and key, loose pitch,
 * gaps, octave slips, a noisy tracker -- is imitated on the 40 ms columns
 * before the crop, and on the image after it (embed/image_kind.h). Pitch
 * shift, stretch, SpliceOut (Jain et al., "SpliceOut: A Simple and Efficient
 * Audio Augmentation Method", 2021), mixing and noise are those of Amatov et
 * al. (ISMIR 2023); the others make synthetic contours look like activations.
 *
 * The "augmentation" member of a recipe; all but stretch are chances 0..1 of
 * an item or sizes, and absent means as below:
 *	stretch		speed drawn from 1/(1+s) to 1+s, s here	(0.25)
 *	centre_semitones	spread of the centring		(0.5)
 *	splice		SpliceOut: up to three stretches of up to 0.4 s
 *			removed					(0.2)
 *	truncate	silence before or behind		(0.3)
 *	gap		short silences				(0.5)
 *	octave		some notes an octave off		(0.2)
 *	ghost		a weaker copy an octave off		(0.2)
 *	wander		loose pitch, note by note		(0.0)
 *	mix		another window 5 to 10 dB below		(0.15)
 *	noise		3 to 30 dB below			(0.5)
 *	blur		smeared pitch				(0.5)
 * Octave, ghost, wander and blur are of tracked pitch: of a CQT they are 0.
 */
#ifndef EMBED_AUGMENT_H
#define EMBED_AUGMENT_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"

#include "embed/image_kind.h"

struct augment_options {
	double stretch, centre_semitones;
	double p_splice, p_truncate, p_gap, p_octave, p_ghost, p_wander;
	double p_mix, p_noise, p_blur;
};

/* Read the member at "path" ("augmentation"); missing: the defaults. */
int augment_options_read(const struct json *recipe, const char *path,
    const struct image_kind *kind, struct augment_options *o,
    struct error *err) MUST_CHECK;

/* No augmentation at all. */
void augment_options_none(struct augment_options *o);

/* A speed: how many source columns a column of the window takes. */
double augment_draw_speed(const struct augment_options *o, struct random *r);

/*
 * Take n_out columns [n_out][n_bins] out of source [n_in][n_bins], the middle
 * one at the source column "middle", each the nearest at this speed; outside
 * of the source they are 0.
 */
void augment_resample(const struct image_kind *kind, const float *source,
    size_t n_in, double middle, double speed, float *columns, size_t n_out);

/* Splice, truncate, gap, octave, ghost and wander, in place. */
void augment_columns(const struct image_kind *kind,
    const struct augment_options *o, struct random *r, float *columns,
    size_t n_columns);

/* How far to move the centre of the image, in bins of the columns. */
double augment_draw_centre(const struct image_kind *kind,
    const struct augment_options *o, struct random *r);

/* Blur, noise and gain on image [n_image_bins][n_columns], in place. */
void augment_image(const struct image_kind *kind,
    const struct augment_options *o, struct random *r, float *image,
    size_t n_columns);

/*
 * With the chance p_mix add the amplitudes of "other" to those of the image,
 * 5 to 10 dB below.
 */
void augment_mix(const struct image_kind *kind,
    const struct augment_options *o, struct random *r, float *image,
    const float *other, size_t n_values);

#endif
