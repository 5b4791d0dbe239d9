/*
 * pitch_match and sequence_score on tracks and sequences whose scores follow
 * from how they are made.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "align/pitch_grid.h"
#include "align/pitch_match.h"
#include "align/sequence_score.h"
#include "base/random.h"

#define N_FRAMES 3000		/* 30 s */
#define HOP_SEC 0.01

/* Random notes of 0.3 s, as heard "ratio" times as slow and "late" later. */
static void
sing(float *f0_hz, double ratio, double late_sec, double semitones)
{
	struct random r;
	size_t k;

	for (k = 0; k < N_FRAMES; k++) {
		const double sec = ((double)k * HOP_SEC - late_sec) / ratio;

		random_init_keyed(&r, 5, (uint64_t)(sec / 0.3 + 1e6), 0);
		f0_hz[k] = (float)(220.0 * exp2((semitones +
		    (double)random_below(&r, 15)) / 12.0));
	}
}

struct pair {
	float f0_hz[2][N_FRAMES];
	struct pitch_match_track tracks[2];
	struct pitch_match_pair pair;
	struct arena *arena;
};

static void
prepare(struct pair *p)
{
	struct error err;
	int i;

	p->arena = arena_new();
	assert_non_null(p->arena);
	for (i = 0; i < 2; i++)
		assert_int_equal(pitch_match_prepare(p->f0_hz[i], N_FRAMES,
		    HOP_SEC, p->arena, &p->tracks[i], &err), 0);
	p->pair.original = &p->tracks[0];
	p->pair.cover = &p->tracks[1];
}

static void
octaves_do_not_matter_but_keys_do(void **state)
{
	static struct pair p;
	const struct time_line same = { 0, 0, 1 };
	const struct pitch_match_span span = { 5, 25 };
	struct pitch_match_count count;
	struct error err;
	double semitones;

	(void)state;
	sing(p.f0_hz[0], 1, 0, 0);
	sing(p.f0_hz[1], 1, 0, -21);
	prepare(&p);
	pitch_match_compare(&p.pair, &same, &span, HOP_SEC, &count);
	assert_int_equal(count.n_joint, 2000);
	assert_int_equal(count.n_agreeing, 2000);
	/* 21 semitones lower is 3 higher, octaves aside. */
	assert_true(abs(count.mode - 30) <= 7);
	assert_true(pitch_match_agreement(&p.pair, &same, &span, 30,
	    NULL) == 1.0);
	assert_true(pitch_match_agreement(&p.pair, &same, &span, 90,
	    NULL) < 0.3);
	assert_int_equal(pitch_match_transposition(&p.pair, &same, &span,
	    p.arena, &semitones, &err), 0);
	assert_true(fabs(semitones + 21.0) < 0.06);
	arena_free(p.arena);
}

/* Every fourth second of the cover is silent, every fourth a stranger's. */
static void
shares_are_counted(void **state)
{
	static struct pair p;
	const struct time_line same = { 0, 0, 1 };
	const struct pitch_match_span span = { 4, 24 };
	const struct pitch_match_span outside = { -30, -1 };
	struct pitch_match_count count;
	size_t k;

	(void)state;
	sing(p.f0_hz[0], 1, 0, 0);
	sing(p.f0_hz[1], 1, 0, 4);
	for (k = 0; k < N_FRAMES; k++) {
		if (k / 100 % 4 == 1)
			p.f0_hz[1][k] = 0.0f;
		else if (k / 100 % 4 == 2)
			p.f0_hz[1][k] = p.f0_hz[0][k] * 1.05946f;
	}
	prepare(&p);
	pitch_match_compare(&p.pair, &same, &span, HOP_SEC, &count);
	assert_int_equal(count.n_joint, 1500);
	assert_int_equal(count.n_agreeing, 1000);
	assert_true(fabs(pitch_match_agreement(&p.pair, &same, &span,
	    PITCH_MATCH_ANY_KEY, NULL) - 2.0 / 3.0) < 1e-9);
	assert_true(pitch_match_agreement(&p.pair, &same, &outside,
	    PITCH_MATCH_ANY_KEY, NULL) == 0.0);
	arena_free(p.arena);
}

static void
lines_are_found_again(void **state)
{
	static struct pair p;
	const struct pitch_match_search search = { 1.0, 0.06, 0.8, 1.25,
	    false };
	const struct pitch_match_span span = { 8, 18 };
	struct time_line l = { 13, 13.8, 1.05 };
	struct error err;

	(void)state;
	sing(p.f0_hz[0], 1, 0, 0);
	sing(p.f0_hz[1], 1.1, -1.0, 2);
	prepare(&p);
	assert_int_equal(pitch_match_refine(&p.pair, &span, &search, &l,
	    p.arena, &err), 0);
	/* True: cover = 1.1 * original - 1. */
	assert_true(fabs(time_line_cover(&l, 8) - 7.8) < 0.06);
	assert_true(fabs(time_line_cover(&l, 18) - 18.8) < 0.06);
	assert_true(fabs(time_line_original(&l, time_line_cover(&l, 9.5)) -
	    9.5) < 1e-9);
	arena_free(p.arena);
}

