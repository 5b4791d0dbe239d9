/* align_truth and align_score on cases small enough to count by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "align/align_score.h"

/* Two covers of "o": x shares two stretches, y nothing. */
static const char truth_text[] =
    "[{\"id\":\"o\",\"group_id\":\"g\"},"
    "{\"id\":\"y\",\"group_id\":\"h\",\"truth\":{\"original_id\":\"o\","
    "\"segments\":[]}},"
    "{\"id\":\"x\",\"group_id\":\"g\",\"truth\":{\"original_id\":\"o\","
    "\"segments\":[{\"points\":[[10,0],[20,10],[30,30]]},"
    "{\"points\":[[10,40],[20,50]]}]}}]";

struct fixture {
	struct arena *a;
	struct json *parsed[2];
	struct align_truth truth;
};

/* The items of a parsed list as the array that the functions take. */
static const struct json **
items_of(struct fixture *f, const struct json *list)
{
	const struct json **items = arena_alloc(f->a, json_count(list),
	    sizeof(*items));
	size_t i;

	assert_non_null(items);
	for (i = 0; i < json_count(list); i++)
		items[i] = json_item(list, i);
	return items;
}

static void
setup(struct fixture *f)
{
	struct error err;

	memset(f, 0, sizeof(*f));
	f->a = arena_new();
	f->parsed[0] = json_parse(truth_text, strlen(truth_text), &err);
	assert_non_null(f->a);
	assert_non_null(f->parsed[0]);
	assert_int_equal(align_truth_load(items_of(f, f->parsed[0]), 3, f->a,
	    &f->truth, &err), 0);
}

static void
teardown(struct fixture *f)
{
	json_free(f->parsed[0]);
	json_free(f->parsed[1]);
	arena_free(f->a);
}

static struct align_score
score(struct fixture *f, const char *fragments, enum align_score_level level,
    double tolerance_sec)
{
	struct align_score s;
	struct error err;

	json_free(f->parsed[1]);
	f->parsed[1] = json_parse(fragments, strlen(fragments), &err);
	assert_non_null(f->parsed[1]);
	assert_int_equal(align_score_run(items_of(f, f->parsed[1]),
	    json_count(f->parsed[1]), &f->truth, level, tolerance_sec, 1,
	    f->a, &s, &err), 0);
	return s;
}

static void
truth_is_a_map(void **state)
{
	const struct align_truth_cover *x;
	struct fixture f;

	(void)state;
	setup(&f);
	assert_int_equal(f.truth.n_covers, 2);
	assert_null(align_truth_find(&f.truth, "o"));
	x = align_truth_find(&f.truth, "x");
	assert_non_null(x);
	assert_true(align_truth_map(&x->segments[0], 15) == 5.0);
	assert_true(align_truth_map(&x->segments[0], 20) == 10.0);
	assert_true(align_truth_map(&x->segments[0], 25) == 20.0);
	assert_true(align_truth_error(x, 15, 5.25, 1, 0) == 0.25);
	/* The other stretch, sung again, is as good. */
	assert_true(align_truth_error(x, 15, 45.25, 1, 0) == 0.25);
	/* Before the beginning: off by the distance, though on the line. */
	assert_true(align_truth_error(x, 9.5, -0.5, 1, 0) == 0.5);
	assert_true(align_truth_error(x, 9.5, -0.5, 1, 0.6) == 0.0);
	assert_true(align_truth_error(align_truth_find(&f.truth, "y"), 15, 5,
	    1, 0) == HUGE_VAL);
	teardown(&f);
}

/* A fragment of the cover "id" at the tempo of the original. */
#define FRAGMENT(id, decision, from, to, at, end) \
	"{\"id\":\"" id "\",\"original_id\":\"o\",\"decision\":\"" decision \
	"\",\"original_interval\":[" #from "," #to "],\"interval\":[" #at \
	"," #end "]}"

static void
fragments_are_counted(void **state)
{
	static const char found[] = "["
	    FRAGMENT("x", "keep", 10, 18, 0.2, 8.2) ","
	    FRAGMENT("x", "keep", 12, 18, 42.7, 48.7) ","
	    FRAGMENT("x", "flag", 20, 30, 10, 30) ","
	    FRAGMENT("x", "drop", 10, 20, 20, 30) ","
	    FRAGMENT("y", "keep", 10, 20, 0, 10) ","
	    FRAGMENT("z", "keep", 10, 20, 0, 10) ","
	    "{\"id\":\"x\",\"error\":\"chad-align: no\"}]";
	struct align_score s;
	struct fixture f;

	(void)state;
	setup(&f);
	s = score(&f, found, ALIGN_SCORE_KEPT, 0.5);
	assert_int_equal(s.n_fragments, 3);
	assert_int_equal(s.n_right, 1);
	assert_int_equal(s.n_wrong_song, 1);
	assert_int_equal(s.n_unknown, 1);
	assert_true(fabs(s.precision.mean - 1.0 / 3.0) < 1e-9);
	/* Of the original's 10 to 30 s, 10 to 18 s are found. */
	assert_true(fabs(s.shared_sec - 20.0) < 1e-6);
	assert_true(fabs(s.recall.mean - 0.4) < 0.01);
	assert_true(fabs(s.median_error_sec - 0.45) < 1e-9);

	s = score(&f, found, ALIGN_SCORE_KEPT, 1.0);
	assert_int_equal(s.n_right, 2);
	s = score(&f, found, ALIGN_SCORE_KEPT_AND_FLAGGED, 0.5);
	assert_int_equal(s.n_fragments, 4);
	assert_int_equal(s.n_right, 2);
	assert_true(fabs(s.recall.mean - 0.9) < 0.01);
	s = score(&f, found, ALIGN_SCORE_ALL, 0.5);
	assert_int_equal(s.n_fragments, 5);
	assert_int_equal(s.n_right, 2);
	teardown(&f);
}

