/*
 * sweep -- artefacts that nothing needs any more.
 *
 * Artefacts are named by keys (manifests/artefact.h): WORK/TOOL/KK/KEY.SUFFIX.
 * Needed are the keys that the catalogue names, of recordings, steps and
 * models, and every text of 64 hexadecimal digits in the files of its steps
 * and in manifests that the caller names, since these are records of the same
 * artefacts.  All other files of that form in the work folder are garbage,
 * but for those that were changed lately, which somebody may just be making.
 * What is removed can be made again from its inputs.
 */
#ifndef STORE_SWEEP_H
#define STORE_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#include "store/catalogue.h"

struct sweep {
	const char *work_folder;
	char *const *manifests;		/* [n_manifests] whose keys stay too */
	size_t n_manifests;
	int64_t newest;			/* changed later: stays (Unix time) */
	bool wants_removal;
	/* Called with each file that is garbage, in order of names. */
	int (*found)(void *context, const char *path, int64_t n_bytes,
	    struct error *err);
	void *context;
};

/* A step's file that is gone, or a manifest that cannot be read, ends it. */
int sweep_run(struct catalogue *c, const struct sweep *s, struct error *err)
    MUST_CHECK;

#endif
