/*
 * Views of a made-up pair whose alignment is known, against the formulas that
 * it was made by.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "tests/lib/view_pair.h"

#include "review/drift.h"
#include "review/fragment_view.h"
#include "review/print_list.h"
#include "review/view_prints.h"

static struct view_pair pair;
static struct error err;

static int
set_up(void **state)
{
	(void)state;
	view_pair_init(&pair);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	view_pair_release(&pair);
	return 0;
}

static double
number(const struct json *j, const char *at)
{
	double value;

	if (json_want_number(j, at, &value, &err) != 0)
		fail_msg("%s", err.text);
	return value;
}

/* Item i of the array, NAN for null. */
static double
item(const struct json *j, const char *array, size_t i)
{
	char at[64];

	(void)snprintf(at, sizeof(at), "%s.%zu", array, i);
	return json_is_null(json_at(j, at)) ? (double)NAN : number(j, at);
}

/* base64, by looking each digit up. */
static unsigned char *
bytes_of(const struct json *j, const char *at, size_t *n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0, n_bits = 0;
	unsigned char *bytes;
	const char *text;

	assert_int_equal(json_want_string(j, at, &text, &err), 0);
	bytes = arena_alloc(pair.a, strlen(text), 1);
	assert_non_null(bytes);
	*n = 0;
	for (; *text != '\0' && *text != '='; text++) {
		bits = bits << 6 | (unsigned)(strchr(digits, *text) - digits);
		if ((n_bits += 6) >= 8)
			bytes[(*n)++] = (unsigned char)(bits >>
			    (n_bits -= 8));
	}
	return bytes;
}

static struct json *
view_of(const char *fragment_id)
{
	struct print_list *prints = print_list_load(pair.c, &err);
	struct fragment_view v;
	struct json *view;
	bool found;

	assert_non_null(prints);
	assert_int_equal(fragment_view_init(&v, pair.c, prints, "w",
	    fragment_id, &found, &err), 0);
	assert_true(found);
	if (fragment_view_make(&v, pair.cache, pair.a, &err) != 0)
		fail_msg("%s", err.text);
	assert_true(fragment_view_is_made(&v, pair.cache, pair.a));
	view = fragment_view_load(&v, pair.cache, pair.a, &err);
	assert_non_null(view);
	fragment_view_release(&v);
	print_list_free(prints);
	return view;
}

/* The cover's pitch lies on the original's, by the alignment and the key. */
static void
check_pitch(const struct json *view)
{
	const double a[2] = { number(view, "alignment.0.0"),
	    number(view, "alignment.0.1") };
	const double b[2] = { number(view, "alignment.1.0"),
	    number(view, "alignment.1.1") };
	const size_t n = json_count(json_at(view, "other.f0.cents"));
	size_t n_voiced = 0;

	assert_int_equal(n, 1750);	/* 0 to 35 s */
	for (size_t i = 0; i < n; i++) {
		const double t = number(view, "other.f0.start") +
		    (double)i * number(view, "other.f0.step");
		const double there = a[1] + (t - a[0]) * (b[1] - a[1]) /
		    (b[0] - a[0]);
		const double cents = item(view, "other.f0.cents", i);
		const double truth = view_pair_cents(there) +
		    100.0 * VIEW_PAIR_KEY;

		/* Edges of breaths fall on one frame or the next. */
		if (isnan(cents) || isnan(truth))
			continue;
		n_voiced++;
		assert_true(fabs(cents - truth) < 10.0);
	}
	assert_true(n_voiced > 1000);
}

static void
test_pitch_and_windows(void **state)
{
	struct json *view = view_of("right");

	(void)state;
	assert_true(number(view, "other.window.0") == 0.0);
	assert_true(number(view, "other.window.1") == 35.0);
	assert_true(number(view, "original.window.0") == 2.0);
	assert_true(number(view, "original.window.1") == 42.0);
	assert_true(number(view, "original.duration") == VIEW_PAIR_SEC);
	assert_int_equal(json_count(json_at(view, "original.f0.cents")),
	    2000);
	assert_true(isnan(item(view, "original.f0.cents", 105)));
	assert_true(number(view, "transposition_semitones") == VIEW_PAIR_KEY);
	check_pitch(view);
	json_free(view);
}

static void
test_peaks(void **state)
{
	struct json *view = view_of("right");
	size_t n;
	unsigned char *peaks = bytes_of(view, "original.peaks.mix", &n);

	(void)state;
	assert_int_equal(n, 2 * 2000);
	for (size_t i = 0; i < n / 2; i++) {
		const double sec = 2.0 + (double)i * 0.02;
		const int low = (int8_t)peaks[2 * i];
		const int high = (int8_t)peaks[2 * i + 1];

		/* 127 / 2, of a tone of many samples a period. */
		assert_true(sec < 9.99 ? low == 0 && high == 0 :
		    low <= -62 && low >= -64 && high >= 62 && high <= 64);
	}
	assert_true(json_is_null(json_at(view, "original.peaks.voice")));
	json_free(view);
}

