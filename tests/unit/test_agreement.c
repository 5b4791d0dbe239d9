/* Agreement beyond chance, against published examples. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "review/agreement.h"
#include "store/gold.h"
#include "store/judgements.h"
#include "tests/lib/flagged.h"

#define MAX_RATINGS 256

struct table {
	struct ratings_one list[MAX_RATINGS];
	struct ratings r;
};

static void
assert_near(double value, double expected, double tolerance)
{
	if (fabs(value - expected) > tolerance)
		fail_msg("%.6f is not %.6f", value, expected);
}

static void
add(struct table *t, size_t item, size_t rater, size_t category)
{
	struct ratings_one one = { item, rater, category };

	assert_true(t->r.n < MAX_RATINGS);
	t->list[t->r.n++] = one;
	t->r.list = t->list;
	t->r.n_items = item + 1;
	if (rater >= t->r.n_raters)
		t->r.n_raters = rater + 1;
	if (category >= t->r.n_categories)
		t->r.n_categories = category + 1;
}

/* Two reviewers of 50 proposals; (0.7 - 0.5) / (1 - 0.5), by hand. */
static void
test_cohen(void **state)
{
	static const size_t counts[2][2] = { { 20, 5 }, { 10, 15 } };
	struct table t = { .r = { .n = 0 } };
	struct agreement a;
	size_t item = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < 2; k++)
			for (size_t n = 0; n < counts[i][k]; n++, item++) {
				add(&t, item, 0, i);
				add(&t, item, 1, k);
			}
	/* An item of one of them does not count. */
	add(&t, item, 1, 0);
	a = agreement_cohen(&t.r, 0, 1);
	assert_true(a.has_value);
	assert_int_equal(a.n, 50);
	assert_near(a.value, 0.4, 1e-12);
	/* Turned round it is the same. */
	assert_near(agreement_cohen(&t.r, 1, 0).value, 0.4, 1e-12);
	/* With two raters of all items Fleiss takes the mean of both. */
	assert_int_equal(agreement_fleiss(&t.r, &a, NULL), 0);
	assert_int_equal(a.n, 50);
	assert_near(a.value, (0.7 - (0.55 * 0.55 + 0.45 * 0.45)) /
	    (1 - (0.55 * 0.55 + 0.45 * 0.45)), 1e-12);
}

/*
 * Fleiss (1971), table 1: 30 patients, each given one of five diagnoses by six
 * psychiatrists; kappa = 0.430.
 */
static void
test_fleiss(void **state)
{
	static const char counts[30][6] = {
		"00060", "03003", "01401", "00006", "03030", "20400",
		"00402", "20310", "20040", "00006", "10050", "11040",
		"03300", "10050", "02031", "00501", "30012", "51000",
		"02040", "10203", "00006", "01050", "02013", "20040",
		"10041", "05010", "40002", "02040", "10500", "00006",
	};
	struct table t = { .r = { .n = 0 } };
	struct agreement a;

	(void)state;
	for (size_t i = 0; i < 30; i++)
		for (size_t k = 0, rater = 0; k < 5; k++)
			for (char n = '0'; n < counts[i][k]; n++)
				add(&t, i, rater++, k);
	/* An item with fewer ratings is left out. */
	add(&t, 30, 0, 1);
	assert_int_equal(agreement_fleiss(&t.r, &a, NULL), 0);
	assert_true(a.has_value);
	assert_int_equal(a.n, 30);
	assert_int_equal(a.n_raters, 6);
	assert_near(a.value, 0.430, 0.0005);
}

/*
 * Krippendorff (2011), section C: four observers, twelve units, five values,
 * with missing data; alpha = 0.743.
 */
static void
test_krippendorff(void **state)
{
	static const char rows[4][13] = { "123321412...", "1233224125.3",
	    ".3332342251.", "12332441251." };
	struct table t = { .r = { .n = 0 } };
	struct agreement a;

	(void)state;
	for (size_t i = 0; i < 12; i++)
		for (size_t k = 0; k < 4; k++)
			if (rows[k][i] >= '1')
				add(&t, i, k, (size_t)(rows[k][i] - '1'));
	a = agreement_krippendorff(&t.r);
	assert_true(a.has_value);
	assert_near(a.value, 0.743, 0.0005);
	assert_int_equal(a.n, 11);
}

