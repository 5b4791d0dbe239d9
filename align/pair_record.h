/*
 * pair_record -- what the fragments of two recordings say together: do these
 * share a work?
 *
 * Of the main line (main_line.h), since repeats say the same again:
 *
 *	pair.n_fragments	how many
 *	pair.evidence_sec	their seconds by agreement above strangers'
 *	pair.covered_share	of the shorter recording, that they cover
 *	pair.correlation, pair.agreement	the highest of any fragment
 */
#ifndef ALIGN_PAIR_RECORD_H
#define ALIGN_PAIR_RECORD_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

#include "align/aligner.h"

/*
 * Put the member "pair" on a record made with fragment_record_new, in place of
 * its empty fragment_id.  Durations are those of the recordings, in seconds.
 */
int pair_record_put(struct json *rec, const struct aligner_fragment *fragments,
    size_t n, double original_sec, double cover_sec, struct error *err)
    MUST_CHECK;

#endif
