/* Where long stretches are cut. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "align/pieces.h"

#define N_FRAMES 4000		/* 40 s */
#define MAX_SEC 10.0

/* Voiced throughout, but for the pauses [n_pauses] of {from, to} frames. */
static void
sing(int16_t *tenths, const size_t (*pauses)[2], size_t n_pauses)
{
	size_t i, k;

	for (k = 0; k < N_FRAMES; k++)
		tenths[k] = 900;
	for (i = 0; i < n_pauses; i++)
		for (k = pauses[i][0]; k < pauses[i][1]; k++)
			tenths[k] = -1;
}

static void
cuts_lie_in_the_longest_pauses(void **state)
{
	/*
	 * The breath at 7 s is shorter than the pause at 6 s; of the pause
	 * after 15.5 s a part is within reach.
	 */
	static const size_t pauses[][2] = { { 600, 640 }, { 700, 720 },
	    { 1500, 1510 }, { 1550, 1650 }, { 3000, 3500 } };
	static int16_t tenths[N_FRAMES];
	const struct pitch_match_track t = { .tenths = tenths,
	    .n_frames = N_FRAMES, .hop_sec = 0.01 };
	const struct pitch_match_span span = { 0.5, 30.0 };
	struct pitch_match_span pieces[16];
	size_t n, i;

	(void)state;
	sing(tenths, pauses, 5);
	assert_true(pieces_max(29.5, MAX_SEC) <= 16);
	n = pieces_cut(&t, &span, MAX_SEC, pieces);
	assert_int_equal(n, 4);
	assert_true(pieces[0].from_sec == 0.5);
	assert_true(fabs(pieces[0].to_sec - 6.2) < 0.02);
	assert_true(fabs(pieces[1].to_sec - 15.85) < 0.02);
	assert_true(pieces[3].to_sec == 30.0);
	for (i = 1; i < n; i++)
		assert_true(pieces[i].from_sec == pieces[i - 1].to_sec);
	for (i = 0; i < n; i++) {
		const double sec = pieces[i].to_sec - pieces[i].from_sec;

		assert_true(sec <= MAX_SEC && sec >= MAX_SEC / 2.0);
	}
}

static void
without_pauses_the_parts_are_equal(void **state)
{
	static int16_t tenths[N_FRAMES];
	const struct pitch_match_track t = { .tenths = tenths,
	    .n_frames = N_FRAMES, .hop_sec = 0.01 };
	const struct pitch_match_span span = { 3.0, 27.0 };
	const struct pitch_match_span beyond = { 35.0, 55.0 };
	const struct pitch_match_span brief = { 5.0, 15.0 };
	struct pitch_match_span pieces[16];
	size_t i;

	(void)state;
	sing(tenths, NULL, 0);
	assert_int_equal(pieces_cut(&t, &span, MAX_SEC, pieces), 3);
	for (i = 0; i < 3; i++)
		assert_true(fabs(pieces[i].to_sec - pieces[i].from_sec -
		    8.0) < 1e-9);
	assert_int_equal(pieces_cut(&t, &beyond, MAX_SEC, pieces), 2);
	assert_true(pieces[1].to_sec == 55.0);
	assert_int_equal(pieces_cut(&t, &brief, MAX_SEC, pieces), 1);
	assert_true(pieces[0].from_sec == 5.0 && pieces[0].to_sec == 15.0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_lie_in_the_longest_pauses),
		cmocka_unit_test(without_pauses_the_parts_are_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
