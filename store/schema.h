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
 * with the columns of its key.  Ends with a NULL name.
 */
struct schema_table {
	const char *name;
	const char *key;
};

const struct schema_table *schema_tables(void);

/*
 * Check that the open file is a catalogue this program can use; when
 * may_change, make the tables of an empty file and bring an older one up to
 * date in one transaction.
 */
int schema_prepare(struct catalogue *c, bool may_change, struct error *err)
    MUST_CHECK;

#endif
