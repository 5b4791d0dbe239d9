/*
 * path_trace -- the way of a path whose two ends are known.
 *
 * The ends are aligned globally with the steps of local_path.h, within a band
 * around the straight line between them.  Memory is that of the band: linear
 * in the length of the path.
 */
#ifndef ALIGN_PATH_TRACE_H
#define ALIGN_PATH_TRACE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "align/local_path.h"
#include "align/similarity.h"

struct path_cell {
	size_t row, column;
	float similarity;
};

/*
 * The cells of the path that maximises the sum of similarity minus threshold,
 * both ends among them, rising in row and column: arena memory.  *n_cells is
 * 0 when no path leads from one to the other inside the band.
 */
int path_trace(const struct similarity *s, const struct local_path *path,
    double threshold, struct arena *a, const struct path_cell **cells,
    size_t *n_cells, struct error *err) MUST_CHECK;

#endif
