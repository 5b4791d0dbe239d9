/*
 * verdicts -- what people said outranks what the scores say.
 *
 * A review speaks of one fragment.  A new round finds fragments with other
 * limits, so a verdict also holds for a fragment of the same two recordings
 * that overlaps the reviewed one by at least half (intersection over union) in
 * both.  Several reviewers decide by majority; a tie, or "unsure", leaves it to
 * people still: flag.
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

/* A text that changes when a verdict does, 64 hex digits. */
const char *verdicts_sha256(const struct verdicts *v);

#endif
