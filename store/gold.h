/*
 * gold -- fragments whose verdict is known, to see how well people judge.
 *
 * Annotators are given them among the others and are not told.  What they say
 * of them is kept apart from reviews, so that no round obeys it; nor is a gold
 * item in the queue (store/queue.h).
 */
#ifndef STORE_GOLD_H
#define STORE_GOLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

/*
 * Make the fragment of a review record (manifests/FORMAT.md, "Reviews") a gold
 * item with the record's verdict, "accept" or "reject"; the reviewer does not
 * matter and may be missing.  In a transaction of the caller; ERROR_FORMAT when
 * it is no such record or the fragment is not an aligned one of the catalogue.
 */
int gold_put(struct catalogue *c, const struct json *review, const char *by,
    int64_t now, struct error *err) MUST_CHECK;

/*
 * {name, right, n} of everybody who judged gold, by name: n items, of which
 * "right" as they are known; "unsure" is not right.  The record is freed after
 * the call.
 */
int gold_each_person(struct catalogue *c,
    int (*each)(void *context, struct json *person, struct error *err),
    void *context, struct error *err) MUST_CHECK;

#endif
