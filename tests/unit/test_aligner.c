/*
 * aligner_run on made-up recordings whose alignment is known exactly.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "align/aligner.h"

#include "tests/lib/song.h"

struct result {
	struct arena *arena;
	struct aligner_fragment *fragments;
	size_t n;
};

static struct aligner_recording
recording_of(const struct song *s)
{
	const struct aligner_recording r = { s->fingerprints, s->n_windows,
	    s->f0_hz, s->n_frames, SONG_F0_HOP_SEC, s->duration_sec };

	return r;
}

static void
run(const struct song *original, const struct song *cover, struct result *r)
{
	const struct aligner_recording o = recording_of(original);
	const struct aligner_recording c = recording_of(cover);
	struct aligner_options options = { .n_dims = SONG_DIMS,
	    .window_sec = SONG_WINDOW_SEC, .hop_sec = SONG_HOP_SEC };
	struct error err = { ERROR_NONE, "" };

	aligner_options_init(&options);
	r->arena = arena_new();
	assert_non_null(r->arena);
	assert_int_equal(aligner_run(&o, &c, &options, r->arena,
	    &r->fragments, &r->n, &err), 0);
}

/* The fragments lie on cover = at + ratio * (original - from). */
static size_t
n_on_line(const struct result *r, double from, double at, double ratio)
{
	size_t i, n = 0;

	for (i = 0; i < r->n; i++) {
		const struct aligner_fragment *f = &r->fragments[i];
		const double start = at + ratio *
		    (f->original_from_sec - from);
		const double end = at + ratio * (f->original_to_sec - from);

		/* Pitch places it far within a hop of the fingerprints. */
		n += fabs(f->from_sec - start) < 0.1 &&
		    fabs(f->to_sec - end) < 0.1;
	}
	return n;
}

/* Seconds of the original that fragments cover. */
static double
covered(const struct result *r)
{
	double sum = 0.0;
	size_t i;

	for (i = 0; i < r->n; i++)
		sum += r->fragments[i].original_to_sec -
		    r->fragments[i].original_from_sec;
	return sum;
}

static void
a_copy_maps_to_itself(void **state)
{
	const struct song_stretch all = { 7, 0, 63, 1.0 };
	struct song s;
	struct result r;
	size_t i;

	(void)state;
	song_play(&s, &all, 1, 0.0);
	run(&s, &s, &r);
	assert_int_equal(n_on_line(&r, 0, 0, 1), r.n);
	assert_true(covered(&r) > 62.0 && covered(&r) < 63.1);
	for (i = 0; i < r.n; i++) {
		assert_true(r.fragments[i].correlation > 0.99);
		assert_true(r.fragments[i].agreement > 0.99);
		assert_true(fabs(r.fragments[i].transposition_semitones) <
		    0.1);
	}
	arena_free(r.arena);
	song_release(&s);
}

/* Another tempo, another key, the beginning cut off. */
static void
tempo_key_and_cut(void **state)
{
	const double ratios[] = { 0.81, 0.9, 1.0, 1.12, 1.24 };
	const struct song_stretch all = { 3, 0, 100, 1.0 };
	struct song original, cover;
	struct result r;
	size_t i, k;

	(void)state;
	song_play(&original, &all, 1, 0.0);
	for (i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++) {
		const struct song_stretch part = { 3, 21.3, 80, ratios[i] };

		song_play(&cover, &part, 1, -15.0);
		run(&original, &cover, &r);
		assert_int_equal(n_on_line(&r, 21.3, 0, ratios[i]), r.n);
		assert_true(covered(&r) > 0.93 * 58.7);
		assert_true(covered(&r) < 58.8);
		for (k = 0; k < r.n; k++) {
			const struct aligner_fragment *f = &r.fragments[k];

			assert_true(f->original_to_sec -
			    f->original_from_sec < 10.1);
			assert_true(fabs(f->tempo_ratio / ratios[i] - 1.0) <
			    0.03);
			assert_true(fabs(f->transposition_semitones + 15.0) <
			    0.11);
		}
		arena_free(r.arena);
		song_release(&cover);
	}
	song_release(&original);
}

/* A section twice, a foreign one between: each is found where it is. */
static void
repeats_are_found_each(void **state)
{
	const struct song_stretch all = { 5, 0, 60, 1.0 };
	const struct song_stretch parts[] = { { 5, 10, 30, 1.1 },
	    { 6, 0, 15, 1.0 }, { 5, 10, 30, 1.1 }, { 5, 40, 60, 1.1 } };
	struct song original, cover;
	struct result r;
	size_t first, second, third, i, n_repeats = 0;

	(void)state;
	song_play(&original, &all, 1, 0.0);
	song_play(&cover, parts, 4, 4.0);
	run(&original, &cover, &r);
	first = n_on_line(&r, 10, 0, 1.1);
	second = n_on_line(&r, 10, 37, 1.1);
	third = n_on_line(&r, 40, 59, 1.1);
	assert_true(first >= 2 && second >= 2 && third >= 2);
	assert_int_equal(first + second + third, r.n);
	/* The section is sung again: one time of it follows the original. */
	for (i = 0; i < r.n; i++)
		n_repeats += r.fragments[i].is_repeat;
	assert_true(n_repeats == first || n_repeats == second);
	assert_true(covered(&r) > 0.9 * 60.0 && covered(&r) < 62.0);
	arena_free(r.arena);
	song_release(&original);
	song_release(&cover);
}

