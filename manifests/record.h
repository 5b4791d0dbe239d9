/*
 * record -- what one line of a manifest means.  FORMAT.md is the reference.
 *
 * A record is a JSON object; its members are read and written with
 * base/json.h.  This file knows the members that every command shares.
 */
#ifndef MANIFESTS_RECORD_H
#define MANIFESTS_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#define RECORD_LINE_BYTES (4u << 20)	/* longest line, read or written */

/*
 * Check what a line may hold: an object; id, group_id, audio_filepath,
 * audio_type of the right types, no control characters and at most 4096 bytes
 * each; offset and duration finite and not negative.
 */
int record_check(const struct json *rec, struct error *err) MUST_CHECK;

/*
 * The record's "id"; without one, the audio_filepath; without that, "".
 * Borrowed from the record.
 */
const char *record_id(const struct json *rec);

/* True when an earlier command put an "error" member on the record. */
bool record_has_failed(const struct json *rec);

/*
 * A path of the record as this process can open it.  Relative paths of the
 * sounds and truths that a user gave (audio_filepath, original_audio_filepath,
 * truth.*) are relative to "base_folder", the manifest's folder, or to the
 * working folder when that is NULL; those of artefacts, audio_filepath where it
 * is fetch.path included, are always relative to the working folder.  Arena
 * memory, or NULL with an error when the member is missing.
 */
const char *record_path(const struct json *rec, const char *member,
    const char *base_folder, struct arena *a, struct error *err) MUST_CHECK;

/*
 * The sound that a stage should hear, first of: vocals_filepath (when
 * want_vocals), decode.path, audio_filepath.  As record_path.  *member, when
 * not NULL, is set to the name of the member that was taken.
 */
const char *record_sound_path(const struct json *rec, bool want_vocals,
    const char *base_folder, const char **member, struct arena *a,
    struct error *err) MUST_CHECK;

/*
 * Refuse a record that means a part of the file that "member" names, for
 * stages that read files from start to end; chad-decode cuts parts out.
 */
int record_check_whole(const struct json *rec, const char *member,
    struct error *err) MUST_CHECK;

/*
 * Put "folder/" before the relative paths that a user gave (see record_path),
 * for a record that leaves its manifest.  NULL or "." changes nothing.
 */
int record_rebase(struct json *rec, const char *folder, struct error *err)
    MUST_CHECK;

/* Append {tool, version, options[, model]} to "history"; model may be NULL. */
int record_add_history(struct json *rec, const char *tool,
    const char *options, const char *model_sha256, struct error *err)
    MUST_CHECK;

#endif
