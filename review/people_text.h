/*
 * people_text -- who judges fragments, as a table to read.
 */
#ifndef REVIEW_PEOPLE_TEXT_H
#define REVIEW_PEOPLE_TEXT_H

#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"

#include "store/catalogue.h"

/* Name, role, verdicts, and how many of those on gold items were right. */
int people_text_write(struct catalogue *c, struct arena *a, FILE *out,
    struct error *err) MUST_CHECK;

#endif
