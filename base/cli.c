#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/share.h"

#define MESSAGE_BYTES 2048
#define OPTIONS_TEXT_BYTES 4096

/*
 * The state of the process's own command line.  It is written by cli_parse
 * before any thread starts and only read afterwards.
 */
static const char *tool_name = "chad";
static bool is_quiet;
static char options_text[OPTIONS_TEXT_BYTES];
static struct arena *kept_paths;	/* of shared files; never freed */

const char *
cli_tool_name(void)
{
	return tool_name;
}

bool
cli_is_quiet(void)
{
	return is_quiet;
}

const char *
cli_options_text(void)
{
	return options_text;
}

/*
 * Print one line: control characters, which a file name may hold, become
 * spaces, and a progress line on a terminal is cleared first.
 */
static void
print_line(const char *text)
{
	char line[MESSAGE_BYTES];
	size_t n = 0;

	for (; text[n] != '\0' && n + 1 < sizeof(line); n++) {
		const unsigned char c = (unsigned char)text[n];

		line[n] = c < 32 || c == 127 ? ' ' : text[n];
	}
	line[n] = '\0';
	(void)fprintf(stderr, "%s%s: %s\n",
	    isatty(STDERR_FILENO) ? "\r\033[K" : "", tool_name, line);
}

void
cli_warn(const struct error *err, const char *fmt, ...)
{
	char text[MESSAGE_BYTES];
	va_list ap;
	size_t used;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	used = strlen(text);
	if (err != NULL && err->text[0] != '\0')
		(void)snprintf(text + used, sizeof(text) - used, "%s%s",
		    used > 0 ? ": " : "", err->text);
	print_line(text);
}

void
cli_note(const char *fmt, ...)
{
	char text[MESSAGE_BYTES];
	va_list ap;

	if (is_quiet)
		return;
	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	print_line(text);
}

int
cli_finish(int status)
{
	const bool had_error = ferror(stdout) != 0;

	errno = 0;
	if (fclose(stdout) == 0 && !had_error)
		return status;
	/* Who ends with CLI_FATAL has said why. */
	if (status != CLI_FATAL)
		cli_warn(NULL, "cannot write standard output: %s",
		    strerror(errno != 0 ? errno : EIO));
	return CLI_FATAL;
}

/* The default behind an option's help, unless the help itself says it. */
static void
print_default(const struct cli_option *o)
{
	const char *text;

	if (strstr(o->help, "default") != NULL)
		return;
	switch (o->kind) {
	case CLI_STRING:
	case CLI_SHARED:
		text = *(const char **)o->value;
		if (text != NULL && text[0] != '\0')
			(void)printf(" (default: %s)", text);
		break;
	case CLI_DOUBLE:
		(void)printf(" (default: %g)", *(double *)o->value);
		break;
	case CLI_SIZE:
		(void)printf(" (default: %zu)", *(size_t *)o->value);
		break;
	case CLI_UINT64:
		(void)printf(" (default: %llu)",
		    (unsigned long long)*(uint64_t *)o->value);
		break;
	case CLI_FLAG:
		if (*(bool *)o->value)
			(void)printf(" (default; --no-%s)", o->name);
		break;
	case CLI_LETTER:
	case CLI_END:
		break;
	}
}

static void
print_help_line(const char *name, const char *metavar, const char *help)
{
	char left[64];

	(void)snprintf(left, sizeof(left), "--%s%s%s", name,
	    metavar != NULL ? " " : "", metavar != NULL ? metavar : "");
	(void)printf("  %-22s %s", left, help);
}

/* " (-x)" when a letter stands for the option, or for its clearing. */
static void
print_letter(const struct cli_tool *tool, const char *name)
{
	for (const struct cli_option *o = tool->options; o->kind != CLI_END;
	    o++) {
		if (o->kind != CLI_LETTER)
			continue;
		if (strcmp(o->metavar, name) == 0 ||
		    (strncmp(o->metavar, "no-", 3) == 0 &&
		    strcmp(o->metavar + 3, name) == 0))
			(void)printf(" (-%s)", o->name);
	}
}

