/*
 * The state of a dataset at a glance: counted once more by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/catalogue.h"
#include "store/overview.h"
#include "store/rounds.h"

struct place {
	char folder[64];
	char path[128];
	struct catalogue *c;
};

static int
set_up(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	(void)snprintf(p->folder, sizeof(p->folder),
	    "/tmp/chad-overview-XXXXXX");
	if (mkdtemp(p->folder) == NULL)
		return -1;
	(void)snprintf(p->path, sizeof(p->path), "%s/c.sqlite", p->folder);
	p->c = catalogue_open(p->path, CATALOGUE_CREATE, 0, &err);
	*state = p;
	return p->c == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	catalogue_close(p->c);	/* takes the -wal and -shm files away */
	(void)unlink(p->path);
	(void)rmdir(p->folder);
	free(p);
	return 0;
}

static void
add(struct catalogue *c, const char *text)
{
	struct error err = { ERROR_NONE, "" };
	struct json *rec = json_parse(text, strlen(text), &err);

	if (rec == NULL || catalogue_add(c, rec, &err) != 0)
		fail_msg("%s", err.text);
	json_free(rec);
}

/* Fragment i of work i, 36 s long in the cover. */
static void
add_fragment(struct catalogue *c, int i, const char *decision,
    double probability)
{
	char text[600];

	(void)snprintf(text, sizeof(text), "{\"group_id\":\"w%d\","
	    "\"fragment_id\":\"f%d\",\"id\":\"c%d\",\"audio_type\":\"cover\","
	    "\"original_id\":\"o%d\",\"interval\":[4,40],"
	    "\"original_interval\":[2,38],\"decision\":\"%s\","
	    "\"probability\":%g}", i, i, i, i, decision, probability);
	add(c, text);
}

static struct json *
read_it(struct catalogue *c)
{
	struct error err = { ERROR_NONE, "" };
	struct json *out = overview_read(c, &err);

	if (out == NULL)
		fail_msg("%s", err.text);
	return out;
}

static size_t
number(const struct json *out, const char *path)
{
	struct error err = { ERROR_NONE, "" };
	size_t n;

	if (json_want_size(out, path, &n, &err) != 0)
		fail_msg("%s", err.text);
	return n;
}

static size_t
total(const struct json *out, const char *path)
{
	const struct json *bins = json_at(out, path);
	size_t sum = 0;

	assert_int_equal(json_count(bins), OVERVIEW_BINS);
	for (size_t i = 0; i < OVERVIEW_BINS; i++) {
		char bin[80];

		(void)snprintf(bin, sizeof(bin), "%s.%zu", path, i);
		sum += number(out, bin);
	}
	return sum;
}

static void
an_empty_catalogue_has_nothing_of_all(void **state)
{
	const struct place *p = *state;
	struct json *out = read_it(p->c);

	assert_int_equal(number(out, "works"), 0);
	assert_int_equal(number(out, "fragments.all"), 0);
	assert_int_equal(json_count(json_at(out, "histogram.edges")),
	    OVERVIEW_BINS + 1);
	assert_int_equal(total(out, "histogram.keep"), 0);
	assert_true(json_is_array(json_at(out, "rounds")));
	assert_int_equal(json_count(json_at(out, "samples")), 0);
	json_free(out);
}

