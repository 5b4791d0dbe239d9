/*
 * decide -- what a round found, put into the catalogue.
 */
#ifndef MINE_DECIDE_H
#define MINE_DECIDE_H

#include "base/error.h"

#include "mine/lists.h"
#include "mine/steps.h"
#include "mine/verdicts.h"

/* Bring the recordings up to date with what the commands found of them. */
int decide_store_recordings(const struct steps *s,
    const struct steps_file *analysed, struct error *err) MUST_CHECK;

/*
 * Let verdicts outrank the decisions of the aligned fragments, put what people
 * accepted among them, and store them in place of those of earlier rounds, in
 * one transaction; put recordings without any that is kept into quarantine.
 * Fragments of two recordings that share a work with less than the probability
 * same_work are flagged for people instead of kept.  *fragments is the list as
 * decided, which is noted as the step "decide".
 */
int decide_fragments(const struct steps *s, const struct steps_file *aligned,
    const struct verdicts *v, double same_work,
    struct lists_file *fragments, struct error *err) MUST_CHECK;

#endif
