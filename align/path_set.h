/*
 * path_set -- the paths of two recordings, no two of them alike.
 *
 * A shared stretch is a ridge of similarity several windows wide, and the
 * paths of local_path.h may run along it side by side.  They are taken the
 * best first, and what runs within the exclusion distance of a path taken
 * before is cut off (in the spirit of Waterman and Eggert, "A new algorithm
 * for best subsequence alignments", 1987, who recompute the matrix instead).
 * Repeated sections lie further apart and stay.
 */
#ifndef ALIGN_PATH_SET_H
#define ALIGN_PATH_SET_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "align/local_path.h"
#include "align/path_trace.h"
#include "align/similarity.h"

struct path_set_path {
	const struct path_cell *cells;	/* rising in row and column */
	size_t n_cells;			/* at least one */
};

struct path_set {
	struct path_set_path *paths;
	size_t n_paths;
};

/*
 * options: those of the search.  n_exclude: windows of the cover that two
 * paths must be apart wherever they share a row.  Everything in the set is
 * arena memory.
 */
int path_set_find(const struct similarity *s,
    const struct local_path_options *options, size_t n_exclude,
    struct arena *a, struct path_set *set, struct error *err) MUST_CHECK;

#endif
