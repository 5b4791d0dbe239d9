/*
 * local_path -- stretches that two recordings share, as paths through their
 * similarity matrix.
 *
 * Local alignment (Smith and Waterman, "Identification of common molecular
 * subsequences", 1981) on similarity minus a threshold, with a slope constraint
 * (Sakoe and Chiba, "Dynamic programming algorithm optimization for spoken
 * word recognition", 1978): a step (1,2) or (2,1) goes with P steps (1,1)
 * behind it, so that every path rises at a slope between (P+1)/(P+2) and
 * (P+2)/(P+1).  With s = similarity - threshold and P = 0
 *
 *	d[r][c] = max(0, max(d[r-1][c-1], d[r-1][c-2], d[r-2][c-1]) + s[r][c])
 *
 * and in general
 *
 *	d[r][c] = max(0, d[r-1][c-1] + s[r][c],
 *	    max(d[r-P-1][c-P-2], d[r-P-2][c-P-1]) +
 *	    s[r-P][c-P] + ... + s[r][c])
 *
 * A path whose score falls by more than "drop" below its highest ends there
 * (Zhang, Berman and Miller, "Alignments without low-scoring regions", 1998),
 * so that two shared stretches with something else between stay two.
 *
 * As in Huang and Miller, "A time-efficient, linear-space local similarity
 * algorithm" (1991), a cell remembers where its path began instead of how it
 * went, and of all paths that share a beginning the best is kept.  Memory is
 * linear in the number of columns; the way between the two ends is found
 * again by path_trace, within a band around the straight line.
 */
#ifndef ALIGN_LOCAL_PATH_H
#define ALIGN_LOCAL_PATH_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#include "align/similarity.h"

/* P above: slopes of 4/5 to 5/4, the tempo ratios that are looked for. */
#define LOCAL_PATH_DIAGONALS 3

/* More windows than a week at a tenth of a second. */
#define LOCAL_PATH_MAX_WINDOWS ((size_t)1 << 23)

struct local_path_cell {
	uint32_t row, column;
};

struct local_path {
	struct local_path_cell start, end;	/* both belong to the path */
	double score;	/* sum of similarity minus threshold along it */
};

struct local_path_options {
	double threshold;	/* of the similarity, between -1 and 1 */
	double drop;		/* of the score, > 0 */
	double min_score;	/* paths with less are not given */
	size_t n_max;		/* nor more than this many, the best */
};

/*
 * Find the paths, the best first.  Some run side by side: see path_set.h for
 * what is done about it.  *paths is arena memory.
 */
int local_path_find(const struct similarity *s,
    const struct local_path_options *options, struct arena *a,
    struct local_path **paths, size_t *n_paths, struct error *err)
    MUST_CHECK;

#endif
