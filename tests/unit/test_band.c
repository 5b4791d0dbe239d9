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
#include "synth/band.h"
#include "synth/harmony.h"
#include "synth/instrument.h"
#include "synth/performance.h"
#include "synth/tune.h"

#define RATE 16000u
#define PI 3.14159265358979323846

struct song {
	struct tune tune;
	struct performance performance;
};

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

static struct song
make_song(struct arena *a, uint64_t seed, double tempo_ratio)
{
	struct tune_options o = { 30, 40 };
	struct performance_style s = { .tempo_ratio = tempo_ratio,
	    .rubato = 0.03, .glide_sec = 0.05, .intro_sec = 6,
	    .outro_sec = 5 };
	struct error err = { ERROR_NONE, "" };
	struct song song;
	struct random r;

	random_init(&r, seed);
	assert_int_equal(tune_generate(&o, &r, a, &song.tune, &err), 0);
	assert_int_equal(performance_make(&song.tune, &s, &r, a,
	    &song.performance, &err), 0);
	return song;
}

static float *
play(struct arena *a, const struct song *s, uint64_t seed, size_t *n)
{
	struct error err = { ERROR_NONE, "" };
	struct random r;
	float *x;

	*n = (size_t)(s->performance.duration_sec * RATE);
	assert_non_null(x = arena_alloc(a, *n, sizeof *x));
	random_init(&r, seed);
	assert_int_equal(band_play(&s->tune, &s->performance, 0, RATE, &r, a,
	    x, *n, &err), 0);
	return x;
}

static double
product(const float *x, const float *y, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)x[i] * (double)y[i];
	return sum;
}

/* Bars begin where the singer's chords begin, and fill the intro and outro. */
static void
test_bars_follow_the_singer(void **state)
{
	struct song s = make_song(*state, 1, 1.1);
	const struct performance *p = &s.performance;
	struct harmony_bar *bars;
	struct error err = { ERROR_NONE, "" };
	size_t n_bars, chord = 0;

	assert_int_equal(harmony_lay(&s.tune, p, *state, &bars, &n_bars,
	    &err), 0);
	assert_true(bars[0].beats_sec[0] < 3.9);
	assert_true(bars[n_bars - 1].beats_sec[bars[n_bars - 1].n_beats] <=
	    p->duration_sec + 1e-6);
	for (size_t i = 0; i < n_bars; i++) {
		for (size_t k = 0; k < bars[i].n_beats; k++)
			assert_true(bars[i].beats_sec[k + 1] >
			    bars[i].beats_sec[k]);
		if (!bars[i].is_sung)
			continue;
		/* Sections are sung in order here: chord for chord. */
		assert_int_equal(bars[i].root, s.tune.chords[chord].root);
		chord++;
	}
	assert_int_equal(chord, s.tune.n_chords);
	for (size_t i = 0; i + 1 < n_bars; i++)
		if (bars[i].is_sung && bars[i + 1].is_sung)
			assert_true(fabs(bars[i].beats_sec[bars[i].n_beats] -
			    bars[i + 1].beats_sec[0]) < 1e-6);
}

/* A melody in D major without chords gets the chords of D major. */
static void
test_chords_of_a_melody(void **state)
{
	static const int broken[16] = { 62, 66, 69, 74, 67, 71, 74, 71, 69,
	    73, 76, 73, 74, 69, 66, 62 };
	struct tune_note notes[16];
	struct tune_section section = { 0, 8, 0 };
	struct tune t = { .notes = notes, .n_notes = 16,
	    .sections = &section, .n_sections = 1, .beat_sec = 0.5,
	    .duration_sec = 8 };
	struct performance_style s = { .tempo_ratio = 1, .glide_sec = 0.05 };
	static const int roots[4] = { 2, 7, 9, 2 };
	struct harmony_bar *bars;
	struct performance p;
	struct error err = { ERROR_NONE, "" };
	struct random r;
	size_t n_bars;

	for (size_t i = 0; i < 16; i++)
		notes[i] = (struct tune_note){ 0.5 * (double)i, 0.5,
		    broken[i], 0 };
	random_init(&r, 1);
	assert_int_equal(performance_make(&t, &s, &r, *state, &p, &err), 0);
	assert_int_equal(harmony_lay(&t, &p, *state, &bars, &n_bars, &err),
	    0);
	assert_int_equal(n_bars, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(bars[i].root, roots[i]);
		assert_false(bars[i].is_minor);
	}
}

/* The level asked for, from the first bars to the last. */
static void
test_plays_throughout(void **state)
{
	for (uint64_t seed = 0; seed < 8; seed++) {
		struct song s = make_song(*state, seed, 1);
		size_t n;
		float *x = play(*state, &s, seed, &n), peak = 0;

		for (size_t i = 0; i < n; i++)
			peak = fmaxf(peak, fabsf(x[i]));
		assert_true(fabsf(peak - 0.5f) < 0.001f);
		/* Any five seconds hold more than silence. */
		for (size_t i = 0; i + 5 * RATE <= n; i += RATE)
			assert_true(product(x + i, x + i, 5 * RATE) > 0.1);
	}
}

/* Two bands of one performance have no more than its harmony in common. */
static void
test_bands_differ(void **state)
{
	struct song s = make_song(*state, 5, 1);

	for (uint64_t seed = 0; seed < 8; seed++) {
		size_t n;
		float *x = play(*state, &s, 2 * seed, &n);
		float *y = play(*state, &s, 2 * seed + 1, &n);
		double c = product(x, y, n) / sqrt(product(x, x, n) *
		    product(y, y, n));

		assert_true(fabs(c) < 0.5);
		y = play(*state, &s, 2 * seed, &n);
		assert_memory_equal(x, y, n * sizeof *x);
	}
}

static double
power_at(const float *x, size_t n, double f_hz)
{
	double re = 0, im = 0;

	for (size_t i = 0; i < n; i++) {
		re += (double)x[i] * cos(2 * PI * f_hz * (double)i / RATE);
		im += (double)x[i] * sin(2 * PI * f_hz * (double)i / RATE);
	}
	return re * re + im * im;
}

/* A note sounds at its pitch, a quarter tone beside it much less. */
static void
test_note_has_its_pitch(void **state)
{
	for (int kind = 0; kind < INSTRUMENT_N_KINDS; kind++) {
		struct instrument_note note = { 0.1, 0.8, 69, 0.5 };
		struct instrument i;
		struct random r;
		float *x = arena_alloc(*state, RATE, sizeof *x);

		assert_non_null(x);
		random_init(&r, 1);
		instrument_draw(&i, (enum instrument_kind)kind, &r);
		instrument_play(&i, &note, RATE, x, RATE);
		for (size_t k = 0; k < RATE / 10; k++)
			assert_true(x[k] == 0);
		assert_true(power_at(x, RATE, 440) >
		    20 * power_at(x, RATE, 453));
		assert_true(power_at(x, RATE, 440) >
		    20 * power_at(x, RATE, 427));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(test_bars_follow_the_singer),
		TEST(test_chords_of_a_melody),
		TEST(test_plays_throughout),
		TEST(test_bands_differ),
		TEST(test_note_has_its_pitch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
