#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"

#include "embed/match_cost.h"
#include "embed/melody_match.h"
#include "embed/melody_warp.h"
#include "embed/retrieval.h"

#include "tests/lib/signal.h"

#define N_SONGS 20
#define N_WINDOWS 30
#define D 16

/* Songs of drawn unit vectors; song i is work "w<i / 2>". */
struct fixture {
	struct arena *arena;
	struct retrieval *db;
	float *songs[N_SONGS];
};

static int
setup(void **state)
{
	static struct fixture f;
	struct random r;
	struct error err;

	random_init(&r, 3);
	assert_non_null(f.arena = arena_new());
	assert_non_null(f.db = retrieval_new(&err));
	for (size_t i = 0; i < N_SONGS; i++) {
		static char works[N_SONGS][16];
		struct retrieval_song song = { .id = works[i],
		    .work = works[i], .n_windows = N_WINDOWS,
		    .dimension = D, .hop_sec = 0.5 };

		snprintf(works[i], sizeof(works[i]), "w%zu", i / 2);
		f.songs[i] = arena_alloc(f.arena, N_WINDOWS * D,
		    sizeof(float));
		assert_non_null(f.songs[i]);
		signal_unit_rows(f.songs[i], N_WINDOWS, D, &r);
		song.fingerprints = f.songs[i];
		assert_int_equal(retrieval_add(f.db, &song, &err), 0);
	}
	assert_int_equal(retrieval_n_works(f.db), N_SONGS / 2);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	retrieval_free(f->db);
	arena_free(f->arena);
	return 0;
}

/* Part of a song, with noise, is found with its place and its view. */
static void
test_finds_passages(void **state)
{
	const struct fixture *f = *state;
	const struct retrieval_options o = { 0, 0, 0.2 };
	struct random r;
	struct error err;

	random_init(&r, 5);
	for (size_t i = 0; i < N_SONGS; i++) {
		const size_t place = 1 + random_below(&r, N_WINDOWS - 6);
		struct retrieval_answer *answers;
		float other[5 * D], rows[5 * D];
		const struct retrieval_view views[] = { { 0.8, other, 5 },
		    { 1.25, rows, 5 } };
		const struct retrieval_query q = { .views = views,
		    .n_views = 2, .dimension = D, .hop_sec = 0.5 };
		char work[16];

		signal_unit_rows(other, 5, D, &r);
		for (size_t k = 0; k < 5 * D; k++)
			rows[k] = f->songs[i][place * D + k] +
			    0.1f * (float)random_normal(&r);
		assert_int_equal(retrieval_search(f->db, &q, &o, f->arena,
		    &answers, &err), 0);
		snprintf(work, sizeof(work), "w%zu", i / 2);
		assert_string_equal(answers[0].work, work);
		assert_true(answers[0].offset_sec == 0.5 * (double)place);
		assert_true(answers[0].time_scale == 1.25);
		assert_true(answers[0].score > answers[1].score);
		assert_true(answers[0].distance == -1);
	}
}

/* Only the songs that are named are looked at. */
static void
test_named_songs(void **state)
{
	const struct fixture *f = *state;
	const struct retrieval_options o = { 0, 0, 0.2 };
	const struct retrieval_view view = { 1, f->songs[4], 5 };
	const size_t songs[] = { 3, 5 }, beyond[] = { N_SONGS };
	struct retrieval_query q = { .views = &view, .n_views = 1,
	    .dimension = D, .hop_sec = 0.5, .songs = songs, .n_songs = 2 };
	struct retrieval_answer *some, *all;
	struct error err;

	assert_int_equal(retrieval_search(f->db, &q, &o, f->arena, &some,
	    &err), 0);
	q.songs = NULL;
	assert_int_equal(retrieval_search(f->db, &q, &o, f->arena, &all,
	    &err), 0);
	assert_int_equal(all[0].song, 4);
	assert_true(some[0].song == 3 || some[0].song == 5);
	assert_true(some[1].song == 3 || some[1].song == 5);
	for (size_t i = 0; i < N_SONGS / 2; i++) {
		/* A work of one song has the score that it has among all. */
		if (strcmp(all[i].work, "w1") == 0 && all[i].song == 3)
			assert_true(some[0].score == all[i].score ||
			    some[1].score == all[i].score);
		if (i < 2)
			continue;
		assert_true(some[i].song == SIZE_MAX && some[i].score == -1);
		assert_string_equal(some[i].id, "");
	}
	q.songs = beyond;
	assert_int_equal(retrieval_search(f->db, &q, &o, f->arena, &some,
	    &err), -1);
	assert_int_equal(err.code, ERROR_BUG);
}

