#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

#include "manifests/record.h"
#include "manifests/stream.h"

#define N_RECORDS 400

/* Workers' states that are alive, and how many may be made before one fails. */
static atomic_int n_locals;
static atomic_int n_locals_left;

/* State of a worker: it is in one record at a time. */
struct local {
	bool is_inside;
};

static void *
new_local(const void *shared, struct error *err)
{
	(void)shared;
	if (atomic_fetch_sub(&n_locals_left, 1) <= 0) {
		error_set(err, ERROR_NOMEM, "no state for a worker");
		return NULL;
	}
	atomic_fetch_add(&n_locals, 1);
	return memory_new(1, sizeof(struct local), "local", err);
}

static void
free_local(void *local)
{
	atomic_fetch_sub(&n_locals, 1);
	memory_free(local);
}

/*
 * Halve the number of a record, after a time that differs between records;
 * those ending in 3 fail after they have added a member.
 */
static int
work_on(const long *nap_nsec, struct json *rec, struct arena *scratch,
    struct error *err)
{
	const struct timespec nap = { 0, *nap_nsec };
	size_t n;

	if (arena_alloc(scratch, 100, 1) == NULL)
		return error_set(err, ERROR_NOMEM, "scratch");
	if (json_want_size(rec, "n", &n, err) != 0)
		return -1;
	if (n * 7919 % 5 == 0)
		(void)nanosleep(&nap, NULL);
	if (json_put_number(rec, "test.half", (double)n / 2.0, err) != 0)
		return -1;
	return n % 10 == 3 ? error_set(err, ERROR_LIMIT, "ends in 3") : 0;
}

static int
halve(const void *shared, void *state, struct json *rec, struct arena *scratch,
    struct error *err)
{
	struct local *local = state;
	int result;

	if (local->is_inside)
		return error_set(err, ERROR_BUG, "two records, one worker");
	local->is_inside = true;
	result = work_on(shared, rec, scratch, err);
	local->is_inside = false;
	return result;
}

static const long nap_nsec = 500000;

static const struct stream_stage stage = { "chad-test", "abc", &nap_nsec,
	new_local, free_local, halve };

static char in_path[64];

static int
set_up(void **state)
{
	(void)state;
	atomic_store(&n_locals_left, 1000);
	(void)snprintf(in_path, sizeof(in_path), "/tmp/test_stream.%ld",
	    (long)getpid());
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(in_path);
	return atomic_load(&n_locals) == 0 ? 0 : -1;
}

/* Run the stage over the text; what it writes is arena memory. */
static char *
run(const char *text, size_t n_bytes, size_t n_threads, const char *shard,
    struct stream_result *result, struct arena *a)
{
	const struct stream_options options = { n_threads, shard, in_path,
		"work" };
	struct error err = { ERROR_NONE, "" };
	char out_path[80];
	size_t n_out;
	FILE *out;
	char *got;

