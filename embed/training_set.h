/*
 * training_set -- what the encoder is trained on, in memory.
 *
 * A manifest may hold two kinds of lines (manifests/FORMAT.md):
 *
 *	training pairs	"original" and "other": one passage twice, as
 *			arrays of the kind; chad-mine writes them
 *	melodies	records whose audio_filepath ends in .mid or .midi,
 *			to be sung on the fly; activations only
 *
 * Lines with "error" are left out.  At most TRAINING_SET_MAX_BYTES of
 * arrays are kept; more is an error that says so.
 */
#ifndef EMBED_TRAINING_SET_H
#define EMBED_TRAINING_SET_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "synth/tune.h"

#include "embed/excerpt.h"

#define TRAINING_SET_MAX_BYTES ((size_t)6 << 30)

/* One side of a pair: the passage, in columns of the excerpt. */
struct training_side {
	struct excerpt excerpt;
	double first_column, n_columns;
};

struct training_pair {
	size_t work;		/* a hash of the group_id */
	struct training_side original, other;
};

struct training_melody {
	size_t work;
	struct tune tune;
};

struct training_set {
	const struct image_kind *kind;
	struct training_pair *pairs;
	size_t n_pairs;
	struct training_melody *melodies;
	size_t n_melodies;
	struct arena *arena;	/* of the tunes */
	size_t pair_capacity, melody_capacity, n_bytes;
};

/*
 * Load a manifest; excerpts reach margin_sec beyond their passage on both
 * sides.  Relative paths of melodies start at the manifest's folder, those of
 * arrays at the working folder, as of all artefacts.  A path of NULL gives
 * an empty set.  Release with training_set_release.
 */
int training_set_load(struct training_set *set,
    const struct image_kind *kind, const char *path, double margin_sec,
    struct error *err) MUST_CHECK;
void training_set_release(struct training_set *set);

#endif
