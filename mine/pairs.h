/*
 * pairs -- the training manifest of a round.
 */
#ifndef MINE_PAIRS_H
#define MINE_PAIRS_H

#include "base/error.h"

#include "mine/lists.h"
#include "mine/steps.h"
#include "mine/verdicts.h"

/*
 * The passages that the next model is trained on: those of the labelled hums,
 * and the fragments that the catalogue keeps; nothing of works of which any
 * recording, here or in the catalogue, is blocked.  hums, recordings: what
 * chad-f0 made of them, or NULL; v: NULL without recordings.
 */
int pairs_of_round(const struct steps *s, const struct steps_file *hums,
    const struct steps_file *recordings, const struct verdicts *v,
    struct lists_file *pairs, struct error *err) MUST_CHECK;

#endif
