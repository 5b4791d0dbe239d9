/*
 * record_writer -- records as a manifest: on standard output, or as a file that
 * appears whole or not at all, packed when its name ends in .gz or .zst.
 */
#ifndef MANIFESTS_RECORD_WRITER_H
#define MANIFESTS_RECORD_WRITER_H

#include <stdio.h>

#include "base/error.h"
#include "base/json.h"

struct record_writer;

/* "path" NULL or "-": standard output.  NULL with an error. */
struct record_writer *record_writer_open(const char *path, struct error *err)
    MUST_CHECK;

/* The stream, for what is no record; borrowed. */
FILE *record_writer_stream(struct record_writer *w);

/* What relative paths are put behind: the working folder, or NULL. */
const char *record_writer_here(const struct record_writer *w);

/*
 * Write a record that comes from a manifest in "folder" (NULL: the working
 * folder): relative paths that a user gave are changed in it so that they lead
 * to the same files.  In a manifest that is written elsewhere than into the
 * working folder they become absolute.
 */
int record_writer_put(struct record_writer *w, struct json *rec,
    const char *folder, struct error *err) MUST_CHECK;

/* End the manifest; frees the writer either way. */
int record_writer_commit(struct record_writer *w, struct error *err)
    MUST_CHECK;
/* Commit when "result", of the writing so far, is 0; else abandon, and -1. */
int record_writer_end(struct record_writer *w, int result, struct error *err)
    MUST_CHECK;
void record_writer_abandon(struct record_writer *w);	/* NULL: nothing */

#endif
