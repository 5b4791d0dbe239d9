#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/hash.h"
#include "base/share.h"

/* A folder of our own, which is the working folder during a test. */
static int
set_up(void **state)
{
	char *folder = strdup("/tmp/test_file_XXXXXX");

	*state = folder;
	return folder == NULL || mkdtemp(folder) == NULL ||
	    chdir(folder) != 0 ? -1 : 0;
}

static int
tear_down(void **state)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	free(*state);
	return chdir("/") != 0 || system(command) != 0 ? -1 : 0;
}

static size_t
n_files_in(const char *folder)
{
	DIR *d = opendir(folder);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

static void
what_is_written_is_read(void **state)
{
	struct arena *a = arena_new();
	struct error err = { ERROR_NONE, "" };
	char bytes[5000];
	size_t n;
	char *got;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31);
	assert_int_equal(file_write("a/b/c.bin", bytes, sizeof(bytes), &err),
	    0);
	got = file_read("a/b/c.bin", sizeof(bytes), a, &n, &err);
	assert_non_null(got);
	assert_int_equal(n, sizeof(bytes));
	assert_memory_equal(got, bytes, n);
	assert_int_equal(got[n], 0);
	assert_null(file_read("a/b/c.bin", sizeof(bytes) - 1, a, &n, &err));
	assert_int_equal(err.code, ERROR_LIMIT);
	assert_null(file_read("nothing", 10, a, &n, &err));
	assert_int_equal(err.code, ERROR_IO);
	assert_non_null(strstr(err.text, "nothing"));
	assert_null(file_read("a", 10, a, &n, &err));
	assert_int_equal(file_write("empty", "", 0, &err), 0);
	assert_non_null(file_read("empty", 0, a, &n, &err));
	assert_int_equal(n, 0);
	arena_free(a);
}

static void
files_appear_whole_or_not_at_all(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct file_new *f = file_create("x/file", &err);

	(void)state;
	assert_non_null(f);
	assert_true(fputs("half", file_stream(f)) >= 0);
	assert_false(file_exists("x/file"));
	assert_true(file_exists(file_temporary_path(f)));
	file_abandon(f);
	assert_int_equal(n_files_in("x"), 0);

	f = file_create("x/file", &err);
	assert_non_null(f);
	assert_true(fputs("all", file_stream(f)) >= 0);
	assert_int_equal(file_commit(f, &err), 0);
	assert_int_equal(n_files_in("x"), 1);
	file_abandon(NULL);
}

/* Two writers of one path: each has a file of its own, the last one stays. */
static void
two_writers_do_not_meet(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct file_new *first = file_create("y", &err);
	struct file_new *second = file_create("y", &err);
	struct arena *a = arena_new();
	size_t n;

	(void)state;
	assert_non_null(first);
	assert_non_null(second);
	assert_string_not_equal(file_temporary_path(first),
	    file_temporary_path(second));
	assert_true(fputs("first", file_stream(first)) >= 0);
	assert_true(fputs("second", file_stream(second)) >= 0);
	assert_int_equal(file_commit(first, &err), 0);
	assert_int_equal(file_commit(second, &err), 0);
	assert_string_equal(file_read("y", 10, a, &n, &err), "second");
	assert_int_equal(n_files_in("."), 1);
	arena_free(a);
}

static void
a_disk_that_is_full_is_reported(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct file_new *f;

	(void)state;
	f = file_create("z", &err);
	assert_non_null(f);
	/* /dev/full takes the place of the file. */
	assert_non_null(freopen("/dev/full", "w", file_stream(f)));
	assert_true(fputs("text", file_stream(f)) >= 0);
	assert_int_equal(file_commit(f, &err), -1);
	assert_non_null(strstr(err.text, "No space left"));
	assert_int_equal(n_files_in("."), 0);
}

static void
folders_are_made(void **state)
{
	struct error err = { ERROR_NONE, "" };

	(void)state;
	assert_int_equal(file_make_folder("p/q//r/", &err), 0);
	assert_int_equal(file_make_folder("p/q/r", &err), 0);
	assert_true(file_exists("p/q/r"));
	assert_int_equal(file_make_parent("p/s/t.txt", &err), 0);
	assert_true(file_exists("p/s"));
	assert_false(file_exists("p/s/t.txt"));
	assert_int_equal(file_make_parent("t.txt", &err), 0);
	assert_int_equal(file_make_parent("/t.txt", &err), 0);
	assert_int_equal(file_write("plain", "x", 1, &err), 0);
	assert_int_equal(file_make_folder("plain/below", &err), -1);
	assert_non_null(strstr(err.text, "plain"));
	assert_int_equal(file_make_folder("", &err), -1);
	assert_null(file_create("plain/below/file", &err));
}

