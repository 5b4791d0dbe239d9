/* An end that a person moves lies in its recording, if that is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/judgements.h"
#include "store/reviews.h"
#include "tests/lib/flagged.h"

static const struct queue_rules rules = { 2, 0, 900 };

/* NULL when the verdict is taken, else the sentence. */
static const char *
judge(struct catalogue *c, const struct people_person *person,
    const char *request_id, const char *said)
{
	static struct error err;
	enum judgements_outcome outcome;
	struct json *review;
	char text[512];
	int status;

	(void)snprintf(text, sizeof(text), "{\"group_id\":\"w0\","
	    "\"fragment_id\":\"f0\",\"review\":{\"verdict\":%s}}", said);
	review = json_parse(text, strlen(text), &err);
	assert_non_null(review);
	status = judgements_put(c, person, &rules, request_id, review, 1,
	    &outcome, &err);
	json_free(review);
	if (status == 0)
		assert_int_equal(outcome, JUDGEMENTS_DONE);
	else
		assert_int_equal(err.code, ERROR_FORMAT);
	return status == 0 ? NULL : err.text;
}

static int
count(void *context, struct json *rec, struct error *err)
{
	(void)rec;
	(void)err;
	++*(int *)context;
	return 0;
}

static void
test_end(void **state)
{
	struct catalogue *c = flagged_open(":memory:");
	const struct people_person ann = flagged_person(c, "ann",
	    PEOPLE_ANNOTATOR), bob = flagged_person(c, "bob",
	    PEOPLE_ANNOTATOR);
	int n = 0;

	(void)state;
	flagged_add(c, 0, 1, 1, "flag");
	assert_null(judge(c, &ann, "1", "\"accept\",\"interval\":[1,9000],"
	    "\"original_interval\":[1,9000]"));
	flagged_add_text(c, "{\"group_id\":\"w0\",\"id\":\"c\","
	    "\"audio_type\":\"cover\",\"audio_filepath\":\"c.wav\","
	    "\"duration\":12}");
	/* What was decoded is known better than what was told. */
	flagged_add_text(c, "{\"group_id\":\"w0\",\"id\":\"o\","
	    "\"audio_type\":\"original\",\"audio_filepath\":\"o.wav\","
	    "\"duration\":900,\"decode\":{\"path\":\"o.flac\","
	    "\"duration_sec\":20.5}}");
	assert_string_equal(judge(c, &bob, "2", "\"accept\",\"interval\":"
	    "[1,12.11]"), "the fragment ends at 12.11 s, behind the end of "
	    "the recording: move it back");
	assert_string_equal(judge(c, &bob, "2", "\"accept\","
	    "\"original_interval\":[1,20.7]"), "the fragment ends at 20.70 "
	    "s, behind the end of the original: move it back");
	assert_int_equal(reviews_each(c, count, &n, NULL), 0);
	assert_int_equal(n, 1);
	/* Refused, the request is none that was answered before. */
	assert_null(judge(c, &bob, "2", "\"accept\",\"interval\":[1,12.09],"
	    "\"original_interval\":[1,20.5]"));
	assert_null(judge(c, &ann, "3", "\"reject\",\"interval\":[1,9000]"));
	catalogue_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_end) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
