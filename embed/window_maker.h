/*
 * window_maker -- draws groups of windows that show the same passage.
 *
 * Four kinds of groups, mixed as the recipe's "data" member says (weights,
 * not negative):
 *	pairs		the two sides of a training pair		(0)
 *	distorted	a side of a training pair, and itself strongly
 *			distorted: needs no second singer		(0)
 *	melodies	a melody of the manifest, sung twice		(0)
 *	tunes		a made-up tune, sung twice			(0)
 * An encoder of a CQT takes pairs alone.  And
 *	group_items	sides a group, 2..8				(2)
 *	windows		windows a side, 1..8, for embed/segment_nce.h	(1)
 *	window_step_sec	how far those of a side lie apart, 0..4		(0.5)
 *	hum_share	of the sung ones: hums, the others are covers	(0.7)
 *	poor_share	of the hums: by people who cannot hold a tune	(0)
 *	shift_sec	sides of a group lie up to this far apart	(0.4)
 *	min_voiced	share of voiced columns that a window needs	(0.3)
 *
 * The first side of a group is the original's, with "original_augmentation"
 * (none when missing); the others have "augmentation" (embed/augment.h).  The
 * windows of a side are of one performance, at one speed, around its place.
 */
#ifndef EMBED_WINDOW_MAKER_H
#define EMBED_WINDOW_MAKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"

#include "embed/augment.h"
#include "embed/image_kind.h"
#include "embed/training_set.h"

enum window_maker_kind {
	WINDOW_MAKER_PAIRS,
	WINDOW_MAKER_DISTORTED,
	WINDOW_MAKER_MELODIES,
	WINDOW_MAKER_TUNES,
	WINDOW_MAKER_N_KINDS
};

struct window_maker_options {
	const struct image_kind *kind;
	double weights[WINDOW_MAKER_N_KINDS];
	size_t n_group_items, n_windows;
	double hum_share, poor_share, shift_sec, min_voiced, window_step_sec;
	struct augment_options original, other;
};

/* Read "data", "augmentation" and "original_augmentation" of a recipe. */
int window_maker_options_read(const struct json *recipe,
    const struct image_kind *kind, struct window_maker_options *o,
    struct error *err) MUST_CHECK;

/* Weights of kinds that the set has nothing for become 0; none left: -1. */
int window_maker_options_fit(struct window_maker_options *o,
    const struct training_set *set, struct error *err) MUST_CHECK;

/* The state of one thread; keeps references to set and options. */
struct window_maker;

struct window_maker *window_maker_new(const struct training_set *set,
    const struct window_maker_options *o, size_t n_columns,
    struct error *err) MUST_CHECK;
void window_maker_free(struct window_maker *m);

/*
 * Draw a group: images [n_items][n_windows][n_image_bins][n_columns] with
 * n_items, the sides, 2 or more, n_windows the options', and the work it is of.
 */
int window_maker_draw(struct window_maker *m, struct random *r,
    size_t n_items, float *images, size_t *work, struct error *err)
    MUST_CHECK;

/*
 * The middle of a certain pair, as it is: images [2][n_image_bins][n_columns].
 * For validation.  False when one of the two is hardly voiced.
 */
bool window_maker_take_pair(struct window_maker *m,
    const struct training_pair *pair, float *images);

#endif
