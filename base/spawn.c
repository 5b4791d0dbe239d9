/* pipe2(2) is Linux's; so is what ends a program with its parent. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/spawn.h"

#define MAX_COMMANDS 16
#define POLL_NSEC 5000000
#define KILL_AFTER_POLLS 1000	/* 5 s */

static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

#define N_SIGNALS (sizeof(signals) / sizeof(signals[0]))

/* A handler can reach nothing else: the last signal that came, or 0. */
static atomic_int signal_that_came;

static void
note_signal(int number)
{
	atomic_store(&signal_that_came, number);
}

/* The handlers of the caller, kept while ours are in place. */
struct handlers {
	struct sigaction of[N_SIGNALS];
};

/* One that the caller ignores stays ignored, by the programs started too. */
static void
take_signal(int number, const struct sigaction *ours, struct sigaction *old)
{
	(void)sigaction(number, NULL, old);
	if (old->sa_handler != SIG_IGN)
		(void)sigaction(number, ours, NULL);
}

static void
take_signals(struct handlers *old)
{
	struct sigaction ours;

	memset(&ours, 0, sizeof(ours));
	ours.sa_handler = note_signal;
	ours.sa_flags = SA_RESTART;
	(void)sigemptyset(&ours.sa_mask);
	atomic_store(&signal_that_came, 0);
	for (size_t i = 0; i < N_SIGNALS; i++)
		take_signal(signals[i], &ours, &old->of[i]);
}

static void
give_signals_back(const struct handlers *old)
{
	for (size_t i = 0; i < N_SIGNALS; i++)
		(void)sigaction(signals[i], &old->of[i], NULL);
}

