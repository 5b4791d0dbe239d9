#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "dsp/activations.h"
#include "dsp/track.h"

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

static int
read_text(const char *text, struct arena *a, struct track *t,
    struct error *err)
{
	FILE *in = tmpfile();
	int status;

	assert_non_null(in);
	assert_true(fputs(text, in) >= 0);
	rewind(in);
	status = track_read_stream(in, a, t, err);
	fclose(in);
	return status;
}

static void
tracks_return_to_the_written_digits(void **state)
{
	struct arena *a = *state;
	char path[] = "/tmp/test_track_XXXXXX";
	char text[64];
	struct track t, read;
	struct error err;
	FILE *in;
	const int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(track_init(&t, 1000, 0.01, a, &err), 0);
	for (size_t k = 0; k < t.n_frames; k++) {
		t.f0_hz[k] = k % 3 == 0 ? 0.0f : 100.0f + (float)k / 7.0f;
		t.confidence[k] = (float)k / 1000.0f;
	}
	assert_int_equal(track_write(path, &t, TRACK_CREPE, &err), 0);
	assert_int_equal(track_read(path, a, &read, &err), 0);
	assert_true(read.hop_sec == 0.01);
	assert_int_equal(read.n_frames, 1000);
	for (size_t k = 0; k < t.n_frames; k++) {
		/* Half of the last digit written, and float's rounding. */
		assert_true(fabsf(read.f0_hz[k] - t.f0_hz[k]) < 5.2e-4f);
		assert_true(fabsf(read.confidence[k] - t.confidence[k]) <
		    6e-7f);
	}
	in = fopen(path, "r");
	assert_non_null(in);
	assert_non_null(fgets(text, sizeof(text), in));
	assert_string_equal(text, "time,frequency,confidence\n");
	assert_non_null(fgets(text, sizeof(text), in));
	assert_non_null(fgets(text, sizeof(text), in));
	assert_string_equal(text, "0.010,100.143,0.001000\n");
	fclose(in);
	unlink(path);
}

static void
the_hop_is_the_spacing_of_the_lines(void **state)
{
	struct track t;
	struct error err;

	assert_int_equal(read_text("time,frequency,confidence\n"
	    "0.000,0.000,0.100000\n0.032,220.5,1\n0.064,221,1", *state, &t,
	    &err), 0);
	assert_true(t.hop_sec == 0.032);
	assert_int_equal(t.n_frames, 3);
	assert_true(t.f0_hz[1] == 220.5f);
	assert_true(fabs(track_voiced_share(&t) - 2.0 / 3.0) < 1e-12);
	/* The crepe command writes hundredths and may write \r\n. */
	assert_int_equal(read_text("time,frequency,confidence\r\n"
	    "0.00,110.000,0.9\r\n0.01,111.000,0.9\r\n", *state, &t, &err), 0);
	assert_true(t.hop_sec == 0.01);
	assert_int_equal(read_text("time,frequency,confidence\n", *state, &t,
	    &err), 0);
	assert_int_equal(t.n_frames, 0);
	assert_true(t.hop_sec == 0.01);
	assert_true(track_voiced_share(&t) == 0.0);
}

/*
 * Hops of whole milliseconds are written as crepe does.  Others get more
 * digits, or an hour of them would drift, and a few of them be misread.
 */
