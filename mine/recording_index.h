/*
 * recording_index -- the records of a manifest, found by work and id.
 */
#ifndef MINE_RECORDING_INDEX_H
#define MINE_RECORDING_INDEX_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

struct recording_index;

/*
 * Of records [n_records], which are borrowed until the index is freed.
 * Records without group_id or id, or with an error, are left out; of two of
 * one name the first is found.  NULL with an error; free with
 * recording_index_free.
 */
struct recording_index *recording_index_new(struct json *const *records,
    size_t n_records, struct error *err) MUST_CHECK;
void recording_index_free(struct recording_index *x);

/* The record, or NULL. */
const struct json *recording_index_find(const struct recording_index *x,
    const char *group_id, const char *id);

/* Record k of those of a work, or NULL behind the last. */
const struct json *recording_index_of_group(const struct recording_index *x,
    const char *group_id, size_t k);

#endif