static void
fragments_are_counted_as_reviewed(void **state)
{
	const struct place *p = *state;
	struct json *out;
	double hours;

	for (int i = 0; i < 20; i++)
		add_fragment(p->c, i, i < 10 ? "keep" : i < 17 ? "flag" :
		    "drop", i == 0 ? 1.0 : 0.05 * i + 0.01);
	add(p->c, "{\"group_id\":\"w10\",\"fragment_id\":\"f10\",\"review\":"
	    "{\"reviewer\":\"ann\",\"verdict\":\"accept\"}}");
	out = read_it(p->c);
	assert_int_equal(number(out, "works"), 20);
	assert_int_equal(number(out, "recordings.all"), 40);
	assert_int_equal(number(out, "recordings.cover"), 20);
	assert_int_equal(number(out, "fragments.keep"), 11);
	assert_int_equal(number(out, "fragments.flag"), 6);
	assert_int_equal(number(out, "reviews"), 1);
	assert_int_equal(total(out, "histogram.keep"), 11);
	assert_int_equal(total(out, "histogram.drop"), 3);
	/* 1.0 is in the last bin, 0.51 in the eleventh. */
	assert_int_equal(number(out, "histogram.keep.19"), 1);
	assert_int_equal(number(out, "histogram.keep.10"), 1);
	assert_int_equal(json_want_number(out, "hours_kept", &hours, NULL), 0);
	assert_true(hours > 0.109 && hours < 0.111);
	assert_int_equal(json_count(json_at(out, "samples")), 12);
	json_free(out);
}

/* Rounds with thresholds of correlation alone give no probabilities. */
static void
without_probabilities_correlations_are_binned(void **state)
{
	const struct place *p = *state;
	const double correlations[] = { -0.2, 0.02, 0.51, 1 };
	struct json *out;
	const char *of;

	for (int i = 0; i < 4; i++) {
		char text[400];

		(void)snprintf(text, sizeof(text), "{\"group_id\":\"w\","
		    "\"fragment_id\":\"f%d\",\"id\":\"c\",\"audio_type\":"
		    "\"cover\",\"original_id\":\"o\",\"interval\":[4,40],"
		    "\"original_interval\":[2,38],\"decision\":\"flag\","
		    "\"correlation\":%g}", i, correlations[i]);
		add(p->c, text);
	}
	out = read_it(p->c);
	assert_int_equal(json_want_string(out, "histogram.of", &of, NULL), 0);
	assert_string_equal(of, "correlation");
	assert_int_equal(total(out, "histogram.flag"), 4);
	assert_int_equal(number(out, "histogram.flag.0"), 2);
	assert_int_equal(number(out, "histogram.flag.10"), 1);
	assert_int_equal(number(out, "histogram.flag.19"), 1);
	json_free(out);
	add_fragment(p->c, 1, "keep", 0.3);
	out = read_it(p->c);
	assert_int_equal(json_want_string(out, "histogram.of", &of, NULL), 0);
	assert_string_equal(of, "probability");
	assert_int_equal(total(out, "histogram.flag"), 0);
	assert_int_equal(number(out, "histogram.keep.6"), 1);
	json_free(out);
}

static void
only_finished_rounds_have_scores(void **state)
{
	const struct place *p = *state;
	struct error err = { ERROR_NONE, "" };
	const struct rounds_score score = { .subject = "fragments",
		.measure = "precision", .value = 0.9, .has_interval = true,
		.low = 0.8, .high = 0.95, .n = 70 };
	struct json *out;
	const char *name;

	if (rounds_open(p->c, "k1", 1, "{}", NULL, &err) != 0 ||
	    rounds_put_score(p->c, "k1", &score, &err) != 0)
		fail_msg("%s", err.text);
	out = read_it(p->c);
	assert_int_equal(json_count(json_at(out, "rounds")), 0);
	json_free(out);
	if (rounds_close(p->c, "k1", NULL, NULL, "no model", &err) != 0)
		fail_msg("%s", err.text);
	out = read_it(p->c);
	assert_int_equal(json_count(json_at(out, "rounds")), 1);
	assert_int_equal(json_want_string(out, "rounds.0.name", &name, &err),
	    0);
	assert_string_equal(name, "fragments");
	assert_int_equal(number(out, "rounds.0.n"), 70);
	assert_int_equal(number(out, "rounds.0.promoted"), 0);
	assert_int_equal(number(out, "rounds.0.is_new"), 0);
	json_free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    an_empty_catalogue_has_nothing_of_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    fragments_are_counted_as_reviewed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    without_probabilities_correlations_are_binned, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    only_finished_rounds_have_scores, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
