#include <stdio.h>
#include <string.h>

#include "base/cli.h"

#include "manifests/record.h"
#include "manifests/record_line.h"

#define SHOWN_BYTES 200
#define NAMED_BYTES 100	/* of a name that messages may have cut */

bool
record_line_is_blank(const struct record_line *line)
{
	for (size_t i = 0; i < line->n_bytes; i++)
		if (line->text[i] == '\0' ||
		    strchr(" \t\r\n", line->text[i]) == NULL)
			return false;
	return !line->is_too_long;
}

struct json *
record_line_parse(const struct record_line *line, struct error *err)
{
	struct json *rec;

	if (line->is_too_long) {
		error_set(err, ERROR_LIMIT,
		    "longer than %u bytes", RECORD_LINE_BYTES);
		return NULL;
	}
	rec = json_parse(line->text, line->n_bytes, err);
	if (rec != NULL && !json_is_object(rec)) {
		error_set(err, ERROR_FORMAT, "not a JSON object");
		json_free(rec);
		return NULL;
	}
	return rec;
}

int
record_line_mark(struct json *rec, const char *tool, const struct error *why,
    struct error *err)
{
	char text[ERROR_TEXT_BYTES + 64];

	(void)snprintf(text, sizeof(text), "%s: %s", tool, why->text);
	return json_put_bytes(rec, "error", text, strlen(text), err);
}

struct json *
record_line_broken(const struct record_line *line, const char *tool,
    const struct error *why, struct error *err)
{
	const size_t n_shown = line->n_bytes < SHOWN_BYTES ? line->n_bytes :
	    SHOWN_BYTES;
	struct error told = *why;
	struct json *rec = json_new_object(err);

	if (rec == NULL)
		return NULL;
	error_add(&told, "line %zu", line->number);
	if (record_line_mark(rec, tool, &told, err) == 0 &&
	    json_put_bytes(rec, "line", line->text, n_shown, err) == 0)
		return rec;
	json_free(rec);
	return NULL;
}

/* True when the letter can be part of a file's name. */
static bool
is_in_name(char ch)
{
	return ch != '\0' && strchr(" /:,\"", ch) == NULL;
}

bool
record_line_is_named(const char *message, const char *name)
{
	char start[NAMED_BYTES + 1];
	size_t n;

	/* A word such as "10" may stand in a message for something else. */
	if (strpbrk(name, "./") == NULL && strncmp(name, "line ", 5) != 0 &&
	    strlen(name) < NAMED_BYTES)
		return false;
	(void)snprintf(start, sizeof(start), "%s", name);
	n = strlen(start);
	for (const char *at = strstr(message, start); at != NULL;
	    at = strstr(at + 1, start))
		if ((at == message || !is_in_name(at[-1])) &&
		    (n == NAMED_BYTES || !is_in_name(at[n])))
			return true;
	return false;
}

struct json *
record_line_take(const struct record_line *line, size_t *n_broken,
    struct error *err)
{
	const char *tool = cli_tool_name();
	struct error why = { ERROR_NONE, "" };
	struct json *rec = record_line_parse(line, &why);

	if (rec != NULL && (record_has_failed(rec) ||
	    record_check(rec, &why) == 0))
		return rec;
	if (why.code == ERROR_NOMEM) {
		error_set(err, ERROR_NOMEM, "%s", why.text);
		json_free(rec);
		return NULL;
	}
	(*n_broken)++;
	if (rec == NULL)
		return record_line_broken(line, tool, &why, err);
	error_add(&why, "line %zu", line->number);
	if (record_line_mark(rec, tool, &why, err) == 0)
		return rec;
	json_free(rec);
	return NULL;
}
