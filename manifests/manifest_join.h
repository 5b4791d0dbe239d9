/*
 * manifest_join -- the members of a second manifest put on the records of a
 * first that have the same key.
 *
 * The key is the values of the members that "on" names, of the same type; text
 * and number differ.  The first manifest is read record by record and gives the
 * order; the second is held as text, so that memory grows with its size.  What
 * a record lacks, or has as null, is added; objects are joined member by
 * member.  Where both have a value the first one's stays, and a different one
 * of the second is told.  "history" is the first's, then what the second has
 * more.  Relative paths are changed so that they start from the working folder.
 *
 * Of several records of the second with one key the first is taken, and the
 * others are told.  Its records that carry an error match none; those of the
 * first are written as they are.
 */
#ifndef MANIFESTS_MANIFEST_JOIN_H
#define MANIFESTS_MANIFEST_JOIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#include "manifests/record_writer.h"

struct manifest_join {
	const char *on;		/* members, as "group_id,id" */
	const char *add;	/* the only members to be added; NULL: all */
	bool keeps_all;		/* records that match none are written too */
	const char *tool, *options;	/* for the history */
	/* Called with each conflict, as a sentence. */
	void (*tell)(void *shared, const char *what);
	void *shared;

	/* Set by the joining: */
	size_t n_records;	/* of the first manifest, without errors */
	size_t n_joined;	/* of which found their match */
	size_t n_without_key;	/* of the second: they lack a member of "on" */
	size_t n_unmatched;	/* of the second: with a key that none has */
	size_t n_conflicts;
	size_t n_broken;	/* lines of both that are no records */
};

/*
 * Join the manifests "first" and "second" ("-": standard input, for one of
 * them).  -1 when one cannot be read, or nothing written.
 */
int manifest_join_run(struct manifest_join *j, const char *first,
    const char *second, struct record_writer *out, struct error *err)
    MUST_CHECK;

#endif
