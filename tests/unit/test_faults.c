/*
 * Each call of the C library that allocates, reads, writes or closes is made
 * to fail once, the first, the second and so on, until there is none left.
 * The program that this is done to is this one, started again with the name
 * of a scenario.
 */
#include <setjmp.h>
#include <signal.h>
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
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "manifests/manifest_check.h"
#include "manifests/record.h"
#include "manifests/scan.h"
#include "manifests/shard_merge.h"
#include "manifests/stream.h"

#define MAX_CALLS 5000
#define MAX_OUTPUT ((size_t)1 << 20)

/* ---- what is done in the child ---- */

static int
add_member(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err)
{
	(void)shared;
	(void)local;
	if (arena_need(scratch, 1000, 100, "values", err) == NULL)
		return -1;
	return json_put_number(rec, "test.x", 0.25, err);
}

/* The loop of all commands, over the manifest "in". */
static int
do_stream(void)
{
	const struct stream_stage stage = { "chad-test", NULL, NULL, NULL, NULL,
		add_member };
	const struct stream_options options = { 3, NULL, "in", "work" };

	return cli_finish(stream_main(&stage, &options));
}

static int
print_record(void *shared, struct json *rec, struct error *err)
{
	struct arena *a = arena_new();
	int result;

	(void)shared;
	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	result = stream_write(stdout, rec, a, err);
	arena_free(a);
	return result;
}

static void
warn_left_out(void *shared, const char *path, const char *why, bool is_failure)
{
	(void)why;
	if (is_failure) {
		*(int *)shared = 1;
		cli_warn(NULL, "left out %s", path);
	}
}

static int
finish(int result, const struct error *err)
{
	if (result < 0)
		cli_warn(err, "stopped");
	return cli_finish(result < 0 ? CLI_FATAL : result);
}

/* A folder with folders in it. */
static int
do_scan(void)
{
	int n_failed = 0;
	const struct scan_calls calls = { .take = print_record,
		.leave_out = warn_left_out, .shared = &n_failed };
	struct error err = { ERROR_NONE, "" };
	const int result = scan_folder("songs", &calls, &err);

	return finish(result != 0 ? -1 : n_failed, &err);
}

static void
print_problem(void *shared, const char *path, size_t line, const char *problem)
{
	char text[300];

	(void)shared;
	(void)snprintf(text, sizeof(text), "%s:%zu: %.200s\n", path, line,
	    problem);
	/* cli_finish finds out when that fails. */
	(void)fputs(text, stdout);
}

static int
do_check(void)
{
	struct manifest_check check = { .tell = print_problem };
	struct error err = { ERROR_NONE, "" };
	const int result = manifest_check_run(&check, "in", &err);

	return finish(result, &err);
}

/* Whole manifests, and the results of shards put together. */
static int
do_merge(void)
{
	struct stream_list whole = { .records = NULL };
	struct stream_list part = { .records = NULL };
	struct json *merged[3] = { NULL };
	struct error err = { ERROR_NONE, "" };
	int result = -1;

	if (stream_list_load(&whole, "in", &err) == 0 &&
	    stream_list_load(&part, "in", &err) == 0 && part.n_records == 3)
		result = shard_merge_run(whole.records, 3, part.records, 3,
		    merged, &err);
	for (size_t i = 0; result == 0 && i < 3; i++)
		result = print_record(NULL, whole.records[i], &err);
	stream_list_release(&part);
	stream_list_release(&whole);
	return finish(result, &err);
}

/* A file is written, hashed and loaded; it is whole or not there. */
static int
do_file(void)
{
	static const char text[] = "{\"a\":[1,2,3]}\n";
	struct error err = { ERROR_NONE, "" };
	char hex[HASH_HEX_BYTES];
	struct json *j = NULL;
	int result;

	(void)unlink("made/file");
	result = file_write("made/file", text, strlen(text), &err);
	if (result != 0 && file_exists("made/file"))
		abort();
	if (result == 0)
		result = hash_file("made/file", hex, &err);
	if (result == 0) {
		j = json_load("made/file", &err);
		result = j == NULL ? -1 : 0;
	}
	if (result == 0)
		(void)printf("%s %zu\n", hex, json_count(json_at(j, "a")));
	json_free(j);
	return finish(result, &err);
}

static const struct scenario {
	const char *name;
	int (*run)(void);
} scenarios[] = { { "stream", do_stream }, { "scan", do_scan },
	{ "check", do_check }, { "merge", do_merge }, { "file", do_file } };

#define N_SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

/* ---- what is done to it ---- */

static char program[4096];
static char shim[4200];
static bool has_shim;

struct outcome {
	int status;
	bool has_failed;	/* the call was reached */
	long n_live;		/* blocks that were not freed */
	char *out;
	char *err;
};

static char *
text_of(const char *path, struct arena *a)
{
	size_t n_bytes;
	char *text = file_read(path, MAX_OUTPUT, a, &n_bytes, NULL);

	assert_non_null(text);
	return text;
}

static _Noreturn void
be_child(const char *scenario, const char *call, long at)
{
	char number[32];

	(void)snprintf(number, sizeof(number), "%ld", at);
	(void)setenv("FAIL_CALL", call, 1);
	(void)setenv("FAIL_AT", number, 1);
	(void)setenv("FAIL_MARK", "mark", 1);
	(void)setenv("FAIL_LIVE", "live", 1);
	/*
	 * Jansson 2.14 does not notice when the buffer of its scanner cannot
	 * grow, and reads behind it.
	 */
	(void)setenv("FAIL_SPARE", "json_loadb", 1);
	(void)setenv("LD_PRELOAD", shim, 1);
	if (freopen("out", "w", stdout) == NULL ||
	    freopen("err", "w", stderr) == NULL)
		_exit(97);
	/* A program that hangs must not hang the test. */
	(void)alarm(60);
	(void)execl(program, program, scenario, (char *)NULL);
	_exit(96);
}

