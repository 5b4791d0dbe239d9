#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "pitch/pitch_score.h"

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

static void
check(const struct pitch_score *s, const double want[5], double tolerance)
{
	assert_true(fabs(s->voicing_recall - want[0]) <= tolerance);
	assert_true(fabs(s->voicing_false_alarm - want[1]) <= tolerance);
	assert_true(fabs(s->raw_pitch - want[2]) <= tolerance);
	assert_true(fabs(s->raw_chroma - want[3]) <= tolerance);
	assert_true(fabs(s->overall - want[4]) <= tolerance);
}

/* Frames worked out by hand; every quotient is exact. */
static void
counts_are_those_done_by_hand(void **state)
{
	static const double time[8] =
	    { 0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07 };
	static const double truth[8] =
	    { 0, 0, 200, 200, 200, 200, 200, 0 };
	/* false alarm; right; octave; guessed right, guessed wrong, silent */
	static const double guess[8] =
	    { 0, 150, 200, 400, -200, -300, 0, -100 };
	const struct pitch_series ref = { time, truth, 8 };
	const struct pitch_series est = { time, guess, 8 };
	static const double want[5] = { 0.4, 1.0 / 3.0, 0.4, 0.6, 0.375 };
	static const double same[5] = { 1.0, 0.0, 1.0, 1.0, 1.0 };
	struct pitch_score s;
	struct error err;

	assert_int_equal(pitch_score_series(&ref, &est, 50.0, *state, &s,
	    &err), 0);
	check(&s, want, 1e-12);
	assert_int_equal(s.n_frames, 8);
	assert_int_equal(s.n_voiced, 5);
	assert_int_equal(pitch_score_series(&ref, &ref, 50.0, *state, &s,
	    &err), 0);
	check(&s, same, 0.0);
}

/*
 * Ten voiced frames of 200 Hz: five at ratios of 1, 1, 2^(30/1200) twice and
 * 2^(-30/1200), an octave up, two octaves up unvoiced, an octave down, 30 %
 * off, and nothing.
 */
static void
errors_are_told_apart(void **state)
{
	const double up = 200.0 * pow(2.0, 30.0 / 1200.0);
	const double down = 200.0 * pow(2.0, -30.0 / 1200.0);
	const double guess[10] = { 200, 200, up, up, down, 400, -800, 100,
	    260, 0 };
	static const enum pitch_score_verdict verdicts[10] = {
	    PITCH_SCORE_RIGHT, PITCH_SCORE_RIGHT, PITCH_SCORE_RIGHT,
	    PITCH_SCORE_RIGHT, PITCH_SCORE_RIGHT, PITCH_SCORE_OCTAVE,
	    PITCH_SCORE_MISSED, PITCH_SCORE_OCTAVE, PITCH_SCORE_WRONG,
	    PITCH_SCORE_MISSED };
	double time[10], truth[10];
	const struct pitch_series ref = { time, truth, 10 };
	const struct pitch_series est = { time, guess, 10 };
	struct pitch_score_frame *frames;
	struct pitch_score s;
	struct error err;
	size_t n;

	for (size_t i = 0; i < 10; i++) {
		time[i] = 0.01 * (double)i;
		truth[i] = 200.0;
	}
	assert_int_equal(pitch_score_series(&ref, &est, 50.0, *state, &s,
	    &err), 0);
	/* Nine have a pitch, eight are voiced in both. */
	assert_true(fabs(s.octave_up - 2.0 / 9.0) < 1e-12);
	assert_true(fabs(s.octave_down - 1.0 / 9.0) < 1e-12);
	assert_true(fabs(s.gross_error - 3.0 / 8.0) < 1e-12);
	/* 0, 0, 30, 30, -30: mean 6, mean square 540. */
	assert_true(fabs(s.fine_error_cents - sqrt(504.0)) < 1e-6);
	/* What chroma forgives. */
	assert_true(fabs(s.raw_chroma - s.raw_pitch - 0.3) < 1e-12);
	assert_int_equal(pitch_score_frames(&ref, &est, 50.0, *state,
	    &frames, &n, &err), 0);
	assert_int_equal(n, 10);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(frames[i].verdict, verdicts[i]);
		assert_true(fabs(frames[i].true_hz - 200.0) < 1e-6);
		assert_true(fabs(frames[i].found_hz -
		    fmax(0.0, guess[i])) < 1e-6);
	}
	/* 19 % is not gross, 21 % is, to either side. */
	for (size_t i = 0; i < 10; i++) {
		static const double ratio[5] = { 1.19, 1.21, 0.81, 0.79, 1 };
		const double one[1] = { 200.0 * ratio[i % 5] };
		const struct pitch_series frame = { time, one, 1 };
		const struct pitch_series first = { time, truth, 1 };

		assert_int_equal(pitch_score_series(&first, &frame, 50.0,
		    *state, &s, &err), 0);
		assert_true(s.gross_error == (i % 5 == 1 || i % 5 == 3));
	}
	/* The reference unvoiced: false alarms and nothing to divide by. */
	for (size_t i = 0; i < 10; i++)
		truth[i] = 0.0;
	assert_int_equal(pitch_score_series(&ref, &est, 50.0, *state, &s,
	    &err), 0);
	assert_true(s.octave_up == 0.0 && s.gross_error == 0.0 &&
	    s.fine_error_cents == 0.0);
	assert_int_equal(pitch_score_frames(&ref, &est, 50.0, *state,
	    &frames, &n, &err), 0);
	assert_int_equal(frames[0].verdict, PITCH_SCORE_ALARM);
	assert_int_equal(frames[9].verdict, PITCH_SCORE_SILENT);
}

