/*
 * merge -- put into one catalogue what another one knows.
 */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include <stddef.h>

#include "base/error.h"

#include "store/catalogue.h"

/*
 * Take over what the catalogue other_path has and this one lacks, in a
 * transaction of the caller, so that many are merged whole or not at all.
 * Rows that are in both and differ stay as they are here, and so do the two
 * ends of an aligned fragment; *n_differ counts them, *n_taken those that
 * came.  ERROR_FORMAT when both are one file.
 */
int merge_take(struct catalogue *c, const char *other_path, size_t *n_taken,
    size_t *n_differ, struct error *err) MUST_CHECK;

#endif
