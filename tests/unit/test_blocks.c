/* What is held out stays out of training, by whatever name it comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "mine/evaluation_set.h"
#include "mine/pairs.h"
#include "store/blocks.h"
#include "store/catalogue.h"

/* A hum that is held out names its work only; the song has the title. */
static const char hums[] = "{\"group_id\":\"held\",\"id\":\"h\","
    "\"audio_type\":\"humming\"}\n";
static const char songs[] =
    "{\"group_id\":\"held\",\"id\":\"o\",\"audio_type\":\"original\","
    "\"title\":\"Held Song\",\"youtube_id\":\"vvv\"}\n"
    "{\"group_id\":\"free\",\"id\":\"o\",\"audio_type\":\"original\","
    "\"title\":\"Free Song\"}\n";

struct place {
	char folder[64];
	char path[128];
	struct steps s;
};

static int
set_up(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	(void)snprintf(p->folder, sizeof(p->folder), "/tmp/chad-mine-XXXXXX");
	if (mkdtemp(p->folder) == NULL)
		return -1;
	(void)snprintf(p->path, sizeof(p->path), "%s/c.sqlite", p->folder);
	p->s.round_key = "";
	p->s.work_folder = p->folder;
	p->s.a = arena_new();
	p->s.catalogue = catalogue_open(p->path, CATALOGUE_CREATE, 0, &err);
	*state = p;
	return p->s.a == NULL || p->s.catalogue == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	catalogue_close(p->s.catalogue);
	arena_free(p->s.a);
	(void)snprintf(command, sizeof(command), "rm -rf %s", p->folder);
	free(p);
	return system(command) == 0 ? 0 : -1;
}

static void
add(const struct place *p, const char *text)
{
	struct error err = { ERROR_NONE, "" };
	struct json *rec = json_parse(text, strlen(text), &err);

	assert_non_null(rec);
	if (catalogue_add(p->s.catalogue, rec, &err) != 0)
		fail_msg("%s", err.text);
	json_free(rec);
}

/* Write a file in the folder; its path, in the arena. */
static const char *
write_text(const struct place *p, const char *name, const char *text)
{
	struct error err = { ERROR_NONE, "" };
	const char *path = arena_printf(p->s.a, "%s/%s", p->folder, name);

	assert_non_null(path);
	if (file_write(path, text, strlen(text), &err) != 0)
		fail_msg("%s", err.text);
	return path;
}

static void
find_set(const struct place *p)
{
	const struct round_options o = {
	    .held_out_path = write_text(p, "hums.jsonl", hums),
	    .database_path = write_text(p, "songs.jsonl", songs) };
	struct error err = { ERROR_NONE, "" };
	struct lists_file held_out, database;

	if (evaluation_set_find(&p->s, &o, &held_out, &database, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(held_out.n_records, 1);
	assert_int_equal(database.n_records, 2);
}

static void
check_work(const struct place *p, const char *group_id, bool expected)
{
	struct error err = { ERROR_NONE, "" };
	bool blocked;

	assert_int_equal(blocks_match_work(p->s.catalogue, group_id,
	    &blocked, &err), 0);
	assert_int_equal(blocked, expected);
}

/* Works of the catalogue, each known by another name. */
static void
test_works(void **state)
{
	const struct place *p = *state;

	add(p, "{\"group_id\":\"held\",\"id\":\"c\",\"audio_type\":\"cover\","
	    "\"title\":\"Gehaltenes Lied\"}");
	add(p, "{\"group_id\":\"a\",\"id\":\"1\",\"audio_type\":\"original\","
	    "\"title\":\"Something else\"}");
	add(p, "{\"group_id\":\"a\",\"id\":\"2\",\"audio_type\":\"cover\","
	    "\"title\":\"Held Song (live)\"}");
	add(p, "{\"group_id\":\"b\",\"id\":\"1\",\"audio_type\":\"original\","
	    "\"title\":\"gehaltenes lied\"}");
	add(p, "{\"group_id\":\"c\",\"id\":\"1\",\"audio_type\":\"cover\","
	    "\"youtube_id\":\"vvv\"}");
	add(p, "{\"group_id\":\"free\",\"id\":\"1\","
	    "\"audio_type\":\"cover\",\"title\":\"Free Song\"}");
	check_work(p, "a", false);
	find_set(p);
	check_work(p, "held", true);
	check_work(p, "a", true);	/* the title of its second recording */
	check_work(p, "b", true);	/* a title only the catalogue knows */
	check_work(p, "c", true);
	check_work(p, "free", false);
	check_work(p, "unknown", false);
}

/* Labelled hums: the title stands on the original, not on the hum. */
static void
test_labelled_hums(void **state)
{
#define ORIGINAL(group_id, title) \
	"{\"group_id\":\"" group_id "\",\"id\":\"o\",\"audio_type\":" \
	"\"original\",\"title\":\"" title "\"," \
	"\"f0\":{\"activations\":\"o.npy\"}}\n"
#define HUM(group_id) \
	"{\"group_id\":\"" group_id "\",\"id\":\"h\",\"audio_type\":" \
	"\"humming\",\"f0\":{\"activations\":\"h.npy\"},\"truth\":" \
	"{\"original_id\":\"o\",\"segments\":[{\"points\":[[0,0],[9,9]]}]}}\n"
	const struct place *p = *state;
	const struct steps_file labelled = { .path = write_text(p,
	    "labelled.jsonl", ORIGINAL("x", "HELD SONG!") HUM("x")
	    ORIGINAL("y", "Free Song") HUM("y")) };
	struct error err = { ERROR_NONE, "" };
	struct lists_file pairs;
	size_t n_bytes;
	char *text;

	find_set(p);
	if (pairs_of_round(&p->s, &labelled, NULL, NULL, &pairs, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(pairs.n_records, 1);
	text = file_read(pairs.path, 4096, p->s.a, &n_bytes, &err);
	assert_non_null(text);
	assert_non_null(strstr(text, "\"y\""));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_works),
		TEST(test_labelled_hums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