/* Where nothing varies, or nobody has rated, there is no value. */
static void
test_nothing(void **state)
{
	struct table t = { .r = { .n = 0 } };
	struct agreement a;

	(void)state;
	assert_false(agreement_krippendorff(&t.r).has_value);
	assert_false(agreement_cohen(&t.r, 0, 1).has_value);
	assert_int_equal(agreement_fleiss(&t.r, &a, NULL), 0);
	assert_false(a.has_value);
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < 3; k++)
			add(&t, i, k, 1);
	assert_false(agreement_krippendorff(&t.r).has_value);
	assert_false(agreement_cohen(&t.r, 0, 2).has_value);
	assert_int_equal(agreement_cohen(&t.r, 0, 2).n, 5);
	assert_int_equal(agreement_fleiss(&t.r, &a, NULL), 0);
	assert_false(a.has_value);
	assert_int_equal(a.n, 5);
}

static void
check_text(const struct json *j, const char *expected)
{
	struct arena *a = arena_new();

	assert_non_null(a);
	assert_string_equal(json_text(j, a, NULL), expected);
	arena_free(a);
}

/* From a catalogue: pairs as one by one, adjudicators left out, gold. */
static void
test_report(void **state)
{
	static const char *const reviews[] = {
		"w0 f0 ann accept", "w0 f0 bob accept", "w0 f0 cy reject",
		"w0 f1 ann reject", "w0 f1 bob reject", "w0 f1 cy reject",
		"w1 f0 ann accept", "w1 f0 bob unsure", "w1 f1 bob accept",
	};
	struct catalogue *c = flagged_open(":memory:");
	struct arena *a = arena_new();
	struct json *report;
	struct ratings r;
	char text[256], names[4][16];

	(void)state;
	flagged_add(c, 0, 2, 2, "flag");
	for (size_t i = 0; i < sizeof(reviews) / sizeof(reviews[0]); i++) {
		assert_int_equal(sscanf(reviews[i], "%15s %15s %15s %15s",
		    names[0], names[1], names[2], names[3]), 4);
		(void)snprintf(text, sizeof(text), "{\"group_id\":\"%s\","
		    "\"fragment_id\":\"%s\",\"review\":{\"reviewer\":\"%s\","
		    "\"verdict\":\"%s\"}}", names[0], names[1], names[2],
		    names[3]);
		flagged_add_text(c, text);
	}
	flagged_add_text(c, "{\"group_id\":\"w0\",\"fragment_id\":\"f0\","
	    "\"review\":{\"reviewer\":\"zoe\",\"verdict\":\"unsure\","
	    "\"role\":\"adjudicator\"}}");
	assert_non_null(a);
	assert_int_equal(ratings_load(c, a, &r, NULL), 0);
	assert_int_equal(r.n, 9);
	assert_int_equal(r.n_items, 4);
	assert_int_equal(r.n_raters, 3);
	assert_string_equal(r.raters[2], "cy");
	report = agreement_report(c, NULL);
	assert_non_null(report);
	/* ann and bob: 2/3 equal, 1/3 expected (2/3 * 1/3 + 1/3 * 1/3). */
	assert_near(agreement_cohen(&r, 0, 1).value,
	    0.5, 1e-12);
	check_text(json_at(report, "cohen.0"),
	    "{\"a\":\"ann\",\"b\":\"bob\",\"kappa\":0.5,\"n\":3}");
	for (size_t i = 0, x = 1; x < 3; x++)
		for (size_t k = 0; k < x; k++, i++) {
			const struct agreement one = agreement_cohen(&r, k, x);
			const struct json *pair = json_item(json_at(report,
			    "cohen"), i);
			double kappa;

			assert_string_equal(r.raters[k], k == 0 ? "ann" :
			    "bob");
			if (!one.has_value)
				continue;
			assert_int_equal(json_want_number(pair, "kappa",
			    &kappa, NULL), 0);
			assert_near(kappa, one.value, 0.00005);
		}
	assert_int_equal(json_count(json_at(report, "gold")), 0);
	json_free(report);
	arena_free(a);
	catalogue_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cohen),
		cmocka_unit_test(test_fleiss),
		cmocka_unit_test(test_krippendorff),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
