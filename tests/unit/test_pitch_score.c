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

#define MAX_VALUES 20000

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

/* Two columns; comments begin with #. */
static void
load_series(const char *path, struct arena *a, struct pitch_series *s)
{
	double *time = arena_alloc(a, MAX_VALUES, sizeof(*time));
	double *f0 = arena_alloc(a, MAX_VALUES, sizeof(*f0));
	FILE *in = fopen(path, "r");
	char line[256];
	size_t n = 0;

	assert_non_null(in);
	assert_true(time != NULL && f0 != NULL);
	while (fgets(line, sizeof(line), in) != NULL && n < MAX_VALUES)
		if (line[0] != '#' &&
		    sscanf(line, "%lf%*[ \t,]%lf", &time[n], &f0[n]) == 2)
			n++;
	fclose(in);
	assert_true(n > 100);
	*s = (struct pitch_series){ time, f0, n };
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
		cmocka_unit_test_setup_teardown(a_shift_moves_the_reference,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(broken_series_are_refused,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(scores_equal_those_of_mir_eval,
		    set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
