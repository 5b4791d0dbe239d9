/*
 * Cells hold a score and the number of a "tree": all paths with one beginning.
 * A tree remembers its beginning and its best end.  Trees that no cell of the
 * last rows belongs to are finished: they are put among the results or
 * forgotten, and their place is used again, so that there are never many more
 * trees than cells in the rows at hand.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

#include "align/local_path.h"

#define BLOCK_ROWS 96
#define P LOCAL_PATH_DIAGONALS
#define N_ROWS (P + 3)		/* this one and those that steps come from */
#define MARGIN (P + 2)		/* columns of zero before the first */
#define NO_TREE UINT32_MAX

struct tree {
	struct local_path path;
	bool is_alive;
};

struct cell {
	float score;
	float peak;	/* the highest score of the path so far */
	uint32_t tree;	/* or NO_TREE where no path is */
};

/* The results so far: at most n_max when tidied, twice that between. */
struct results {
	struct local_path *paths;	/* [2 * n_max] */
	size_t n, n_max;
	double min_score;
};

struct search {
	const struct similarity *s;
	float threshold, drop;
	struct cell *cells[N_ROWS];	/* [MARGIN + n_columns] */
	float *gains[P + 1];		/* [MARGIN + n_columns], of last rows */
	float *sums;			/* [n_columns], along diagonals */
	float *block;			/* [BLOCK_ROWS][n_columns] */
	struct tree *trees;
	size_t n_trees, capacity;
	struct results results;
};

/* The better score first; equal ones in the order of their beginnings. */
static int
compare_paths(const void *pa, const void *pb)
{
	const struct local_path *a = pa, *b = pb;

	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	if (a->start.row != b->start.row)
		return a->start.row < b->start.row ? -1 : 1;
	return (a->start.column > b->start.column) -
	    (a->start.column < b->start.column);
}

static void
results_tidy(struct results *r)
{
	qsort(r->paths, r->n, sizeof(*r->paths), compare_paths);
	if (r->n > r->n_max)
		r->n = r->n_max;
}

static void
results_add(struct results *r, const struct local_path *path)
{
	if (path->score < r->min_score)
		return;
	if (r->n == 2 * r->n_max)
		results_tidy(r);
	r->paths[r->n++] = *path;
}

/* Mark the trees that cells of one row belong to. */
static void
mark_alive(struct search *x, int row)
{
	const struct cell *cells = x->cells[row];
	size_t c;

	for (c = 0; c < MARGIN + x->s->n_columns; c++) {
		if (cells[c].tree != NO_TREE)
			x->trees[cells[c].tree].is_alive = true;
	}
}

/* Give the cells of one row the new numbers of their trees. */
static void
renumber(struct search *x, int row, const uint32_t *number)
{
	struct cell *cells = x->cells[row];
	size_t c;

	for (c = 0; c < MARGIN + x->s->n_columns; c++) {
		if (cells[c].tree != NO_TREE)
			cells[c].tree = number[cells[c].tree];
	}
}

/*
 * Finish the trees that no cell of the rows belongs to and close the gaps.
 * "number" is scratch for the new number of each tree.
 */
static void
collect(struct search *x, uint32_t *number)
{
	size_t i, n = 0;
	int row;

	for (i = 0; i < x->n_trees; i++)
		x->trees[i].is_alive = false;
	for (row = 0; row < N_ROWS; row++)
		mark_alive(x, row);
	for (i = 0; i < x->n_trees; i++) {
		if (!x->trees[i].is_alive) {
			results_add(&x->results, &x->trees[i].path);
			continue;
		}
		number[i] = (uint32_t)n;
		x->trees[n++] = x->trees[i];
	}
	x->n_trees = n;
	for (row = 0; row < N_ROWS; row++)
		renumber(x, row, number);
}

/* A tree that begins here; there is always room for one row of them. */
static uint32_t
begin_tree(struct search *x, size_t row, size_t column)
{
	struct tree *t = &x->trees[x->n_trees];

	t->path.start.row = t->path.end.row = (uint32_t)row;
	t->path.start.column = t->path.end.column = (uint32_t)column;
	t->path.score = 0.0;
	return (uint32_t)x->n_trees++;
}

/* Note what each cell of the row gains, and with the P before it. */
static void
add_gains(struct search *x, size_t row, const float *similarity)
{
	float *gains = x->gains[row % (P + 1)] + MARGIN;
	float *restrict sums = x->sums;
	const size_t n = x->s->n_columns;
	size_t c, k;

	for (c = 0; c < n; c++)
		sums[c] = gains[c] = similarity[c] - x->threshold;
	for (k = 1; k <= P; k++) {
		const float *restrict before =
		    x->gains[(row + P + 1 - k) % (P + 1)] + MARGIN - k;

		for (c = 0; c < n; c++)
			sums[c] += before[c];
	}
}

/* The rows that the steps to a row come from. */
struct sources {
	const struct cell *one, *wide, *steep;
};

/* The best path to column c, its score with what it gains on the way. */
static struct cell
best_path(const struct sources *from, size_t c, float gain, float sum)
{
	const struct cell *wide = &from->wide[MARGIN + c - P - 2];
	const struct cell *steep = &from->steep[MARGIN + c - P - 1];
	struct cell best = from->one[MARGIN + c - 1];

	best.score += gain;
	/* A step with diagonals behind it cannot begin a path. */
	if (wide->tree != NO_TREE && wide->score + sum > best.score) {
		best = *wide;
		best.score += sum;
	}
	if (steep->tree != NO_TREE && steep->score + sum > best.score) {
		best = *steep;
		best.score += sum;
	}
	return best;
}

