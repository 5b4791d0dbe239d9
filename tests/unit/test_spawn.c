#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdarg.h>
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
#include "base/spawn.h"

struct paths {
	char in[64], out[64];
};

static int
set_up(void **state)
{
	static struct paths p;

	(void)snprintf(p.in, sizeof(p.in), "/tmp/test_spawn.%ld.in",
	    (long)getpid());
	(void)snprintf(p.out, sizeof(p.out), "/tmp/test_spawn.%ld.out",
	    (long)getpid());
	*state = &p;
	return file_write(p.in, "c\nb\na\nb\n", 8, NULL);
}

static int
tear_down(void **state)
{
	const struct paths *p = *state;

	(void)unlink(p->in);
	(void)unlink(p->out);
	return 0;
}

static void
assert_file(const char *path, const char *want)
{
	struct arena *a = arena_new();
	size_t n;
	char *got = file_read(path, 1000, a, &n, NULL);

	assert_non_null(got);
	assert_string_equal(got, want);
	arena_free(a);
}

static void
a_pipeline_carries_bytes(void **state)
{
	static const char *const sort[] = { "sort", NULL };
	static const char *const uniq[] = { "uniq", "-c", NULL };
	static const char *const sed[] = { "sed", "s/^ *//", NULL };
	static const struct spawn_command commands[] = { { sort }, { uniq },
		{ sed } };
	const struct paths *p = *state;
	struct error err = { ERROR_NONE, "" };
	int status[3] = { -1, -1, -1 };

	assert_int_equal(spawn_pipeline(commands, 3, p->in, p->out, status,
	    &err), 0);
	assert_file(p->out, "1 a\n2 b\n1 c\n");
	for (int i = 0; i < 3; i++)
		assert_int_equal(status[i], 0);
}

static void
each_status_is_told(void **state)
{
	static const char *const yes[] = { "yes", NULL };
	static const char *const head[] = { "head", "-n", "1", NULL };
	static const char *const three[] = { "sh", "-c", "cat; exit 3", NULL };
	static const struct spawn_command commands[] = { { yes }, { head },
		{ three } };
	const struct paths *p = *state;
	struct error err = { ERROR_NONE, "" };
	int status[3] = { -1, -1, -1 };

	/* Ignored here, but "yes" must die of it as it would in a shell. */
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(spawn_pipeline(commands, 3, NULL, p->out, status,
	    &err), 0);
	assert_file(p->out, "y\n");
	assert_int_equal(status[0], 128 + SIGPIPE);
	assert_int_equal(status[1], 0);
	assert_int_equal(status[2], 3);
}

static void
what_cannot_start_is_named(void **state)
{
	static const char *const sleeper[] = { "sleep", "60", NULL };
	static const char *const nothing[] = { "no-such-program", NULL };
	static const struct spawn_command commands[] = { { sleeper },
		{ nothing } };
	const struct paths *p = *state;
	struct error err = { ERROR_NONE, "" };
	int status[2] = { -1, -1 };

	assert_int_equal(spawn_pipeline(commands, 2, p->in, p->out, status,
	    &err), -1);
	assert_non_null(strstr(err.text, "no-such-program"));
	assert_int_equal(status[0], 128 + SIGTERM);
	assert_int_equal(spawn_pipeline(commands, 1, "/no/such/file", NULL,
	    status, &err), -1);
	assert_non_null(strstr(err.text, "/no/such/file"));
	assert_int_equal(spawn_pipeline(commands, 0, NULL, NULL, status,
	    &err), -1);
}

static volatile sig_atomic_t n_signals;

static void
count_signal(int number)
{
	(void)number;
	n_signals = n_signals + 1;
}

/* A signal to us reaches the programs, and the pipeline has failed. */
static void
signals_are_passed_on(void **state)
{
	static const char *const sleeper[] = { "sleep", "60", NULL };
	static const struct spawn_command commands[] = { { sleeper } };
	const pid_t parent = getpid();
	struct error err = { ERROR_NONE, "" };
	int status[1] = { -1 };
	int how;
	pid_t killer;

	(void)state;
	n_signals = 0;
	(void)signal(SIGTERM, count_signal);
	killer = fork();
	assert_true(killer >= 0);
	if (killer == 0) {
		const struct timespec wait = { 0, 200000000 };

		(void)nanosleep(&wait, NULL);
		(void)kill(parent, SIGTERM);
		_exit(0);
	}
	assert_int_equal(spawn_pipeline(commands, 1, NULL, NULL, status, &err),
	    -1);
	assert_int_equal(err.code, ERROR_BUSY);
	assert_int_equal(status[0], 128 + SIGTERM);
	assert_int_equal(n_signals, 0);
	assert_int_equal(waitpid(killer, &how, 0), killer);
	(void)signal(SIGTERM, SIG_DFL);
}

