/*
 * Addresses: S3's as http, pages of videos, suffixes; what checks compare and
 * count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/json.h"
#include "fetch/availability.h"
#include "fetch/facts.h"
#include "fetch/s3_address.h"
#include "fetch/video.h"

static int
set_up(void **state)
{
	*state = arena_new();
	assert_non_null(*state);
	return 0;
}

static int
tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

static void
s3(void **state)
{
	static const char *const pairs[][2] = {
		{ "s3://abc/k", "http://h:1/abc/k" },
		{ "S3://abc/a b%20/é~", "http://h:1/abc/a%20b%2520/%C3%A9~" },
		{ "s3://abc/../x", "http://h:1/abc/../x" },
		/* By name first: "a" is before "a-b". */
		{ "s3://abc/k?a-b=1&a=3&a=2&c", "http://h:1/abc/k"
		    "?a=2&a=3&a-b=1&c=" },
		{ "s3://abc/k?x=a/b=c&&y=ü+", "http://h:1/abc/k"
		    "?x=a%2Fb%3Dc&y=%C3%BC%2B" },
		{ "s3://abc/k?", "http://h:1/abc/k" },
	};
	static const char *const bad[] = { "s3://", "s3://abc", "s3://abc/",
		"s3://abc/?x=1", "s3://ab/k", "s3://a_b@c/k", "s3:///k" };
	struct s3_access access = { .region = "here",
		.endpoint = "http://h:1//" };
	const char *http;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		http = s3_address_http(pairs[i][0], &access, *state, NULL);
		assert_non_null(http);
		assert_string_equal(http, pairs[i][1]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(s3_address_http(bad[i], &access, *state, NULL));
	access.endpoint = NULL;
	http = s3_address_http("s3://abc/k", &access, *state, NULL);
	assert_string_equal(http, "https://abc.s3.here.amazonaws.com/k");
}

static void
s3_access_of_environment(void **state)
{
	struct s3_access access;

	(void)state;
	(void)unsetenv("AWS_SECRET_ACCESS_KEY");
	(void)unsetenv("AWS_REGION");
	(void)unsetenv("AWS_DEFAULT_REGION");
	(void)setenv("AWS_ACCESS_KEY_ID", "id", 1);
	assert_int_equal(s3_address_access(&access, NULL), -1);
	(void)setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
	assert_int_equal(s3_address_access(&access, NULL), 0);
	assert_string_equal(access.key_id, "id");
	assert_string_equal(access.region, "us-east-1");
	(void)setenv("AWS_DEFAULT_REGION", "there", 1);
	assert_int_equal(s3_address_access(&access, NULL), 0);
	assert_string_equal(access.region, "there");
}

static void
pages(void **state)
{
	static const char hosts[] = "youtube.com,,youtu.be";

	(void)state;
	assert_true(video_is_page("https://youtube.com/watch?v=x", hosts));
	assert_true(video_is_page("http://M.YouTube.com:80/x", hosts));
	assert_true(video_is_page("https://youtu.be", hosts));
	assert_false(video_is_page("https://notyoutube.com/x", hosts));
	assert_false(video_is_page("https://youtube.com.evil/x", hosts));
	assert_false(video_is_page("https://a.b/youtube.com", hosts));
	assert_false(video_is_page("ftp://youtube.com/x", hosts));
	assert_false(video_is_page("youtube.com", hosts));
	assert_false(video_is_page("https://youtube.com/x", ""));
	assert_non_null(video_url("-_aZ09", *state, NULL));
	assert_null(video_url("", *state, NULL));
	assert_null(video_url("a&b", *state, NULL));
	assert_null(video_url("a b", *state, NULL));
}

/* More of what yt-dlp says is in tests/cli/chad-fetch/yt-dlp. */
static void
videos(void **state)
{
	char said[80];

	(void)state;
	assert_int_equal(video_classify(0, "ERROR: x", said, sizeof(said)),
	    FAILURE_NONE);
	assert_string_equal(said, "x");
	assert_int_equal(video_classify(1, "ERROR: Video unavailable\n"
	    "ERROR: HTTP Error 503: and so on\nnot this\n", said,
	    sizeof(said)), FAILURE_THROTTLED);
	assert_string_equal(said, "HTTP Error 503: and so on");
	assert_int_equal(video_classify(1, "HTTP ERROR 404", said,
	    sizeof(said)), FAILURE_GONE);
	assert_string_equal(said, "");
	assert_int_equal(video_classify(1, "ERROR: VIDEO UNAVAILABLE. This "
	    "video is private", said, sizeof(said)), FAILURE_REFUSED);
	assert_int_equal(video_classify(127, "", said, sizeof(said)),
	    FAILURE_LOCAL);
}

