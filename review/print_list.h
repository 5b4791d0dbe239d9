/*
 * print_list -- where the fingerprints of recordings lie, from the manifest
 * that chad-embed left in a round.  Nothing changes it once it is loaded; it
 * may have several owners, in any threads.
 */
#ifndef REVIEW_PRINT_LIST_H
#define REVIEW_PRINT_LIST_H

#include <stdbool.h>

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

struct print_list;

/* One recording's; texts live as long as the list. */
struct print_entry {
	const char *group_id, *id;
	const char *path;		/* .npy [n_windows][n_dims] */
	const char *model_sha256;	/* or "" */
	double window_sec, hop_sec;	/* as embed.* in FORMAT.md */
};

/*
 * What a record of chad-embed says of its own fingerprints; texts are the
 * record's.  False when it has none.
 */
bool print_entry_read(const struct json *rec, struct print_entry *e);

/*
 * Of the last round that is done and whose manifest is still there; an empty
 * list when there is none.  Free with print_list_free.
 */
struct print_list *print_list_load(struct catalogue *c, struct error *err)
    MUST_CHECK;
void print_list_free(struct print_list *l);	/* one owner's; NULL: nothing */

/* Another owner of it, to be freed likewise; returns it. */
struct print_list *print_list_share(struct print_list *l);

/* *is: would it be loaded from the same file, unchanged, now? */
int print_list_is_current(const struct print_list *l, struct catalogue *c,
    bool *is, struct error *err) MUST_CHECK;

/* NULL when the recording is not in it. */
const struct print_entry *print_list_find(const struct print_list *l,
    const char *group_id, const char *id);

#endif