/* One row of the recurrence. */
static void
fill_row(struct search *x, size_t row, const float *similarity)
{
	static const struct cell none = { 0.0f, 0.0f, NO_TREE };
	struct cell *here = x->cells[row % N_ROWS] + MARGIN;
	const struct sources from = { x->cells[(row + N_ROWS - 1) % N_ROWS],
	    x->cells[(row + N_ROWS - P - 1) % N_ROWS],
	    x->cells[(row + N_ROWS - P - 2) % N_ROWS] };
	const float *gains = x->gains[row % (P + 1)] + MARGIN;
	struct local_path *path;
	size_t c;

	add_gains(x, row, similarity);
	for (c = 0; c < x->s->n_columns; c++) {
		struct cell cell = best_path(&from, c, gains[c], x->sums[c]);

		if (cell.score <= 0.0f || cell.score < cell.peak - x->drop) {
			here[c] = none;
			continue;
		}
		if (cell.tree == NO_TREE)
			cell.tree = begin_tree(x, row, c);
		if (cell.score > cell.peak) {
			cell.peak = cell.score;
			path = &x->trees[cell.tree].path;
			if ((double)cell.score > path->score) {
				path->score = (double)cell.score;
				path->end.row = (uint32_t)row;
				path->end.column = (uint32_t)c;
			}
		}
		here[c] = cell;
	}
}

static int
run(struct search *x, uint32_t *number, struct error *err)
{
	size_t row, in_block, n;

	for (row = 0; row < x->s->n_rows; row += n) {
		n = x->s->n_rows - row;
		if (n > BLOCK_ROWS)
			n = BLOCK_ROWS;
		if (similarity_block(x->s, row, n, 0, x->s->n_columns,
		    x->block, err) != 0)
			return -1;
		for (in_block = 0; in_block < n; in_block++) {
			if (x->n_trees + x->s->n_columns > x->capacity)
				collect(x, number);
			fill_row(x, row + in_block,
			    x->block + in_block * x->s->n_columns);
		}
	}
	return 0;
}

/* The memory of a search; that of the results comes from the arena. */
static int
search_init(struct search *x, uint32_t **number, struct arena *a,
    struct error *err)
{
	const size_t width = MARGIN + x->s->n_columns;
	size_t c;
	int row;

	for (row = 0; row < N_ROWS; row++) {
		x->cells[row] = memory_new(width, sizeof(struct cell), "cells",
		    err);
		if (x->cells[row] == NULL)
			return -1;
		for (c = 0; c < width; c++)
			x->cells[row][c].tree = NO_TREE;
	}
	for (row = 0; row <= P; row++) {
		x->gains[row] = memory_new(width, sizeof(float), "cells", err);
		if (x->gains[row] == NULL)
			return -1;
	}
	x->sums = memory_new(width, sizeof(float), "cells", err);
	/* After "collect" at most N_ROWS rows of trees are left. */
	x->capacity = (N_ROWS + 4) * width;
	x->block = memory_new(BLOCK_ROWS * x->s->n_columns, sizeof(float),
	    "similarities", err);
	x->trees = memory_new(x->capacity, sizeof(*x->trees), "paths", err);
	*number = memory_new(x->capacity, sizeof(**number), "paths", err);
	x->results.paths = arena_need(a, 2 * x->results.n_max,
	    sizeof(*x->results.paths), "paths", err);
	if (x->block == NULL || x->trees == NULL || *number == NULL ||
	    x->results.paths == NULL || x->sums == NULL)
		return -1;
	return 0;
}

static void
search_release(struct search *x)
{
	int row;

	for (row = 0; row < N_ROWS; row++)
		memory_free(x->cells[row]);
	for (row = 0; row <= P; row++)
		memory_free(x->gains[row]);
	memory_free(x->sums);
	memory_free(x->block);
	memory_free(x->trees);
}

int
local_path_find(const struct similarity *s,
    const struct local_path_options *options, struct arena *a,
    struct local_path **paths, size_t *n_paths, struct error *err)
{
	struct search x = { .s = s, .threshold = (float)options->threshold,
	    .drop = (float)options->drop, .results = { .n_max = options->n_max,
	    .min_score = options->min_score } };
	uint32_t *number = NULL;
	size_t i;
	int status = -1;

	*paths = NULL;
	*n_paths = 0;
	if (s->n_rows > LOCAL_PATH_MAX_WINDOWS ||
	    s->n_columns > LOCAL_PATH_MAX_WINDOWS)
		return error_set(err, ERROR_LIMIT,
		    "more than %zu windows cannot be aligned",
		    LOCAL_PATH_MAX_WINDOWS);
	if (s->n_rows == 0 || s->n_columns == 0 || options->n_max == 0)
		return 0;
	if (search_init(&x, &number, a, err) != 0 ||
	    run(&x, number, err) != 0)
		goto out;
	for (i = 0; i < x.n_trees; i++)
		results_add(&x.results, &x.trees[i].path);
	results_tidy(&x.results);
	*paths = x.results.paths;
	*n_paths = x.results.n;
	status = 0;
out:
	memory_free(number);
	search_release(&x);
	return status;
}
