/*
 * verdict_list -- what people said, as lists that other programs read, and
 * back.
 *
 * VERDICT_LIST_JSONL: review records (manifests/FORMAT.md, "Reviews"), one a
 * line.  VERDICT_LIST_CSV: a header with the paths of their members, group_id
 * to review.at, and a row a review; lists are written as JSON, what is missing
 * is empty.  VERDICT_LIST_TASKS: Label Studio's JSON (its guide, "Export
 * annotations"): a task for each fragment that has reviews, each review an
 * annotation with the choice "verdict", the text "note" and, of ends that it
 * moved, the regions "fragment" and "original_fragment" of
 * exchange/label_task.h; the sounds are the whole recordings, so before_sec and
 * original_before_sec are where the fragment lies, and data.has_moved_only says
 * that other regions are not there.  lead_time is review.spent_sec.
 *
 * Read are these three, told apart by their beginning; tasks also as Label
 * Studio gives back those of chad-store export: completed_by is then a number
 * or has an "email", and a region that was moved by 1 ms or more moves the
 * fragment.  Annotations that were cancelled or have no verdict are passed
 * over.
 */
#ifndef EXCHANGE_VERDICT_LIST_H
#define EXCHANGE_VERDICT_LIST_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

#define VERDICT_LIST_MAX_BYTES ((size_t)1 << 30)

enum verdict_list_format {
	VERDICT_LIST_JSONL, VERDICT_LIST_CSV, VERDICT_LIST_TASKS
};

int verdict_list_write(struct catalogue *c, enum verdict_list_format format,
    FILE *out, struct error *err) MUST_CHECK;

/*
 * A label for either end of each review, for formats/audacity.c: {recording,
 * audio_filepath, interval, label}; recording is the id and label
 * "VERDICT REVIEWER: FRAGMENT".  The record is freed after the call.
 */
int verdict_list_labels(struct catalogue *c,
    int (*each)(void *context, struct json *label, struct error *err),
    void *context, struct error *err) MUST_CHECK;

/*
 * Take the reviews of a file (NULL: standard input; gzip and Zstandard are
 * unpacked) into the catalogue, in one transaction of its own
 * with a line of the audit trail; those that are refused are told to "refuse",
 * which is given their place in the file.
 */
int verdict_list_import(struct catalogue *c, const char *path, const char *by,
    int64_t now, void (*refuse)(void *context, const char *where,
    const struct error *why), void *context, size_t *n_taken,
    struct error *err) MUST_CHECK;

#endif
