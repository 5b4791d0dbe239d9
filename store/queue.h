/*
 * queue -- the fragments that people are asked about, and how far they are.
 *
 * In the queue is what the scores flagged and no adjudicator has settled; it
 * stays there, whatever a later round makes of the first verdicts, until
 * people_per_item people have judged it.  First come works of which nothing
 * has been heard, then what is nearest to a probability of one half; one of
 * unknown probability counts as one half.
 */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"
#include "store/people.h"

#define QUEUE_MAX_LIST 200
#define QUEUE_MAX_LEFT 10000

/* What is asked of people; the same for all calls of one server. */
struct queue_rules {
	size_t people_per_item;	/* 1 or more */
	double gold_share;	/* 0 to 1, of what annotators are given */
	int64_t claim_sec;	/* how long a claim holds */
};

/* Which fragments; NULL or "" is any. */
struct queue_filter {
	const char *group_id;
	/*
	 * "flag" (also NULL and ""): the queue; "disagreement": people differ
	 * or one is unsure, and no adjudicator has spoken; "keep", "drop":
	 * decided so, after reviews; "any".  ERROR_FORMAT for another word.
	 */
	const char *status;
	const char *model;	/* SHA-256 or name of the model whose round
				 * found it */
	double low, high;	/* of the probability; 0 and 1: any */
};

/* The name of a fragment; texts are borrowed. */
struct queue_name {
	const char *group_id, *fragment_id;
};

/*
 * Fragments that pass the filter: {n, items: [{g, f, id, original_id, title,
 * probability, correlation, decision, n_verdicts, is_claimed}]}, at most
 * "limit" (QUEUE_MAX_LIST) of them from the offset-th on.  Those of "flag" that
 * fewest people have judged come first, then in the order of the queue, as
 * "disagreement" does; others by name, or by probability where the filter
 * limits it.  An annotator is shown no scores, and "flag" as every decision;
 * person may be NULL.  NULL with an error.
 */
struct json *queue_list(struct catalogue *c,
    const struct people_person *person, const struct queue_filter *filter,
    const struct queue_rules *rules, size_t offset, size_t limit, int64_t now,
    struct error *err) MUST_CHECK;

/*
 * How many fragments of the filter still need somebody and have not been judged
 * by the person; of "keep", "drop" and "any" at most QUEUE_MAX_LEFT.
 */
int queue_left(struct catalogue *c, const char *person,
    const struct queue_filter *filter, const struct queue_rules *rules,
    size_t *n, struct error *err) MUST_CHECK;

/* Verdicts of the person since then, less those that he took back. */
int queue_done(struct catalogue *c, const char *person, int64_t since,
    size_t *n, struct error *err) MUST_CHECK;

/*
 * {left, done, per_hour, eta_hours, people: [{name, done, today, per_hour}]}:
 * verdicts that the queue still needs, and were given; those of the last hour,
 * or of the part of it since the first, as a rate; eta_hours is null where
 * nobody has judged in the last hour.  "today" counts from "midnight" on.  Of
 * people there is only the person himself, unless he is no annotator.  NULL
 * with an error.
 */
struct json *queue_progress(struct catalogue *c,
    const struct people_person *person, const struct queue_rules *rules,
    int64_t midnight, int64_t now, struct error *err) MUST_CHECK;

#endif
