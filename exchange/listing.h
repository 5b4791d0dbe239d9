/*
 * listing -- what the catalogue holds, as JSON Lines, CSV or a table.
 */
#ifndef EXCHANGE_LISTING_H
#define EXCHANGE_LISTING_H

#include <stdio.h>

#include "base/error.h"
#include "store/catalogue.h"
#include "store/fragments.h"
#include "store/recordings.h"

struct listing {
	/* works, recordings, fragments, reviews, rounds or counts */
	const char *what;
	const char *format;	/* "jsonl", "csv" or "table" */
	struct fragments_filter fragments;
	struct recordings_filter recordings;
};

/* CSV and tables have the members that tell most; JSON Lines has all. */
int listing_print(struct catalogue *c, const struct listing *q, FILE *out,
    struct error *err) MUST_CHECK;

#endif
