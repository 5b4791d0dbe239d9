#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"
#include "synth/tune.h"

#define N_TUNES 200
#define LEAST_RANGE 5	/* semitones: a fourth, as in the plainest songs */

/* cmocka compares floats only. */
static void
assert_near(double a, double b, double tolerance)
{
	if (!(fabs(a - b) <= tolerance))
		fail_msg("%.9g and %.9g differ by more than %g", a, b,
		    tolerance);
}

static struct tune
make(struct arena *a, uint64_t seed, double min_sec, double max_sec)
{
	struct tune_options o = { min_sec, max_sec };
	struct error err = { ERROR_NONE, "" };
	struct random r;
	struct tune t;

	random_init(&r, seed);
	assert_int_equal(tune_generate(&o, &r, a, &t, &err), 0);
	return t;
}

static void
check_sections(const struct tune *t)
{
	double end_sec = 0;

	for (size_t i = 0; i < t->n_sections; i++) {
		const struct tune_section *s = &t->sections[i];
		const struct tune_section *first = &t->sections[s->same_as];

		assert_near(s->start_sec, end_sec, 1e-9);
		assert_true(s->end_sec > s->start_sec);
		assert_true(s->same_as <= i && first->same_as == s->same_as);
		/* A section that is cut at the song's end is the shorter. */
		assert_true(s->end_sec - s->start_sec <=
		    first->end_sec - first->start_sec + 1e-9);
		end_sec = s->end_sec;
	}
	assert_near(end_sec, t->duration_sec, 1e-6);
}

/* Lengths, order, a singable range, sections without gaps. */
static void
test_shape(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < N_TUNES; seed++) {
		struct arena *a = arena_new();
		struct tune t = make(a, seed, 50, 90);
		double low = 200, high = 0;

		assert_true(t.duration_sec >= 50 && t.duration_sec <= 90);
		assert_in_range(t.n_notes, 40, 450);
		for (size_t i = 0; i < t.n_notes; i++) {
			const struct tune_note *n = &t.notes[i];

			assert_true(n->duration_sec > 0.03);
			assert_true(n->start_sec + n->duration_sec <=
			    (i + 1 < t.n_notes ? n[1].start_sec :
			    t.duration_sec) + 1e-9);
			assert_in_range(n->section, 0, t.n_sections - 1);
			low = fmin(low, n->pitch);
			high = fmax(high, n->pitch);
		}
		assert_true(low >= 40 && high <= 82);
		assert_true(high - low >= LEAST_RANGE && high - low <= 20);
		check_sections(&t);
		arena_free(a);
	}
}

/* What comes again has the same notes. */
static void
test_sections_come_again(void **state)
{
	size_t n_again = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct arena *a = arena_new();
		struct tune t = make(a, seed, 60, 120);

		for (size_t i = 0; i < t.n_notes; i++) {
			const struct tune_note *n = &t.notes[i], *m = t.notes;
			const struct tune_section *s =
			    &t.sections[n->section];
			double back = s->start_sec -
			    t.sections[s->same_as].start_sec;

			while (m->start_sec < n->start_sec - back - 1e-6)
				m++;
			assert_true(m->pitch == n->pitch);
			assert_near(m->start_sec, n->start_sec - back,
			    1e-6);
			n_again += back > 0;
		}
		arena_free(a);
	}
	assert_true(n_again > 1000);
}

/* Melodies step more than they leap, and rest between phrases. */
static void
test_steps_and_rests(void **state)
{
	size_t n_steps = 0, n_leaps = 0, n_rests = 0;

	(void)state;
	for (uint64_t seed = 0; seed < N_TUNES; seed++) {
		struct arena *a = arena_new();
		struct tune t = make(a, seed, 50, 90);

		for (size_t i = 1; i < t.n_notes; i++) {
			const struct tune_note *n = &t.notes[i];
			double interval = fabs(n->pitch - n[-1].pitch);

			n_steps += interval > 0 && interval <= 2;
			n_leaps += interval > 4;
			n_rests += n->start_sec - n[-1].start_sec -
			    n[-1].duration_sec > 0.25;
		}
		arena_free(a);
	}
	assert_true(n_steps > 2 * n_leaps);
	assert_true(n_rests > N_TUNES * 5);
}

/* Few runs of eight intervals of one tune occur in another. */
static void
test_tunes_differ(void **state)
{
	struct arena *a = arena_new();
	size_t n_shared = 0, n = 0;
	struct tune tunes[20];

	(void)state;
	for (size_t i = 0; i < 20; i++)
		tunes[i] = make(a, i, 50, 60);
	for (size_t i = 1; i < 20; i++)
		for (size_t k = 8; k < tunes[i].n_notes; k++, n++)
			for (size_t j = 8; j < tunes[0].n_notes; j++) {
				size_t same = 0;

				while (same < 8 &&
				    tunes[i].notes[k - same].pitch -
				    tunes[i].notes[k - same - 1].pitch ==
				    tunes[0].notes[j - same].pitch -
				    tunes[0].notes[j - same - 1].pitch)
					same++;
				n_shared += same == 8;
			}
	assert_true(n > 1000);
	assert_true(n_shared < n / 100);
	arena_free(a);
}

static void
test_same_seed_same_tune(void **state)
{
	struct arena *a = arena_new();
	struct tune t = make(a, 7, 20, 30), u = make(a, 7, 20, 30);

	(void)state;
	assert_int_equal(t.n_notes, u.n_notes);
	assert_memory_equal(t.notes, u.notes, t.n_notes * sizeof t.notes[0]);
	arena_free(a);
}

static void
test_bad_lengths(void **state)
{
	static const struct tune_options bad[] = { { 1, 2 }, { 30, 20 },
	    { 10, 1e9 }, { (double)NAN, 20 }, { 10, (double)NAN } };
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct error err = { ERROR_NONE, "" };
		struct random r;
		struct tune t;

		random_init(&r, 1);
		assert_int_equal(tune_generate(&bad[i], &r, a, &t, &err), -1);
		assert_int_equal(err.code, ERROR_LIMIT);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_sections_come_again),
		cmocka_unit_test(test_steps_and_rests),
		cmocka_unit_test(test_tunes_differ),
		cmocka_unit_test(test_same_seed_same_tune),
		cmocka_unit_test(test_bad_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
