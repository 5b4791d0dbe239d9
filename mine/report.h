/*
 * report -- what the rounds did, as pages for people.
 *
 *	FOLDER/index.html, index.md		all finished rounds
 *	FOLDER/round-K/index.html, index.md	one of them
 *	FOLDER/round-K/NAME.svg, NAME.png	its pictures
 *	FOLDER/round-K/sounds/NAME.flac		passages to listen to
 *	FOLDER/round-K/fragments.jsonl		the decided fragments, with
 *						"is_right" where that is known
 *
 * Made of the catalogue and of the files that the rounds left in the work
 * folder; what is gone there is said to be.  The same catalogue, files and seed
 * give the same bytes.
 */
#ifndef MINE_REPORT_H
#define MINE_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/catalogue.h"

struct report_options {
	const char *folder;
	size_t n_sounds;	/* of kept and of flagged fragments a round */
	uint64_t seed;		/* draws which */
};

/* *n_rounds: how many are in the report; ERROR_FORMAT when none is done. */
int report_write(struct catalogue *c, const struct report_options *o,
    size_t *n_rounds, struct error *err) MUST_CHECK;

#endif
