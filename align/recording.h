/*
 * recording -- what the aligner needs of a recording, from its record's files.
 */
#ifndef ALIGN_RECORDING_H
#define ALIGN_RECORDING_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "align/aligner.h"

struct recording {
	struct aligner_recording arrays;
	size_t n_dims;
	double window_sec, hop_sec;	/* of the fingerprints */
	const char *model_sha256;	/* borrowed from the record */
};

/*
 * Read the fingerprints and the pitch track that "embed" and "f0" of the
 * record name, relative to base_folder (or NULL for the working folder).
 * Everything is arena memory.
 */
int recording_load(const struct json *rec, const char *base_folder,
    struct arena *a, struct recording *r, struct error *err) MUST_CHECK;

/*
 * Check that the fingerprints of both can be compared and put what they share
 * into the options.
 */
int recording_agree(const struct recording *original,
    const struct recording *cover, struct aligner_options *o,
    struct error *err) MUST_CHECK;

#endif
