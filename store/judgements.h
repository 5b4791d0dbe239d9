/*
 * judgements -- verdicts as people give them on the page, and take them back.
 *
 * A judgement becomes a review (store/reviews.h), or, on a gold item, an answer
 * that counts for the person's accuracy only (store/gold.h); it ends the claim
 * and is a line of the audit trail, all in one transaction.  A request that
 * comes twice, by its id, changes nothing the second time.
 */
#ifndef STORE_JUDGEMENTS_H
#define STORE_JUDGEMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"
#include "store/people.h"
#include "store/queue.h"

#define JUDGEMENTS_UNDO_SEC 3600

enum judgements_outcome {
	JUDGEMENTS_DONE,
	JUDGEMENTS_REPEATED,	/* the request was answered before */
	JUDGEMENTS_TAKEN,	/* as many others as are asked have judged */
	JUDGEMENTS_UNKNOWN,	/* there is no such fragment, or no more */
	JUDGEMENTS_NOTHING	/* no verdict that could be taken back */
};

/*
 * review: {group_id, fragment_id, review: {verdict, note, reasons, spent_sec,
 * interval, original_interval}} as in manifests/FORMAT.md; reviewer, role and
 * time are set here.  request_id: 1 to 64 bytes.  ERROR_FORMAT or ERROR_LIMIT
 * for what is no review, or moves an end more than 0.1 s behind that of its
 * recording, whose length the catalogue knows.  Whoever judges anew what he
 * has judged replaces it.
 */
int judgements_put(struct catalogue *c, const struct people_person *person,
    const struct queue_rules *rules, const char *request_id,
    const struct json *review, int64_t now,
    enum judgements_outcome *outcome, struct error *err) MUST_CHECK;

/*
 * Take back the person's last verdict that he has not taken back, of the last
 * JUDGEMENTS_UNDO_SEC: what he had said before is restored, and the fragment
 * is claimed by him again.  *name: which it was, *taken: the review record that
 * was taken back, as text; both arena memory, and set with JUDGEMENTS_DONE and
 * JUDGEMENTS_REPEATED.
 */
int judgements_undo(struct catalogue *c, const struct people_person *person,
    const struct queue_rules *rules, const char *request_id, int64_t now,
    struct arena *a, struct queue_name *name, const char **taken,
    enum judgements_outcome *outcome, struct error *err) MUST_CHECK;

/*
 * Set check_by_crowdsource of the covers' and hums' ends of all fragments that
 * are flagged or reviewed: 0 where people_per_item or more have spoken and most
 * of them agree, or an adjudicator has decided; else 1.  A line of the audit
 * trail says who did it.  The counts are of fragments.
 */
int judgements_settle(struct catalogue *c, size_t people_per_item,
    const char *by, int64_t now, size_t *n_settled, size_t *n_open,
    struct error *err) MUST_CHECK;

#endif
