/*
 * calibration and pair_record: against sums and logits computed by hand.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/json.h"

#include "align/calibration.h"
#include "align/pair_record.h"

#define MODEL \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PLAIN(name, weight) \
	"\"" name "\":{\"mean\":0,\"scale\":1,\"weight\":" weight "}"
#define PAIR_FEATURES \
	"{" PLAIN("correlation", "0") "," PLAIN("agreement", "0") "," \
	"\"evidence_sec\":{\"mean\":0.5,\"scale\":2,\"weight\":3}," \
	PLAIN("covered_share", "-1") "," PLAIN("n_fragments", "0.25") "}"
#define PAIR \
	"{\"format\":\"chad-calibration 1\",\"model_sha256\":\"" MODEL "\"," \
	"\"pair\":{\"features\":" PAIR_FEATURES ",\"bias\":-0.75}}"

static struct json *
parse(const char *text)
{
	struct error err;
	struct json *j = json_parse(text, strlen(text), &err);

	assert_non_null(j);
	return j;
}

static double
number(const struct json *j, const char *name)
{
	struct error err;
	double value;

	assert_int_equal(json_want_number(j, name, &value, &err), 0);
	return value;
}

static void
near(double a, double b)
{
	assert_true(fabs(a - b) < 1e-9);
}

/* The longer recording does not matter for the share, nor do repeats. */
static void
a_pair_is_summed_up(void **state)
{
	static const struct aligner_fragment fragments[] = {
		{ .original_from_sec = 10, .original_to_sec = 15,
		  .from_sec = 20, .to_sec = 26, .correlation = 0.5,
		  .agreement = 0.85 },
		{ .original_from_sec = 20, .original_to_sec = 24,
		  .from_sec = 30, .to_sec = 35, .correlation = 0.75,
		  .agreement = 0.25 },
		{ .original_from_sec = 20, .original_to_sec = 28,
		  .from_sec = 70, .to_sec = 78, .correlation = 0.625,
		  .agreement = 0.9, .is_repeat = true },
	};
	struct json *rec = parse("{\"fragment_id\":\"x\"}");
	struct error err;

	(void)state;
	assert_int_equal(pair_record_put(rec, fragments, 3, 100.0, 44.0,
	    &err), 0);
	assert_false(json_has(rec, "fragment_id"));
	near(number(rec, "pair.n_fragments"), 2);
	/* Strangers agree by 0.35: the second says nothing. */
	near(number(rec, "pair.evidence_sec"), (0.85 - 0.35) * 5);
	near(number(rec, "pair.covered_share"), (6 + 5) / 44.0);
	near(number(rec, "pair.correlation"), 0.75);
	near(number(rec, "pair.agreement"), 0.9);
	assert_int_equal(pair_record_put(rec, fragments, 3, 18.0, 44.0,
	    &err), 0);
	near(number(rec, "pair.covered_share"), (5 + 4) / 18.0);
	assert_int_equal(pair_record_put(rec, fragments, 0, 0.0, 0.0, &err),
	    0);
	near(number(rec, "pair.covered_share"), 0.0);
	near(number(rec, "pair.n_fragments"), 0.0);
	json_free(rec);
}

/* The logit by hand, and for whose fingerprints. */
static void
a_probability_is_the_logit_s(void **state)
{
	struct json *j = parse(PAIR);
	struct json *rec = parse("{\"pair\":{\"correlation\":0.5,"
	    "\"agreement\":0.5,\"evidence_sec\":6.5,\"covered_share\":0.4,"
	    "\"n_fragments\":3}}");
	const double logit = -0.75 + 3 * (log(1 + 6.5) - 0.5) / 2 - 0.4 +
	    0.25 * log(4);
	struct calibration c;
	struct error err;
	bool is_known;
	double p;

	(void)state;
	assert_int_equal(calibration_read(j, &c, &err), 0);
	assert_int_equal(calibration_kind_of(rec), CALIBRATION_PAIR);
	assert_int_equal(calibration_probability(&c, rec, &is_known, &p,
	    &err), 0);
	assert_true(is_known);
	near(p, 1 / (1 + exp(-logit)));
	/* Of another model's fingerprints nothing is said. */
	assert_int_equal(calibration_put(&c, rec, "another", &err), 0);
	assert_false(json_has(rec, "probability"));
	assert_int_equal(calibration_put(&c, rec, MODEL, &err), 0);
	assert_true(fabs(number(rec, "probability") - p) < 1e-4);
	json_remove(rec, "pair");
	assert_int_equal(calibration_probability(&c, rec, &is_known, &p,
	    &err), 0);
	assert_false(is_known);
	json_free(rec);
	json_free(j);
}