/* As in the background of a script: an interrupt is for others. */
static void
ignored_signals_stay_ignored(void **state)
{
	static const char *const hurt[] = { "sh", "-c",
	    "kill -INT $$ $PPID; sleep 0.1; exit 5", NULL };
	static const struct spawn_command commands[] = { { hurt } };
	struct error err = { ERROR_NONE, "" };
	int status[1] = { -1 };

	(void)state;
	(void)signal(SIGINT, SIG_IGN);
	assert_int_equal(spawn_pipeline(commands, 1, NULL, NULL, status, &err),
	    0);
	assert_int_equal(status[0], 5);
	(void)signal(SIGINT, SIG_DFL);
}

static bool
says_no(void *shared)
{
	(void)shared;
	return false;
}

/* Not at the first question. */
static bool
says_yes_later(void *shared)
{
	int *n_asked = shared;

	return ++*n_asked > 20;
}

static void
a_program_speaks_into_files(void **state)
{
	static const char *const both[] = { "sh", "-c",
	    "cat; echo a; echo b >&2; exit 7", NULL };
	static const char *const nothing[] = { "no-such-program", NULL };
	const struct paths *p = *state;
	struct error err = { ERROR_NONE, "" };
	int status = -1;

	assert_int_equal(spawn_program(both, p->out, p->in, says_no, NULL,
	    &status, &err), 0);
	assert_int_equal(status, 7);
	assert_file(p->out, "a\n");
	assert_file(p->in, "b\n");
	assert_int_equal(spawn_program(both, "/no/such/file", p->in, NULL,
	    NULL, &status, &err), -1);
	assert_int_equal(spawn_program(both, p->out, "/no/such/file", NULL,
	    NULL, &status, &err), -1);
	assert_int_equal(spawn_program(nothing, p->out, p->in, NULL, NULL,
	    &status, &err), -1);
	assert_non_null(strstr(err.text, "no-such-program"));
	assert_int_not_equal(err.code, ERROR_BUSY);
}

/* The number of a process that stands in the file, or 0. */
static pid_t
told_pid(const char *path)
{
	char text[40] = "";
	FILE *in = fopen(path, "r");

	if (in != NULL) {
		if (fgets(text, sizeof(text), in) == NULL)
			text[0] = '\0';
		(void)fclose(in);
	}
	return strchr(text, '\n') != NULL ? (pid_t)strtol(text, NULL, 10) : 0;
}

/* Whoever inherits a process may take a moment to bury it. */
static bool
ends_soon(pid_t pid)
{
	const struct timespec nap = { 0, 5000000 };

	for (int i = 0; i < 6000 && kill(pid, 0) == 0; i++)
		(void)nanosleep(&nap, NULL);
	return kill(pid, 0) != 0;
}

/* With those that it has started. */
static void
a_program_is_stopped(void **state)
{
	static const char *const sleeper[] = { "sh", "-c",
	    "sleep 600 & echo $!; wait", NULL };
	const struct paths *p = *state;
	struct error err = { ERROR_NONE, "" };
	int status = -1, n_asked = 0;
	pid_t pid;

	assert_int_equal(spawn_program(sleeper, p->out, p->in,
	    says_yes_later, &n_asked, &status, &err), -1);
	assert_int_equal(err.code, ERROR_BUSY);
	assert_int_equal(status, 128 + SIGTERM);
	pid = told_pid(p->out);
	assert_true(pid > 0);
	assert_true(ends_soon(pid));
}

/* Whatever signals it would rather not hear. */
static void
a_program_ends_with_us(void **state)
{
	static const char *const sleeper[] = { "sh", "-c",
	    "trap '' TERM HUP INT; echo $$; exec sleep 600", NULL };
	const struct timespec nap = { 0, 5000000 };
	const struct paths *p = *state;
	pid_t parent, pid = 0;
	int how;

	(void)unlink(p->out);
	parent = fork();
	assert_true(parent >= 0);
	if (parent == 0) {
		int status;

		_exit(spawn_program(sleeper, p->out, p->in, NULL, NULL,
		    &status, NULL) != 0);
	}
	for (int i = 0; i < 1000 && (pid = told_pid(p->out)) == 0; i++)
		(void)nanosleep(&nap, NULL);
	assert_true(pid > 0);
	assert_int_equal(kill(pid, 0), 0);
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, &how, 0), parent);
	assert_true(ends_soon(pid));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_pipeline_carries_bytes,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_status_is_told, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_start_is_named,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(signals_are_passed_on, set_up,
		    tear_down),
		cmocka_unit_test(ignored_signals_stay_ignored),
		cmocka_unit_test_setup_teardown(a_program_speaks_into_files,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_program_is_stopped, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(a_program_ends_with_us,
		    set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
