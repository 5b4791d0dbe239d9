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
#include "synth/performance.h"
#include "synth/tune.h"

/* cmocka compares floats only. */
static void
assert_near(double a, double b, double tolerance)
{
	if (!(fabs(a - b) <= tolerance))
		fail_msg("%.9g and %.9g differ by more than %g", a, b,
		    tolerance);
}

static int
set_up(void **state)
{
	*state = arena_new();
	return *state == NULL;
}

static int
tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

static struct tune
make_tune(struct arena *a, uint64_t seed)
{
	struct tune_options o = { 60, 80 };
	struct error err = { ERROR_NONE, "" };
	struct random r;
	struct tune t;

	random_init(&r, seed);
	assert_int_equal(tune_generate(&o, &r, a, &t, &err), 0);
	return t;
}

static struct performance
perform(struct arena *a, const struct tune *t,
    const struct performance_style *s, uint64_t seed)
{
	struct error err = { ERROR_NONE, "" };
	struct performance p;
	struct random r;

	random_init(&r, seed);
	assert_int_equal(performance_make(t, s, &r, a, &p, &err), 0);
	return p;
}

/* A singer who only plays with time. */
static struct performance_style
plain(double tempo_ratio, double transposition)
{
	return (struct performance_style){ .tempo_ratio = tempo_ratio,
	    .transposition = transposition, .rubato = 0.05,
	    .glide_sec = 0.02, .intro_sec = 1.5, .outro_sec = 1 };
}

/* Pitch of the tune at a time at least margin_sec within a note, else 0. */
static double
tune_pitch_at(const struct tune *t, double sec, double margin_sec)
{
	for (size_t i = 0; i < t->n_notes; i++) {
		const struct tune_note *n = &t->notes[i];

		if (sec > n->start_sec + margin_sec &&
		    sec < n->start_sec + n->duration_sec - margin_sec)
			return n->pitch;
	}
	return 0;
}

static double
map(const struct performance_segment *s, double tune_sec)
{
	for (size_t i = 1; i < s->n_points; i++) {
		const struct performance_point *p = &s->points[i - 1];

		if (tune_sec <= p[1].tune_sec)
			return p->sung_sec + (tune_sec - p->tune_sec) *
			    (p[1].sung_sec - p->sung_sec) /
			    (p[1].tune_sec - p->tune_sec);
	}
	return s->points[s->n_points - 1].sung_sec;
}

static double
pitch_at(const struct performance *p, double sec)
{
	size_t k = (size_t)lrint(sec / PERFORMANCE_HOP_SEC);

	assert_true(k < p->n_frames);
	return p->f0_hz[k] > 0 ?
	    69 + 12 * log2((double)p->f0_hz[k] / 440) : 0;
}

/* The pitch where it stays for 80 ms, 0 elsewhere. */
static double
steady_pitch_at(const struct performance *p, double sec)
{
	double pitch = pitch_at(p, sec);

	return fabs(pitch_at(p, sec - 0.04) - pitch) < 0.01 &&
	    fabs(pitch_at(p, sec + 0.04) - pitch) < 0.01 ? pitch : 0;
}

static void
check_rising(const struct performance_segment *s)
{
	assert_true(s->n_points >= 2);
	for (size_t i = 1; i < s->n_points; i++) {
		assert_true(s->points[i].tune_sec > s->points[i - 1].tune_sec);
		assert_true(s->points[i].sung_sec > s->points[i - 1].sung_sec);
	}
}

/* The time map leads from each note of the tune to its pitch as sung. */
static void
test_map_is_exact(void **state)
{
	struct tune t = make_tune(*state, 1);
	struct performance_style s = plain(1.2, 3);
	struct performance p = perform(*state, &t, &s, 5);
	size_t n = 0;

	assert_int_equal(p.n_segments, t.n_sections);
	for (size_t i = 0; i < p.n_segments; i++) {
		const struct performance_segment *g = &p.segments[i];

		check_rising(g);
		for (double sec = g->points[0].tune_sec;
		    sec < g->points[g->n_points - 1].tune_sec; sec += 0.05) {
			double want = tune_pitch_at(&t, sec, 0.04);

			if (want == 0)
				continue;
			assert_near(pitch_at(&p, map(g, sec)),
			    want + 3, 0.01);
			n++;
		}
	}
	assert_true(n > 500);
	/* Every note's time is stretched by the tempo ratio and the rubato. */
	assert_near(p.duration_sec, 2.5 + 1.2 * t.duration_sec,
	    0.1 * t.duration_sec);
}

