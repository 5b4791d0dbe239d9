/*
 * blocks -- works that models are measured on and must never be trained on.
 *
 * A work is blocked by its group_id, by its normalised title and by the
 * video ids of its recordings, since the same song may come back under
 * another id.
 */
#ifndef STORE_BLOCKS_H
#define STORE_BLOCKS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

/*
 * Block what a record names: group_id, and title and youtube_id where it has
 * them.  set_name: the evaluation set, e.g. "held-out".
 */
int blocks_put(struct catalogue *c, const struct json *rec,
    const char *set_name, struct error *err) MUST_CHECK;

/*
 * Block works that are blocked by group_id also by the titles and videos that
 * their recordings in the catalogue have.
 */
int blocks_spread(struct catalogue *c, struct error *err) MUST_CHECK;

/* True when the record's group_id, title or youtube_id is blocked. */
int blocks_match(struct catalogue *c, const struct json *rec, bool *blocked,
    struct error *err) MUST_CHECK;

/*
 * True when the work is blocked by its group_id, or by a title or video of any
 * of its recordings in the catalogue.
 */
int blocks_match_work(struct catalogue *c, const char *group_id,
    bool *blocked, struct error *err) MUST_CHECK;

#endif