/* The score is the mean over the diagonal, what is past the end counting 0. */
static void
test_score(void **state)
{
	const struct fixture *f = *state;
	const struct retrieval_options o = { 0, 0, 0.2 };
	const struct retrieval_view view = { 1, f->songs[4] +
	    (N_WINDOWS - 2) * D, 2 };
	const struct retrieval_query q = { .views = &view, .n_views = 1,
	    .dimension = D, .hop_sec = 0.5 };
	struct retrieval_view longer = view;
	struct retrieval_query past = q;
	struct retrieval_answer *answers;
	float rows[4 * D];
	struct error err;

	assert_int_equal(retrieval_search(f->db, &q, &o, f->arena, &answers,
	    &err), 0);
	assert_string_equal(answers[0].work, "w2");
	assert_true(fabs(answers[0].score - 1) < 1e-6);
	memset(rows, 0, sizeof(rows));
	memcpy(rows, view.fingerprints, 2 * D * sizeof(float));
	longer.fingerprints = rows;
	longer.n_windows = 4;
	past.views = &longer;
	assert_int_equal(retrieval_search(f->db, &past, &o, f->arena,
	    &answers, &err), 0);
	assert_string_equal(answers[0].work, "w2");
	assert_true(fabs(answers[0].score - 0.5) < 1e-6);
}

