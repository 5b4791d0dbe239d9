#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"

/* What a command line gave, printed by the child that parsed it. */
struct chosen {
	const char *text;
	double number;
	size_t count;
	uint64_t seed;
	bool flag;
};

/* Parse in a child process: cli_parse may exit. */
static void
be_tool(int argc, char *argv[])
{
	struct chosen c = { "default.txt", 1.5, 3, 0, true };
	const struct cli_option options[] = {
		{ CLI_STRING, "text", &c.text, 0, 0, "FILE", "a text" },
		{ CLI_DOUBLE, "number", &c.number, -2, 10, "X", "a number" },
		{ CLI_SIZE, "count", &c.count, 1, 100, "N", "a count" },
		{ CLI_UINT64, "seed", &c.seed, 0, 0, "N", "a seed" },
		{ CLI_SIZE, "threads", &c.count, 1, 100, "N", "threads" },
		{ CLI_FLAG, "flag", &c.flag, 0, 0, NULL, "a flag" },
		{ CLI_LETTER, "t", NULL, 0, 0, "text", NULL },
		{ CLI_LETTER, "n", NULL, 0, 0, "number", NULL },
		{ CLI_LETTER, "F", NULL, 0, 0, "no-flag", NULL },
		{ CLI_LETTER, "q", NULL, 0, 0, "quiet", NULL },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-test", "a tool for a test",
		"[options] [file ...]", options };
	int i = cli_parse(&tool, argc, argv);

	(void)printf("%s %g %zu %llu %d quiet=%d [%s]", c.text, c.number,
	    c.count, (unsigned long long)c.seed, c.flag, cli_is_quiet(),
	    cli_options_text());
	for (; i < argc; i++)
		(void)printf(" <%s>", argv[i]);
	exit(cli_finish(CLI_OK));
}

/* Run a child; its output goes to "out" and "err".  Returns its status. */
static int
run_tool(char *out, char *err, size_t n_bytes, void (*run)(int, char **),
    int argc, char *argv[])
{
	FILE *files[2] = { tmpfile(), tmpfile() };
	char *texts[2] = { out, err };
	int status;
	pid_t pid;

	assert_non_null(files[0]);
	assert_non_null(files[1]);
	(void)fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(fileno(files[0]), STDOUT_FILENO);
		(void)dup2(fileno(files[1]), STDERR_FILENO);
		run(argc, argv);
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (int i = 0; i < 2; i++) {
		size_t n;

		rewind(files[i]);
		n = fread(texts[i], 1, n_bytes - 1, files[i]);
		texts[i][n] = '\0';
		fclose(files[i]);
	}
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

struct line {
	const char *arguments[8];
	int status;
	const char *out;	/* NULL: not compared */
	const char *err;
};

static const struct line lines[] = {
	{ { NULL }, 0, "default.txt 1.5 3 0 1 quiet=0 []", "" },
	{ { "--text", "x", "--number=-1", "--count", "100" }, 0,
	    "x -1 100 0 1 quiet=0 [--text x --number -1 --count 100]", "" },
	{ { "a", "--no-flag", "b", "--quiet", "-" }, 0,
	    "default.txt 1.5 3 0 0 quiet=1 [--no-flag] <a> <b> <->", "" },
	{ { "a", "--", "--text", "b" }, 0,
	    "default.txt 1.5 3 0 1 quiet=0 [] <a> <--text> <b>", "" },
	{ { "--text=", "--seed", "18446744073709551615" }, 0,
	    " 1.5 3 18446744073709551615 1 quiet=0 "
	    "[--text  --seed 18446744073709551615]", "" },
	{ { "--threads", "8", "--text", "default.txt" }, 0,
	    "default.txt 1.5 8 0 1 quiet=0 [--count 8]", "" },
	{ { "-tx", "-n", "-1", "a", "-Fq" }, 0, "x -1 3 0 0 quiet=1 "
	    "[--text x --number -1 --no-flag] <a>", "" },
	{ { "-Ftx" }, 0, "x 1.5 3 0 0 quiet=0 [--text x --no-flag]", "" },
	{ { "-Fn", "2", "--", "-t" }, 0,
	    "default.txt 2 3 0 0 quiet=0 [--number 2 --no-flag] <-t>", "" },
	{ { "-Fx" }, 2, "",
	    "chad-test: unknown option -Fx (try chad-test --help)\n" },
	{ { "-t" }, 2, "",
	    "chad-test: --text needs a value (try chad-test --help)\n" },
	{ { "--t", "x" }, 2, "", NULL },
	{ { "--version" }, 0, "chad-test " CLI_VERSION "\n", "" },
	{ { "--nothing" }, 2, "",
	    "chad-test: unknown option --nothing (try chad-test --help)\n" },
	{ { "-x" }, 2, "",
	    "chad-test: unknown option -x (try chad-test --help)\n" },
	{ { "--text" }, 2, "",
	    "chad-test: --text needs a value (try chad-test --help)\n" },
	{ { "--number", "11" }, 2, "", "chad-test: --number 11: must lie "
	    "within -2 and 10 (try chad-test --help)\n" },
	{ { "--number", "1x" }, 2, "",
	    "chad-test: --number 1x: not a number (try chad-test --help)\n" },
	{ { "--number", "nan" }, 2, "",
	    "chad-test: --number nan: not a number (try chad-test --help)\n" },
	{ { "--count", "-1" }, 2, "", "chad-test: --count -1: not a whole "
	    "number (try chad-test --help)\n" },
	{ { "--count", "0" }, 2, "", NULL },
	{ { "--count", "" }, 2, "", NULL },
	{ { "--seed", "18446744073709551616" }, 2, "", NULL },
	{ { "--flag=1" }, 2, "", NULL },
	{ { "--no-text" }, 2, "", NULL },
	{ { "--te", "x" }, 2, "", NULL },
};

static void
command_lines_are_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char name[] = "chad-test";
		char *argv[10] = { name };
		char out[2000], err[2000];
		int argc = 1;
		int status;

		while (argc < 9 && lines[i].arguments[argc - 1] != NULL) {
			argv[argc] = strdup(lines[i].arguments[argc - 1]);
			assert_non_null(argv[argc]);
			argc++;
		}
		status = run_tool(out, err, sizeof(out), be_tool, argc, argv);
		if (lines[i].out != NULL)
			assert_string_equal(out, lines[i].out);
		if (lines[i].err != NULL)
			assert_string_equal(err, lines[i].err);
		assert_int_equal(status, lines[i].status);
		while (argc > 1)
			free(argv[--argc]);
	}
}

