/*
 * manifest_strata -- a stratified split: every kind of work has the wanted
 * share in every part, as nearly as whole works allow.
 *
 * A work's stratum is the set of values that a member has in its records.
 * Works are ordered by stratum and, within it, by the SHA-256 of the seed and
 * the key; along that order each goes to the part that lacks most of its
 * share, so a part's number of works is off its share by less than the number
 * of parts, in every run of strata.  Unlike manifest_split_part, a work may
 * change its part when others are added.
 */
#ifndef MANIFESTS_MANIFEST_STRATA_H
#define MANIFESTS_MANIFEST_STRATA_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#include "manifests/manifest_split.h"

struct manifest_strata;

struct manifest_strata *manifest_strata_new(struct error *err) MUST_CHECK;
void manifest_strata_free(struct manifest_strata *s);	/* NULL: nothing */

/* Tell of a record: the key of its work, and the member's value as text. */
int manifest_strata_add(struct manifest_strata *s, const char *key,
    const char *value, struct error *err) MUST_CHECK;

/* After all records: give each work its part. */
int manifest_strata_assign(struct manifest_strata *s,
    const struct manifest_split *split, uint64_t seed, struct error *err)
    MUST_CHECK;

/* The part of a key that was told of, 0..n_parts-1. */
size_t manifest_strata_part(const struct manifest_strata *s, const char *key);

#endif