static void
test_refusals(void **state)
{
	const struct fixture *f = *state;
	const struct retrieval_options o = { 0, 0, 0.2 };
	const float row[D] = { 1 };
	const struct retrieval_view view = { 1, row, 1 };
	struct retrieval_query q = { .views = &view, .n_views = 1,
	    .dimension = D - 1, .hop_sec = 0.5 };
	const struct retrieval_song song = { .work = "x",
	    .fingerprints = row, .n_windows = 1, .dimension = D,
	    .hop_sec = 0.25 };
	struct retrieval_answer *answers;
	struct error err;

	assert_int_equal(retrieval_search(f->db, &q, &o, f->arena, &answers,
	    &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	q.dimension = D;
	q.hop_sec = 0.25;
	assert_int_equal(retrieval_search(f->db, &q, &o, f->arena, &answers,
	    &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	assert_int_equal(retrieval_add(f->db, &song, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
}

#define N_LINE 600

/* A walk over a scale, notes of 0.3 to 0.8 s. */
static void
draw_line(float *pitch, size_t n, struct random *r)
{
	static const int scale[] = { 0, 2, 4, 5, 7, 9, 11, 12 };
	size_t degree = 3;

	for (size_t i = 0; i < n;) {
		const size_t length = 3 + random_below(r, 6);

		degree = (degree + 6 + random_below(r, 5)) % 8;
		for (size_t k = 0; k < length && i < n; k++)
			pitch[i++] = (float)(60 + scale[degree]);
	}
}

/* Part of a song in another key and tempo; the tempo bends when asked to. */
static size_t
sing(const float *song, size_t first, double ratio, double bend, float *hum,
    size_t n)
{
	double at = (double)first;

	for (size_t i = 0; i < n; i++) {
		hum[i] = song[(size_t)at] - 5.3f;
		at += ratio * (1 + bend * sin(0.1 * (double)i));
	}
	return n;
}

/* The place and the tempo of hums are found again, in any key. */
static void
test_melody_place(void **state)
{
	static const double ratios[] = { 0.72, 0.95, 1, 1.21, 1.52 };
	float pitch[N_LINE], hum[80];
	const struct melody_line song = { pitch, N_LINE, 2.5 };
	struct random r;
	struct error err;

	(void)state;
	random_init(&r, 11);
	for (size_t i = 0; i < 5; i++) {
		const size_t first = 20 + random_below(&r, 400);
		struct melody_line line = { hum, 0, 0 };
		struct melody_query *q;
		struct melody_match found[MELODY_MATCH_N_PLACES];
		const struct melody_match *m = &found[MELODY_MATCH_ANYWHERE];
		const struct melody_match *start =
		    &found[MELODY_MATCH_BEGINNING];

		draw_line(pitch, N_LINE, &r);
		line.n = sing(pitch, first, ratios[i], 0, hum, 80);
		assert_non_null(q = melody_query_new(&line, &err));
		melody_match_find(q, &song, found);
		/* Rounding notes to tenths of a second costs a little. */
		assert_true(m->distance < 0.25);
		assert_true(fabs(m->offset_sec - 2.5 - (double)first / 10) <
		    0.25);
		assert_true(m->tempo_ratio == ratios[i]);
		assert_false(m->is_beginning);
		assert_true(start->is_beginning && start->offset_sec <= 3.0);
		assert_true(start->distance > m->distance + 0.3);
		melody_query_free(q);
	}
}

/* Warping follows a tempo that bends, and does not make others right. */
static void
test_warp(void **state)
{
	float pitch[N_LINE], stranger[N_LINE], hum[80];
	const struct melody_line song = { pitch, N_LINE, 0 };
	const struct melody_line other = { stranger, N_LINE, 0 };
	struct melody_line line = { hum, 80, 0 };
	struct melody_match right[MELODY_MATCH_N_PLACES];
	struct melody_match wrong[MELODY_MATCH_N_PLACES];
	struct melody_query *q;
	struct random r;
	struct error err;

	(void)state;
	random_init(&r, 12);
	draw_line(pitch, N_LINE, &r);
	draw_line(stranger, N_LINE, &r);
	sing(pitch, 100, 1, 0.3, hum, 80);
	assert_non_null(q = melody_query_new(&line, &err));
	melody_match_find(q, &song, right);
	melody_match_find(q, &other, wrong);
	melody_warp_run(q, &song, right);
	melody_warp_run(q, &other, wrong);
	assert_true(right->is_warped && wrong->is_warped);
	assert_true(right->drift < 0.8 * right->distance);
	assert_true(wrong->drift > right->drift + 0.2);
	/* A stranger is warped until it goes up and down in time. */
	assert_true(right->motion > 0.95 && wrong->motion < 0.85);
	melody_query_free(q);
}

/* Whoever wanders off the key is further away, but drifts no more. */
static void
test_drift(void **state)
{
	float pitch[N_LINE], hum[80];
	const struct melody_line song = { pitch, N_LINE, 0 };
	struct melody_line line = { hum, 80, 0 };
	struct melody_match steady[MELODY_MATCH_N_PLACES];
	struct melody_match wandering[MELODY_MATCH_N_PLACES];
	struct melody_query *q;
	struct random r;
	struct error err;

	(void)state;
	random_init(&r, 14);
	draw_line(pitch, N_LINE, &r);
	sing(pitch, 0, 1, 0, hum, 80);
	assert_non_null(q = melody_query_new(&line, &err));
	melody_match_find(q, &song, steady);
	melody_warp_run(q, &song, steady);
	melody_query_free(q);
	assert_true(steady->is_beginning && steady->drift < 0.05);
	for (size_t i = 0; i < 80; i++)
		hum[i] += 3 * (float)i / 80;
	assert_non_null(q = melody_query_new(&line, &err));
	melody_match_find(q, &song, wandering);
	melody_warp_run(q, &song, wandering);
	melody_query_free(q);
	assert_true(wandering->distance > steady->distance + 0.3);
	assert_true(wandering->drift < 0.5 * wandering->distance);
}

static void
test_too_short(void **state)
{
	float pitch[N_LINE];
	const struct melody_line song = { pitch, N_LINE, 0 };
	const struct melody_line line = { pitch, 5, 0 };
	const struct melody_line nothing = { NULL, 0, 0 };
	struct melody_match m[MELODY_MATCH_N_PLACES];
	struct melody_query *q;
	struct random r;
	struct error err;

	(void)state;
	random_init(&r, 1);
	draw_line(pitch, N_LINE, &r);
	assert_non_null(q = melody_query_new(&line, &err));
	melody_match_find(q, &song, m);
	assert_true(m[0].distance == 3 && m[1].distance == 3);
	melody_warp_run(q, &song, m);
	assert_true(m[0].is_warped && m[0].drift == 3);
	melody_query_free(q);
	assert_non_null(q = melody_query_new(&song, &err));
	melody_match_find(q, &nothing, m);
	assert_true(m[0].distance == 3);
	melody_warp_run(q, &nothing, m);
	assert_true(m[0].drift == 3 && m[0].motion == -1);
	melody_query_free(q);
}

/* A long song has more places to be alike at; the beginning counts more. */
static void
test_prior(void **state)
{
	struct melody_match m = { .distance = 0.5, .tempo_ratio = 1 };
	const double here = match_cost(&m, 0.5, 300, 0.2);

	(void)state;
	assert_true(fabs(match_cost(&m, 0.5, 3000, 0.2) - here -
	    log(10)) < 1e-9);
	assert_true(match_cost(&m, 0.6, 300, 0.2) < here);
	m.is_beginning = true;
	/* A fifth, and a fiftieth of the rest, against that fiftieth. */
	assert_true(fabs(here - match_cost(&m, 0.5, 300, 0.2) -
	    log((0.2 + 0.8 / 50) / (0.8 / 50))) < 1e-9);
	assert_true(isfinite(match_cost_prior(&m, 300, 1)));
	m.is_beginning = false;
	assert_true(isfinite(match_cost_prior(&m, 300, 1)));
}

/* A hum with octave slips and blips keeps its tune and loses those. */
static void
test_melody_line(void **state)
{
	const struct fixture *f = *state;
	struct melody_line line;
	struct track t;
	struct error err;

	(void)state;
	assert_int_equal(track_init(&t, 600, 0.01, f->arena, &err), 0);
	for (size_t k = 100; k < 500; k++)
		t.f0_hz[k] = k < 300 ? 220 : 247;
	for (size_t k = 200; k < 203; k++)
		t.f0_hz[k] = 300;		/* 30 ms */
	for (size_t k = 350; k < 380; k++)
		t.f0_hz[k] = 55;		/* two octaves off */
	for (size_t k = 400; k < 430; k++)
		t.f0_hz[k] = 0;			/* a rest */
	assert_int_equal(melody_line_make(&t, true, f->arena, &line, &err), 0);
	assert_int_equal(line.n, 40);
	assert_true(fabs(line.start_sec - 1) < 1e-9);
	for (size_t i = 0; i < 40; i++)
		assert_true(fabsf(line.pitch[i] - (i < 20 ? 57 : 59.0036f)) <
		    1e-3f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_passages),
		cmocka_unit_test(test_named_songs),
		cmocka_unit_test(test_score),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_melody_place),
		cmocka_unit_test(test_warp),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_prior),
		cmocka_unit_test(test_too_short),
		cmocka_unit_test(test_melody_line),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