static void
print_help(const struct cli_tool *tool)
{
	(void)printf("usage: %s %s\n%s\n\n", tool->name, tool->usage,
	    tool->purpose);
	for (const struct cli_option *o = tool->options; o->kind != CLI_END;
	    o++) {
		if (o->kind == CLI_LETTER)
			continue;
		print_help_line(o->name, o->metavar, o->help);
		print_default(o);
		print_letter(tool, o->name);
		(void)printf("\n");
	}
	print_help_line("quiet", NULL, "no notes and no progress");
	print_letter(tool, "quiet");
	(void)printf("\n");
	print_help_line("help", NULL, "this text\n");
	print_help_line("version", NULL, "the version\n");
}

/* True when the name is "want", or "no-want" and the option is a flag. */
static bool
name_matches(const struct cli_option *o, const char *name, size_t n_bytes,
    bool *is_cleared)
{
	*is_cleared = false;
	if (o->kind == CLI_LETTER)
		return false;
	if (strlen(o->name) == n_bytes && memcmp(o->name, name, n_bytes) == 0)
		return true;
	if (o->kind != CLI_FLAG || n_bytes < 4 || memcmp(name, "no-", 3) != 0)
		return false;
	*is_cleared = true;
	return strlen(o->name) == n_bytes - 3 &&
	    memcmp(o->name, name + 3, n_bytes - 3) == 0;
}

static int
check_range(const struct cli_option *o, double value, const char *text,
    struct error *err)
{
	if (value >= o->low && value <= o->high)
		return 0;
	return error_set(err, ERROR_LIMIT,
	    "--%s %s: must lie within %g and %g", o->name, text, o->low,
	    o->high);
}

static int
take_double(const struct cli_option *o, const char *text, struct error *err)
{
	char *end;
	const double value = strtod(text, &end);

	if (end == text || *end != '\0' || !isfinite(value))
		return error_set(err, ERROR_FORMAT, "--%s %s: not a number",
		    o->name, text);
	if (check_range(o, value, text, err) != 0)
		return -1;
	*(double *)o->value = value;
	return 0;
}

/* Only digits: strtoull alone would take a sign and leading spaces. */
static int
take_integer(const struct cli_option *o, const char *text, struct error *err)
{
	unsigned long long value;

	if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0')
		return error_set(err, ERROR_FORMAT,
		    "--%s %s: not a whole number", o->name, text);
	errno = 0;
	value = strtoull(text, NULL, 10);
	if (errno != 0)
		return error_set(err, ERROR_LIMIT, "--%s %s: too large",
		    o->name, text);
	if (o->kind == CLI_UINT64) {
		*(uint64_t *)o->value = value;
		return 0;
	}
	if (check_range(o, (double)value, text, err) != 0)
		return -1;
	*(size_t *)o->value = (size_t)value;
	return 0;
}

static int
take_value(const struct cli_option *o, const char *text, struct error *err)
{
	switch (o->kind) {
	case CLI_STRING:
	case CLI_SHARED:
		*(const char **)o->value = text;
		return 0;
	case CLI_DOUBLE:
		return take_double(o, text, err);
	case CLI_SIZE:
	case CLI_UINT64:
		return take_integer(o, text, err);
	case CLI_FLAG:
	case CLI_LETTER:
	case CLI_END:
		break;
	}
	return error_set(err, ERROR_BUG, "--%s takes no value", o->name);
}

/*
 * Take one option of the table; "next" is the argument after it or NULL.
 * Returns how many arguments it used, 1 or 2, or -1; 0 when it is none.
 */
static int
take_option(const struct cli_tool *tool, const char *arg, const char *next,
    struct error *err)
{
	const char *name = arg + 2;
	const char *equals = strchr(name, '=');
	const size_t n_bytes =
	    equals != NULL ? (size_t)(equals - name) : strlen(name);
	bool is_cleared;

