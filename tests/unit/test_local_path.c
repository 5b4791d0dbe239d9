/*
 * local_path and path_set on matrices that are known: fingerprints of few
 * dimensions that give the similarities wanted.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "align/local_path.h"
#include "align/path_set.h"
#include "base/random.h"

#define DIMS 64

/* Unit vectors of "place" of one long random sequence. */
static void
fill(float *row, size_t place)
{
	struct random r;
	double length = 0.0;
	size_t d;

	random_init_keyed(&r, 3, place, 0);
	for (d = 0; d < DIMS; d++) {
		row[d] = (float)random_normal(&r);
		length += (double)row[d] * (double)row[d];
	}
	for (d = 0; d < DIMS; d++)
		row[d] /= (float)sqrt(length);
}

/* n rows from places first, first + 1, ... */
static void
fill_rows(float *rows, size_t n, size_t first)
{
	size_t i;

	for (i = 0; i < n; i++)
		fill(rows + i * DIMS, first + i);
}

#define P LOCAL_PATH_DIAGONALS
#define MARGIN (P + 2)

static double
cosine(const struct similarity *s, size_t r, size_t c)
{
	double sum = 0.0;
	size_t k;

	for (k = 0; k < DIMS; k++)
		sum += (double)s->original[r * DIMS + k] *
		    (double)s->cover[c * DIMS + k];
	return sum;
}

/* The full matrix, cell by cell, in double: the score of the best path. */
static double
best_score(const struct similarity *s, double threshold)
{
	const size_t n = s->n_rows, m = s->n_columns, width = MARGIN + m;
	double *d = calloc((n + MARGIN) * width, sizeof(*d));
	double best = 0.0;
	size_t r, c, k;

	assert_non_null(d);
	for (r = 0; r < n; r++) {
		for (c = 0; c < m; c++) {
			double *at = d + (r + MARGIN) * width + c + MARGIN;
			const double gain = cosine(s, r, c) - threshold;
			double sum = 0.0;

			for (k = 0; k <= P && k <= r && k <= c; k++)
				sum += cosine(s, r - k, c - k) - threshold;
			*at = fmax(0.0, *(at - width - 1) + gain);
			if (k > P) {
				at[0] = fmax(at[0], sum +
				    *(at - (P + 1) * width - (P + 2)));
				at[0] = fmax(at[0], sum +
				    *(at - (P + 2) * width - (P + 1)));
			}
			best = fmax(best, *at);
		}
	}
	free(d);
	return best;
}

/* A path may fall behind by one window in five, and not by one in two. */
static void
slopes_are_bounded(void **state)
{
	static float original[100 * DIMS], cover[100 * DIMS];
	const struct local_path_options o = { 0.5, 1e9, 0.0, 100 };
	size_t every, n, n_paths;

	(void)state;
	fill_rows(original, 100, 0);
	for (every = 2; every <= 5; every += 3) {
		struct similarity s = { original, cover, 100, 0, DIMS };
		struct arena *a = arena_new();
		struct local_path *paths;
		struct error err;

		assert_non_null(a);
		/* Each "every"-th place is left out. */
		for (n = 0; n < 100; n++)
			if (n % every != every - 1)
				fill(cover + s.n_columns++ * DIMS, n);
		assert_int_equal(local_path_find(&s, &o, a, &paths, &n_paths,
		    &err), 0);
		assert_true(n_paths > 0);
		/* 80 windows that gain about 0.5, or a few. */
		if (every == 5)
			assert_true(paths[0].score > 38.0);
		else
			assert_true(paths[0].score < 5.0);
		arena_free(a);
	}
}

static struct similarity
noisy_pair(float *original, float *cover, size_t n, size_t m, uint64_t seed)
{
	const struct similarity s = { original, cover, n, m, DIMS };
	struct random r;
	size_t i;

	random_init(&r, seed);
	for (i = 0; i < n; i++)
		fill(original + i * DIMS, random_below(&r, 12));
	for (i = 0; i < m; i++)
		fill(cover + i * DIMS, random_below(&r, 12));
	return s;
}

/* Sequences over few different windows, where paths cross and merge. */
static void
best_path_is_that_of_the_full_matrix(void **state)
{
	static float original[150 * DIMS], cover[200 * DIMS];
	const struct local_path_options o = { 0.4, 1e9, 0.0, 100 };
	uint64_t seed;

	(void)state;
	for (seed = 1; seed < 9; seed++) {
		const struct similarity s = noisy_pair(original, cover,
		    seed * 17 % 150 + 1, seed * 71 % 200 + 1, seed);
		struct arena *a = arena_new();
		struct local_path *paths;
		struct error err;
		size_t n;
		const double want = best_score(&s, 0.4);

		assert_non_null(a);
		assert_int_equal(local_path_find(&s, &o, a, &paths, &n,
		    &err), 0);
		if (want > 0.0)
			assert_true(n > 0);
		/* Sums of floats along paths of at most 200 cells. */
		if (n > 0)
			assert_true(fabs(paths[0].score - want) < 1e-3);
		arena_free(a);
	}
}