static struct outcome
run(const char *scenario, const char *call, long at, struct arena *a)
{
	struct outcome o = { 0, false, 0, NULL, NULL };
	char number[32] = "";
	pid_t pid;
	int status;

	(void)rmdir("mark");
	(void)unlink("live");
	(void)fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		be_child(scenario, call, at);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		fail_msg("%s: signal %d after %s %ld failed", scenario,
		    WTERMSIG(status), call, at);
	o.status = WEXITSTATUS(status);
	o.has_failed = file_exists("mark");
	if (readlink("live", number, sizeof(number) - 1) <= 0)
		fail_msg("%s: status %d, no count after %s %ld failed",
		    scenario, o.status, call, at);
	o.n_live = atol(number);
	o.out = text_of("out", a);
	o.err = text_of("err", a);
	return o;
}

/* One call fails: the command ends with a message, or as if it had not. */
static void
check_outcome(const char *scenario, const char *call, long at,
    const struct outcome *want, const struct outcome *got)
{
	const bool is_same = got->status == want->status &&
	    strcmp(got->out, want->out) == 0;
	const bool has_told = (got->status == CLI_SOME_FAILED ||
	    got->status == CLI_FATAL) && got->err[0] != '\0';

	if (!is_same && !has_told)
		fail_msg("%s: status %d after %s %ld failed: %s%s", scenario,
		    got->status, call, at, got->out, got->err);
	/* Less may be alive, such as buffers that were never made. */
	if (got->n_live > want->n_live)
		fail_msg("%s: %ld blocks leak after %s %ld failed: %s",
		    scenario, got->n_live - want->n_live, call, at, got->err);
}

static void
fail_each(const char *call)
{
	if (!has_shim) {
		(void)printf("skipped: %s: the shim needs an ordinary build\n",
		    call);
		skip();
	}
	for (size_t i = 0; i < N_SCENARIOS; i++) {
		const char *name = scenarios[i].name;
		struct arena *a = arena_new();
		struct outcome want;
		long n_failed = 0;

		assert_non_null(a);
		want = run(name, call, 0, a);
		assert_int_equal(want.status, CLI_OK);
		assert_string_equal(want.err, "");
		for (long at = 1; at < MAX_CALLS; at++) {
			struct arena *b = arena_new();
			const struct outcome got = run(name, call, at, b);

			assert_non_null(b);
			check_outcome(name, call, at, &want, &got);
			n_failed += got.has_failed;
			arena_free(b);
			if (!got.has_failed)
				break;
		}
		/* Each scenario allocates, reads, writes and closes. */
		assert_true(n_failed >= 1);
		arena_free(a);
	}
}

static void
memory_may_run_out(void **state)
{
	(void)state;
	fail_each("malloc");
}

static void
reading_may_fail(void **state)
{
	(void)state;
	fail_each("read");
}

static void
writing_may_fail(void **state)
{
	(void)state;
	fail_each("write");
}

static void
closing_may_fail(void **state)
{
	(void)state;
	fail_each("close");
}

/* ---- a folder to do it in ---- */

static char folder[] = "/tmp/test_faults_XXXXXX";

static int
set_up(void **state)
{
	static const char manifest[] =
	    "{\"id\":\"a\",\"n\":[1,{\"b\":\"\xc3\xbc\"}]}\n"
	    "{\"id\":\"b\",\"audio_filepath\":\"x.wav\"}\n"
	    "{\"id\":\"c\",\"z\":0.1}\n";

	(void)state;
	if (mkdtemp(folder) == NULL || chdir(folder) != 0)
		return -1;
	if (file_write("in", manifest, strlen(manifest), NULL) != 0)
		return -1;
	if (file_write("songs/one/original.wav", "", 0, NULL) != 0 ||
	    file_write("songs/one/cover.mp3", "", 0, NULL) != 0)
		return -1;
	return file_write("songs/two/deep/hum-1.ogg", "", 0, NULL);
}

static int
tear_down(void **state)
{
	char command[100];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return chdir("/") != 0 || system(command) != 0 ? -1 : 0;
}

/* Where this program and the shim that was built with it are. */
static int
find_paths(const char *argv0)
{
	const char *slash;

	if (argv0[0] == '/')
		(void)snprintf(program, sizeof(program), "%s", argv0);
	else if (getcwd(program, sizeof(program) / 2) != NULL)
		(void)snprintf(program + strlen(program),
		    sizeof(program) / 2, "/%s", argv0);
	slash = strrchr(program, '/');
	if (slash == NULL)
		return -1;
	(void)snprintf(shim, sizeof(shim), "%.*s/lib/shim/fail.so",
	    (int)(slash - program), program);
	return file_exists(shim) ? 0 : -1;
}

/* Sanitizers have an allocator of their own. */
static int
is_instrumented(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return 1;
#else
	return 0;
#endif
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_may_run_out),
		cmocka_unit_test(reading_may_fail),
		cmocka_unit_test(writing_may_fail),
		cmocka_unit_test(closing_may_fail),
	};

	for (size_t i = 0; argc > 1 && i < N_SCENARIOS; i++)
		if (strcmp(argv[1], scenarios[i].name) == 0)
			return scenarios[i].run();
	has_shim = !is_instrumented() && find_paths(argv[0]) == 0;
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