	for (const struct cli_option *o = tool->options; o->kind != CLI_END;
	    o++) {
		if (!name_matches(o, name, n_bytes, &is_cleared))
			continue;
		if (o->kind == CLI_FLAG) {
			if (equals != NULL)
				return error_set(err, ERROR_FORMAT,
				    "--%s takes no value", o->name);
			*(bool *)o->value = !is_cleared;
			return 1;
		}
		if (equals != NULL)
			return take_value(o, equals + 1, err) != 0 ? -1 : 1;
		if (next == NULL)
			return error_set(err, ERROR_FORMAT,
			    "--%s needs a value", o->name);
		return take_value(o, next, err) != 0 ? -1 : 2;
	}
	return 0;
}

/* Options that say where and how fast, not what. */
static bool
changes_result(const char *name)
{
	static const char *const others[] = { "threads", "work", "shard",
		"parallel", "max-per-host", "pause", "tries", "backoff",
		"max-wait", "timeout", "max-time" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(name, others[i]) == 0)
			return false;
	return true;
}

/* The value as text; "buffer" is used for numbers.  NULL of no value. */
static const char *
value_text(const struct cli_option *o, char *buffer, size_t n_bytes)
{
	switch (o->kind) {
	case CLI_STRING:
	case CLI_SHARED:
		return *(const char **)o->value;
	case CLI_DOUBLE:
		(void)snprintf(buffer, n_bytes, "%.15g", *(double *)o->value);
		return buffer;
	case CLI_SIZE:
		(void)snprintf(buffer, n_bytes, "%zu", *(size_t *)o->value);
		return buffer;
	case CLI_UINT64:
		(void)snprintf(buffer, n_bytes, "%llu",
		    (unsigned long long)*(uint64_t *)o->value);
		return buffer;
	case CLI_FLAG:
		return *(bool *)o->value ? "yes" : "no";
	case CLI_LETTER:
	case CLI_END:
		break;
	}
	return NULL;
}

static void
add_option_text(const struct cli_option *o, const char *value)
{
	const size_t used = strlen(options_text);
	const char *space = used > 0 ? " " : "";
	char *place = options_text + used;
	const size_t left = sizeof(options_text) - used;

	if (o->kind == CLI_FLAG)
		(void)snprintf(place, left, "%s--%s%s", space,
		    strcmp(value, "no") == 0 ? "no-" : "", o->name);
	else
		(void)snprintf(place, left, "%s--%s %s", space, o->name,
		    value);
}

/*
 * The defaults are in the table's values before parsing and the choices
 * after, so the text is made by comparing with copies of the defaults.
 */
struct default_text {
	bool is_set;
	char number[32];
	const char *string;
};

#define MAX_OPTIONS 48

static size_t
keep_defaults(const struct cli_tool *tool, struct default_text *kept)
{
	size_t n = 0;

	for (const struct cli_option *o = tool->options; o->kind != CLI_END &&
	    n < MAX_OPTIONS; o++, n++) {
		const char *text = value_text(o, kept[n].number,
		    sizeof(kept[n].number));

		kept[n].is_set = text != NULL;
		kept[n].string = text;
	}
	return n;
}

/* Another name of an option that stands before it in the table. */
static bool
is_alias(const struct cli_tool *tool, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (tool->options[k].value == tool->options[i].value)
			return true;
	return false;
}

static void
note_changes(const struct cli_tool *tool, const struct default_text *kept,
    size_t n_kept)
{
	options_text[0] = '\0';
	for (size_t i = 0; i < n_kept; i++) {
		const struct cli_option *o = &tool->options[i];
		char buffer[32];
		const char *text = value_text(o, buffer, sizeof(buffer));

		if (text == NULL || !changes_result(o->name) ||
		    is_alias(tool, i))
			continue;
		if (!kept[i].is_set || strcmp(text, kept[i].string) != 0)
			add_option_text(o, text);
	}
}

/*
 * Deal with the option "arg", "--name" or "--name=VALUE", of the table or one
 * that every tool has; "next" is what follows or NULL.  Returns how many of
 * both it used; 0 when help or version was printed; or -1.
 */
static int
take_named(const struct cli_tool *tool, const char *arg, const char *next,
    struct error *err)
{
	const int n_used = take_option(tool, arg, next, err);