static void
close_if_open(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* The standard input, output and error of a program. */
struct streams {
	int in_fd, out_fd, err_fd;
};

/* In the child: "from" is to be its standard input, output or error. */
static bool
give_stream(int from, int to)
{
	return from == to ? fcntl(to, F_SETFD, 0) == 0 : dup2(from, to) == to;
}

/* In the child: no handlers, and what we ignore ignored, but for SIGPIPE. */
static void
reset_signals(void)
{
	struct sigaction of;
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		if (sigaction(i, NULL, &of) == 0 &&
		    (of.sa_handler != SIG_IGN || i == SIGPIPE))
			(void)signal(i, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * In the child: a group of its own, which ends with us.  The kernel looks at
 * the thread that has forked, which waits for the program.
 */
static bool
leave_group(pid_t parent)
{
	return setpgid(0, 0) == 0 &&
	    prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL) == 0 &&
	    getppid() == parent;
}

/*
 * In the child, where only what a signal's handler may call is safe: become
 * the program, or write the errno into say_fd.
 */
static void
become(const char *const *argv, const struct streams *streams, pid_t parent,
    int say_fd)
{
	int code;

	if ((parent == 0 || leave_group(parent)) &&
	    give_stream(streams->in_fd, STDIN_FILENO) &&
	    give_stream(streams->out_fd, STDOUT_FILENO) &&
	    give_stream(streams->err_fd, STDERR_FILENO)) {
		reset_signals();
		/* Const in our header; the texts stay as they are. */
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	}
	code = errno;
	_exit(write(say_fd, &code, sizeof(code)) == sizeof(code) ? 127 : 126);
}

/* The errno that a child has told before its end, or 0 when it runs. */
static int
hear(int fd, pid_t pid)
{
	int code = 0;
	ssize_t n;

	while ((n = read(fd, &code, sizeof(code))) < 0 && errno == EINTR)
		;
	if (n != sizeof(code))
		return 0;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return code;
}

/*
 * Start one program, in our group or (is_apart) in one of its own that ends
 * with us; signals are as a fresh program expects them.  0 or an errno.
 */
static int
start(const char *const *argv, const struct streams *streams, bool is_apart,
    pid_t *pid)
{
	const pid_t parent = is_apart ? getpid() : 0;
	sigset_t all, old;
	int fds[2], code;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return errno;
	/* Our handlers must not take a signal that is for the program. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	*pid = fork();
	if (*pid == 0)
		become(argv, streams, parent, fds[1]);
	code = *pid < 0 ? errno : 0;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)close(fds[1]);
	if (code == 0)
		code = hear(fds[0], *pid);
	(void)close(fds[0]);
	return code;
}

/* Start all; *n_started says how many run, also after a failure. */
static int
start_all(const struct spawn_command *commands, size_t n_commands, int in_fd,
    int out_fd, pid_t *pids, size_t *n_started, struct error *err)
{
	int from = in_fd;

	for (size_t i = 0; i < n_commands; i++) {
		struct streams streams;
		int fds[2] = { -1, -1 };
		int status;

		/* Programs started later do not inherit it. */
		if (i + 1 < n_commands && pipe2(fds, O_CLOEXEC) != 0) {
			error_set_errno(err, "cannot make a pipe");
			if (i > 0)
				close_if_open(&from);
			return -1;
		}
		streams = (struct streams){ from, i + 1 < n_commands ?
		    fds[1] : out_fd, STDERR_FILENO };
		status = start(commands[i].argv, &streams, false, &pids[i]);
		if (i > 0)
			close_if_open(&from);
		close_if_open(&fds[1]);
		from = fds[0];
		if (status != 0) {
			close_if_open(&from);
			errno = status;
			return error_set_errno(err, "cannot start %s",
			    commands[i].argv[0]);
		}
		*n_started = i + 1;
	}
	return 0;
}

/* What waitpid said, as a shell would. */
static int
exit_status(int how)
{
	return WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
}

/*
 * Wait for all, passing signals on.  A signal may reach any thread, so the
 * wait is a look every few milliseconds.
 */
static void
wait_for_all(const pid_t *pids, size_t n_commands, int *status)
{
	const struct timespec nap = { 0, POLL_NSEC };
	bool has_ended[MAX_COMMANDS] = { false };
	size_t n_left = n_commands;
	int passed = 0;

	while (n_left > 0) {
		for (size_t i = 0; i < n_commands; i++) {
			int how = 0;
			pid_t pid;

			if (has_ended[i])
				continue;
			pid = waitpid(pids[i], &how, WNOHANG);
			if (pid == 0 || (pid < 0 && errno == EINTR))
				continue;
			status[i] = pid < 0 ? 127 : exit_status(how);
			has_ended[i] = true;
			n_left--;
		}
		if (atomic_load(&signal_that_came) != passed) {
			passed = atomic_load(&signal_that_came);
			for (size_t i = 0; i < n_commands; i++)
				if (!has_ended[i])
					(void)kill(pids[i], passed);
		}
		if (n_left > 0)
			(void)nanosleep(&nap, NULL);
	}
}

/* The ends of the whole pipeline; *out_fd is ours, 1, without out_path. */
static int
open_ends(const char *in_path, const char *out_path, int *in_fd, int *out_fd,
    struct error *err)
{
	*out_fd = STDOUT_FILENO;
	*in_fd = open(in_path != NULL ? in_path : "/dev/null",
	    O_RDONLY | O_CLOEXEC);
	if (*in_fd < 0)
		return error_set_errno(err, "cannot open %s",
		    in_path != NULL ? in_path : "/dev/null");
	if (out_path == NULL)
		return 0;
	*out_fd = open(out_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0666);
	if (*out_fd >= 0)
		return 0;
	error_set_errno(err, "cannot create %s", out_path);
	close_if_open(in_fd);
	return -1;
}

int
spawn_pipeline(const struct spawn_command *commands, size_t n_commands,
    const char *in_path, const char *out_path, int *status, struct error *err)
{
	pid_t pids[MAX_COMMANDS];
	size_t n_started = 0;
	struct handlers old;
	int in_fd, out_fd;
	int result;

	if (n_commands < 1 || n_commands > MAX_COMMANDS)
		return error_set(err, ERROR_LIMIT, "a pipeline of %zu commands",
		    n_commands);
	if (open_ends(in_path, out_path, &in_fd, &out_fd, err) != 0)
		return -1;
	take_signals(&old);
	result = start_all(commands, n_commands, in_fd, out_fd, pids,
	    &n_started, err);
	close_if_open(&in_fd);
	if (out_path != NULL)
		close_if_open(&out_fd);
	if (result != 0)
		for (size_t i = 0; i < n_started; i++)
			(void)kill(pids[i], SIGTERM);
	wait_for_all(pids, n_started, status);
	give_signals_back(&old);
	if (result == 0 && atomic_load(&signal_that_came) != 0)
		return error_set(err, ERROR_BUSY, "stopped by signal %d: run "
		    "the same command again",
		    atomic_load(&signal_that_came));
	return result;
}

/* Wait for a program and its group's end when it must stop; -1: it had to. */
static int
wait_for_one(pid_t pid, bool (*must_stop)(void *shared), void *shared,
    int *status)
{
	const struct timespec nap = { 0, POLL_NSEC };
	size_t n_polls = 0;	/* since it was told to end */
	int how = 0;
	pid_t ended;

	while ((ended = waitpid(pid, &how, WNOHANG)) == 0 ||
	    (ended < 0 && errno == EINTR)) {
		if (n_polls > 0 || (must_stop != NULL && must_stop(shared))) {
			if (n_polls == 0)
				(void)kill(-pid, SIGTERM);
			else if (n_polls == KILL_AFTER_POLLS)
				(void)kill(-pid, SIGKILL);
			n_polls++;
		}
		(void)nanosleep(&nap, NULL);
	}
	*status = ended < 0 ? 127 : exit_status(how);
	return n_polls > 0 ? -1 : 0;
}

int
spawn_program(const char *const *argv, const char *out_path,
    const char *err_path, bool (*must_stop)(void *shared), void *shared,
    int *status, struct error *err)
{
	struct streams streams = { -1, -1, -1 };
	int result = -1, code;
	pid_t pid;

	if (open_ends(NULL, out_path, &streams.in_fd, &streams.out_fd,
	    err) != 0)
		return -1;
	streams.err_fd = open(err_path, O_WRONLY | O_CREAT | O_TRUNC |
	    O_CLOEXEC, 0666);
	if (streams.err_fd < 0) {
		error_set_errno(err, "cannot create %s", err_path);
	} else if ((code = start(argv, &streams, true, &pid)) != 0) {
		errno = code;
		error_set_errno(err, "cannot start %s", argv[0]);
	} else {
		result = wait_for_one(pid, must_stop, shared, status);
		if (result != 0)
			error_set(err, ERROR_BUSY, "%s was stopped: run the "
			    "same command again", argv[0]);
	}
	close_if_open(&streams.in_fd);
	close_if_open(&streams.out_fd);
	close_if_open(&streams.err_fd);
	return result;
}
