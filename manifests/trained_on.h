/*
 * trained_on -- which works a model has seen, in a file beside it.
 *
 * NAME.works.jsonl lies beside NAME.safetensors: a line {"work": group_id},
 * {"title": text} or {"video": youtube_id} for each that a record of the
 * training manifest names, sorted, each once.  The model's metadata holds its
 * SHA-256 (provenance.works_sha256), so that a list of another model, or one
 * that was changed, is no record.
 */
#ifndef MANIFESTS_TRAINED_ON_H
#define MANIFESTS_TRAINED_ON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

enum trained_on_kind {
	TRAINED_ON_WORK, TRAINED_ON_TITLE, TRAINED_ON_VIDEO, TRAINED_ON_N
};

struct trained_on;

struct trained_on *trained_on_new(struct error *err) MUST_CHECK;
void trained_on_free(struct trained_on *t);

/*
 * Add what a record, a training pair or a line of such a file names.  A record
 * without a group_id is a work of its own, by its id.
 */
int trained_on_add(struct trained_on *t, const struct json *rec,
    struct error *err) MUST_CHECK;

/* The same for all records of a manifest, or of such a file. */
int trained_on_add_file(struct trained_on *t, const char *path,
    struct error *err) MUST_CHECK;

/* Write the file; puts it in order first. */
int trained_on_write(struct trained_on *t, const char *path,
    struct error *err) MUST_CHECK;

/*
 * The path of the file that belongs to a model: arena memory, or NULL with an
 * error.
 */
const char *trained_on_path(const char *model_path, struct arena *a,
    struct error *err) MUST_CHECK;

/* After trained_on_sort: each once, in the order of their bytes. */
void trained_on_sort(struct trained_on *t);
size_t trained_on_count(const struct trained_on *t,
    enum trained_on_kind kind);
const char *trained_on_value(const struct trained_on *t,
    enum trained_on_kind kind, size_t i);
bool trained_on_has(const struct trained_on *t, enum trained_on_kind kind,
    const char *value);

#endif