/* Where the truth is partial, what it does not speak of is not judged. */
static void
partial_truth(void **state)
{
	static const char found[] = "["
	    FRAGMENT("x", "keep", 100, 110, 100, 110) ","
	    FRAGMENT("x", "keep", 100, 110, 0, 10) "]";
	struct align_score s;
	struct fixture f;

	(void)state;
	setup(&f);
	s = score(&f, found, ALIGN_SCORE_KEPT, 0.5);
	assert_int_equal(s.n_fragments, 2);
	f.truth.covers[0].is_partial = true;
	s = score(&f, found, ALIGN_SCORE_KEPT, 0.5);
	assert_int_equal(s.n_fragments, 1);
	assert_int_equal(s.n_unknown, 1);
	assert_int_equal(s.n_right, 0);
	teardown(&f);
}

/* Both begin before the first segment; one is right from there on. */
static void
partial_truth_judges_what_it_knows(void **state)
{
	static const char found[] = "["
	    FRAGMENT("x", "keep", 4, 16, 34, 46) ","
	    FRAGMENT("x", "keep", 4, 16, 35, 47) "]";
	struct align_score s;
	struct fixture f;

	(void)state;
	setup(&f);
	s = score(&f, found, ALIGN_SCORE_KEPT, 0.5);
	assert_int_equal(s.n_right, 0);
	f.truth.covers[0].is_partial = true;
	s = score(&f, found, ALIGN_SCORE_KEPT, 0.5);
	assert_int_equal(s.n_fragments, 2);
	assert_int_equal(s.n_right, 1);
	teardown(&f);
}

/* Right at both ends only, or in the middle only, is not right. */
static void
bent_fragments_are_wrong(void **state)
{
	struct align_score s;
	struct fixture f;

	(void)state;
	setup(&f);
	s = score(&f, "[" FRAGMENT("x", "keep", 10, 30, 0, 30) "]",
	    ALIGN_SCORE_KEPT, 1.0);
	assert_int_equal(s.n_right, 0);
	s = score(&f, "[" FRAGMENT("x", "keep", 10, 20, 2, 8) "]",
	    ALIGN_SCORE_KEPT, 1.0);
	assert_int_equal(s.n_right, 0);
	s = score(&f, "[]", ALIGN_SCORE_KEPT, 1.0);
	assert_int_equal(s.n_fragments, 0);
	assert_true(s.precision.mean == 0.0 && s.recall.mean == 0.0);
	teardown(&f);
}

static void
bad_truth_is_refused(void **state)
{
	static const char *const cases[] = {
		"{\"original_id\":\"o\"}",
		"{\"original_id\":\"o\",\"segments\":[{\"points\":[[1,1]]}]}",
		"{\"original_id\":\"o\",\"segments\":[{\"points\":"
		    "[[1,1],[1,2]]}]}",
		"{\"original_id\":\"o\",\"segments\":[{\"points\":"
		    "[[1,1],[2,\"x\"]]}]}",
		"{\"original_id\":\"o\",\"segments\":[{\"points\":"
		    "[[1,1],[2,1e30]]}]}",
		"{\"original_id\":\"o\",\"segments\":[3]}",
		"{\"original_id\":7,\"segments\":[]}",
	};
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	assert_non_null(a);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = arena_printf(a,
		    "{\"id\":\"x\",\"truth\":%s}", cases[i]);
		struct error err = { ERROR_NONE, "" };
		struct align_truth truth;
		struct json *rec;
		const struct json *list[1];

		assert_non_null(text);
		rec = json_parse(text, strlen(text), &err);
		assert_non_null(rec);
		list[0] = rec;
		assert_int_equal(align_truth_load(list, 1, a, &truth, &err),
		    -1);
		assert_true(strlen(err.text) > 0);
		json_free(rec);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truth_is_a_map),
		cmocka_unit_test(fragments_are_counted),
		cmocka_unit_test(partial_truth),
		cmocka_unit_test(partial_truth_judges_what_it_knows),
		cmocka_unit_test(bent_fragments_are_wrong),
		cmocka_unit_test(bad_truth_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
