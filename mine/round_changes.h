/*
 * round_changes -- what one round found otherwise than the one before.
 *
 * A fragment is the same in both when it has the same fragment_id, which tells
 * where it begins in both recordings; it has moved when one of the same two
 * recordings overlaps it by at least half (intersection over union) in both.
 */
#ifndef MINE_ROUND_CHANGES_H
#define MINE_ROUND_CHANGES_H

#include <stddef.h>

#include "base/error.h"
#include "manifests/stream.h"

/* Decisions in the tables below; the last: there is no such fragment. */
enum round_changes_decision {
	ROUND_CHANGES_KEEP, ROUND_CHANGES_FLAG, ROUND_CHANGES_DROP,
	ROUND_CHANGES_NONE, ROUND_CHANGES_N
};

struct round_changes {
	size_t n_same, n_moved, n_new, n_gone;
	/* Fragments by what was decided before and now. */
	size_t n[ROUND_CHANGES_N][ROUND_CHANGES_N];
};

/*
 * Compare the decided fragments of two rounds; records without a fragment_id
 * or decision are left out.
 */
int round_changes_find(const struct stream_list *before,
    const struct stream_list *now, struct round_changes *changes,
    struct error *err) MUST_CHECK;

#endif