static void
a_shift_moves_the_reference(void **state)
{
	struct track ref, est;
	struct pitch_score s;
	struct error err;

	assert_int_equal(track_init(&ref, 200, 0.01, *state, &err), 0);
	assert_int_equal(track_init(&est, 230, 0.01, *state, &err), 0);
	for (size_t k = 50; k < 150; k++) {
		ref.f0_hz[k] = 100.0f + (float)k;
		est.f0_hz[k + 20] = 100.0f + (float)k;
	}
	assert_int_equal(pitch_score_tracks(&ref, &est, 0.2, 50.0, *state, &s,
	    &err), 0);
	assert_true(s.raw_pitch == 1.0 && s.voicing_recall == 1.0);
	assert_true(s.overall == 1.0);
	assert_int_equal(pitch_score_tracks(&ref, &est, 0.0, 50.0, *state, &s,
	    &err), 0);
	assert_true(s.raw_pitch < 0.1 && s.voicing_recall == 0.8);
	/* Back to the start of the estimate: 20 frames fall away. */
	assert_int_equal(pitch_score_tracks(&est, &ref, -0.2, 50.0, *state,
	    &s, &err), 0);
	assert_true(s.overall == 1.0);
	assert_int_equal(s.n_frames, 210);
}

static void
broken_series_are_refused(void **state)
{
	static const double time[2] = { 0.0, 0.1 }, back[2] = { 0.1, 0.0 };
	static const double f0[2] = { 100.0, 100.0 };
	static const double bad[2] = { 100.0, NAN };
	const struct pitch_series good = { time, f0, 2 };
	const struct pitch_series refused[] =
	    { { time, f0, 0 }, { back, f0, 2 }, { time, bad, 2 } };
	struct pitch_score s;
	struct error err;

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(pitch_score_series(&good, &refused[i], 50.0,
		    *state, &s, &err), -1);
		assert_int_equal(err.code, ERROR_FORMAT);
		assert_int_equal(pitch_score_series(&refused[i], &good, 50.0,
		    *state, &s, &err), -1);
	}
}

static void
load_series(const char *path, struct arena *a, struct pitch_series *s)
{
	struct pitch_series_file file;
	struct error err;

	assert_int_equal(pitch_series_read(path, a, &file, &err), 0);
	assert_true(file.n_values > 100);
	*s = pitch_series_of(&file);
}

static int
parse(const char *text, struct arena *a, struct pitch_series_file *s)
{
	char *copy = arena_strdup(a, text);
	struct error err;

	assert_non_null(copy);
	return pitch_series_parse(copy, strlen(text), a, s, &err);
}

static void
series_of_other_programs_are_read(void **state)
{
	static const char *const refused[] = { "", "# only this\n", "time\n",
	    "0 1\n-1 2\n", "0 1\n1\n", "0 1 2 3\n", "0 nan\n",
	    "0 1\n0.5 inf\n", "-1 200\n", "0 1\n1 2 0.5\n", "0 0x10\n",
	    "time 1\ntime 2\n", "0 1e999\n" };
	struct pitch_series_file s;

	assert_int_equal(parse("0.0\t0.0\n0.0058\t-220.5\r\n\n1e-1 , 221",
	    *state, &s), 0);
	assert_int_equal(s.n_values, 3);
	assert_null(s.confidence);
	assert_true(s.time_sec[1] == 0.0058 && s.f0_hz[1] == -220.5);
	assert_true(s.time_sec[2] == 0.1 && s.f0_hz[2] == 221.0);
	assert_int_equal(parse("time,frequency,confidence\n0,220,0.9\n"
	    "0.01,221,0.2\n", *state, &s), 0);
	assert_int_equal(s.n_values, 2);
	assert_true(s.confidence[0] == 0.9 && s.confidence[1] == 0.2);
	pitch_series_unvoice(&s, 0.5);
	assert_true(s.f0_hz[0] == 220.0 && s.f0_hz[1] == -221.0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		assert_int_equal(parse(refused[i], *state, &s), -1);
}

static void
scores_equal_those_of_mir_eval(void **state)
{
	static const char *const names[5] = { "Voicing Recall",
	    "Voicing False Alarm", "Raw Pitch Accuracy",
	    "Raw Chroma Accuracy", "Overall Accuracy" };
	const char *data = getenv("CHAD_DATA");
	char path[512];
	struct error err;

	data = data == NULL ? "../shared/data" : data;
	snprintf(path, sizeof(path), "%s/mir_eval/melody/output00.json", data);
	if (!file_exists(path)) {
		printf("skipped: no mir_eval fixtures in %s "
		    "(set CHAD_DATA)\n", data);
		skip();
	}
	for (int i = 0; i < 10; i++) {
		struct pitch_series ref, est;
		struct pitch_score s;
		struct json *output;
		double want[5];

		snprintf(path, sizeof(path), "%s/mir_eval/melody/ref%02d.txt",
		    data, i);
		load_series(path, *state, &ref);
		snprintf(path, sizeof(path), "%s/mir_eval/melody/est%02d.txt",
		    data, i);
		load_series(path, *state, &est);
		snprintf(path, sizeof(path),
		    "%s/mir_eval/melody/output%02d.json", data, i);
		output = json_load(path, &err);
		assert_non_null(output);
		for (int k = 0; k < 5; k++)
			assert_int_equal(json_want_number(output, names[k],
			    &want[k], &err), 0);
		json_free(output);
		assert_int_equal(pitch_score_series(&ref, &est, 50.0, *state,
		    &s, &err), 0);
		check(&s, want, 1e-6);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counts_are_those_done_by_hand,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(errors_are_told_apart,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_shift_moves_the_reference,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(broken_series_are_refused,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    series_of_other_programs_are_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(scores_equal_those_of_mir_eval,
		    set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