static void
any_hop_that_is_written_is_read(void **state)
{
	static const struct {
		double hop_sec;
		size_t n_frames;
		const char *second;	/* time of frame 1 */
	} cases[] = {
		{ 0.01, 3, "0.010" }, { 0.032, 2, "0.032" },
		{ 0.0058, 10, "0.005800" }, { 0.0125, 2, "0.012500" },
		{ 0.032 / 3.0, 337500, "0.010666667" },
		{ 256.0 / 44100.0, 100000, "0.005804989" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const double last = (double)cases[i].n_frames - 1.0;
		char path[] = "/tmp/test_track_XXXXXX";
		char text[64];
		struct track t, read;
		struct error err;
		FILE *in;
		const int fd = mkstemp(path);

		assert_true(fd >= 0);
		close(fd);
		assert_int_equal(track_init(&t, cases[i].n_frames,
		    cases[i].hop_sec, a, &err), 0);
		assert_int_equal(track_write(path, &t, TRACK_CREPE, &err), 0);
		assert_int_equal(track_read(path, a, &read, &err), 0);
		/* Half of the last digit of the last time, and rounding. */
		assert_true(fabs(read.hop_sec - cases[i].hop_sec) <=
		    0.5e-9 / last + 1e-15);
		in = fopen(path, "r");
		assert_non_null(in);
		for (size_t k = 0; k < 3; k++)
			assert_non_null(fgets(text, sizeof(text), in));
		assert_int_equal(strncmp(text, cases[i].second,
		    strlen(cases[i].second)), 0);
		assert_int_equal(text[strlen(cases[i].second)], ',');
		fclose(in);
		unlink(path);
	}
}

/* Times of few digits: the hop of the fewest digits that explains them. */
static void
rounded_times_give_the_hop_that_was_meant(void **state)
{
	struct track t;
	struct error err;

	assert_int_equal(read_text("time,frequency,confidence\n"
	    "0.000,0,0\n0.006,0,0\n0.012,0,0\n0.017,0,0\n0.023,0,0\n"
	    "0.029,0,0\n0.035,0,0\n0.041,0,0\n0.046,0,0\n0.052,0,0\n",
	    *state, &t, &err), 0);
	assert_true(t.hop_sec == 0.0058);
	/* crepe has written hundredths: of 5 ms every second one is equal. */
	assert_int_equal(read_text("time,frequency,confidence\n"
	    "0.00,0,0\n0.01,0,0\n0.01,0,0\n0.01,0,0\n0.02,0,0\n",
	    *state, &t, &err), 0);
	assert_true(t.hop_sec == 0.005);
}

/* What other trackers and corpora write. */
static void
tracks_of_others_are_read(void **state)
{
	static const char *const same[] = {
		"0.00\t0\n0.01\t220.5\n0.02\t0\n",
		"0.00 -110\n0.01 220.5\n0.02 -1e2\n",
		"0.00,0\r\n0.01,220.5\r\n0.02,0",
		"# made by a tracker\n0.00, 0\n\n0.01, 220.5\n0.02 , 0\n",
		"time f0\n0.00 0\n0.01 220.5\n0.02 0\n",
		"Time (s)\tFrequency (Hz)\n  0.00\t0\n  0.01\t220.5 \n"
		    "  0.02\t0\t\n",
		"\"time\",\"f0\"\n0,0\n0.01,2.205e2\n0.02,0.0\n",
		/* Frames from the first hop on, as in MIR-1K. */
		"0.01\t220.5\t\n0.02\t0\t\n",
	};
	struct track t;
	struct error err;

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		assert_int_equal(read_text(same[i], *state, &t, &err), 0);
		assert_int_equal(t.n_frames, 3);
		assert_true(t.hop_sec == 0.01);
		for (size_t k = 0; k < 3; k++) {
			assert_true(t.f0_hz[k] == (k == 1 ? 220.5f : 0.0f));
			assert_true(t.confidence[k] == (k == 1 ? 1.0f : 0.0f));
		}
	}
	/* 256 samples of 44,100 a second, in all the digits of Python. */
	assert_int_equal(read_text("0.0,0.0\n0.005804988662131519,0.0\n"
	    "0.011609977324263039,81.5\n", *state, &t, &err), 0);
	assert_true(fabs(t.hop_sec - 256.0 / 44100.0) < 1e-12);
}

/* What is written for mir_eval, and read back. */
static void
two_columns_are_written(void **state)
{
	struct arena *a = *state;
	char path[] = "/tmp/test_track_XXXXXX";
	char text[64] = "";
	struct track t, read;
	struct error err;
	FILE *in;
	const int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(track_init(&t, 2, 0.01, a, &err), 0);
	t.f0_hz[1] = 220.5f;
	t.confidence[1] = 0.75f;
	assert_int_equal(track_write(path, &t, TRACK_MIR_EVAL, &err), 0);
	assert_int_equal(track_read(path, a, &read, &err), 0);
	assert_int_equal(read.n_frames, 2);
	assert_true(read.f0_hz[0] == 0.0f && read.f0_hz[1] == 220.5f);
	in = fopen(path, "r");
	assert_non_null(in);
	assert_true(fread(text, 1, sizeof(text) - 1, in) > 0);
	assert_string_equal(text, "0.000\t0.000\n0.010\t220.500\n");
	fclose(in);
	unlink(path);
}