	(void)snprintf(out_path, sizeof(out_path), "%s.out", in_path);
	assert_int_equal(file_write(in_path, text, n_bytes, &err), 0);
	out = fopen(out_path, "w");
	assert_non_null(out);
	if (stream_run(&stage, &options, out, result, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(fclose(out), 0);
	got = file_read(out_path, (size_t)1 << 26, a, &n_out, &err);
	assert_non_null(got);
	(void)unlink(out_path);
	return got;
}

/* The manifest of a run, and what must come out, written by hand. */
static void
make_manifest(char *in, char *want, size_t n_bytes)
{
	size_t in_at = 0, want_at = 0;

	for (int n = 0; n < N_RECORDS; n++) {
		in_at += (size_t)snprintf(in + in_at, n_bytes - in_at,
		    "{\"id\": \"r%d\", \"n\": %d,\"x\":[1, null]}\n", n, n);
		want_at += (size_t)snprintf(want + want_at, n_bytes - want_at,
		    "{\"id\":\"r%d\",\"n\":%d,\"x\":[1,null],", n, n);
		if (n % 10 == 3)
			want_at += (size_t)snprintf(want + want_at,
			    n_bytes - want_at,
			    "\"error\":\"chad-test: ends in 3\"}\n");
		else
			want_at += (size_t)snprintf(want + want_at,
			    n_bytes - want_at, "\"test\":{\"half\":%d.%d},"
			    "\"history\":[{\"tool\":\"chad-test\","
			    "\"version\":\"0.1\",\"options\":\"\","
			    "\"model\":\"abc\"}]}\n", n / 2, n % 2 * 5);
	}
}

static void
order_does_not_depend_on_threads(void **state)
{
	static const size_t n_threads[] = { 1, 2, 8, 64 };
	static char in[N_RECORDS * 100], want[N_RECORDS * 200];
	struct arena *a = arena_new();

	(void)state;
	make_manifest(in, want, sizeof(in));
	make_manifest(in, want, sizeof(want));
	for (size_t i = 0; i < 4; i++) {
		struct stream_result result;
		const char *got = run(in, strlen(in), n_threads[i], NULL,
		    &result, a);

		assert_string_equal(got, want);
		assert_int_equal(result.n_records, N_RECORDS);
		assert_int_equal(result.n_failed, N_RECORDS / 10);
		assert_int_equal(result.n_failed_before, 0);
		assert_false(result.stopped);
	}
	arena_free(a);
}

static void
failed_records_flow_on_untouched(void **state)
{
	static const char line[] = "{ \"error\" : \"chad-a: x\",  \"y\":1e3 }";
	struct stream_result result;
	struct arena *a = arena_new();
	const char *got = run(line, strlen(line), 4, NULL, &result, a);

	(void)state;
	assert_memory_equal(got, line, strlen(line));
	assert_string_equal(got + strlen(line), "\n");
	assert_int_equal(result.n_records, 1);
	assert_int_equal(result.n_failed, 0);
	assert_int_equal(result.n_failed_before, 1);
	arena_free(a);
}

static void
broken_lines_flow_on_as_errors(void **state)
{
	static const char text[] = "\n  \t\nno json\n[1]\n"
	    "{\"id\":5,\"n\":1,\"z\":2}\n{\"z\":3}\r\n{\"n\":4}";
	static const char want[] =
	    "{\"error\":\"chad-test: line 3: not JSON: invalid token near "
	    "'no' (line 1, column 2)\",\"line\":\"no json\"}\n"
	    "{\"error\":\"chad-test: line 4: not a JSON object\","
	    "\"line\":\"[1]\"}\n"
	    "{\"id\":5,\"n\":1,\"z\":2,\"error\":\"chad-test: line 5: "
	    "\\\"id\\\" must be a text\"}\n"
	    "{\"z\":3,\"error\":\"chad-test: there is no \\\"n\\\"\"}\n"
	    "{\"n\":4,\"test\":{\"half\":2.0},\"history\":[{\"tool\":"
	    "\"chad-test\",\"version\":\"0.1\",\"options\":\"\",\"model\":"
	    "\"abc\"}]}\n";
	struct stream_result result;
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(run(text, strlen(text), 3, NULL, &result, a),
	    want);
	assert_int_equal(result.n_records, 5);
	assert_int_equal(result.n_failed, 4);
	arena_free(a);
}

/* A line over 4 MiB is one failed record; its neighbours are done. */
static void
too_long_a_line_is_one_failure(void **state)
{
	const size_t n_bytes = RECORD_LINE_BYTES + 100;
	struct arena *a = arena_new();
	char *text = arena_alloc(a, n_bytes + 40, 1);
	struct stream_result result;
	const char *got;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', n_bytes + 20);
	memcpy(text, "{\"n\":1}\n", 8);
	memcpy(text + n_bytes + 20, "\n{\"n\":2}\n", 10);
	got = run(text, n_bytes + 29, 2, NULL, &result, a);
	assert_int_equal(result.n_records, 3);
	assert_int_equal(result.n_failed, 1);
	assert_non_null(strstr(got, "line 2: longer than 4194304 bytes"));
	assert_non_null(strstr(got, "\"half\":1.0"));
	assert_true(strlen(got) < 1000);
	arena_free(a);
}

/* A record as long as a line may be has no room for an error beside it. */
static void
a_full_line_that_fails_is_one_failure(void **state)
{
	static const char start[] = "{\"n\":1}\n"
	    "{\"id\":\"full\",\"n\":3,\"x\":\"";
	static const char end[] = "\"}\n{\"n\":2}\n";
	const size_t n_first = RECORD_LINE_BYTES + 8;
	struct arena *a = arena_new();
	char *text = arena_alloc(a, n_first + sizeof(end), 1);
	struct stream_result result;
	const char *got;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', n_first);
	memcpy(text, start, sizeof(start) - 1);
	memcpy(text + n_first - 2, end, sizeof(end));
	got = run(text, strlen(text), 2, NULL, &result, a);
	assert_int_equal(result.n_records, 3);
	assert_int_equal(result.n_failed, 1);
	assert_non_null(strstr(got,
	    "{\"error\":\"chad-test: line 2: ends in 3\",\"line\":"));
	assert_non_null(strstr(got, ",\"id\":\"full\"}\n"));
	assert_non_null(strstr(got, "\"half\":1.0"));
	assert_true(strlen(got) < 1000);
	arena_free(a);
}

static size_t
n_lines(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

/* Every line of the whole is in one shard, and in no other. */
static void
shards_make_up_the_whole(void **state)
{
	static const char *const shards[] = { "1/3", "2/3", "3/3" };
	static char in[N_RECORDS * 100], want[N_RECORDS * 200];
	struct arena *a = arena_new();
	size_t n_all = 0;

	(void)state;
	make_manifest(in, want, sizeof(in));
	memcpy(in + strlen(in), "broken\n", 8);
	for (size_t i = 0; i < 3; i++) {
		struct stream_result result;
		const char *got = run(in, strlen(in), 4, shards[i], &result,
		    a);

		assert_int_equal(n_lines(got), result.n_records);
		/* 133 of 400 with a standard deviation of 9.4. */
		assert_in_range(result.n_records, 133 - 47, 133 + 47);
		n_all += result.n_records;
		for (int n = 0; n < N_RECORDS; n++) {
			char id[32];
			bool has;

			(void)snprintf(id, sizeof(id), "r%d", n);
			assert_int_equal(stream_shard_has(shards[i], id, &has,
			    NULL), 0);
			(void)snprintf(id, sizeof(id), "\"id\":\"r%d\"", n);
			assert_int_equal(strstr(got, id) != NULL, has);
		}
	}
	assert_int_equal(n_all, N_RECORDS + 1);
	arena_free(a);
}

static void
bad_shards_are_refused(void **state)
{
	static const char *const bad[] = { "", "1", "0/2", "3/2", "1/0", "-1/2",
		"1/2x", "1 /2", "1/1000001", "99999999999/99999999999" };
	struct error err = { ERROR_NONE, "" };
	bool has;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(stream_shard_has(bad[i], "x", &has, &err),
		    -1);
	assert_int_equal(stream_shard_has("1/1", "x", &has, &err), 0);
	assert_true(has);
}

static void
what_cannot_begin_is_an_error(void **state)
{
	struct stream_options options = { 4, NULL, in_path, "work" };
	struct stream_result result;
	struct error err = { ERROR_NONE, "" };
	FILE *out = tmpfile();

	(void)state;
	assert_non_null(out);
	assert_int_equal(stream_run(&stage, &options, out, &result, &err), -1);
	assert_non_null(strstr(err.text, in_path));
	assert_int_equal(file_write(in_path, "{}\n", 3, &err), 0);
	options.n_threads = 0;
	assert_int_equal(stream_run(&stage, &options, out, &result, &err), -1);
	options.n_threads = 4;
	options.shard = "5/4";
	assert_int_equal(stream_run(&stage, &options, out, &result, &err), -1);
	options.shard = NULL;
	atomic_store(&n_locals_left, 2);
	assert_int_equal(stream_run(&stage, &options, out, &result, &err), -1);
	assert_string_equal(err.text, "no state for a worker");
	fclose(out);
}

static void
a_full_disk_ends_the_stream(void **state)
{
	const struct stream_options options = { 4, NULL, in_path, "work" };
	static char in[N_RECORDS * 100], want[N_RECORDS * 200];
	struct stream_result result;
	struct error err = { ERROR_NONE, "" };
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(out);
	make_manifest(in, want, sizeof(in));
	assert_int_equal(file_write(in_path, in, strlen(in), &err), 0);
	assert_int_equal(stream_run(&stage, &options, out, &result, &err), -1);
	assert_string_equal(err.text,
	    "cannot write the records: No space left on device");
	(void)fclose(out);
}

/* In a child: the stage over standard input, to standard output. */
static void
be_command(int in_fd, int out_fd)
{
	const struct stream_options options = { 4, NULL, NULL, "work" };

	(void)dup2(in_fd, STDIN_FILENO);
	(void)dup2(out_fd, STDOUT_FILENO);
	close(in_fd);
	close(out_fd);
	if (freopen("/dev/null", "w", stderr) == NULL)
		_exit(98);
	(void)signal(SIGPIPE, SIG_IGN);
	_exit(stream_main(&stage, &options));
}

/* Start a command whose ends are pipes of ours. */
static pid_t
start_command(int *to, int *from)
{
	int in[2], out[2];
	pid_t pid;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	(void)fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(in[1]);
		close(out[0]);
		be_command(in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	*to = in[1];
	*from = out[0];
	return pid;
}

static int
status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Records leave as soon as they are done, and a signal ends a silent pipe. */
static void
a_signal_stops_between_records(void **state)
{
	char got[2000] = "";
	size_t n_got = 0;
	int to, from;
	const pid_t pid = start_command(&to, &from);

	(void)state;
	assert_int_equal(write(to, "{\"n\":1}\n{\"n\":2}\n{\"n\"", 20), 20);
	while (n_lines(got) < 2) {
		const ssize_t n = read(from, got + n_got,
		    sizeof(got) - 1 - n_got);

		assert_true(n > 0);
		n_got += (size_t)n;
		got[n_got] = '\0';
	}
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(read(from, got + n_got, 100), 0);
	assert_int_equal(status_of(pid), 75);
	close(to);
	close(from);
}

/* Many records and a signal: whole lines come out, none out of order. */
static void
a_signal_leaves_whole_lines(void **state)
{
	static char in[N_RECORDS * 100], want[N_RECORDS * 200];
	static char got[N_RECORDS * 200];
	const struct timespec nap = { 0, 5000000 };
	size_t n_got = 0;
	ssize_t n;
	int to, from, status;
	const pid_t pid = start_command(&to, &from);

	(void)state;
	make_manifest(in, want, sizeof(in));
	make_manifest(in, want, sizeof(want));
	assert_int_equal(write(to, in, strlen(in)), strlen(in));
	(void)nanosleep(&nap, NULL);
	assert_int_equal(kill(pid, SIGINT), 0);
	close(to);
	while ((n = read(from, got + n_got, sizeof(got) - 1 - n_got)) > 0)
		n_got += (size_t)n;
	status = status_of(pid);
	/* A slow machine may get the signal before its handler is there. */
	assert_true(status == 75 || status == 1);
	assert_memory_equal(got, want, n_got);
	assert_true(n_got == 0 || got[n_got - 1] == '\n');
	assert_int_equal(status == 1, n_got == strlen(want));
	close(from);
}

/* The next command has had enough: "| head -1". */
static void
a_closed_pipe_ends_the_stream(void **state)
{
	int to, from;
	const pid_t pid = start_command(&to, &from);

	(void)state;
	close(from);
	assert_int_equal(write(to, "{\"n\":1}\n", 8), 8);
	/* Without the end of the input: it is the writing that ends it. */
	assert_int_equal(status_of(pid), 2);
	close(to);
}

static void
lists_hold_whole_manifests(void **state)
{
	static const char text[] = "{\"id\":\"a\"}\n\nbad\n{\"id\":7}\n"
	    "{\"id\":\"z\",\"error\":\"old\"}";
	struct stream_list list;
	struct error err = { ERROR_NONE, "" };
	const char *why;

	(void)state;
	assert_int_equal(file_write(in_path, text, strlen(text), &err), 0);
	assert_int_equal(stream_list_load(&list, in_path, &err), 0);
	assert_int_equal(list.n_records, 4);
	assert_string_equal(list.folder, "/tmp");
	assert_string_equal(record_id(list.records[0]), "a");
	assert_false(record_has_failed(list.records[0]));
	assert_int_equal(json_want_string(list.records[1], "error", &why,
	    &err), 0);
	assert_memory_equal(why, "chad: line 3: ", 14);
	assert_true(record_has_failed(list.records[2]));
	assert_int_equal(json_want_string(list.records[3], "error", &why,
	    &err), 0);
	assert_string_equal(why, "old");
	stream_list_release(&list);
	stream_list_release(&list);
	assert_int_equal(stream_list_load(&list, "/no/such", &err), -1);
}

static void
folders_are_those_of_the_manifest(void **state)
{
	static const char *const pairs[][2] = { { "m.jsonl", "." },
		{ "a/m", "a" }, { "a/b/m", "a/b" }, { "/m", "/" },
		{ "./m", "." } };
	char *folder;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_int_equal(stream_folder(pairs[i][0], &folder, NULL), 0);
		assert_string_equal(folder, pairs[i][1]);
		memory_free(folder);
	}
	assert_int_equal(stream_folder(NULL, &folder, NULL), 0);
	assert_null(folder);
	assert_int_equal(stream_folder("-", &folder, NULL), 0);
	assert_null(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(order_does_not_depend_on_threads),
		TEST(failed_records_flow_on_untouched),
		TEST(broken_lines_flow_on_as_errors),
		TEST(too_long_a_line_is_one_failure),
		TEST(a_full_line_that_fails_is_one_failure),
		TEST(shards_make_up_the_whole),
		TEST(bad_shards_are_refused),
		TEST(what_cannot_begin_is_an_error),
		TEST(a_full_disk_ends_the_stream),
		TEST(a_signal_stops_between_records),
		TEST(a_signal_leaves_whole_lines),
		TEST(a_closed_pipe_ends_the_stream),
		TEST(lists_hold_whole_manifests),
		TEST(folders_are_those_of_the_manifest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
