/*
 * review_log -- the audit trail: who did what to the reviews, and when.
 *
 * Rows are only ever added; the catalogue itself refuses to change or to delete
 * them.
 */
#ifndef STORE_REVIEW_LOG_H
#define STORE_REVIEW_LOG_H

#include <stdint.h>

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

/* What is not known or has no meaning is NULL or 0. */
struct review_log_row {
	int64_t at;		/* seconds since 1970 */
	const char *who;
	/* "invite", "retire", "verdict", "undo", "import", "settle", "gold" */
	const char *what;
	const char *group_id, *fragment_id;
	const char *verdict;	/* or another word: a name, a file */
	const char *before, *after;	/* JSON of the review, or NULL */
	const char *request_id;	/* unique for who and what */
	int64_t undoes;		/* the row that "undo" takes back */
};

/* In a transaction of the caller. */
int review_log_put(struct catalogue *c, const struct review_log_row *row,
    struct error *err) MUST_CHECK;

/*
 * All rows in the order of their numbers: {n, at, who, what, group_id,
 * fragment_id, verdict, before, after, request_id, undoes}, those without value
 * missing; "at" as 2026-01-31T12:00:00Z.  The record is freed after the call.
 */
int review_log_each(struct catalogue *c,
    int (*each)(void *context, struct json *row, struct error *err),
    void *context, struct error *err) MUST_CHECK;

#endif
