#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

#include "manifests/artefact.h"
#include "manifests/record.h"
#include "manifests/record_line.h"

static struct json *
record(const char *text)
{
	struct error err = { ERROR_NONE, "" };
	struct json *rec = json_parse(text, strlen(text), &err);

	if (rec == NULL)
		fail_msg("%s: %s", text, err.text);
	return rec;
}

static void
records_are_checked(void **state)
{
	static const char *const good[] = { "{}",
		"{\"id\":\"a\",\"audio_filepath\":\"x y\xc3\xbc.wav\"}",
		"{\"offset\":0,\"duration\":1.5,\"text\":5}" };
	static const char *const bad[] = { "[]", "{\"id\":5}",
		"{\"group_id\":null}", "{\"audio_filepath\":\"a\\nb\"}",
		"{\"id\":\"\\u007f\"}", "{\"offset\":-0.1}",
		"{\"duration\":\"3\"}", "{\"audio_type\":[]}" };
	struct error err = { ERROR_NONE, "" };
	char longest[5100];
	struct json *rec;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		rec = record(good[i]);
		assert_int_equal(record_check(rec, &err), 0);
		json_free(rec);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rec = record(bad[i]);
		if (record_check(rec, &err) == 0)
			fail_msg("taken: %s", bad[i]);
		json_free(rec);
	}
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "{\"id\":\"", 7);
	for (size_t n = 4095; n <= 4097; n++) {
		memcpy(longest + 7 + n, "\"}", 3);
		rec = record(longest);
		assert_int_equal(record_check(rec, &err), n <= 4096 ? 0 : -1);
		json_free(rec);
		memcpy(longest + 7 + n, "xxx", 3);
	}
}

static void
ids_fall_back(void **state)
{
	struct json *rec = record("{\"id\":\"a\",\"audio_filepath\":\"f\"}");

	(void)state;
	assert_string_equal(record_id(rec), "a");
	json_remove(rec, "id");
	assert_string_equal(record_id(rec), "f");
	json_remove(rec, "audio_filepath");
	assert_string_equal(record_id(rec), "");
	assert_false(record_has_failed(rec));
	json_free(rec);
	rec = record("{\"id\":7,\"error\":null}");
	assert_string_equal(record_id(rec), "");
	assert_true(record_has_failed(rec));
	json_free(rec);
}

static void
paths_start_where_they_should(void **state)
{
	struct json *rec = record("{\"audio_filepath\":\"a.mp3\","
	    "\"decode\":{\"path\":\"w/d.flac\"},"
	    "\"vocals_filepath\":\"w/v.flac\",\"abs\":\"/x\",\"none\":\"\","
	    "\"truth\":{\"f0_path\":\"t.csv\"}}");
	struct arena *a = arena_new();
	struct error err = { ERROR_NONE, "" };
	const char *member;

	(void)state;
	assert_string_equal(record_path(rec, "audio_filepath", "m", a, &err),
	    "m/a.mp3");
	assert_string_equal(record_path(rec, "audio_filepath", NULL, a, &err),
	    "a.mp3");
	assert_string_equal(record_path(rec, "truth.f0_path", "m", a, &err),
	    "m/t.csv");
	assert_string_equal(record_path(rec, "decode.path", "m", a, &err),
	    "w/d.flac");
	assert_string_equal(record_path(rec, "abs", "m", a, &err), "/x");
	assert_null(record_path(rec, "none", "m", a, &err));
	assert_null(record_path(rec, "f0.path", "m", a, &err));
	assert_string_equal(err.text, "there is no \"f0.path\"");
	assert_string_equal(record_sound_path(rec, true, "m", &member, a,
	    &err), "w/v.flac");
	assert_string_equal(member, "vocals_filepath");
	assert_string_equal(record_sound_path(rec, false, "m", &member, a,
	    &err), "w/d.flac");
	assert_string_equal(member, "decode.path");
	json_remove(rec, "decode");
	json_remove(rec, "vocals_filepath");
	assert_string_equal(record_sound_path(rec, true, "m", NULL, a, &err),
	    "m/a.mp3");
	json_free(rec);
	arena_free(a);
}

static void
history_grows(void **state)
{
	struct json *rec = record("{\"id\":\"a\"}");
	struct arena *a = arena_new();
	struct error err = { ERROR_NONE, "" };

	(void)state;
	assert_int_equal(record_add_history(rec, "chad-a", "--x 1", NULL,
	    &err), 0);
	assert_int_equal(record_add_history(rec, "chad-b", "\xff", "00",
	    &err), 0);
	assert_string_equal(json_text(rec, a, &err), "{\"id\":\"a\","
	    "\"history\":[{\"tool\":\"chad-a\",\"version\":\"0.1\","
	    "\"options\":\"--x 1\"},{\"tool\":\"chad-b\",\"version\":\"0.1\","
	    "\"options\":\"?\",\"model\":\"00\"}]}");
	assert_int_equal(json_put_string(rec, "history", "text", &err), 0);
	assert_int_equal(record_add_history(rec, "chad-a", "", NULL, &err),
	    -1);
	json_free(rec);
	arena_free(a);
}

