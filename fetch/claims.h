/*
 * claims -- within one process, one thread at a time works on what has a name.
 */
#ifndef FETCH_CLAIMS_H
#define FETCH_CLAIMS_H

#include "base/error.h"

struct claims;

/* A name and who has it; lies with its user while he has it. */
struct claim {
	struct claim *next;
	const char *name;
};

struct claims *claims_new(struct error *err) MUST_CHECK;
void claims_free(struct claims *c);	/* NULL: does nothing */

/* Wait until nobody has the name, then have it; keeps the pointers. */
void claims_take(struct claims *c, struct claim *own, const char *name);
void claims_drop(struct claims *c, struct claim *own);

#endif