/* What relate() maps onto each other has the same pitch but for the key. */
static void
test_relate_is_exact(void **state)
{
	struct tune t = make_tune(*state, 2);
	struct performance_style s = plain(1.0, 0), c = plain(0.85, -4);
	struct performance_segment *segments;
	struct error err = { ERROR_NONE, "" };
	size_t n_segments, n = 0;

	c.p_cut_section = c.p_repeat_section = c.p_interlude = 0.3;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct performance o = perform(*state, &t, &s, seed);
		struct performance p = perform(*state, &t, &c, 100 + seed);

		assert_int_equal(performance_relate(&o, &p, *state,
		    &segments, &n_segments, &err), 0);
		assert_true(n_segments > 0);
		for (size_t i = 0; i < n_segments; i++) {
			const struct performance_segment *g = &segments[i];

			check_rising(g);
			for (double sec = g->points[0].tune_sec + 0.1;
			    sec < g->points[g->n_points - 1].tune_sec - 0.1;
			    sec += 0.1) {
				double a = steady_pitch_at(&o, sec);
				double b = steady_pitch_at(&p, map(g, sec));

				if (a == 0 || b == 0)
					continue;
				n++;
				assert_near(b, a - 4, 0.01);
			}
		}
	}
	assert_true(n > 10000);
}

static double
covered_sec(const struct performance_segment *s, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += s[i].points[s[i].n_points - 1].tune_sec -
		    s[i].points[0].tune_sec;
	return sum;
}

/* Sung alike, a song relates to itself in one stretch; and where choruses
 * come again each is related to each. */
static void
test_relate_joins_sections(void **state)
{
	struct tune t = make_tune(*state, 3);
	struct performance_style s = plain(1.0, 0);
	struct performance p = perform(*state, &t, &s, 1);
	struct performance_segment *segments;
	struct error err = { ERROR_NONE, "" };
	size_t n_segments;
	double expected = 0;

	assert_int_equal(performance_relate(&p, &p, *state, &segments,
	    &n_segments, &err), 0);
	assert_near(segments[0].points[0].tune_sec, 1.5, 1e-9);
	assert_near(covered_sec(segments, 1), p.duration_sec - 2.5,
	    1e-6);
	for (size_t i = 0; i < t.n_sections; i++)
		for (size_t k = 0; k < t.n_sections; k++)
			if (t.sections[i].same_as == t.sections[k].same_as)
				expected += fmin(t.sections[i].end_sec -
				    t.sections[i].start_sec,
				    t.sections[k].end_sec -
				    t.sections[k].start_sec);
	/* The tempo of both wavers. */
	assert_near(covered_sec(segments, n_segments), expected,
	    0.1 * expected);
}

/* A part of the tune: its time and no more. */
static void
test_part_of_a_tune(void **state)
{
	struct tune t = make_tune(*state, 4);
	struct performance_style s = plain(1.0, 0);
	struct performance p;
	struct error err = { ERROR_NONE, "" };
	struct random r;

	s.from_sec = 20;
	s.to_sec = 30;
	p = perform(*state, &t, &s, 1);
	assert_near(p.duration_sec, 12.5, 1.0);
	assert_true(p.n_segments >= 1);

	s.from_sec = 1e6;
	s.to_sec = 2e6;
	random_init(&r, 1);
	assert_int_equal(performance_make(&t, &s, &r, *state, &p, &err), -1);
	assert_non_null(strstr(err.text, "no part"));
}

static void
check_frames(const struct performance *p)
{
	for (size_t k = 0; k < p->n_frames; k++) {
		float f0 = p->f0_hz[k], level = p->loudness[k];

		assert_true(f0 == 0 || (f0 > 25 && f0 < 3000));
		assert_true(level >= 0 && level <= 1);
		assert_true((f0 > 0) == (level > 0));
	}
}

/* Drawn styles: finite frames, and the voiced share that singing has. */
static void
test_styles(void **state)
{
	struct tune t = make_tune(*state, 5);
	double n_voiced = 0, n_frames = 0;

	for (uint64_t seed = 0; seed < 30; seed++) {
		struct performance_style s;
		struct performance p;
		struct random r;

		random_init(&r, seed);
		if (seed % 3 == 0)
			performance_style_original(&s, &r);
		else if (seed % 3 == 1)
			performance_style_cover(&s, &r);
		else
			performance_style_hum(&s, &r);
		p = perform(*state, &t, &s, seed);
		check_frames(&p);
		for (size_t k = 0; k < p.n_frames; k++)
			n_voiced += p.f0_hz[k] > 0;
		n_frames += (double)p.n_frames;
	}
	/* Half of MIR-1K and of MIR-QBSH lies between .61 and .80. */
	assert_true(n_voiced / n_frames > 0.55);
	assert_true(n_voiced / n_frames < 0.85);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(test_map_is_exact),
		TEST(test_relate_is_exact),
		TEST(test_relate_joins_sections),
		TEST(test_part_of_a_tune),
		TEST(test_styles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
