/*
 * Training pairs: passages lie where the time map says, of the lengths that
 * are promised, and nothing is made of what is not known.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mine/training_pairs.h"

static const char original[] = "{\"id\":\"o\",\"group_id\":\"w\","
    "\"f0\":{\"activations\":\"o.npy\",\"hop_sec\":0.01}}";
static const char cover[] = "{\"id\":\"c\",\"group_id\":\"w\","
    "\"f0\":{\"activations\":\"c.npy\"}}";

static struct json *
parse(const char *text)
{
	struct error err = { ERROR_NONE, "" };
	struct json *j = json_parse(text, strlen(text), &err);

	if (j == NULL)
		fail_msg("%s", err.text);
	return j;
}

struct made {
	char *text;
	size_t n_bytes, n_written;
	struct error err;
	int status;
};

/* Make the pairs of one record among it and two others. */
static void
make_among(const char *first, const char *second, const char *text,
    const char *source, struct made *m)
{
	struct json *known[3] = { parse(first), parse(second),
	    parse(text) };
	struct recording_index *index = recording_index_new(known, 3, NULL);
	struct arena *a = arena_new();
	FILE *out;

	memset(m, 0, sizeof(*m));
	assert_non_null(index);
	assert_non_null(a);
	out = open_memstream(&m->text, &m->n_bytes);
	assert_non_null(out);
	m->status = source != NULL ?
	    training_pairs_write_fragment(out, known[2], source, index, a,
	    &m->n_written, &m->err) :
	    training_pairs_write_truth(out, known[2], index, a,
	    &m->n_written, &m->err);
	assert_int_equal(fclose(out), 0);
	arena_free(a);
	recording_index_free(index);
	for (size_t i = 0; i < 3; i++)
		json_free(known[i]);
}

static void
make(const char *text, const char *source, struct made *m)
{
	make_among(original, cover, text, source, m);
}

static void
test_fragment(void **state)
{
	struct made m;

	(void)state;
	make("{\"group_id\":\"w\",\"fragment_id\":\"f\",\"id\":\"c\","
	    "\"original_id\":\"o\",\"interval\":[1.5,11.5],"
	    "\"original_interval\":[2,10],\"transposition_semitones\":3}",
	    "mined", &m);
	assert_int_equal(m.status, 0);
	assert_int_equal(m.n_written, 1);
	assert_string_equal(m.text, "{\"group_id\":\"w\",\"source\":\"mined\","
	    "\"original\":{\"id\":\"o\",\"activations\":\"o.npy\","
	    "\"hop_sec\":0.01,\"offset\":2.0,\"duration\":8.0},"
	    "\"other\":{\"id\":\"c\",\"activations\":\"c.npy\","
	    "\"hop_sec\":0.01,\"offset\":1.5,\"duration\":10.0},"
	    "\"transposition_semitones\":3.0}\n");
	free(m.text);
}

/* A CQT is carried too; an array that only one of the two has is of no use. */
static void
test_cqt(void **state)
{
	static const char both[] = "{\"id\":\"o\",\"group_id\":\"w\","
	    "\"f0\":{\"activations\":\"o.npy\"},"
	    "\"cqt_filepath\":\"oc.npy\"}";
	static const char heard[] = "{\"id\":\"c\",\"group_id\":\"w\","
	    "\"cqt_filepath\":\"cc.npy\","
	    "\"feature\":{\"cqt\":{\"hop_sec\":0.04}}}";
	static const char fragment[] = "{\"group_id\":\"w\","
	    "\"fragment_id\":\"f\",\"id\":\"c\",\"original_id\":\"o\","
	    "\"interval\":[1.5,11.5],\"original_interval\":[2,10]}";
	struct made m;

	(void)state;
	make_among(both, heard, fragment, "mined", &m);
	assert_int_equal(m.status, 0);
	assert_string_equal(m.text, "{\"group_id\":\"w\",\"source\":\"mined\","
	    "\"original\":{\"id\":\"o\",\"activations\":\"o.npy\","
	    "\"hop_sec\":0.01,\"cqt\":\"oc.npy\",\"cqt_hop_sec\":0.04,"
	    "\"offset\":2.0,\"duration\":8.0},"
	    "\"other\":{\"id\":\"c\",\"cqt\":\"cc.npy\","
	    "\"cqt_hop_sec\":0.04,\"offset\":1.5,\"duration\":10.0}}\n");
	free(m.text);
	make_among(original, heard, fragment, "mined", &m);
	assert_int_equal(m.status, 0);
	assert_int_equal(m.n_written, 0);
	free(m.text);
}