/* The truth of one cover, and 40 pairs of which every other is right. */
static struct json *
fit(const char *last_model, struct error *err)
{
	struct json *recs[40], *known = parse("{\"id\":\"c\",\"truth\":{"
	    "\"original_id\":\"o\",\"segments\":[{\"points\":[[0,10],"
	    "[40,50]]}]}}");
	const struct json *known_list[] = { known };
	struct arena *a = arena_new();
	struct align_truth truth;
	struct json *fitted;
	size_t i;

	assert_non_null(a);
	assert_int_equal(align_truth_load(known_list, 1, a, &truth, err), 0);
	for (i = 0; i < 40; i++) {
		const char *text = arena_printf(a, "{\"id\":\"c\","
		    "\"original_id\":\"%s\",\"pair\":{\"correlation\":0.5,"
		    "\"agreement\":0.5,\"evidence_sec\":%zu,"
		    "\"covered_share\":0.5,\"n_fragments\":1},\"history\":["
		    "{\"tool\":\"chad-f0\",\"model\":\"other\"},"
		    "{\"tool\":\"chad-align\",\"model\":\"%s\"}]}",
		    i % 2 == 0 ? "o" : "stranger", i % 2 == 0 ? i % 7 + 4 :
		    i % 7, i == 39 ? last_model : MODEL);

		assert_non_null(text);
		recs[i] = parse(text);
	}
	fitted = calibration_fit((const struct json *const *)recs, 40, &truth,
	    "by hand", err);
	for (i = 0; i < 40; i++)
		json_free(recs[i]);
	json_free(known);
	arena_free(a);
	return fitted;
}

/* What is fitted reads back, names the model, and tells the two sorts. */
static void
what_is_fitted_is_applied(void **state)
{
	struct json *low = parse("{\"pair\":{\"correlation\":0.5,"
	    "\"agreement\":0.5,\"evidence_sec\":0,\"covered_share\":0.5,"
	    "\"n_fragments\":1}}");
	struct json *high = parse("{\"pair\":{\"correlation\":0.5,"
	    "\"agreement\":0.5,\"evidence_sec\":10,\"covered_share\":0.5,"
	    "\"n_fragments\":1}}");
	struct error err;
	struct json *fitted = fit(MODEL, &err);
	struct calibration c;
	bool is_known;
	double p_low, p_high;

	(void)state;
	assert_non_null(fitted);
	assert_int_equal(calibration_read(fitted, &c, &err), 0);
	assert_true(c.has[CALIBRATION_PAIR]);
	assert_false(c.has[CALIBRATION_FRAGMENT]);
	assert_true(calibration_is_for(&c, MODEL));
	assert_false(calibration_is_for(&c, "other"));
	assert_int_equal(calibration_probability(&c, low, &is_known, &p_low,
	    &err), 0);
	assert_int_equal(calibration_probability(&c, high, &is_known, &p_high,
	    &err), 0);
	assert_true(p_low < 0.2 && p_high > 0.8);
	json_free(fitted);
	json_free(low);
	json_free(high);
	assert_null(fit("another", &err));
	assert_non_null(strstr(err.text, "record 40"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_is_summed_up),
		cmocka_unit_test(a_probability_is_the_logit_s),
		cmocka_unit_test(what_is_fitted_is_applied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
