/*
 * inspect -- looking at a catalogue as a whole.
 */
#ifndef STORE_INSPECT_H
#define STORE_INSPECT_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

#include "store/catalogue.h"

/*
 * Write every row of every table as a line {"table": ..., column: ...}, in
 * the order of the tables and their keys.  Two catalogues that hold the same
 * give the same bytes.
 */
int inspect_dump(struct catalogue *c, FILE *out, struct error *err)
    MUST_CHECK;

/*
 * Check the file and what it points to: SQLite's own check, foreign keys,
 * each artefact and step output there, each artefact named by its key, each
 * model with its SHA-256.  complain(context, sentence) is called for each
 * thing that is wrong; *n_problems counts them.
 */
int inspect_verify(struct catalogue *c,
    void (*complain)(void *context, const char *sentence), void *context,
    size_t *n_problems, struct error *err) MUST_CHECK;

/*
 * Take over what the catalogue other_path has and this one lacks, in one
 * transaction.  Rows that are in both and differ stay as they are here, and so
 * do the two ends of an aligned fragment; *n_differ counts them.  ERROR_FORMAT
 * when both are one file.
 */
int inspect_merge(struct catalogue *c, const char *other_path,
    size_t *n_taken, size_t *n_differ, struct error *err) MUST_CHECK;

#endif
