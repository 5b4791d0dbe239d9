/*
 * Parts, patterns and statistics of manifests: no work is torn apart and every
 * stratum has its shares; patterns against what they should put; percentiles
 * and counts against a list by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "manifests/manifest_stats.h"
#include "manifests/manifest_strata.h"
#include "manifests/scan_pattern.h"

#define N_WORKS 1000

static struct manifest_strata *
make_strata(const struct manifest_split *split, uint64_t seed)
{
	struct error err;
	struct manifest_strata *s = manifest_strata_new(&err);
	char key[32];

	assert_non_null(s);
	/* A tenth of the works have hums; every work has two covers. */
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < N_WORKS; i++) {
			(void)snprintf(key, sizeof(key), "work-%d", i);
			assert_int_equal(manifest_strata_add(s, key,
			    round == 0 && i % 10 == 0 ? "humming" : "cover",
			    &err), 0);
		}
	assert_int_equal(manifest_strata_assign(s, split, seed, &err), 0);
	return s;
}

static void
test_strata(void **state)
{
	struct error err;
	struct manifest_split split;
	struct manifest_strata *s, *again, *other;
	size_t n[2][3] = { { 0 } }, n_moved = 0;

	(void)state;
	assert_int_equal(manifest_split_parse("a:0.7,b:0.2,c:0.1", &split,
	    &err), 0);
	s = make_strata(&split, 1);
	again = make_strata(&split, 1);
	other = make_strata(&split, 2);
	for (int i = 0; i < N_WORKS; i++) {
		char key[32];
		size_t part;

		(void)snprintf(key, sizeof(key), "work-%d", i);
		part = manifest_strata_part(s, key);
		assert_true(part < 3);
		assert_int_equal(part, manifest_strata_part(again, key));
		n_moved += part != manifest_strata_part(other, key);
		n[i % 10 == 0][part]++;
	}
	/* 900 and 100 works: shares to within a work. */
	assert_in_range(n[0][0], 629, 631);
	assert_in_range(n[0][1], 179, 181);
	assert_in_range(n[0][2], 89, 91);
	assert_in_range(n[1][0], 69, 71);
	assert_in_range(n[1][1], 19, 21);
	assert_in_range(n[1][2], 9, 11);
	/* By chance 0.46 of them are elsewhere. */
	assert_in_range(n_moved, 350, 570);
	manifest_strata_free(s);
	manifest_strata_free(again);
	manifest_strata_free(other);
}

static void
test_patterns(void **state)
{
	static const struct {
		const char *pattern, *path, *put;	/* NULL: another form */
	} cases[] = {
		{ "{group_id}/{id}.*", "w/a.wav",
		    "{\"group_id\":\"w\",\"id\":\"a\"}" },
		{ "{group_id}/{id}.*", "w/a.b.wav",
		    "{\"group_id\":\"w\",\"id\":\"a.b\"}" },
		{ "{group_id}/{id}.*", "w/x/a.wav", NULL },
		{ "{group_id}/{id}.*", "a.wav", NULL },
		{ "**/{id}.wav", "w/x/a.wav", "{\"id\":\"a\"}" },
		{ "{g}/{f}/{id}.flac", "1/2/3.flac",
		    "{\"g\":\"1\",\"f\":\"2\",\"id\":\"3\"}" },
		{ "{g}/{f}/{id}.flac", "1/2/3.wav", NULL },
		{ "{a}-{b}-{c}.*", "x-y-z-w.mp3",
		    "{\"a\":\"x-y\",\"b\":\"z\",\"c\":\"w\"}" },
		{ "{a}/{a}.*", "x/x.mp3", "{\"a\":\"x\"}" },
		{ "{a}/{a}.*", "x/y.mp3", NULL },
		{ "take?/{tags.n}_*", "take3/7_x.ogg",
		    "{\"tags\":{\"n\":\"7\"}}" },
		{ "*", "a.wav", "{}" },
		{ "*", "x/a.wav", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = { ERROR_NONE, "" };
		struct json *rec = json_new_object(&err);
		struct arena *a = arena_new();
		int status;

		assert_int_equal(scan_pattern_check(cases[i].pattern, &err),
		    0);
		status = scan_pattern_put(cases[i].pattern, cases[i].path,
		    rec, &err);
		assert_int_equal(status, cases[i].put != NULL);
		if (status > 0)
			assert_string_equal(json_text(rec, a, &err),
			    cases[i].put);
		json_free(rec);
		arena_free(a);
	}
}

static void
test_bad_patterns(void **state)
{
	static const char *const bad[] = { "{}", "{id", "{i d}", "{.id}",
		"{a..b}", "{history}", "{error}/x" };
	struct error err = { ERROR_NONE, "" };
	struct json *rec = json_new_object(&err);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(scan_pattern_check(bad[i], &err), -1);
	/* A trap for those who try everything: it ends, without a match. */
	assert_int_equal(scan_pattern_put("**a**a**a**a**a**a**a**b",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", rec,
	    &err), 0);
	json_free(rec);
}

static void
add(struct manifest_stats *s, const char *text)
{
	struct error err = { ERROR_NONE, "" };
	struct json *rec = json_parse(text, strlen(text), &err);

	assert_non_null(rec);
	assert_int_equal(manifest_stats_add(s, rec, &err), 0);
	json_free(rec);
}

static void
check_number(const struct json *report, const char *path, double wanted)
{
	double value;

	assert_int_equal(json_want_number(report, path, &value, NULL), 0);
	assert_true(value == wanted);
}

static void
test_stats(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct manifest_stats *s = manifest_stats_new("audio_type", &err);
	struct json *report;
	char text[200];

	(void)state;
	assert_non_null(s);
	for (int i = 1; i <= 10; i++) {
		(void)snprintf(text, sizeof(text), "{\"id\":\"c%d\",\"group_id"
		    "\":\"w%d\",\"audio_type\":\"cover\",\"duration\":%d}", i,
		    i % 3, i * 360);
		add(s, text);
	}
	add(s, "{\"id\":\"c1\",\"group_id\":\"w1\",\"interval\":[1,3]}");
	add(s, "{\"id\":\"x\",\"audio_type\":null}");
	add(s, "{\"id\":\"y\",\"error\":\"chad-x: no\"}");
	report = manifest_stats_report(s, &err);
	assert_non_null(report);
	check_number(report, "failed", 1);
	check_number(report, "by.0.records", 10);
	check_number(report, "by.0.works", 3);
	check_number(report, "by.0.hours", 5.5);
	check_number(report, "by.0.min_sec", 360);
	check_number(report, "by.0.p10_sec", 360);
	check_number(report, "by.0.median_sec", 1800);
	check_number(report, "by.0.p90_sec", 3240);
	check_number(report, "by.0.max_sec", 3600);
	check_number(report, "by.1.records", 2);
	check_number(report, "by.1.unknown", 1);
	check_number(report, "by.2.records", 12);
	check_number(report, "by.2.recordings", 11);
	/* Works of 3, 4 and 3 recordings: c1 is there twice. */
	check_number(report, "versions.0.versions", 3);
	check_number(report, "versions.0.works", 2);
	check_number(report, "versions.1.versions", 4);
	check_number(report, "versions.1.works", 1);
	json_free(report);
	manifest_stats_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strata),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_bad_patterns),
		cmocka_unit_test(test_stats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
