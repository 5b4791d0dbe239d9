#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"

#include "ann/neighbours.h"

#define N 6000
#define D 16
#define N_LISTS 24
#define N_PARTS 8
#define N_QUERIES 40
#define K 10
#define MORE 60		/* found by codes, of which the best K are looked at */

/* Rows around 40 directions, as fingerprints of melodies lie. */
struct fixture {
	struct arena *arena;
	float *rows, *queries;
	float centres[N_LISTS * D], parts[NEIGHBOURS_N_CODES * D];
	uint32_t lists[N];
	uint8_t codes[N * N_PARTS], sorted_codes[N * N_PARTS];
	uint64_t starts[N_LISTS + 1];
	int64_t members[N];
};

static void
normalise(float *row)
{
	double sum = 0;

	for (size_t d = 0; d < D; d++)
		sum += (double)row[d] * (double)row[d];
	for (size_t d = 0; d < D; d++)
		row[d] /= (float)sqrt(sum);
}

static void
draw(struct fixture *f)
{
	float directions[40 * D];
	struct random r;

	random_init(&r, 1);
	for (size_t i = 0; i < 40 * D; i++)
		directions[i] = (float)random_normal(&r);
	for (size_t i = 0; i < N + N_QUERIES; i++) {
		const float *near = directions + random_below(&r, 40) * D;
		float *row = i < N ? f->rows + i * D :
		    f->queries + (i - N) * D;

		for (size_t d = 0; d < D; d++)
			row[d] = near[d] + 0.6f * (float)random_normal(&r);
		normalise(row);
	}
}

/* Put the rows in lists; n_parts 0 or N_PARTS. */
static void
fill(struct fixture *f, size_t n_parts, size_t n_threads,
    struct neighbours_store *s)
{
	const struct neighbours_shape shape = { D, N_LISTS, n_parts };
	struct error err;
	size_t n = 0;

	assert_int_equal(neighbours_train(&shape, f->rows, N, 7, f->centres,
	    f->parts, &err), 0);
	*s = (struct neighbours_store){ .book = { shape, f->centres,
	    f->parts }, .rows = f->rows, .n_rows = N, .starts = f->starts,
	    .members = f->members, .codes = f->sorted_codes };
	assert_int_equal(neighbours_assign(&s->book, f->rows, N, n_threads,
	    f->lists, f->codes, &err), 0);
	for (size_t l = 0; l < N_LISTS; l++) {
		f->starts[l] = n;
		for (size_t i = 0; i < N; i++) {
			if (f->lists[i] != l)
				continue;
			memcpy(f->sorted_codes + n * n_parts,
			    f->codes + i * n_parts, n_parts);
			f->members[n++] = (int64_t)i;
		}
	}
	f->starts[N_LISTS] = n;
	assert_int_equal(n, N);
}

static int
setup(void **state)
{
	static struct fixture f;

	assert_non_null(f.arena = arena_new());
	f.rows = arena_alloc(f.arena, N * D, sizeof(float));
	f.queries = arena_alloc(f.arena, N_QUERIES * D, sizeof(float));
	assert_non_null(f.rows);
	assert_non_null(f.queries);
	draw(&f);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	arena_free(((struct fixture *)*state)->arena);
	return 0;
}

static double
product(const float *x, const float *y)
{
	double sum = 0;

	for (size_t d = 0; d < D; d++)
		sum += (double)x[d] * (double)y[d];
	return sum;
}

/* How many rows are more like the query than this. */
static size_t
rank_of(const struct fixture *f, const float *query, double likeness)
{
	size_t n = 0;

	for (size_t i = 0; i < N; i++)
		n += product(query, f->rows + i * D) > likeness + 1e-5;
	return n;
}