static void
keys_change_with_everything(void **state)
{
	static const struct artefact_recipe recipes[] = {
		{ "chad-f0", "1", "--hop 10", "00" },
		{ "chad-f1", "1", "--hop 10", "00" },
		{ "chad-f0", "2", "--hop 10", "00" },
		{ "chad-f0", "1", "--hop 5", "00" },
		{ "chad-f0", "1", "--hop 10", "01" },
		{ "chad-f0", "1", "--hop 1", "000" },
	};
	char keys[7][HASH_HEX_BYTES];
	struct arena *a = arena_new();
	struct error err = { ERROR_NONE, "" };
	const char *path;

	(void)state;
	for (size_t i = 0; i < 6; i++)
		artefact_key(&recipes[i], "in", keys[i]);
	artefact_key(&recipes[0], "other", keys[6]);
	for (size_t i = 0; i < 7; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(keys[i], keys[k]);
	artefact_key(&recipes[0], "in", keys[1]);
	assert_string_equal(keys[0], keys[1]);
	path = artefact_path("w", &recipes[0], keys[0], "f0.csv", a, &err);
	assert_non_null(path);
	assert_memory_equal(path, "w/chad-f0/", 10);
	assert_memory_equal(path + 10, keys[0], 2);
	assert_int_equal(path[12], '/');
	assert_memory_equal(path + 13, keys[0], 64);
	assert_string_equal(path + 77, ".f0.csv");
	arena_free(a);
}

static void
input_keys_come_from_the_maker_or_the_bytes(void **state)
{
	static const char made[] =
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char path[] = "/tmp/test_record_XXXXXX";
	char key[HASH_HEX_BYTES], want[HASH_HEX_BYTES], text[400];
	struct error err = { ERROR_NONE, "" };
	const int fd = mkstemp(path);
	struct json *rec;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "sound", 5), 5);
	close(fd);
	(void)snprintf(text, sizeof(text), "{\"audio_filepath\":\"%s\","
	    "\"decode\":{\"path\":\"p\",\"key\":\"%s\"},"
	    "\"separate\":{\"key\":\"short\"},"
	    "\"feature\":{\"cqt\":{\"key\":\"%s\"}}}", path, made, made);
	rec = record(text);
	assert_int_equal(artefact_input_key(rec, "decode.path", "p", key,
	    &err), 0);
	assert_string_equal(key, made);
	assert_int_equal(artefact_input_key(rec, "cqt_filepath", "p", key,
	    &err), 0);
	assert_string_equal(key, made);
	assert_int_equal(artefact_input_key(rec, "audio_filepath", path, key,
	    &err), 0);
	hash_bytes("sound", 5, want);
	assert_string_equal(key, want);
	/* A key that is none must not become part of a path. */
	assert_int_equal(artefact_input_key(rec, "vocals_filepath", path, key,
	    &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	unlink(path);
	assert_int_equal(artefact_input_key(rec, "audio_filepath", path, key,
	    &err), -1);
	json_free(rec);
}

static void
broken_lines_become_records(void **state)
{
	const struct record_line line = { "{\xff oops", 7, 12, false };
	const struct record_line too_long = { "{\"a\"", 4, 3, true };
	const struct record_line blank = { " \t\r", 3, 1, false };
	const struct record_line zero = { " \0", 2, 1, false };
	struct arena *a = arena_new();
	struct error why = { ERROR_NONE, "" };
	struct error err = { ERROR_NONE, "" };
	struct json *rec;
	const char *text;

	(void)state;
	assert_true(record_line_is_blank(&blank));
	assert_false(record_line_is_blank(&zero));
	assert_false(record_line_is_blank(&line));
	assert_null(record_line_parse(&line, &why));
	rec = record_line_broken(&line, "chad-x", &why, &err);
	assert_non_null(rec);
	assert_int_equal(json_want_string(rec, "error", &text, &err), 0);
	assert_memory_equal(text, "chad-x: line 12: not JSON: ", 27);
	assert_int_equal(json_want_string(rec, "line", &text, &err), 0);
	assert_string_equal(text, "{? oops");
	json_free(rec);
	assert_null(record_line_parse(&too_long, &why));
	assert_int_equal(why.code, ERROR_LIMIT);
	arena_free(a);
}

/* What a message says already is not said again in front of it. */
static void
messages_name_their_record_once(void **state)
{
	char path[300], message[400];

	(void)state;
	assert_true(record_line_is_named("a/b.wav is empty", "a/b.wav"));
	assert_true(record_line_is_named("/music/a/b.wav is empty",
	    "a/b.wav"));
	assert_true(record_line_is_named("line 7: no", "line 7"));
	assert_false(record_line_is_named("line 71: no", "line 7"));
	assert_false(record_line_is_named("ab.wav is empty", "b.wav"));
	assert_false(record_line_is_named("b.wave is empty", "b.wav"));
	assert_false(record_line_is_named("5 channels", "5"));
	assert_false(record_line_is_named("", ""));
	/* Long paths are cut in messages. */
	memset(path, 'y', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	(void)snprintf(message, sizeof(message), "opening %.100s...%.100s: no",
	    path, path);
	assert_true(record_line_is_named(message, path));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_checked),
		cmocka_unit_test(ids_fall_back),
		cmocka_unit_test(paths_start_where_they_should),
		cmocka_unit_test(history_grows),
		cmocka_unit_test(keys_change_with_everything),
		cmocka_unit_test(input_keys_come_from_the_maker_or_the_bytes),
		cmocka_unit_test(broken_lines_become_records),
		cmocka_unit_test(messages_name_their_record_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
