/*
 * review_claims -- who is given which fragment to judge.
 *
 * A claim holds a place among the people_per_item who are asked about a
 * fragment until it expires.  Nobody is given what he has judged, and a
 * fragment is given to no more people than the rules say, claims of others
 * counted.  Among what annotators are given are gold items (store/gold.h), by
 * a hash of the person's name and of the number of claims he has had, so that
 * the same person is given them at the same places again.  To annotators an
 * item shows no scores and no words of others: these would sway them, and they
 * would tell gold.
 *
 * Each call that writes is one transaction of its own.
 */
#ifndef STORE_REVIEW_CLAIMS_H
#define STORE_REVIEW_CLAIMS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"
#include "store/people.h"
#include "store/queue.h"

#define REVIEW_CLAIMS_MAX_HAVE 8

/*
 * Renew the claims on have[n_have], at most REVIEW_CLAIMS_MAX_HAVE (those
 * that can no more be had are passed over), and claim the next item, which is
 * none of these.  *item: as review_claims_item gives it, to be freed with
 * json_free; NULL when there is none.  Only people who are no annotators are
 * given what annotators disagree on: ERROR_FORMAT for others.
 */
int review_claims_next(struct catalogue *c, const struct people_person *person,
    const struct queue_filter *filter, const struct queue_rules *rules,
    const struct queue_name *have, size_t n_have, int64_t now,
    struct json **item, struct error *err) MUST_CHECK;

/* Renew them only, as review_claims_next does first. */
int review_claims_renew(struct catalogue *c, const char *person,
    const struct queue_rules *rules, const struct queue_name *have,
    size_t n_have, int64_t now, struct error *err) MUST_CHECK;

/* Let it go; nothing happens when it was not claimed. */
int review_claims_release(struct catalogue *c, const char *person,
    const struct queue_name *name, struct error *err) MUST_CHECK;

/*
 * {g, f, id, original_id, audio_type, title, artist, interval,
 * original_interval, probability, correlation, agreement, tempo_ratio,
 * transposition_semitones, decision, round, expires_at, said, own}: the places
 * to which people moved it; expires_at of a claim of the person that holds;
 * "said" ([{who, verdict, note, reasons}]) for people who are no annotators;
 * "own": the review of the person.  A member without value is null; of
 * annotators "decision" is "flag".  *item is NULL when there is no such
 * aligned fragment.
 */
int review_claims_item(struct catalogue *c, const struct people_person *person,
    const struct queue_name *name, int64_t now, struct json **item,
    struct error *err) MUST_CHECK;

#endif
