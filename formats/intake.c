#include <ctype.h>
#include <string.h>

#include "base/cli.h"
#include "base/file.h"
#include "base/folder.h"

#include "formats/intake.h"
#include "manifests/record_line.h"

#define MAX_LEVELS 64

bool
intake_next(const struct format_input *in, struct intake_line *line)
{
	const char *end;

	if (line->next >= in->n_bytes)
		return false;
	line->text = in->text + line->next;
	end = memchr(line->text, '\n', in->n_bytes - line->next);
	line->n_bytes = end != NULL ? (size_t)(end - line->text) :
	    in->n_bytes - line->next;
	line->next += line->n_bytes + 1;
	line->number++;
	if (line->n_bytes > 0 && line->text[line->n_bytes - 1] == '\r')
		line->n_bytes--;
	return true;
}

int
intake_fields(const struct format_input *in, const struct intake_line *line,
    const char **fields, size_t max_fields, size_t *n_fields,
    struct error *err)
{
	char *at = arena_need(in->a, line->n_bytes + 1, 1, "bytes of a line",
	    err);

	if (at == NULL)
		return -1;
	memcpy(at, line->text, line->n_bytes);
	for (*n_fields = 0; *n_fields < max_fields && at != NULL;) {
		char *tab = strchr(at, '\t');

		/* The last one keeps the rest. */
		if (*n_fields + 1 == max_fields)
			tab = NULL;
		fields[(*n_fields)++] = at;
		if (tab != NULL)
			*tab++ = '\0';
		at = tab;
	}
	return 0;
}

int
intake_bad(const struct format_input *in, size_t number, const char *text,
    size_t n_bytes, const struct error *why, struct error *err)
{
	const struct record_line line = { text, n_bytes, number, false };
	struct json *rec;
	int result;

	if (why->code == ERROR_NOMEM)
		return error_set(err, ERROR_NOMEM, "%s", why->text);
	rec = record_line_broken(&line, cli_tool_name(), why, err);
	if (rec == NULL)
		return -1;
	result = in->take(in->shared, rec, err);
	json_free(rec);
	return result;
}

int
intake_bad_json(const struct format_input *in, size_t number,
    const struct json *value, const struct error *why, struct error *err)
{
	struct arena *a = arena_new();
	const char *text;
	int result = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	text = json_text(value, a, err);
	if (text != NULL)
		result = intake_bad(in, number, text, strlen(text), why, err);
	arena_free(a);
	return result;
}

/* The folder that the file lies in, or NULL: the working folder. */
static const char *
folder_of(const struct format_input *in, struct arena *a)
{
	const char *slash = in->path != NULL ? strrchr(in->path, '/') : NULL;

	return slash == NULL ? NULL : arena_printf(a, "%.*s",
	    (int)(slash - in->path) + (slash == in->path), in->path);
}

int
intake_put_sound(const struct format_input *in, struct json *rec,
    const char *path, struct error *err)
{
	struct arena *a = arena_new();
	const char *folder, *joined = path;
	int result = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	folder = in->audio != NULL ? in->audio : folder_of(in, a);
	if (path[0] != '/' && path[0] != '\0' && folder != NULL)
		joined = folder_join(folder, path, a, err);
	if (joined != NULL) {
		if (in->audio == NULL && !file_exists(joined))
			joined = path;
		result = json_put_string(rec, "audio_filepath", joined, err);
	}
	arena_free(a);
	return result;
}

/* Whether a path stays below where it begins. */
static bool
stays_below(const char *path)
{
	if (path[0] == '/')
		return false;
	for (const char *at = path; at != NULL; at = strchr(at, '/')) {
		at += *at == '/';
		if (at[0] == '\0' || at[0] == '/' || (at[0] == '.' &&
		    (at[1] == '/' || at[1] == '\0' || (at[1] == '.' &&
		    (at[2] == '/' || at[2] == '\0')))))
			return false;
	}
	return true;
}

int
intake_find_sound(const struct format_input *in, struct json *rec,
    const char *stem, struct error *err)
{
	static const char *const suffixes[] = { "wav", "mp3", "flac", "ogg",
		"opus", "m4a", "webm", "mp4", "mkv", "aac", "wma" };
	struct arena *a;
	int result = 0;

	if (in->audio == NULL || !stays_below(stem))
		return 0;
	if ((a = arena_new()) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) &&
	    result == 0; i++) {
		const char *path = arena_printf(a, "%s/%s.%s", in->audio,
		    stem, suffixes[i]);

		if (path == NULL)
			result = error_set(err, ERROR_NOMEM, "out of memory");
		else if (file_exists(path)) {
			result = json_put_string(rec, "audio_filepath", path,
			    err);
			break;
		}
	}
	arena_free(a);
	return result;
}

/* Where the reading of pieces stands. */
struct pieces {
	const struct format_input *in;
	const char *at, *end;
	size_t line;
	bool has_keys;
	int (*each)(void *context, const char *key, struct json *value,
	    size_t line, struct error *err);
	void *context;
};

static void
skip_space(struct pieces *p)
{
	for (; p->at < p->end && *p->at != '\0' &&
	    strchr(" \t\r\n", *p->at) != NULL; p->at++)
		p->line += *p->at == '\n';
}

/* Go behind the text in quotes that begins here. */
static void
skip_text(struct pieces *p)
{
	for (p->at++; p->at < p->end && *p->at != '"'; p->at++)
		if (*p->at == '\\' && p->at + 1 < p->end)
			p->at++;
	if (p->at < p->end)
		p->at++;
}