static void
strangers_share_nothing(void **state)
{
	struct song a, b;
	struct result r;
	uint64_t work;

	(void)state;
	for (work = 10; work < 20; work += 2) {
		const struct song_stretch one = { work, 0, 90, 1.0 };
		const struct song_stretch other = { work + 1, 0, 90, 1.0 };

		song_play(&a, &one, 1, 0.0);
		song_play(&b, &other, 1, 0.0);
		run(&a, &b, &r);
		assert_int_equal(r.n, 0);
		arena_free(r.arena);
		song_release(&a);
		song_release(&b);
	}
}

static void
swapping_gives_the_inverse(void **state)
{
	const struct song_stretch all = { 8, 0, 70, 1.0 };
	const struct song_stretch part = { 8, 15, 60, 1.15 };
	struct song a, b;
	struct result there, back;
	size_t i;

	(void)state;
	song_play(&a, &all, 1, 0.0);
	song_play(&b, &part, 1, 2.0);
	run(&a, &b, &there);
	run(&b, &a, &back);
	/* Pieces are cut at 10 s of the original: compare the lines. */
	assert_int_equal(n_on_line(&there, 15, 0, 1.15), there.n);
	assert_int_equal(n_on_line(&back, 0, 15, 1.0 / 1.15), back.n);
	assert_true(fabs(covered(&there) * 1.15 - covered(&back)) < 2.0);
	for (i = 0; i < back.n; i++)
		assert_true(fabs(
		    back.fragments[i].transposition_semitones + 2.0) < 0.11);
	arena_free(there.arena);
	arena_free(back.arena);
	song_release(&a);
	song_release(&b);
}

/* Recordings of no window, of one window, and without voice. */
static void
small_recordings(void **state)
{
	const struct song_stretch tiny = { 4, 20, 22, 1.0 };
	const struct song_stretch one = { 4, 20, 23.1, 1.0 };
	const struct song_stretch all = { 4, 0, 40, 1.0 };
	struct song a, b, c;
	struct result r;
	size_t i;

	(void)state;
	song_play(&a, &tiny, 1, 0.0);
	song_play(&b, &one, 1, 0.0);
	song_play(&c, &all, 1, 0.0);
	assert_int_equal(a.n_windows, 0);
	assert_int_equal(b.n_windows, 1);
	run(&a, &c, &r);
	assert_int_equal(r.n, 0);
	arena_free(r.arena);
	run(&c, &a, &r);
	assert_int_equal(r.n, 0);
	arena_free(r.arena);
	run(&a, &a, &r);
	assert_int_equal(r.n, 0);
	arena_free(r.arena);
	run(&c, &b, &r);
	assert_int_equal(r.n, 1);
	assert_int_equal(n_on_line(&r, 20, 0, 1), 1);
	arena_free(r.arena);
	for (i = 0; i < c.n_frames; i++)
		c.f0_hz[i] = 0.0f;
	run(&c, &b, &r);
	assert_int_equal(r.n, 0);
	arena_free(r.arena);
	song_release(&a);
	song_release(&b);
	song_release(&c);
}

static void
decisions(void **state)
{
	static const struct {
		double correlation, agreement;
		bool is_repeat;
		enum aligner_decision want;
	} cases[] = {
		{ 0.50, 0.40, false, ALIGNER_KEEP },
		{ 0.90, 0.39, false, ALIGNER_FLAG },
		{ 0.49, 0.90, false, ALIGNER_FLAG },
		{ 0.30, 0.35, false, ALIGNER_FLAG },
		{ 0.29, 1.00, false, ALIGNER_DROP },
		{ 1.00, 0.34, false, ALIGNER_DROP },
		{ 0.00, 0.00, false, ALIGNER_DROP },
		{ 0.50, 0.70, true, ALIGNER_KEEP },
		{ 0.90, 0.69, true, ALIGNER_FLAG },
		{ 0.90, 0.34, true, ALIGNER_DROP },
	};
	struct aligner_options o;
	size_t i;

	(void)state;
	aligner_options_init(&o);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct aligner_fragment f = {
		    .correlation = cases[i].correlation,
		    .agreement = cases[i].agreement,
		    .is_repeat = cases[i].is_repeat };

		assert_int_equal(aligner_decide(&f, &o), cases[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_maps_to_itself),
		cmocka_unit_test(tempo_key_and_cut),
		cmocka_unit_test(repeats_are_found_each),
		cmocka_unit_test(strangers_share_nothing),
		cmocka_unit_test(swapping_gives_the_inverse),
		cmocka_unit_test(small_recordings),
		cmocka_unit_test(decisions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
