/* What is told apart between two rounds, and pages that escape strangers. */
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
#include "base/file.h"
#include "mine/page.h"
#include "mine/round_changes.h"

#define MAX_FRAGMENTS 8

/* A fragment of 10 s; "id" names it and the pair of recordings it is of. */
struct one {
	const char *fragment_id, *id;
	double from, original_from;
	const char *decision;
};

static void
fill(struct stream_list *list, const struct one *all, size_t n)
{
	char text[512];

	memset(list, 0, sizeof(*list));
	list->records = calloc(MAX_FRAGMENTS, sizeof(*list->records));
	assert_non_null(list->records);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(text, sizeof(text), "{\"group_id\":\"w\","
		    "\"fragment_id\":\"%s\",\"id\":\"%s\","
		    "\"original_id\":\"o\",\"interval\":[%g,%g],"
		    "\"original_interval\":[%g,%g],\"decision\":\"%s\"}",
		    all[i].fragment_id, all[i].id, all[i].from,
		    all[i].from + 10, all[i].original_from,
		    all[i].original_from + 10, all[i].decision);
		list->records[i] = json_parse(text, strlen(text), NULL);
		assert_non_null(list->records[i]);
	}
	list->n_records = n;
}

static void
empty(struct stream_list *list)
{
	for (size_t i = 0; i < list->n_records; i++)
		json_free(list->records[i]);
	free(list->records);
}

static void
changes_are_told_apart(void **state)
{
	static const struct one before[] = {
		{ "a", "c", 0, 0, "keep" },	/* stays */
		{ "b", "c", 20, 20, "flag" },	/* stays, kept now */
		{ "c", "c", 40, 40, "keep" },	/* moves by 2 s */
		{ "d", "c", 60, 60, "drop" },	/* goes */
		{ "e", "d", 0, 0, "keep" },	/* its recording goes */
	};
	static const struct one now[] = {
		{ "f", "a", 0, 0, "drop" },	/* of a new recording */
		{ "b", "c", 20, 20, "keep" },
		{ "g", "c", 42, 42, "flag" },
		{ "a", "c", 0, 0, "keep" },
		{ "h", "c", 60, 0, "keep" },	/* other place: no move */
	};
	struct round_changes c;
	struct stream_list a, b;

	(void)state;
	fill(&a, before, 5);
	fill(&b, now, 5);
	assert_int_equal(round_changes_find(&a, &b, &c, NULL), 0);
	assert_int_equal(c.n_same, 2);
	assert_int_equal(c.n_moved, 1);
	assert_int_equal(c.n_gone, 2);
	assert_int_equal(c.n_new, 2);
	assert_int_equal(c.n[ROUND_CHANGES_KEEP][ROUND_CHANGES_KEEP], 1);
	assert_int_equal(c.n[ROUND_CHANGES_FLAG][ROUND_CHANGES_KEEP], 1);
	assert_int_equal(c.n[ROUND_CHANGES_KEEP][ROUND_CHANGES_FLAG], 1);
	assert_int_equal(c.n[ROUND_CHANGES_DROP][ROUND_CHANGES_NONE], 1);
	assert_int_equal(c.n[ROUND_CHANGES_KEEP][ROUND_CHANGES_NONE], 1);
	assert_int_equal(c.n[ROUND_CHANGES_NONE][ROUND_CHANGES_DROP], 1);
	assert_int_equal(c.n[ROUND_CHANGES_NONE][ROUND_CHANGES_KEEP], 1);
	assert_int_equal(round_changes_find(&b, &b, &c, NULL), 0);
	assert_int_equal(c.n_same, 5);
	assert_int_equal(c.n_moved + c.n_new + c.n_gone, 0);
	empty(&a);
	empty(&b);
}

static void
pages_escape(void **state)
{
	static const char *const cells[] = { "<script>&\"", "a|b", NULL };
	char folder[] = "/tmp/chad-page-XXXXXX", path[64];
	struct arena *a = arena_new();
	struct page *p;
	const char *text;
	size_t n;

	(void)state;
	assert_non_null(a);
	assert_non_null(mkdtemp(folder));
	p = page_open(folder, "<title>", NULL);
	assert_non_null(p);
	page_table(p, cells, 3);
	page_table_end(p);
	page_text(p, "%s", "line\nend \xff <p>");
	page_picture(p, "x.png", "a \"picture\"");
	assert_int_equal(page_commit(p, NULL), 0);
	(void)snprintf(path, sizeof(path), "%s/index.html", folder);
	text = file_read(path, 1 << 20, a, &n, NULL);
	assert_non_null(text);
	assert_non_null(strstr(text, "<title>&lt;title&gt;</title>"));
	assert_non_null(strstr(text,
	    "<th>&lt;script&gt;&amp;&quot;</th><th>a|b</th><th></th>"));
	assert_non_null(strstr(text, "<p>line end ? &lt;p&gt;</p>"));
	assert_non_null(strstr(text, "alt=\"a &quot;picture&quot;\""));
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/index.md", folder);
	text = file_read(path, 1 << 20, a, &n, NULL);
	assert_non_null(text);
	assert_non_null(strstr(text, "\\<script\\>\\&\" | a\\|b |"));
	(void)unlink(path);
	assert_int_equal(rmdir(folder), 0);
	assert_null(page_open("/dev/null/x", "", NULL));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_told_apart),
		cmocka_unit_test(pages_escape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
