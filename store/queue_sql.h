/*
 * queue_sql -- what the statements about the queue have in common.
 *
 * Private to store/.  Fragments are called "f" in them.
 */
#ifndef STORE_QUEUE_SQL_H
#define STORE_QUEUE_SQL_H

#include "store/queue.h"
#include "store/sql.h"

/* As in the indices fragments_queued and fragments_disputed (schema.c). */
#define QUEUE_SQL_IN \
	" coalesce(f.is_asked, f.decision = 'flag')" \
	" AND f.standing IS NOT 'final'"
#define QUEUE_SQL_DISPUTED " f.standing = 'disputed'"
#define QUEUE_SQL_DOUBT "abs(coalesce(f.probability, 0.5) - 0.5)"

/* What else can be asked about: aligned, no gold and nothing settled. */
#define QUEUE_SQL_OTHER \
	" f.is_asked IS NOT 0 AND f.standing IS NOT 'final'" \
	" AND EXISTS (SELECT 1 FROM versions AS v WHERE" \
	" v.group_id = f.group_id AND v.fragment_id = f.fragment_id" \
	" AND v.part = 'other')"

/* The conditions of a filter: parameters 1 to 4, of the types "tDDt". */
#define QUEUE_SQL_FILTER \
	" AND (?1 IS NULL OR f.group_id = ?1)" \
	" AND (?2 IS NULL OR f.probability BETWEEN ?2 AND ?3)" \
	" AND (?4 IS NULL OR f.round_key IN (SELECT x.key FROM rounds AS x" \
	" JOIN models AS m ON m.sha256 = x.model_in" \
	" WHERE m.sha256 = ?4 OR m.name = ?4))"

/* Claims of others than ?5 that hold at ?6. */
#define QUEUE_SQL_OTHERS \
	" (SELECT count(*) FROM claims AS k" \
	" WHERE k.group_id = f.group_id AND k.fragment_id = f.fragment_id" \
	" AND k.person <> ?5 AND k.expires_at > ?6)"

enum queue_sql_status {
	QUEUE_SQL_FLAG, QUEUE_SQL_DISAGREEMENT, QUEUE_SQL_DECIDED
};

/* A filter as parameters; pointers are NULL for any. */
struct queue_sql {
	enum queue_sql_status status;
	const char *decision;	/* of QUEUE_SQL_DECIDED, or NULL: any */
	const char *group_id, *model;
	const double *low, *high;
};

/* "q" borrows from the filter.  ERROR_FORMAT for an unknown status. */
int queue_sql_read(const struct queue_filter *filter, struct queue_sql *q,
    struct error *err) MUST_CHECK;

#endif