static void
help_comes_from_the_table(void **state)
{
	char name[] = "chad-test", help[] = "--help";
	char *argv[] = { name, help, NULL };
	char out[2000], err[2000];

	(void)state;
	assert_int_equal(run_tool(out, err, sizeof(out), be_tool, 2, argv), 0);
	assert_string_equal(err, "");
	assert_string_equal(out,
	    "usage: chad-test [options] [file ...]\n"
	    "a tool for a test\n\n"
	    "  --text FILE            a text (default: default.txt) (-t)\n"
	    "  --number X             a number (default: 1.5) (-n)\n"
	    "  --count N              a count (default: 3)\n"
	    "  --seed N               a seed (default: 0)\n"
	    "  --threads N            threads (default: 3)\n"
	    "  --flag                 a flag (default; --no-flag) (-F)\n"
	    "  --quiet                no notes and no progress (-q)\n"
	    "  --help                 this text\n"
	    "  --version              the version\n");
}

static void
be_messenger(int argc, char *argv[])
{
	struct error err = { ERROR_IO, "the reason" };

	(void)argc;
	(void)argv;
	cli_warn(&err, "cannot open %s", "a\nb\033[31m");
	cli_warn(NULL, "plain");
	cli_note("a note");
	_exit(0);
}

static void
messages_are_one_line_each(void **state)
{
	char out[2000], err[2000];

	(void)state;
	assert_int_equal(run_tool(out, err, sizeof(out), be_messenger, 0,
	    NULL), 0);
	assert_string_equal(err, "chad: cannot open a b [31m: the reason\n"
	    "chad: plain\nchad: a note\n");
}

/* argv[0]: the status to finish with; standard output is a full disk. */
static void
fill_the_disk(int argc, char *argv[])
{
	(void)argc;
	if (freopen("/dev/full", "w", stdout) == NULL)
		_exit(98);
	(void)printf("text");
	_exit(cli_finish(atoi(argv[0])));
}

static void
a_full_disk_is_no_success(void **state)
{
	char zero[] = "0", two[] = "2";
	char *ok[] = { zero }, *fatal[] = { two };
	char out[2000], err[2000];

	(void)state;
	assert_int_equal(run_tool(out, err, sizeof(out), fill_the_disk, 1, ok),
	    2);
	assert_string_equal(err, "chad: cannot write standard output: "
	    "No space left on device\n");
	/* Who has failed already has said so. */
	assert_int_equal(run_tool(out, err, sizeof(out), fill_the_disk, 1,
	    fatal), 2);
	assert_string_equal(err, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_lines_are_understood),
		cmocka_unit_test(help_comes_from_the_table),
		cmocka_unit_test(messages_are_one_line_each),
		cmocka_unit_test(a_full_disk_is_no_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
