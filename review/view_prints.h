/*
 * view_prints -- how alike the fingerprints of the two windows are, as a
 * picture in a view.  Private to review/.
 */
#ifndef REVIEW_VIEW_PRINTS_H
#define REVIEW_VIEW_PRINTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "review/print_list.h"
#include "review/view_side.h"

/*
 * The recording's fingerprints: those of the list, which may be NULL, or else
 * what its record names; texts are theirs.  False when there are none.
 */
bool view_prints_find(const struct print_list *l, const struct json *rec,
    struct print_entry *e);

/*
 * Put "similarity": cosines of the windows whose middles lie in the two sides'
 * windows, rows of the other, at most 256 a side.  Where that cannot be,
 * "similarity_why" says why, and it is no error.
 */
int view_prints_put(struct json *view, const struct print_list *l,
    const struct view_side *other, const struct view_side *original,
    struct arena *a, struct error *err) MUST_CHECK;

#endif
