/*
 * reviews -- what people said of fragments.
 *
 * A review is a record {group_id, fragment_id, review: {reviewer, verdict,
 * note, interval, original_interval, role, reasons, spent_sec, at}}; verdict is
 * "accept", "reject" or "unsure", the rest may be missing.  A reviewer who
 * accepts a fragment may move it: the intervals, in seconds, are where it
 * should lie in the cover or hum and in the original.  Of several who moved an
 * end the first by name counts.  A reviewer who speaks twice of a fragment has
 * the last word.  Where one has the role "adjudicator", the words of others do
 * not count, and his boundaries come before theirs.
 */
#ifndef STORE_REVIEWS_H
#define STORE_REVIEWS_H

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

/* The codes that "reasons" may hold; ends with NULL. */
const char *const *reviews_reasons(void);

/* The fragment must be in the catalogue. */
int reviews_put(struct catalogue *c, const struct json *rec,
    struct error *err) MUST_CHECK;

/*
 * Call each(context, record, err) for all reviews in order of group_id,
 * fragment_id, reviewer; the record is freed afterwards.
 */
int reviews_each(struct catalogue *c,
    int (*each)(void *context, struct json *review, struct error *err),
    void *context, struct error *err) MUST_CHECK;

#endif
