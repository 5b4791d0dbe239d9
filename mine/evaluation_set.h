/*
 * evaluation_set -- the hums that models are measured on, and the songs that
 * these are looked for in.
 *
 * They are what the user named.  Where he named no hums, those of the catalogue
 * serve, of half of the works that have any: the half whose group_id has the
 * lower hash.  Where he named no songs, the originals of the catalogue serve.
 * The works of the hums are blocked, by every title and video that the hums,
 * the songs or the catalogue know of them: nothing is ever trained on them.
 */
#ifndef MINE_EVALUATION_SET_H
#define MINE_EVALUATION_SET_H

#include "base/error.h"

#include "mine/lists.h"
#include "mine/round_options.h"
#include "mine/steps.h"

/* hums, songs: path NULL when there are none. */
int evaluation_set_find(const struct steps *s, const struct round_options *o,
    struct lists_file *hums, struct lists_file *songs, struct error *err)
    MUST_CHECK;

/* Block the works of a list, in the evaluation set of that name. */
int evaluation_set_block(const struct steps *s, const struct lists_file *list,
    const char *set_name, struct error *err) MUST_CHECK;

#endif
