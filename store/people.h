/*
 * people -- the accounts of those who judge fragments.
 *
 * A person is known by name and comes in by a link with a token: 32 random
 * bytes as base64url (RFC 4648, section 5), of which only the SHA-256 is
 * stored.  Each call is one transaction of its own, together with what it
 * writes into the audit trail (store/review_log.h); ERROR_BUSY when another
 * process held the catalogue.  "now" is in seconds since 1970.
 */
#ifndef STORE_PEOPLE_H
#define STORE_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

#define PEOPLE_MAX_NAME_BYTES 80
#define PEOPLE_TOKEN_BYTES 44	/* 43 characters and the final zero */

enum people_role {
	PEOPLE_ANNOTATOR,	/* judges */
	PEOPLE_ADJUDICATOR,	/* his word outranks that of annotators */
	PEOPLE_ADMIN		/* may do all; outranks, too */
};

struct people_person {
	char name[PEOPLE_MAX_NAME_BYTES + 1];
	enum people_role role;
};

/* "annotator", "adjudicator" or "admin"; ERROR_FORMAT for another word. */
const char *people_role_name(enum people_role role);
int people_role_parse(const char *word, enum people_role *role,
    struct error *err) MUST_CHECK;

/*
 * Make the person, or give him a new token, which ends the old one; one who was
 * retired is back.  role NULL: an annotator, or what he is already.  "by": who
 * does it, for the audit trail.  Names have 1 to PEOPLE_MAX_NAME_BYTES bytes
 * of UTF-8 without control characters; ERROR_FORMAT for others.
 */
int people_invite(struct catalogue *c, const char *name,
    const enum people_role *role, const char *by, int64_t now,
    char token[PEOPLE_TOKEN_BYTES], struct error *err) MUST_CHECK;

/*
 * End his token and his claims; his verdicts stay.  ERROR_FORMAT when there is
 * nobody of that name.
 */
int people_retire(struct catalogue *c, const char *name, const char *by,
    int64_t now, struct error *err) MUST_CHECK;

/* *found is false for a token that is not, or no more, anybody's. */
int people_find(struct catalogue *c, const char *token,
    struct people_person *person, bool *found, struct error *err) MUST_CHECK;

/* People who are not retired. */
int people_count(struct catalogue *c, size_t *n, struct error *err)
    MUST_CHECK;

/*
 * All people by name: {name, role, is_retired, n_verdicts, gold_right, gold_n,
 * last_at}; last_at, seconds since 1970, is missing of one who has judged
 * nothing.  The record is freed after the call.
 */
int people_each(struct catalogue *c,
    int (*each)(void *context, struct json *person, struct error *err),
    void *context, struct error *err) MUST_CHECK;

#endif
