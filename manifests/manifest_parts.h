/*
 * manifest_parts -- a manifest written as parts, a file each, works being kept
 * whole (manifests/manifest_split.h, manifests/manifest_strata.h).
 */
#ifndef MANIFESTS_MANIFEST_PARTS_H
#define MANIFESTS_MANIFEST_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#include "manifests/manifest_split.h"

struct manifest_parts {
	struct manifest_split split;
	uint64_t seed;
	bool by_group;		/* works stay together; else ids */
	const char *stratify;	/* a member, or NULL */
	const char *take;	/* the one part, for standard output; or NULL */
	const char *out_folder, *suffix;	/* OUT_FOLDER/NAME.SUFFIX */
};

/*
 * Split the manifest at "path" (NULL: standard input).  *n_broken is the
 * number of its lines that are no records.
 */
int manifest_parts_write(const struct manifest_parts *set, const char *path,
    struct arena *a, size_t *n_broken, struct error *err) MUST_CHECK;

#endif