	if (n_used != 0)
		return n_used;
	if (strcmp(arg, "--quiet") == 0) {
		is_quiet = true;
		return 1;
	}
	if (strcmp(arg, "--help") == 0) {
		print_help(tool);
		return 0;
	}
	if (strcmp(arg, "--version") == 0) {
		(void)printf("%s %s\n", tool->name, CLI_VERSION);
		return 0;
	}
	return error_set(err, ERROR_FORMAT, "unknown option %s", arg);
}

/* The name that a letter stands for, or NULL. */
static const char *
name_of_letter(const struct cli_tool *tool, char letter)
{
	for (const struct cli_option *o = tool->options; o->kind != CLI_END;
	    o++)
		if (o->kind == CLI_LETTER && o->name[0] == letter)
			return o->metavar;
	return NULL;
}

/* The same of letters: flags, and at the end perhaps one with a value. */
static int
take_letters(const struct cli_tool *tool, const char *arg, const char *next,
    struct error *err)
{
	for (const char *s = arg + 1; *s != '\0'; s++) {
		const char *name = name_of_letter(tool, *s);
		const char *value = s[1] != '\0' ? s + 1 : next;
		char named[64];
		int n_used;

		if (name == NULL)
			return error_set(err, ERROR_FORMAT,
			    "unknown option %s", arg);
		(void)snprintf(named, sizeof(named), "--%s", name);
		n_used = take_named(tool, named, value, err);
		if (n_used <= 0)
			return n_used;
		if (n_used == 2)
			return s[1] != '\0' ? 1 : 2;
	}
	return 1;
}

/* Move argv[i] to place "to" <= i, those between one place up. */
static void
move_argument(char *argv[], int i, int to)
{
	char *moved = argv[i];

	memmove(&argv[to + 1], &argv[to], (size_t)(i - to) * sizeof(argv[0]));
	argv[to] = moved;
}

const char *
cli_shared_path(const char *path)
{
	const char *found = NULL;

	if (kept_paths == NULL)
		kept_paths = arena_new();
	if (kept_paths != NULL)
		found = share_find(path, kept_paths);
	return found != NULL ? found : path;
}

/* Put the places of shared files where their names were. */
static void
find_shared(const struct cli_tool *tool)
{
	for (const struct cli_option *o = tool->options; o->kind != CLI_END;
	    o++) {
		const char **path = o->value;

		if (o->kind == CLI_SHARED && *path != NULL)
			*path = cli_shared_path(*path);
	}
}

int
cli_try_parse(const struct cli_tool *tool, int argc, char *argv[],
    struct error *err)
{
	struct default_text kept[MAX_OPTIONS];
	const size_t n_kept = keep_defaults(tool, kept);
	int n_options = 1;	/* arguments in front that are dealt with */
	int i = 1;

	tool_name = tool->name;
	while (i < argc) {
		const bool is_end = strcmp(argv[i], "--") == 0;
		int n_used = 1;

		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			i++;
			continue;
		}
		if (!is_end)
			n_used = (argv[i][1] == '-' ? take_named :
			    take_letters)(tool, argv[i],
			    i + 1 < argc ? argv[i + 1] : NULL, err);
		if (n_used <= 0)
			return n_used;
		/* What was used goes in front of the operands before it. */
		for (; n_used > 0; n_used--)
			move_argument(argv, i++, n_options++);
		if (is_end)
			break;
	}
	note_changes(tool, kept, n_kept);
	find_shared(tool);
	return n_options;
}

int
cli_parse(const struct cli_tool *tool, int argc, char *argv[])
{
	struct error err = { ERROR_NONE, "" };
	int first;

	(void)signal(SIGPIPE, SIG_IGN);
	first = cli_try_parse(tool, argc, argv, &err);
	if (first < 0) {
		cli_warn(NULL, "%s (try %s --help)", err.text, tool_name);
		exit(CLI_FATAL);
	}
	if (first == 0)
		exit(cli_finish(CLI_OK));
	return first;
}
