/*
 * inspect -- looking at a catalogue as a whole.
 */
#ifndef STORE_INSPECT_H
#define STORE_INSPECT_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

/*
 * Write every row of every table as a line {"table": ..., column: ...}, in
 * the order of the tables and their keys.  Two catalogues that hold the same
 * give the same bytes.
 */
int inspect_dump(struct catalogue *c, FILE *out, struct error *err)
    MUST_CHECK;

/*
 * How much there is, from indices alone: each(context, {"what", "n"}, err) for
 * "works", "recordings", "recordings original" ..., "recordings failed",
 * "recordings quarantined", "fragments", "fragments keep" ... (after
 * reviews), "reviews" and "rounds".
 */
int inspect_counts(struct catalogue *c,
    int (*each)(void *context, struct json *rec, struct error *err),
    void *context, struct error *err) MUST_CHECK;

/*
 * Check the file and what it points to: SQLite's own check, foreign keys,
 * works and fragments of nothing, fragments with one end, places in samples
 * and seconds, ends within the recording's duration (to 0.1 s), each artefact
 * and step output there, each artefact named by its key, each step output and
 * model with its SHA-256.  complain(context, sentence) is called for each
 * thing that is wrong; *n_problems counts them.
 */
int inspect_verify(struct catalogue *c,
    void (*complain)(void *context, const char *sentence), void *context,
    size_t *n_problems, struct error *err) MUST_CHECK;

#endif
