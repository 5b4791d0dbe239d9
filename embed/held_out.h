/*
 * held_out -- how often an encoder in training finds held-out passages.
 *
 * A fixed set of windows, made once: queries, their originals, and made-up
 * tunes as distractors.  A query is a hit when the original of its own work is
 * among the ten most similar works.
 */
#ifndef EMBED_HELD_OUT_H
#define EMBED_HELD_OUT_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"
#include "base/pool.h"

#include "nn/graph.h"
#include "nn/weights.h"

#include "embed/training_set.h"

#define HELD_OUT_TOP 10

struct held_out;

/*
 * The pairs of the set, or made-up tunes when it has none; see "validation"
 * in embed/embed_task.h.  Keeps nothing of the set.
 */
struct held_out *held_out_new(const struct json *recipe,
    const struct training_set *set, size_t n_columns, struct error *err)
    MUST_CHECK;
void held_out_free(struct held_out *h);

/* The share of hits, 0..1. */
int held_out_score(const struct held_out *h, const struct graph *g,
    const struct weights *w, struct pool *pool, double *score,
    struct error *err) MUST_CHECK;

#endif
