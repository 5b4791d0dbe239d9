/*
 * manifest_split -- which part a record belongs to, when a manifest is split
 * into parts of given shares.
 *
 * The part follows from the SHA-256 of the seed and a key (the group_id, so
 * that a work is never torn apart), so it does not depend on what else is in
 * the manifest.  Shares are those to be expected; small manifests differ.
 */
#ifndef MANIFESTS_MANIFEST_SPLIT_H
#define MANIFESTS_MANIFEST_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"

#define MANIFEST_SPLIT_MAX_PARTS 16
#define MANIFEST_SPLIT_NAME_BYTES 64

struct manifest_split {
	size_t n_parts;
	char names[MANIFEST_SPLIT_MAX_PARTS][MANIFEST_SPLIT_NAME_BYTES];
	double ends[MANIFEST_SPLIT_MAX_PARTS];	/* of the shares, summed */
};

/*
 * Read "train:0.8,test:0.2": names of letters, digits, '-' and '_', each
 * once, and positive shares that add up to 1.
 */
int manifest_split_parse(const char *text, struct manifest_split *s,
    struct error *err) MUST_CHECK;

/* The part, 0..n_parts-1, of a key. */
size_t manifest_split_part(const struct manifest_split *s, const char *key,
    uint64_t seed);

/* The number of the part with that name, or n_parts. */
size_t manifest_split_find(const struct manifest_split *s, const char *name);

#endif
