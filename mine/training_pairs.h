/*
 * training_pairs -- what the next model is trained on.
 *
 * Makes the records of manifests/FORMAT.md, "Training pairs", from fragments
 * and from recordings whose truth is known, given records that say where the
 * activations (chad-f0) or the CQT (chad-feature) of each recording are.
 */
#ifndef MINE_TRAINING_PAIRS_H
#define MINE_TRAINING_PAIRS_H

#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "mine/recording_index.h"

/* Longest and shortest passage that is cut from a known time map. */
#define TRAINING_PAIRS_MAX_SEC 12.0
#define TRAINING_PAIRS_MIN_SEC 3.0

/*
 * Write the pair of a fragment.  Adds 1 to *n_written, or nothing when the
 * index has no array of one kind for both of its recordings.
 */
int training_pairs_write_fragment(FILE *out, const struct json *fragment,
    const char *source, const struct recording_index *index,
    struct arena *scratch, size_t *n_written, struct error *err) MUST_CHECK;

/*
 * Write the pairs of a labelled recording: its truth.segments cut into
 * passages of TRAINING_PAIRS_MIN_SEC to TRAINING_PAIRS_MAX_SEC.  A record
 * without truth.original_id, or whose original is not in the index or has no
 * array of the same kind, gives none.
 */
int training_pairs_write_truth(FILE *out, const struct json *rec,
    const struct recording_index *index, struct arena *scratch,
    size_t *n_written, struct error *err) MUST_CHECK;

/*
 * Write the pairs of all labelled recordings of a manifest of chad-f0, their
 * originals being in it too; records with an error are left out.
 */
int training_pairs_write_all(FILE *out, struct json *const *records,
    size_t n_records, size_t *n_written, struct error *err) MUST_CHECK;

#endif
