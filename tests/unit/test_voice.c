#include <complex.h>
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
#include "synth/voice.h"

#define RATE 16000u
#define PI 3.14159265358979323846
#define N_FRAMES 300		/* 3 s */

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

/* A contour without gaps around f0_hz with vibrato of "depth" semitones. */
static struct performance
contour(struct arena *a, double f0_hz, double depth)
{
	struct performance p = { .n_frames = N_FRAMES, .duration_sec = 3 };

	p.f0_hz = arena_alloc(a, N_FRAMES, sizeof *p.f0_hz);
	p.loudness = arena_alloc(a, N_FRAMES, sizeof *p.loudness);
	p.onset = arena_alloc(a, N_FRAMES, sizeof *p.onset);
	assert_true(p.f0_hz != NULL && p.loudness != NULL && p.onset != NULL);
	for (size_t k = 0; k < N_FRAMES; k++) {
		p.f0_hz[k] = (float)(f0_hz * exp2(depth / 12 *
		    sin(2 * PI * 5 * (double)k * PERFORMANCE_HOP_SEC)));
		p.loudness[k] = 0.8f;
		/* A new vowel every quarter of a second. */
		p.onset[k] = k % 25 == 0;
	}
	return p;
}

static float *
sing(struct arena *a, const struct performance *p, const struct voice *v,
    unsigned rate_hz, uint64_t seed, size_t *n)
{
	struct error err = { ERROR_NONE, "" };
	struct random r;
	float *x;

	*n = (size_t)(p->duration_sec * rate_hz);
	assert_non_null(x = arena_alloc(a, *n, sizeof *x));
	random_init(&r, seed);
	assert_int_equal(voice_sing(v, p, rate_hz, &r, a, x, *n, &err), 0);
	return x;
}

static const struct voice calm = { .kind = VOICE_SUNG, .tract = 1.1,
    .breath = 0.2, .tilt_db = -10, .consonants = 0 };

/* A unit vector turned back by a number of cycles. */
static double complex
turn(double cycles)
{
	return CMPLX(cos(2 * PI * cycles), -sin(2 * PI * cycles));
}

/* The fundamental about sample n, turned back by f_hz. */
static double complex
fundamental(const float *x, size_t n, double f_hz)
{
	double complex sum = 0;
	/* A Hann window of four periods is deaf to the other harmonics. */
	long half = lrint(2 * RATE / f_hz);

	for (long i = -half; i <= half; i++)
		sum += (0.5 + 0.5 * cos(PI * (double)i / (double)half)) *
		    (double)x[(long)n + i] *
		    turn(f_hz * (double)((long)n + i) / RATE);
	return sum;
}

/* Frequency heard about sample n, near f_hz. */
static double
heard_hz(const float *x, size_t n, double f_hz)
{
	double complex before = fundamental(x, n - 32, f_hz);
	double complex after = fundamental(x, n + 32, f_hz);

	return f_hz + carg(after * conj(before)) / (2 * PI) * RATE / 64;
}

static double
cents(double a_hz, double b_hz)
{
	return 1200 * log2(a_hz / b_hz);
}

/* Steady tones of all voices are in tune within 2 cents, vowels moving. */
static void
test_pitch_is_exact(void **state)
{
	static const double notes_hz[] = { 110, 196, 329.63, 523.25, 880 };

	for (int kind = VOICE_SUNG; kind <= VOICE_WHISTLED; kind++)
		for (size_t i = 0; i < 5; i++) {
			struct voice v = calm;
			struct performance p = contour(*state, notes_hz[i],
			    0);
			size_t n;
			float *x;

			v.kind = (enum voice_kind)kind;
			v.breath = 0.05;
			x = sing(*state, &p, &v, RATE, i, &n);
			for (size_t at = 8000; at < 40000; at += 800)
				assert_true(fabs(cents(heard_hz(x, at,
				    notes_hz[i]), notes_hz[i])) < 2);
		}
}

