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
	assert_int_equal(track_write(path, &t, &err), 0);
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

/* An hour at a third of 32 ms: in steps of 1 us the times would drift. */
static void
any_hop_that_is_written_is_read(void **state)
{
	const double hop_sec = 0.032 / 3.0;
	struct arena *a = *state;
	char path[] = "/tmp/test_track_XXXXXX";
	struct track t, read;
	struct error err;
	const int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(track_init(&t, 337500, hop_sec, a, &err), 0);
	assert_int_equal(track_write(path, &t, &err), 0);
	assert_int_equal(track_read(path, a, &read, &err), 0);
	/* The last time is written to half a millisecond. */
	assert_true(fabs(read.hop_sec - hop_sec) <= 0.0005 / 337499.0);
	unlink(path);
}

static void
other_texts_are_refused(void **state)
{
	static const char *const lines[] = {
		"0.00,110.0\n", "0.00,110.0,0.5,1\n", "a,b,c\n",
		"0.00,nan,0.5\n", "0.00,inf,0.5\n", "0.00,0x10,0.5\n",
		"0.00,-1,0.5\n", "0.00,1e9,0.5\n", "0.00,110,1.5\n",
		"-1,110,0.5\n", "1.00,110,0.5\n",
		"0.00,110,0.5\n0.01,110,0.5\n0.50,110,0.5\n0.51,110,0.5\n",
		"0.00,110,0.5\n0.00,110,0.5\n", "0.00, 110,0.5\n",
	};
	struct track t;
	struct error err;
	char text[512];

	assert_int_equal(read_text("", *state, &t, &err), -1);
	assert_int_equal(read_text("time,f0\n", *state, &t, &err), -1);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		snprintf(text, sizeof(text), "time,frequency,confidence\n%s",
		    lines[i]);
		err = (struct error){ ERROR_NONE, "" };
		assert_int_equal(read_text(text, *state, &t, &err), -1);
		assert_true(strlen(err.text) > 0);
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
		cmocka_unit_test_setup_teardown(other_texts_are_refused,
		    set_up, tear_down),
		cmocka_unit_test(bins_and_frequencies_agree),
		cmocka_unit_test(targets_are_gaussians_of_25_cents),
		cmocka_unit_test_setup_teardown(
		    rows_of_a_track_carry_its_confidence, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