static void
test_unknown_recording(void **state)
{
	struct made m;

	(void)state;
	make("{\"group_id\":\"w\",\"fragment_id\":\"f\",\"id\":\"c\","
	    "\"original_id\":\"x\",\"interval\":[1.5,11.5],"
	    "\"original_interval\":[2,10]}", "mined", &m);
	assert_int_equal(m.status, 0);
	assert_int_equal(m.n_written, 0);
	free(m.text);
}

/* The hum starts at 5 s, twice as slow up to 20 s, then as fast. */
static double
hum_time(double original_sec)
{
	return original_sec <= 20 ? 5 + 2 * original_sec :
	    45 + (original_sec - 20);
}

static void
check_side(const struct json *pair, const char *side, double *from,
    double *to)
{
	const struct json *part = json_at(pair, side);
	double duration;

	assert_non_null(part);
	assert_int_equal(json_want_number(part, "offset", from, NULL), 0);
	assert_int_equal(json_want_number(part, "duration", &duration,
	    NULL), 0);
	*to = *from + duration;
}

static void
test_truth(void **state)
{
	struct made m;
	double end = 0, covered = 0;
	char *line, *rest;

	(void)state;
	make("{\"id\":\"h\",\"group_id\":\"w\",\"f0\":{\"activations\":"
	    "\"h.npy\"},\"truth\":{\"original_id\":\"o\",\"segments\":["
	    "{\"points\":[[0,5],[20,45],[50,75]]},"
	    "{\"points\":[[60,90],[62,92]]}]}}", NULL, &m);
	assert_int_equal(m.status, 0);
	assert_int_equal(m.n_written, 5);	/* 50 s in parts of 10 s */
	for (line = m.text; (rest = strchr(line, '\n')) != NULL;
	    line = rest + 1) {
		double from, to, hum_from, hum_to;
		struct json *pair;

		*rest = '\0';
		pair = parse(line);
		check_side(pair, "original", &from, &to);
		check_side(pair, "other", &hum_from, &hum_to);
		/* Written with 6 decimals. */
		assert_true(fabs(hum_from - hum_time(from)) < 3e-6);
		assert_true(fabs(hum_to - hum_time(to)) < 3e-6);
		assert_true(fabs(from - end) < 3e-6);
		assert_true(to - from <= TRAINING_PAIRS_MAX_SEC + 1e-6);
		end = to;
		covered += to - from;
		json_free(pair);
	}
	assert_true(fabs(covered - 50) < 1e-4);
	free(m.text);
}

static void
test_bad_truth(void **state)
{
	static const char *const segments[] = {
		"[{\"points\":[[0,5]]}]",
		"[{\"points\":[[0,5],[20,4]]}]",
		"[{\"points\":[[0,5],[20]]}]",
		"[{\"points\":[[0,5],[1e9,1e9]]}]",
		"[{\"points\":[[20,5],[10,6],[40,7]]}]",
		"[{}]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		char text[512];
		struct made m;

		(void)snprintf(text, sizeof(text), "{\"id\":\"h\","
		    "\"group_id\":\"w\",\"f0\":{\"activations\":\"h.npy\"},"
		    "\"truth\":{\"original_id\":\"o\",\"segments\":%s}}",
		    segments[i]);
		make(text, NULL, &m);
		assert_int_equal(m.status, -1);
		assert_non_null(strstr(m.err.text, "\"h\""));
		free(m.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fragment),
		cmocka_unit_test(test_cqt),
		cmocka_unit_test(test_unknown_recording),
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_bad_truth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
