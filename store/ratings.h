/*
 * ratings -- what annotators said, as a table of items, raters and categories.
 *
 * Adjudicators, who have seen what the others said, are no raters.
 */
#ifndef STORE_RATINGS_H
#define STORE_RATINGS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "store/catalogue.h"

#define RATINGS_N_CATEGORIES 3	/* accept, reject, unsure */

struct ratings_one {
	size_t item;		/* 0 to n_items - 1, never falling */
	size_t rater;		/* 0 to n_raters - 1, rising in an item */
	size_t category;	/* 0 to n_categories - 1 */
};

/* Who has not rated an item has no entry for it. */
struct ratings {
	const struct ratings_one *list;	/* [n] */
	size_t n, n_items, n_raters, n_categories;
	const char *const *raters;	/* [n_raters]: names, rising */
};

/* All reviews of the catalogue, as arena memory. */
int ratings_load(struct catalogue *c, struct arena *a, struct ratings *r,
    struct error *err) MUST_CHECK;

#endif
