/*
 * artefact -- where a command's result files lie, and when one is done.
 *
 * A result is named by what it was made from, so a second run finds it and a
 * changed model or option makes a new one:
 *
 *	key  = SHA-256(tool, tool version, options, model sha256, input key)
 *	path = WORK/TOOL/KK/KEY.SUFFIX		KK: first two digits of KEY
 *
 * where the input key is the key of the artefact that is read, or the SHA-256
 * of the bytes of a file that no command made.  Files appear under their name
 * only when complete (base/file.h), so existing means done.
 */
#ifndef MANIFESTS_ARTEFACT_H
#define MANIFESTS_ARTEFACT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

struct artefact_recipe {
	const char *tool;		/* "chad-f0" */
	const char *revision;		/* "1"; new when results change */
	const char *options;		/* that change the result, or "" */
	const char *model_sha256;	/* or "" */
};

void artefact_key(const struct artefact_recipe *recipe, const char *input_key,
    char key[HASH_HEX_BYTES]);

/* WORK/TOOL/KK/KEY.SUFFIX in arena memory, or NULL when memory is out. */
const char *artefact_path(const char *work_folder,
    const struct artefact_recipe *recipe, const char *key,
    const char *suffix, struct arena *a, struct error *err) MUST_CHECK;

/*
 * The input key of the file that record member "member" names: the "key"
 * beside it when a command made it ("decode.path" has "decode.key",
 * "vocals_filepath" has "separate.key", "cqt_filepath" has "feature.cqt.key"),
 * else the SHA-256 of the file "path".
 */
int artefact_input_key(const struct json *rec, const char *member,
    const char *path, char key[HASH_HEX_BYTES], struct error *err) MUST_CHECK;

#endif
