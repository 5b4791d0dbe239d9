/*
 * manifest_measure -- are the sounds of a manifest whole, and as long as its
 * records say?  Each file is measured once, on several threads, however many
 * records name it.
 */
#ifndef MANIFESTS_MANIFEST_MEASURE_H
#define MANIFESTS_MANIFEST_MEASURE_H

#include <stddef.h>

#include "base/error.h"

struct manifest_measure;

struct manifest_measure *manifest_measure_new(struct error *err) MUST_CHECK;
void manifest_measure_free(struct manifest_measure *m);	/* NULL: nothing */

/*
 * The record of a line wants the file up to end_sec (0: to wherever it ends)
 * and says, or not (0), that it is stated_sec long, of which padding_sec may
 * be what a decoder removes.
 */
int manifest_measure_add(struct manifest_measure *m, const char *path,
    size_t line, double end_sec, double stated_sec, double padding_sec,
    struct error *err) MUST_CHECK;

/*
 * Call measure(path, &sec, err) for each file, from several threads, then
 * tell(shared, line, problem) of each line, by rising lines, whose file it
 * refuses, ends more than tolerance_sec too early, or differs by as much from
 * what is stated.
 */
int manifest_measure_run(struct manifest_measure *m,
    int (*measure)(const char *path, double *sec, struct error *err),
    size_t n_threads, double tolerance_sec,
    void (*tell)(void *shared, size_t line, const char *problem),
    void *shared, struct error *err) MUST_CHECK;

#endif