/* The quick count at many shifts is the plain one of the shifted line. */
static void
the_grid_counts_the_same(void **state)
{
	static struct pair p;
	const struct pitch_match_span spans[] = { { 8.0031, 18.3 },
	    { -2.0031, 9 }, { 21.0031, 33 } };
	const double steps_sec[] = { 0.01, 0.04 };
	struct pitch_match_count quick, plain;
	struct pitch_grid g;
	struct error err;
	size_t i, k;
	int shift, n_compared = 0;

	(void)state;
	sing(p.f0_hz[0], 1, 0, 0);
	sing(p.f0_hz[1], 1.1, -1.0, 2);
	for (k = 0; k < N_FRAMES; k++)
		p.f0_hz[k % 2][(k * 37) % N_FRAMES] *= k % 5 != 0;
	prepare(&p);
	for (i = 0; i < 6; i++) {
		const double step_sec = steps_sec[i % 2];
		/* Away from the edges of frames, where rounding decides. */
		struct time_line l = { 13.0, 13.8023, 1.0500017 };

		assert_int_equal(pitch_grid_init(&g, &p.pair, &spans[i / 2],
		    step_sec, p.arena, &err), 0);
		pitch_grid_lay(&g, &p.pair, &spans[i / 2], step_sec, &l);
		for (shift = -400; shift <= 400; shift += 7) {
			l.cover_sec = 13.8023 + shift * HOP_SEC;
			pitch_grid_compare(&g, shift, &quick);
			pitch_match_compare(&p.pair, &l, &spans[i / 2],
			    step_sec, &plain);
			assert_int_equal(quick.n_joint, plain.n_joint);
			assert_int_equal(quick.n_agreeing,
			    plain.n_agreeing);
			n_compared += plain.n_agreeing > 0;
		}
	}
	assert_true(n_compared > 300);
	arena_free(p.arena);
}

static void
ends_are_trimmed(void **state)
{
	static struct pair p;
	const struct time_line same = { 0, 0, 1 };
	const struct pitch_match_span span = { 2, 28 };
	struct pitch_match_span kept;
	struct random r;
	size_t k;

	(void)state;
	random_init(&r, 9);
	sing(p.f0_hz[0], 1, 0, 0);
	sing(p.f0_hz[1], 1, 0, 0);
	for (k = 0; k < N_FRAMES; k++) {
		if (k < 900 || k >= 2100)
			p.f0_hz[1][k] = (float)(200.0 *
			    exp2(random_uniform(&r)));
	}
	prepare(&p);
	kept = pitch_match_trim(&p.pair, &same, &span);
	assert_true(fabs(kept.from_sec - 9.0) < 0.3);
	assert_true(fabs(kept.to_sec - 21.0) < 0.3);
	for (k = 0; k < N_FRAMES; k++)
		p.tracks[1].tenths[k] = -1;
	kept = pitch_match_trim(&p.pair, &same, &span);
	assert_true(kept.from_sec == kept.to_sec);
	arena_free(p.arena);
}

/* Two sequences over three dimensions; the last original window is silent. */
static void
correlation_is_pearsons(void **state)
{
	static const float original[] = { 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0 };
	static const float negative[] = { -1, 0, 0, 0, -1, 0, 0, 0, -1, 0, 0,
	    1 };
	static const float shifted[] = { 0, 1, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0 };
	const struct time_line same = { 0, 0, 1 };
	const struct time_line late = { 0, 1, 1 };
	struct similarity s = { original, original, 4, 4, 3 };

	(void)state;
	/* Windows of 2 s every second stand for 1, 2, 3, 4 s. */
	assert_true(fabs(sequence_score(&s, 2, 1, &same, 0.5, 4.5) - 1.0) <
	    1e-9);
	s.cover = negative;
	assert_true(sequence_score(&s, 2, 1, &same, 0.5, 4.5) == 0.0);
	s.cover = shifted;
	/* Only the third agrees: r = (9 * 1 - 9) / 18 = 0 for pairs 1 to 3. */
	assert_true(fabs(sequence_score(&s, 2, 1, &same, 0.5, 3.5) -
	    0.0) < 1e-9);
	/* Mapped one window on, the first finds itself. */
	assert_true(fabs(sequence_score(&s, 2, 1, &late, 0.5, 1.5) - 1.0) <
	    1e-9);
	/* The last is silent in the original. */
	assert_true(sequence_score(&s, 2, 1, &same, 3.5, 4.5) == 0.0);
	s.n_columns = 0;
	assert_true(sequence_score(&s, 2, 1, &same, 0.5, 4.5) == 0.0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(octaves_do_not_matter_but_keys_do),
		cmocka_unit_test(shares_are_counted),
		cmocka_unit_test(lines_are_found_again),
		cmocka_unit_test(the_grid_counts_the_same),
		cmocka_unit_test(ends_are_trimmed),
		cmocka_unit_test(correlation_is_pearsons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
