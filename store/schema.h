/*
 * schema -- the catalogue's tables and how older files become newer ones.
 *
 * Private to store/.  What the columns mean: store/catalogue.h.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include <stdbool.h>

#include "base/error.h"

#include "store/sql.h"

/*
 * The tables in an order in which each refers only to those before it, each
 * with the columns of its key and with those that do not follow from other
 * tables.  Ends with a NULL name.
 */
struct schema_table {
	const char *name;
	const char *key;
	const char *columns;
};

const struct schema_table *schema_tables(void);

/*
 * The decision on a row of fragments, called "f" in the statement, as an SQL
 * expression: that of most of its reviewers, "flag" when they are even or
 * unsure; without reviews the one in the row.  It has an index.
 */
#define SCHEMA_DECISION "coalesce(f.verdict, f.decision)"

/*
 * Check that the open file is a catalogue this program can use; when
 * may_change, make the tables of an empty file and bring an older one up to
 * date in one transaction.
 */
int schema_prepare(struct catalogue *c, bool may_change, struct error *err)
    MUST_CHECK;

#endif