static void
other_texts_are_refused(void **state)
{
	static const struct {
		const char *text, *words;	/* of the message */
	} cases[] = {
		{ "0.00,110.0\n", NULL },
		{ "0.00\n", "line 2 is neither" },
		{ "0.00,110.0,0.5,1\n", "line 2 is neither" },
		{ "0.00,,110\n", "line 2 is neither" },
		{ "a,b,c\n", "line 2 is neither" },
		{ "0.00,nan,0.5\n", "line 2" }, { "0.00,inf,0.5\n", "line 2" },
		{ "0.00,0x10,0.5\n", "line 2" },
		{ "0.00,-1,0.5\n", "a frequency outside" },
		{ "0.00,1e9,0.5\n", "a frequency outside" },
		{ "0.00,-1e9\n", "a frequency outside" },
		{ "0.00,110,1.5\n", "a confidence outside" },
		{ "-1,110,0.5\n", "a time before 0" },
		{ "1.00,110,0.5\n", "the first time is 1 s" },
		{ "1e4,110,0.5\n1.1e4,110,0.5\n", "the first time is" },
		{ "0.004,110,0.5\n0.014,110,0.5\n", "no whole number" },
		{ "0.00,110,0.5\n0.01,110,0.5\n0.50,110,0.5\n0.51,110,0.5\n",
		    "line 3: times must be evenly spaced" },
		{ "0.00,110,0.5\n0.00,110,0.5\n", "times do not rise" },
		{ "0.00,110,0.5\n0.01,110\n", "line 3 has 2 numbers" },
		{ "time,frequency,confidence\n", "line 2 is neither" },
	};
	struct track t;
	struct error err;
	char text[512];

	assert_int_equal(read_text("", *state, &t, &err), -1);
	assert_int_equal(read_text("frequency,time\n", *state, &t, &err), -1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text), "time,frequency,confidence\n%s",
		    cases[i].text);
		err = (struct error){ ERROR_NONE, "" };
		if (cases[i].words == NULL) {
			assert_int_equal(read_text(text, *state, &t, &err), 0);
			continue;
		}
		assert_int_equal(read_text(text, *state, &t, &err), -1);
		assert_non_null(strstr(err.text, cases[i].words));
	}
	assert_int_equal(track_read("/nonexistent.csv", *state, &t, &err), -1);
	assert_non_null(strstr(err.text, "/nonexistent.csv"));
	assert_int_equal(track_init(&t, (size_t)TRACK_MAX_FRAMES + 1, 0.01,
	    *state, &err), -1);
}

/* Fractional bin of a frequency. */
static double
bin_of(double f0_hz)
{
	return (activations_hz_to_cents(f0_hz) - ACTIVATIONS_FIRST_CENTS) /
	    ACTIVATIONS_BIN_CENTS;
}

static void
bins_and_frequencies_agree(void **state)
{
	(void)state;
	/* Bin 0 is 31.7 Hz and bin 228 lies next to 440 Hz (crepe's table). */
	assert_true(fabs(activations_cents_to_hz(ACTIVATIONS_FIRST_CENTS) -
	    31.70) < 0.005);
	assert_true(fabs(activations_hz_to_cents(440.0) - 6551.3179) < 1e-3);
	assert_true(fabs(bin_of(440.0) - 227.69693) < 1e-4);
	for (double bin = -3.0; bin < 365.0; bin += 7.25) {
		const double hz = activations_cents_to_hz(
		    ACTIVATIONS_FIRST_CENTS + bin * ACTIVATIONS_BIN_CENTS);

		assert_true(fabs(bin_of(hz) - bin) < 1e-9);
	}
}

static void
targets_are_gaussians_of_25_cents(void **state)
{
	float row[ACTIVATIONS_N_BINS];
	double mean = 0.0, weight = 0.0, variance = 0.0;

	(void)state;
	activations_of_f0(440.0, row);
	for (size_t b = 0; b < ACTIVATIONS_N_BINS; b++) {
		const double cents = 20.0 * (double)b;

		assert_true(row[b] >= 0.0f && row[b] <= 1.0f);
		weight += (double)row[b];
		mean += (double)row[b] * cents;
		variance += (double)row[b] * cents * cents;
	}
	mean /= weight;
	variance = variance / weight - mean * mean;
	/* Sampled every 20 cents a Gaussian of 25 keeps its moments. */
	assert_true(fabs(mean - 20.0 * bin_of(440.0)) < 1e-3);
	assert_true(fabs(sqrt(variance) - 25.0) < 1e-2);
	activations_of_f0(0.0, row);
	for (size_t b = 0; b < ACTIVATIONS_N_BINS; b++)
		assert_true(row[b] == 0.0f);
}

static void
rows_of_a_track_carry_its_confidence(void **state)
{
	static float rows[3 * ACTIVATIONS_N_BINS];
	float row[ACTIVATIONS_N_BINS];
	struct track t;
	struct error err;

	assert_int_equal(track_init(&t, 3, 0.01, *state, &err), 0);
	t.f0_hz[1] = 200.0f;
	t.confidence[0] = 1.0f;
	t.confidence[1] = 0.5f;
	activations_of_track(&t, rows);
	activations_of_f0(200.0, row);
	for (size_t b = 0; b < ACTIVATIONS_N_BINS; b++) {
		assert_true(rows[b] == 0.0f);
		assert_true(rows[ACTIVATIONS_N_BINS + b] == 0.5f * row[b]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    tracks_return_to_the_written_digits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    the_hop_is_the_spacing_of_the_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    any_hop_that_is_written_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    rounded_times_give_the_hop_that_was_meant, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(tracks_of_others_are_read,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(two_columns_are_written,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_texts_are_refused,
		    set_up, tear_down),
		cmocka_unit_test(bins_and_frequencies_agree),
		cmocka_unit_test(targets_are_gaussians_of_25_cents),
		cmocka_unit_test_setup_teardown(
		    rows_of_a_track_carry_its_confidence, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
