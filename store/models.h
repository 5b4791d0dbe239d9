/*
 * models -- weight files that the catalogue knows, by their SHA-256.
 */
#ifndef STORE_MODELS_H
#define STORE_MODELS_H

#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"

#include "store/catalogue.h"

struct models_entry {
	const char *sha256;		/* of the file */
	const char *name;		/* "m1" */
	const char *path;
	const char *recipe_sha256;	/* or NULL */
	const char *manifest_sha256;	/* of the training manifest, or NULL */
	const int64_t *seed;		/* or NULL */
};

/* Add a model; one that is known under this SHA-256 is left as it is. */
int models_put(struct catalogue *c, const struct models_entry *m,
    struct error *err) MUST_CHECK;

#endif