/* FIPS 180-2, appendix B: the digests of "abc" and of the empty text. */
static void
hashes_are_sha256(void **state)
{
	static const char abc[] =
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	static const char empty[] =
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	struct error err = { ERROR_NONE, "" };
	char hex[HASH_HEX_BYTES], other[HASH_HEX_BYTES];
	struct hash *h;

	(void)state;
	hash_bytes("abc", 3, hex);
	assert_string_equal(hex, abc);
	hash_bytes("", 0, hex);
	assert_string_equal(hex, empty);
	assert_int_equal(file_write("abc", "abc", 3, &err), 0);
	assert_int_equal(hash_file("abc", hex, &err), 0);
	assert_string_equal(hex, abc);
	assert_int_equal(hash_file("none", hex, &err), -1);
	h = hash_new(&err);
	assert_non_null(h);
	hash_add(h, "xyz", 3);
	hash_restart(h);
	hash_add(h, "a", 1);
	hash_add(h, "bc", 2);
	hash_finish(h, hex);
	assert_string_equal(hex, abc);
	hash_free(h);
	assert_int_equal(hash_file(".", hex, &err), -1);
	assert_true(hash_text64("abc") == UINT64_C(0xba7816bf8f01cfea));
	hash_texts(hex, "ab", "c", (const char *)NULL);
	hash_texts(other, "a", "bc", (const char *)NULL);
	assert_string_not_equal(hex, other);
	hash_texts(other, "ab", "c", (const char *)NULL);
	assert_string_equal(hex, other);
}

static void
shared_files_are_found(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();

	(void)state;
	assert_int_equal(file_write("here/m", "x", 1, &err), 0);
	assert_int_equal(file_write("share/models/m", "x", 1, &err), 0);
	unsetenv("CHAD_SHARE");
	assert_string_equal(share_find("models/m", a), "models/m");
	setenv("CHAD_SHARE", "share", 1);
	assert_string_equal(share_find("models/m", a), "share/models/m");
	assert_string_equal(share_find("models/none", a), "models/none");
	assert_string_equal(share_find("/models/m", a), "/models/m");
	/* What is there from the working folder comes first. */
	setenv("CHAD_SHARE", "here", 1);
	assert_int_equal(file_write("m", "x", 1, &err), 0);
	assert_string_equal(share_find("m", a), "m");
	unsetenv("CHAD_SHARE");
	arena_free(a);
}

static void
names_are_what_follows_the_folders(void **state)
{
	struct arena *a = arena_new();
	struct error err;

	(void)state;
	assert_string_equal(file_name("a/b.c/song.one.mid"), "song.one.mid");
	assert_string_equal(file_name("song"), "song");
	assert_string_equal(file_name("a/"), "");
	assert_string_equal(file_stem("a/b.c/song.one.mid", a, &err),
	    "song.one");
	assert_string_equal(file_stem("b.c/song", a, &err), "song");
	assert_string_equal(file_stem("a/.mid", a, &err), ".mid");
	arena_free(a);
}

static void
folders_are_listed_in_order(void **state)
{
	struct arena *a = arena_new();
	struct error err = { ERROR_NONE, "" };
	const char **names;
	size_t n;

	(void)state;
	assert_int_equal(file_write("f/b", "", 0, &err), 0);
	assert_int_equal(file_write("f/a c", "", 0, &err), 0);
	assert_int_equal(file_write("f/Z/x", "", 0, &err), 0);
	assert_int_equal(file_write("f/.hidden", "", 0, &err), 0);
	assert_int_equal(folder_names("f", a, &names, &n, &err), 0);
	assert_int_equal(n, 3);
	assert_string_equal(names[0], "Z");
	assert_string_equal(names[1], "a c");
	assert_string_equal(names[2], "b");
	assert_true(folder_is_one("f/Z"));
	assert_false(folder_is_one("f/b"));
	assert_false(folder_is_one("f/none"));
	assert_string_equal(folder_join("f", "b", a, &err), "f/b");
	assert_string_equal(folder_join("/", "b", a, &err), "/b");
	assert_int_equal(folder_names("f/b", a, &names, &n, &err), -1);
	assert_non_null(strstr(err.text, "f/b"));
	assert_int_equal(mkdir("empty", 0777), 0);
	assert_int_equal(folder_names("empty", a, &names, &n, &err), 0);
	assert_int_equal(n, 0);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_written_is_read,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    files_appear_whole_or_not_at_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(two_writers_do_not_meet,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_disk_that_is_full_is_reported, set_up, tear_down),
		cmocka_unit_test_setup_teardown(folders_are_made, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(folders_are_listed_in_order,
		    set_up, tear_down),
		cmocka_unit_test(names_are_what_follows_the_folders),
		cmocka_unit_test_setup_teardown(shared_files_are_found,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(hashes_are_sha256, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