/* The contour that lies lag_ms earlier is compared with what is heard. */
static double
squared_error(const struct performance *p, const double *heard, size_t n,
    double lag_ms)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		double at = (0.5 + 0.005 * (double)i - 0.001 * lag_ms) /
		    PERFORMANCE_HOP_SEC;
		size_t k = (size_t)at;
		double f = (double)p->f0_hz[k] + (at - (double)k) *
		    (double)(p->f0_hz[k + 1] - p->f0_hz[k]);

		sum += pow(cents(heard[i], f), 2);
	}
	return sum;
}

/* Vibrato comes through without lag. */
static void
test_no_lag(void **state)
{
	struct performance p = contour(*state, 300, 0.7);
	double heard[400], best = 1e30, best_ms = 99;
	size_t n;
	float *x = sing(*state, &p, &calm, RATE, 1, &n);

	for (size_t i = 0; i < 400; i++)
		heard[i] = heard_hz(x, 8000 + 80 * i, 300);
	for (double ms = -6; ms <= 6; ms += 0.25) {
		double e = squared_error(&p, heard, 400, ms);

		if (e < best) {
			best = e;
			best_ms = ms;
		}
	}
	assert_true(fabs(best_ms) < 1);
	/* The window of 13 ms flattens 70 cents of vibrato at 5 Hz by 0.5. */
	assert_true(sqrt(best / 400) < 3);
}

/* No harmonic comes back from beyond half the rate. */
static void
test_no_aliases(void **state)
{
	struct performance p = contour(*state, 1000, 0);
	struct voice v = calm;
	size_t n;
	float *x;
	double complex ghost = 0, first = 0;

	v.breath = 0;
	v.tilt_db = -6;
	x = sing(*state, &p, &v, 11025, 1, &n);
	/* Harmonic 6 of 1000 Hz at 11025 Hz would be heard at 5025 Hz. */
	for (size_t i = 8000; i < 8000 + 11025; i++) {
		ghost += (double)x[i] * turn(5025 * (double)i / 11025);
		first += (double)x[i] * turn(1000 * (double)i / 11025);
	}
	assert_true(cabs(first) > 10);
	assert_true(cabs(ghost) < 1e-4 * cabs(first));
}

/* Voiceless frames are silent but for consonants and breath. */
static void
test_silence_and_peak(void **state)
{
	struct performance p = contour(*state, 220, 0.2);
	struct voice v = calm;
	size_t n, loud = 0;
	float *x;

	for (size_t k = 100; k < 200; k++)
		p.f0_hz[k] = p.loudness[k] = p.onset[k] = 0;
	v.consonants = 0;
	x = sing(*state, &p, &v, RATE, 1, &n);
	/* One breath at most, 0.48 s before the next onset at the earliest. */
	for (size_t i = 16160; i < 24000; i++)
		assert_true(x[i] == 0);
	for (size_t i = 0; i < n; i++) {
		assert_true(fabsf(x[i]) < 1);
		loud += fabsf(x[i]) > 0.25f;
	}
	assert_true(loud > 100);
}

static void
test_same_seed_same_sound(void **state)
{
	struct performance p = contour(*state, 220, 0.2);
	struct voice v;
	struct random r;
	size_t n;
	float *x, *y;

	random_init(&r, 1);
	voice_draw(&v, VOICE_SUNG, &r);
	x = sing(*state, &p, &v, 44100, 9, &n);
	y = sing(*state, &p, &v, 44100, 9, &n);
	assert_memory_equal(x, y, n * sizeof *x);
	y = sing(*state, &p, &v, 44100, 10, &n);
	assert_memory_not_equal(x, y, n * sizeof *x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(test_pitch_is_exact),
		TEST(test_no_lag),
		TEST(test_no_aliases),
		TEST(test_silence_and_peak),
		TEST(test_same_seed_same_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
