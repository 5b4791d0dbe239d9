/*
 * verdicts -- what people said outranks what the scores say.
 *
 * A review speaks of one fragment.  A new round finds fragments with other
 * limits, so a verdict also holds for a fragment of the same two recordings
 * that overlaps the reviewed one by at least half (intersection over union) in
 * both.  Several reviewers decide by majority, or adjudicators where one has
 * spoken; a tie, or "unsure", leaves it to people still: flag.
 *
 * What was rejected does not come back in pieces either: a fragment that lies
 * by half or more within a rejected one is dropped, and one that holds half or
 * more of a rejected one is flagged.  What was accepted is in every round as it
 * was accepted, moved where a reviewer has moved it, whether or not the aligner
 * finds it again.
 */
#ifndef MINE_VERDICTS_H
#define MINE_VERDICTS_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

#define VERDICTS_MIN_OVERLAP 0.5

struct verdicts;

/* All reviews of the catalogue; NULL with an error. */
struct verdicts *verdicts_load(struct catalogue *c, struct error *err)
    MUST_CHECK;
void verdicts_free(struct verdicts *v);

/* "keep", "flag" or "drop", or NULL when nobody has spoken of the fragment. */
const char *verdicts_on(const struct verdicts *v,
    const struct json *fragment);

/*
 * Which accepted fragment this one is, 0 to verdicts_n_accepted - 1; that
 * number when it is none.
 */
size_t verdicts_find_accepted(const struct verdicts *v,
    const struct json *fragment);
size_t verdicts_n_accepted(const struct verdicts *v);

/* The record of accepted fragment i, by group_id, fragment_id; borrowed. */
const struct json *verdicts_accepted(const struct verdicts *v, size_t i);

/* A text that changes when a verdict does, 64 hex digits. */
const char *verdicts_sha256(const struct verdicts *v);

#endif