/* Of the true best K the share that is among the first K found. */
static double
recall(const struct fixture *f, const struct neighbours_store *s,
    size_t n_probed, size_t n_found)
{
	struct neighbours *n;
	static int64_t found[N_QUERIES * MORE];
	static float likeness[N_QUERIES * MORE];
	struct error err;
	size_t n_right = 0;

	assert_non_null(n = neighbours_new(s, &err));
	assert_int_equal(neighbours_find(n, f->queries, N_QUERIES, n_probed,
	    n_found, found, likeness, &err), 0);
	for (size_t q = 0; q < N_QUERIES; q++) {
		for (size_t i = 0; i < K; i++) {
			const size_t at = q * n_found + i;
			const float *query = f->queries + q * D;

			/* Found rows say how like they are, in order. */
			assert_true(found[at] >= 0 && found[at] < N);
			assert_true(fabs((double)likeness[at] - product(query,
			    f->rows + (size_t)found[at] * D)) < 1e-5);
			assert_true(i == 0 ||
			    likeness[at] <= likeness[at - 1]);
			n_right += rank_of(f, query,
			    (double)likeness[at]) < K;
		}
	}
	neighbours_free(n);
	return (double)n_right / (N_QUERIES * K);
}

/* With all lists looked through nothing is lost; with few, little. */
static void
test_rows(void **state)
{
	struct fixture *f = *state;
	struct neighbours_store s;
	double few;

	fill(f, 0, 1, &s);
	assert_true(recall(f, &s, N_LISTS, K) == 1);
	assert_true(recall(f, &s, N_LISTS + 100, K) == 1);
	few = recall(f, &s, 6, K);
	assert_true(few > 0.8);
	assert_true(recall(f, &s, 1, K) < few);
}

/* Codes lose some of what comes first among MORE, less than a twentieth. */
static void
test_codes(void **state)
{
	struct fixture *f = *state;
	struct neighbours_store s;

	fill(f, N_PARTS, 1, &s);
	assert_true(recall(f, &s, N_LISTS, MORE) > 0.95);
}

static void
test_threads(void **state)
{
	struct fixture *f = *state;
	struct neighbours_store s;
	static uint32_t lists[N];
	static uint8_t codes[N * N_PARTS];
	static float centres[N_LISTS * D];

	fill(f, N_PARTS, 1, &s);
	memcpy(lists, f->lists, sizeof(lists));
	memcpy(codes, f->codes, sizeof(codes));
	memcpy(centres, f->centres, sizeof(centres));
	fill(f, N_PARTS, 5, &s);
	assert_memory_equal(lists, f->lists, sizeof(lists));
	assert_memory_equal(codes, f->codes, sizeof(codes));
	assert_memory_equal(centres, f->centres, sizeof(centres));
	/* Each row is where the most alike centre is. */
	for (size_t i = 0; i < N; i++)
		for (size_t l = 0; l < N_LISTS; l++)
			assert_true(product(f->rows + i * D,
			    f->centres + l * D) < 1e-5 + product(f->rows +
			    i * D, f->centres + f->lists[i] * D));
}

static void
test_refusals(void **state)
{
	struct fixture *f = *state;
	const struct neighbours_shape odd = { D, N_LISTS, 3 };
	const struct neighbours_shape many = { D, N + 1, 0 };
	struct neighbours_store s;
	struct neighbours *n;
	int64_t found[K];
	float likeness[K];
	struct error err;

	assert_int_equal(neighbours_train(&odd, f->rows, N, 1, f->centres,
	    f->parts, &err), -1);
	assert_int_equal(err.code, ERROR_LIMIT);
	assert_int_equal(neighbours_train(&many, f->rows, N, 1, f->centres,
	    f->parts, &err), -1);
	assert_int_equal(err.code, ERROR_LIMIT);
	fill(f, 0, 1, &s);
	assert_non_null(n = neighbours_new(&s, &err));
	assert_int_equal(neighbours_find(n, f->queries, 1, 0, K, found,
	    likeness, &err), -1);
	assert_int_equal(neighbours_find(n, f->queries, 1, 1,
	    NEIGHBOURS_MAX_FOUND + 1, found, likeness, &err), -1);
	/* No query, nothing found; an empty list gives -1. */
	assert_int_equal(neighbours_find(n, f->queries, 0, 1, K, found,
	    likeness, &err), 0);
	memset(f->starts, 0, sizeof(f->starts));
	assert_int_equal(neighbours_find(n, f->queries, 1, N_LISTS, K, found,
	    likeness, &err), 0);
	for (size_t i = 0; i < K; i++)
		assert_true(found[i] == -1 && likeness[i] == 0);
	neighbours_free(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
