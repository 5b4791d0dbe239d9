/*
 * index_lists -- the sections of an index that say which window is in which
 * list (ann/neighbours.h), made from an old index's as far as they go.
 */
#ifndef EMBED_INDEX_LISTS_H
#define EMBED_INDEX_LISTS_H

#include <stddef.h>

#include "base/error.h"

#include "embed/index_file.h"
#include "embed/index_writer.h"

struct index_lists;

/*
 * For facts->n_windows windows.  old (kept, or NULL): its centres are taken;
 * without it they are trained, by facts->seed.
 */
struct index_lists *index_lists_new(const struct index_facts *facts,
    const struct index_file *old, struct error *err) MUST_CHECK;
void index_lists_free(struct index_lists *l);

/*
 * Say where the next n_windows come from: the old index from old_window on, or
 * SIZE_MAX for new ones.  All windows must be told of.
 */
void index_lists_add(struct index_lists *l, size_t n_windows,
    size_t old_window);

/* Put the sections; that of the windows must have been put. */
int index_lists_put(struct index_lists *l, struct index_writer *w,
    size_t n_threads, struct error *err) MUST_CHECK;

#endif