/* Cover = places 5..44 of the original, twice, and strangers between. */
static void
ends_and_repeats(void **state)
{
	static float original[60 * DIMS], cover[110 * DIMS];
	const struct similarity s = { original, cover, 60, 110, DIMS };
	const struct local_path_options o = { 0.5, 5.0, 3.0, 100 };
	struct arena *a = arena_new();
	struct path_set set;
	struct error err;
	size_t i, k;

	(void)state;
	assert_non_null(a);
	fill_rows(original, 60, 0);
	fill_rows(cover, 110, 5000);
	fill_rows(cover + 3 * DIMS, 40, 5);
	fill_rows(cover + 60 * DIMS, 40, 5);
	assert_int_equal(path_set_find(&s, &o, 4, a, &set, &err), 0);
	assert_int_equal(set.n_paths, 2);
	for (i = 0; i < 2; i++) {
		const struct path_set_path *p = &set.paths[i];
		const size_t at = p->cells[0].column < 50 ? 3 : 60;

		assert_int_equal(p->n_cells, 40);
		for (k = 0; k < 40; k++) {
			assert_int_equal(p->cells[k].row, 5 + k);
			assert_int_equal(p->cells[k].column, at + k);
			assert_true(p->cells[k].similarity > 0.99f);
		}
	}
	assert_true(set.paths[0].cells[0].column !=
	    set.paths[1].cells[0].column);
	arena_free(a);
}

/* Two shared stretches on one diagonal with a foreign one between. */
static void
a_gap_parts_two_paths(void **state)
{
	static float original[100 * DIMS], cover[100 * DIMS];
	const struct similarity s = { original, cover, 100, 100, DIMS };
	const struct local_path_options o = { 0.5, 4.0, 3.0, 100 };
	struct arena *a = arena_new();
	struct path_set set;
	struct error err;

	(void)state;
	assert_non_null(a);
	fill_rows(original, 100, 0);
	fill_rows(cover, 100, 0);
	fill_rows(cover + 40 * DIMS, 20, 9000);
	assert_int_equal(path_set_find(&s, &o, 4, a, &set, &err), 0);
	assert_int_equal(set.n_paths, 2);
	assert_int_equal(set.paths[0].n_cells, 40);
	assert_int_equal(set.paths[1].n_cells, 40);
	arena_free(a);
}

/* Sizes of 0 and 1, and silence everywhere. */
static void
smallest_sizes(void **state)
{
	static float rows[3 * DIMS];
	const struct local_path_options o = { 0.5, 4.0, 0.0, 10 };
	struct arena *a = arena_new();
	struct path_set set;
	struct error err;
	size_t n, m;

	(void)state;
	assert_non_null(a);
	for (n = 0; n < 4; n++) {
		for (m = 0; m < 4; m++) {
			const struct similarity s = { rows, rows, n, m,
			    DIMS };

			fill_rows(rows, 3, 0);
			assert_int_equal(path_set_find(&s, &o, 1, a, &set,
			    &err), 0);
			assert_true(n == 0 || m == 0 ? set.n_paths == 0 :
			    set.n_paths >= 1);
			fill(rows, 0);
		}
	}
	for (n = 0; n < 3 * DIMS; n++)
		rows[n] = 0.0f;
	{
		const struct similarity s = { rows, rows, 3, 3, DIMS };

		assert_int_equal(path_set_find(&s, &o, 1, a, &set, &err), 0);
		assert_int_equal(set.n_paths, 0);
	}
	arena_free(a);
}

/* The full matrix of these would take 256 MB. */
static void
memory_is_linear(void **state)
{
	const size_t n = 8000, dims = 4;
	float *rows = calloc(n * dims, sizeof(*rows));
	const struct similarity s = { rows, rows, n, n, dims };
	const struct local_path_options o = { 0.9, 3.0, 5.0, 100 };
	struct arena *a = arena_new();
	struct rusage before, after;
	struct local_path *paths;
	struct random r;
	struct error err;
	size_t i, n_paths;

	(void)state;
	assert_non_null(rows);
	assert_non_null(a);
	random_init(&r, 4);
	for (i = 0; i < n; i++) {
		const double angle = random_range(&r, 0.0, 6.28);

		rows[i * dims] = (float)cos(angle);
		rows[i * dims + 1] = (float)sin(angle);
	}
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	assert_int_equal(local_path_find(&s, &o, a, &paths, &n_paths, &err),
	    0);
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_true(n_paths > 0);
	assert_true(after.ru_maxrss - before.ru_maxrss < 64 * 1024);
	arena_free(a);
	free(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(best_path_is_that_of_the_full_matrix),
		cmocka_unit_test(slopes_are_bounded),
		cmocka_unit_test(ends_and_repeats),
		cmocka_unit_test(a_gap_parts_two_paths),
		cmocka_unit_test(smallest_sizes),
		cmocka_unit_test(memory_is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
