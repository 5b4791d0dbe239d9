/*
 * probabilities -- what makes probabilities of a round's scores.
 *
 * Where there are covers whose true alignment is known, a calibration
 * (align/calibration.h) is fitted to their fragments, to their pairs and to
 * pairs of strangers: each original with the versions of the next work.
 */
#ifndef MINE_PROBABILITIES_H
#define MINE_PROBABILITIES_H

#include <stdbool.h>

#include "base/error.h"

#include "mine/stages.h"
#include "mine/steps.h"

/* Fewer fragments of known truth than this are not fitted to. */
#define PROBABILITIES_MIN_FRAGMENTS 20

/*
 * embedded: the covers and their originals.  aligned, checked: their fragments,
 * and the same with "is_right".  *fitted is false when they are too few, or
 * all right or all wrong.
 */
int probabilities_fit(const struct steps *s,
    const struct steps_file *embedded, const struct steps_file *aligned,
    const struct steps_file *checked, bool *fitted, struct steps_file *f,
    struct error *err) MUST_CHECK;

#endif
