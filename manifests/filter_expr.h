/*
 * filter_expr -- an expression over the members of a record: is it wanted?
 *
 *	expression	conjunction { "or" conjunction }
 *	conjunction	condition { "and" condition }
 *	condition	"not" condition | "(" expression ")" | "exists" MEMBER
 *			| value OP value | value ["not"] "in" list | MEMBER
 *	OP		== != < <= > >= ~ !~
 *	list		"(" value { "," value } ")" | MEMBER
 *	value		number | "text" | 'text' | true | false | MEMBER
 *
 * A member is written as FORMAT.md does, "f0.voiced_share"; digits walk into
 * lists, "interval.0".  One that is null is missing.  A missing value, and two
 * of different types, are different: == is false, != is true, the order and
 * the others are false.  Texts are ordered by their bytes.  A member alone is
 * wanted when it is true.  "~" asks whether a POSIX extended regular
 * expression, written as a text, is found in a text.  In texts a backslash
 * goes before a quote or a backslash, and stands for itself before all else.
 *
 * Nothing in an expression reads files, changes a record or runs long: it
 * holds at most 4096 bytes and 64 levels, and regular expressions have no
 * references and no counts whose product is over 1000.
 */
#ifndef MANIFESTS_FILTER_EXPR_H
#define MANIFESTS_FILTER_EXPR_H

#include <stdbool.h>

#include "base/error.h"
#include "base/json.h"

struct filter_expr;

/* Messages name the place, from 1.  NULL with an error. */
struct filter_expr *filter_expr_parse(const char *text, struct error *err)
    MUST_CHECK;
void filter_expr_free(struct filter_expr *e);	/* NULL: does nothing */

bool filter_expr_wants(const struct filter_expr *e, const struct json *rec);

#endif
