#include <stdbool.h>

#include "align/path_set.h"

/* Points of the straight line between the ends that are looked at first. */
#define N_PROBES 9

/* The column of a path in a row between its first and its last. */
static size_t
column_in_row(const struct path_set_path *p, size_t row)
{
	size_t low = 0, high = p->n_cells - 1;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (p->cells[middle].row < row)
			low = middle + 1;
		else
			high = middle;
	}
	return p->cells[low].column;
}

/* True when a path of the set runs close to the cell. */
static bool
is_taken(const struct path_set *set, size_t row, size_t column,
    size_t n_exclude)
{
	size_t i;

	for (i = 0; i < set->n_paths; i++) {
		const struct path_set_path *p = &set->paths[i];
		size_t at;

		if (row < p->cells[0].row ||
		    row > p->cells[p->n_cells - 1].row)
			continue;
		at = column_in_row(p, row);
		if ((column > at ? column - at : at - column) < n_exclude)
			return true;
	}
	return false;
}

/* True when the whole straight line between the ends seems to be taken. */
static bool
looks_taken(const struct path_set *set, const struct local_path *path,
    size_t n_exclude)
{
	const size_t rows = path->end.row - path->start.row;
	const size_t columns = path->end.column - path->start.column;
	size_t i;

	for (i = 0; i < N_PROBES; i++) {
		if (!is_taken(set,
		    path->start.row + rows * i / (N_PROBES - 1),
		    path->start.column + columns * i / (N_PROBES - 1),
		    n_exclude))
			return false;
	}
	return true;
}

/* Keep the free stretch of the path with the highest score, if high enough. */
static void
add_best_stretch(struct path_set *set, const struct path_set_path *p,
    const struct local_path_options *options, size_t n_exclude)
{
	struct path_set_path best = { NULL, 0 };
	double best_score = options->min_score, score = 0.0;
	size_t i, from = 0;

	for (i = 0; i < p->n_cells; i++) {
		const struct path_cell *cell = &p->cells[i];

		if (is_taken(set, cell->row, cell->column, n_exclude)) {
			from = i + 1;
			score = 0.0;
			continue;
		}
		score += (double)cell->similarity - options->threshold;
		if (score >= best_score) {
			best_score = score;
			best.cells = p->cells + from;
			best.n_cells = i + 1 - from;
		}
	}
	if (best.n_cells > 0)
		set->paths[set->n_paths++] = best;
}

int
path_set_find(const struct similarity *s,
    const struct local_path_options *options, size_t n_exclude,
    struct arena *a, struct path_set *set, struct error *err)
{
	struct local_path *found;
	size_t i, n_found;

	set->n_paths = 0;
	if (local_path_find(s, options, a, &found, &n_found, err) != 0)
		return -1;
	set->paths = arena_need(a, n_found, sizeof(*set->paths), "paths", err);
	if (set->paths == NULL)
		return -1;
	for (i = 0; i < n_found; i++) {
		struct path_set_path p;

		if (looks_taken(set, &found[i], n_exclude))
			continue;
		if (path_trace(s, &found[i], options->threshold, a, &p.cells,
		    &p.n_cells, err) != 0)
			return -1;
		add_best_stretch(set, &p, options, n_exclude);
	}
	return 0;
}