static void
suffixes(void **state)
{
	static const char *const pairs[][2] = {
		{ "http://h/a.mp3", "mp3" }, { "http://h/a.MP3?x=.wav", "mp3" },
		{ "http://h.com/a", "bin" }, { "http://h/.mp3", "mp3" },
		{ "http://h/a.", "bin" }, { "http://h/a.tar.gz", "gz" },
		{ "http://h/a.toolong", "bin" }, { "http://h/a.m%70", "bin" },
		{ "http://h/a.json", "bin" }, { "http://h/a.Part", "bin" },
		{ "mp3", "bin" }, { "", "bin" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_string_equal(facts_suffix(pairs[i][0], *state, NULL),
		    pairs[i][1]);
}

static bool
differ(const char *before, const char *now)
{
	struct json *x = json_parse(before, strlen(before), NULL);
	struct json *y = json_parse(now, strlen(now), NULL);
	bool result;

	assert_true(x != NULL && y != NULL);
	result = facts_differ(x, y);
	json_free(x);
	json_free(y);
	return result;
}

static void
versions(void **state)
{
	(void)state;
	assert_false(differ("{}", "{}"));
	assert_false(differ("{\"n_bytes\":5}", "{}"));
	assert_true(differ("{\"n_bytes\":5}", "{\"n_bytes\":6}"));
	assert_true(differ("{\"last_modified\":\"a\",\"n_bytes\":5}",
	    "{\"last_modified\":\"b\",\"n_bytes\":5}"));
	assert_false(differ("{\"etag\":\"\\\"a\\\"\",\"n_bytes\":5}",
	    "{\"etag\":\"W/\\\"a\\\"\",\"n_bytes\":6}"));
	assert_true(differ("{\"etag\":\"\\\"a\\\"\",\"n_bytes\":5}",
	    "{\"etag\":\"\\\"b\\\"\",\"n_bytes\":5}"));
}

static void
hosts(void **state)
{
	static const char *const pairs[][2] = {
		{ "http://A.b/c", "a.b" },
		{ "HTTPS://a.b:81?x=://y", "a.b:81" },
		{ "ftp://me:se@cret@a.b/c@d", "ftp://a.b" },
		{ "s3://bucket/key", "s3://bucket" },
		{ "file:///a", "file://" },
		{ "http://[::1]:8/", "[::1]:8" },
		{ "http://a\033[1mb\n/", "a?[1mb?" },
		{ "nothing", "nothing" },
		{ "", "" },
		{ "http://12345678901234567890123456789012345678901234567890"
		    "1234567890more/", "1234567890123456789012345678901234567"
		    "89012345678901234567890" },
	};
	char host[AVAILABILITY_HOST_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		availability_host(pairs[i][0], host);
		assert_string_equal(host, pairs[i][1]);
	}
}

/* Of each class one more than of the last, and a host for each. */
static void
availability(void **state)
{
	static const struct {
		enum failure failure;
		bool is_changed;
		const char *was, *state;
	} cases[] = {
		{ FAILURE_NONE, false, "dead", "alive" },
		{ FAILURE_NONE, true, "alive", "changed" },
		{ FAILURE_GONE, false, "changed", "dead" },
		{ FAILURE_REFUSED, false, "", "dead" },
		{ FAILURE_THROTTLED, false, "alive", "unknown" },
	};
	const size_t n = sizeof(cases) / sizeof(cases[0]);
	struct availability *v = availability_new(NULL);
	struct availability_counts all;
	struct arena *a = *state;
	char url[40];

	assert_non_null(v);
	assert_string_equal(availability_table(v, 1, a, NULL), "");
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(availability_state(cases[i].failure,
		    cases[i].is_changed), cases[i].state);
		(void)snprintf(url, sizeof(url), "http://%zu/", i);
		for (size_t k = 0; k <= i; k++)
			assert_int_equal(availability_add(v, url,
			    cases[i].failure, cases[i].is_changed,
			    cases[i].was, NULL), 0);
	}
	assert_int_equal(availability_add(v, "http://a/", FAILURE_NONE,
	    false, "", NULL), 0);
	all = availability_total(v);
	assert_int_equal(all.n_asked, 16);
	assert_int_equal(all.n_alive, 2);
	assert_int_equal(all.n_changed, 2);
	assert_int_equal(all.n_gone, 3);
	assert_int_equal(all.n_refused, 4);
	assert_int_equal(all.n_unknown, 5);
	assert_int_equal(all.n_died, 3);
	assert_int_equal(all.n_revived, 1);
	assert_string_equal(availability_table(v, 5, a, NULL),
	    "host      asked  alive  changed  gone  refused  unknown  died"
	    "  back\n"
	    "4         5      0      0        0     0        5        0   "
	    "  0\n"
	    "3         4      0      0        0     4        0        0   "
	    "  0\n"
	    "2         3      0      0        3     0        0        3   "
	    "  0\n"
	    "1         2      0      2        0     0        0        0   "
	    "  0\n"
	    "0         1      1      0        0     0        0        0   "
	    "  1\n"
	    "1 others  1      1      0        0     0        0        0   "
	    "  0\n");
	availability_free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s3),
		cmocka_unit_test(s3_access_of_environment),
		cmocka_unit_test(pages),
		cmocka_unit_test(videos),
		cmocka_unit_test(suffixes),
		cmocka_unit_test(versions),
		cmocka_unit_test(hosts),
		cmocka_unit_test(availability),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