/* Go behind the value that begins here; brackets are counted, not matched. */
static void
skip_value(struct pieces *p)
{
	size_t level = 0;

	while (p->at < p->end) {
		const char ch = *p->at;

		if (ch == '"') {
			skip_text(p);
			if (level == 0)
				return;
			continue;
		}
		if ((ch == '}' || ch == ']') && level == 0)
			return;
		if (level == 0 && (ch == ',' || ch == ':' || ch == '\n'))
			return;
		level += ch == '{' || ch == '[';
		level -= ch == '}' || ch == ']';
		p->line += ch == '\n';
		p->at++;
		if (level == 0 && (ch == '}' || ch == ']'))
			return;
	}
}

/* Parse the value that begins here and hand it on, if need be as bad. */
static int
take_piece(struct pieces *p, const char *key, struct error *err)
{
	const char *start = p->at;
	const size_t line = p->line;
	struct error why = { ERROR_NONE, "" };
	struct json *value;
	int result;

	skip_value(p);
	value = json_parse(start, (size_t)(p->at - start), &why);
	if (value == NULL)
		return intake_bad(p->in, line, start,
		    (size_t)(p->at - start), &why, err);
	result = p->each(p->context, key, value, line, err);
	json_free(value);
	return result;
}

static int
wrong_form(const struct pieces *p, const char *wanted, struct error *err)
{
	return error_set(err, ERROR_FORMAT, "line %zu: %s is wanted here",
	    p->line, wanted);
}

/* The name of a member and the colon, in arena memory. */
static int
take_key(struct pieces *p, const char **key, struct error *err)
{
	const char *start = p->at;
	struct json *name;
	const char *text;

	if (p->at == p->end || *p->at != '"')
		return wrong_form(p, "a name in quotes", err);
	skip_text(p);
	name = json_parse(start, (size_t)(p->at - start), err);
	if (name == NULL)
		return error_add(err, "line %zu", p->line);
	*key = json_want_string(name, "", &text, err) != 0 ? NULL :
	    arena_strdup(p->in->a, text);
	json_free(name);
	if (*key == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	skip_space(p);
	if (p->at == p->end || *p->at != ':')
		return wrong_form(p, "\":\"", err);
	p->at++;
	skip_space(p);
	return 0;
}

/* The items of the array or object whose bracket is here. */
static int
take_items(struct pieces *p, char closing, struct error *err)
{
	p->at++;
	skip_space(p);
	if (p->at < p->end && *p->at == closing) {
		p->at++;
		return 0;
	}
	for (;;) {
		const char *key = NULL;

		if ((closing == '}' && take_key(p, &key, err) != 0) ||
		    take_piece(p, key, err) != 0)
			return -1;
		skip_space(p);
		if (p->at < p->end && *p->at == closing) {
			p->at++;
			return 0;
		}
		if (p->at == p->end || *p->at != ',')
			return wrong_form(p, "\",\" or the end", err);
		p->at++;
		skip_space(p);
	}
}

int
intake_pieces(const struct format_input *in, bool has_keys,
    int (*each)(void *context, const char *key, struct json *value,
    size_t line, struct error *err), void *context, struct error *err)
{
	struct pieces p = { in, in->text, in->text + in->n_bytes, 1, has_keys,
		each, context };

	if (in->n_bytes >= 3 && memcmp(in->text, "\xEF\xBB\xBF", 3) == 0)
		p.at += 3;
	skip_space(&p);
	if (p.at < p.end && (*p.at == '[' || (*p.at == '{' && has_keys))) {
		if (take_items(&p, *p.at == '[' ? ']' : '}', err) != 0)
			return -1;
		skip_space(&p);
		return p.at == p.end ? 0 : wrong_form(&p, "the end", err);
	}
	for (; p.at < p.end; skip_space(&p)) {
		const char *start = p.at;

		if (take_piece(&p, NULL, err) != 0)
			return -1;
		/* A line of nonsense: go on behind it. */
		if (p.at == start || (p.at < p.end && *p.at != '\n' &&
		    *p.at != '\r' && *p.at != ' ' && *p.at != '{'))
			while (p.at < p.end && *p.at != '\n')
				p.at++;
	}
	return 0;
}

int
intake_copy(struct json *rec, const char *path, const struct json *from,
    const char *member, struct error *err)
{
	const struct json *value = json_at(from, member);

	return value == NULL || json_is_null(value) ? 0 :
	    json_put(rec, path, value, err);
}

void
intake_drop_nulls(struct json *rec)
{
	for (size_t i = json_count(rec); i-- > 0;)
		if (json_is_null(json_item(rec, i)))
			json_remove(rec, json_member_name(rec, i));
}

bool
intake_youtube_id(const char *url, char id[12])
{
	static const char *const marks[] = { "v=", "youtu.be/", "/embed/",
		"/v/", "/shorts/" };

	if (strstr(url, "youtu") == NULL)
		return false;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		const char *at = strstr(url, marks[i]);
		size_t n = 0;

		if (at == NULL)
			continue;
		at += strlen(marks[i]);
		while (isalnum((unsigned char)at[n]) || at[n] == '-' ||
		    at[n] == '_')
			n++;
		if (n == 11) {
			memcpy(id, at, n);
			id[n] = '\0';
			return true;
		}
	}
	return false;
}
