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
 * The decision on a row of fragments, called "f" in the statement, as an SQL
 * expression: that of most of its reviewers, "flag" when they are even or
 * unsure; without reviews the one in the row.
 */
#define SCHEMA_DECISION \
	"coalesce((SELECT CASE WHEN balance > 0 THEN 'keep'" \
	" WHEN balance < 0 THEN 'drop' ELSE 'flag' END" \
	" FROM (SELECT count(*) AS n, total((verdict = 'accept')" \
	" - (verdict = 'reject')) AS balance FROM reviews" \
	" WHERE reviews.group_id = f.group_id" \
	" AND reviews.fragment_id = f.fragment_id) WHERE n > 0)," \
	" f.decision)"

/*
 * Check that the open file is a catalogue this program can use; when
 * may_change, make the tables of an empty file and bring an older one up to
 * date in one transaction.
 */
int schema_prepare(struct catalogue *c, bool may_change, struct error *err)
    MUST_CHECK;

#endif