static void
check_drift(const char *fragment_id, double truth)
{
	struct json *view = view_of(fragment_id);
	const size_t n = json_count(json_at(view, "drift.sec"));
	size_t n_known = 0;

	assert_int_equal(n, json_count(json_at(view, "drift.times")));
	for (size_t i = 0; i < n; i++) {
		const double t = item(view, "drift.times", i);
		const double sec = item(view, "drift.sec", i);

		if (isnan(sec) || t < VIEW_PAIR_OTHER_SEC || t > 25.0)
			continue;
		n_known++;
		/* A frame and the moment that it is looked at. */
		assert_true(fabs(sec - truth) < 0.02);
	}
	assert_true(n_known > 80);
	json_free(view);
}

static void
test_drift(void **state)
{
	(void)state;
	check_drift("right", 0.0);
	check_drift("late", 0.2);
}

/* Silence, another tune, and a note that is held: nothing to go by. */
static void
test_no_drift(void **state)
{
	enum { N = 200 };
	float other[N], original[N + 2 * DRIFT_MAX_STEPS];
	const struct drift d = { 0.02, other, original, N };

	(void)state;
	for (size_t i = 0; i < N + 2 * DRIFT_MAX_STEPS; i++)
		original[i] = i % 2 == 0 ? 4000.0f : 4300.0f;
	for (size_t i = 0; i < N; i++)
		other[i] = NAN;
	assert_true(isnan(drift_at(&d, 100)));
	for (size_t i = 0; i < N; i++)
		other[i] = 4650.0f;
	assert_true(isnan(drift_at(&d, 100)));
	/* An octave is no difference, and of equal moves none is made. */
	for (size_t i = 0; i < N; i++)
		other[i] = 4300.0f;
	for (size_t i = 0; i < N + 2 * DRIFT_MAX_STEPS; i++)
		original[i] = 3100.0f;
	assert_true(drift_at(&d, 100) == 0.0);
	assert_true(drift_at(&d, 0) == 0.0);
	assert_true(drift_at(&d, N - 1) == 0.0);
}

static void
test_similarity(void **state)
{
	struct json *view = view_of("right");
	const size_t n_rows = (size_t)number(view, "similarity.n_rows");
	const size_t n_cols = (size_t)number(view, "similarity.n_cols");
	size_t n;
	unsigned char *cells = bytes_of(view, "similarity.values", &n);

	(void)state;
	/* Middles are k / 2 + 1 s: those in 0..35 s and in 2..42 s. */
	assert_int_equal(n_rows, 69);
	assert_int_equal(n_cols, 81);
	assert_int_equal(n, n_rows * n_cols);
	assert_true(number(view, "similarity.row_start") == 1.0);
	assert_true(number(view, "similarity.col_start") == 2.0);
	assert_true(number(view, "similarity.col_step") ==
	    VIEW_PAIR_PRINT_HOP_SEC);
	for (size_t i = 0; i < n; i++) {
		const size_t row = i / n_cols, column = i % n_cols + 2;

		assert_int_equal(cells[i], row % VIEW_PAIR_DIMS ==
		    column % VIEW_PAIR_DIMS && row != 30 && column != 30 ?
		    255 : 0);
	}
	json_free(view);
}

/* What is missing of a recording is told, and the rest is there. */
static void
test_bare(void **state)
{
	struct json *view = view_of("bare");
	const char *why;

	(void)state;
	assert_int_equal(json_want_string(view, "other.why", &why, &err), 0);
	assert_non_null(strstr(why, "audio_filepath"));
	assert_true(json_is_null(json_at(view, "other.mix")));
	assert_false(json_has(view, "similarity"));
	assert_int_equal(json_want_string(view, "similarity_why", &why,
	    &err), 0);
	assert_int_equal(json_count(json_at(view, "original.f0.cents")),
	    2000);
	json_free(view);
}

/* A pitch track that has changed gives another view. */
static void
test_changed(void **state)
{
	struct json *before = view_of("right"), *after;

	(void)state;
	view_pair_write_track(&pair, "o.f0.csv", true);
	after = view_of("right");
	assert_string_not_equal(json_text(before, pair.a, &err),
	    json_text(after, pair.a, &err));
	view_pair_write_track(&pair, "o.f0.csv", false);
	json_free(before);
	json_free(after);
}

/* Without a round, what the recording's record names counts. */
static void
test_prints_of_a_record(void **state)
{
	static const char text[] = "{\"group_id\":\"w\",\"id\":\"o\",\"embed\":"
	    "{\"path\":\"o.npy\",\"window_sec\":8,\"hop_sec\":0.64}}";
	struct json *rec = json_parse(text, sizeof(text) - 1, &err);
	struct print_entry e;

	(void)state;
	assert_non_null(rec);
	assert_true(view_prints_find(NULL, rec, &e));
	assert_string_equal(e.path, "o.npy");
	assert_string_equal(e.id, "o");
	assert_string_equal(e.model_sha256, "");
	json_remove(rec, "embed.path");
	assert_false(view_prints_find(NULL, rec, &e));
	json_free(rec);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prints_of_a_record),
		cmocka_unit_test(test_pitch_and_windows),
		cmocka_unit_test(test_peaks), cmocka_unit_test(test_drift),
		cmocka_unit_test(test_no_drift),
		cmocka_unit_test(test_similarity),
		cmocka_unit_test(test_bare), cmocka_unit_test(test_changed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
