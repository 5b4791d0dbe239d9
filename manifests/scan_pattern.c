/* memmem is not in POSIX.1-2008. */
#define _GNU_SOURCE

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"

#include "manifests/scan_pattern.h"

/* Tries a path may take: patterns such as "**a**a**a" are a trap. */
#define MAX_STEPS 1000000

struct capture {
	const char *name, *text;
	size_t n_name, n_text;
};

struct match {
	struct capture captures[SCAN_PATTERN_MAX_NAMES];
	size_t n_captures;
	size_t n_steps;
};

/* Bytes of the name behind "{", or 0 when it is none. */
static size_t
name_bytes(const char *at)
{
	size_t n = 0;

	while (isalnum((unsigned char)at[n]) || at[n] == '_' || at[n] == '.')
		n++;
	return at[n] == '}' && at[0] != '.' && (n == 0 || at[n - 1] != '.') ?
	    n : 0;
}

int
scan_pattern_check(const char *pattern, struct error *err)
{
	static const char *const taken[] = { "audio_filepath", "history",
		"error", "line" };
	size_t n_names = 0;

	if (strlen(pattern) > SCAN_PATTERN_MAX_BYTES)
		return error_set(err, ERROR_LIMIT, "a pattern has at most %d "
		    "bytes", SCAN_PATTERN_MAX_BYTES);
	for (const char *at = strchr(pattern, '{'); at != NULL;
	    at = strchr(at + 1, '{')) {
		const size_t n = name_bytes(at + 1);

		if (n == 0 || memmem(at + 1, n, "..", 2) != NULL)
			return error_set(err, ERROR_FORMAT, "\"%s\": behind "
			    "{ goes the name of a member, and }", pattern);
		for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
			if (strlen(taken[i]) == n &&
			    memcmp(taken[i], at + 1, n) == 0)
				return error_set(err, ERROR_FORMAT, "\"%s\": "
				    "%s cannot come from a path", pattern,
				    taken[i]);
		if (++n_names > SCAN_PATTERN_MAX_NAMES)
			return error_set(err, ERROR_LIMIT, "\"%s\": more than "
			    "%d names", pattern, SCAN_PATTERN_MAX_NAMES);
	}
	return 0;
}

static bool match_at(struct match *m, const char *pattern, const char *path);

/* The rest of the pattern at every place that "any bytes" can reach. */
static bool
match_any(struct match *m, const char *rest, const char *path, bool crosses)
{
	for (;; path++) {
		if (match_at(m, rest, path))
			return true;
		if (*path == '\0' || (*path == '/' && !crosses))
			return false;
	}
}

static bool
match_name(struct match *m, const char *pattern, const char *path)
{
	struct capture *c = &m->captures[m->n_captures];
	const size_t n_name = name_bytes(pattern);
	const struct capture *same = NULL;

	for (size_t i = 0; i < m->n_captures; i++)
		if (m->captures[i].n_name == n_name &&
		    memcmp(m->captures[i].name, pattern, n_name) == 0)
			same = &m->captures[i];
	m->n_captures++;
	for (size_t n = strcspn(path, "/"); n > 0; n--) {
		*c = (struct capture){ pattern, path, n_name, n };
		if (same != NULL && (same->n_text != n ||
		    memcmp(same->text, path, n) != 0))
			continue;
		if (match_at(m, pattern + n_name + 1, path + n))
			return true;
	}
	m->n_captures--;
	return false;
}

static bool
match_at(struct match *m, const char *pattern, const char *path)
{
	for (; *pattern != '\0'; pattern++, path++) {
		if (++m->n_steps > MAX_STEPS)
			return false;
		if (*pattern == '{')
			return match_name(m, pattern + 1, path);
		if (*pattern == '*')
			return pattern[1] == '*' ?
			    match_any(m, pattern + 2, path, true) :
			    match_any(m, pattern + 1, path, false);
		if (*path == '\0' || (*pattern == '?' ? *path == '/' :
		    *pattern != *path))
			return false;
	}
	return *path == '\0';
}

int
scan_pattern_put(const char *pattern, const char *path, struct json *rec,
    struct error *err)
{
	struct match m = { .n_captures = 0 };
	struct arena *a;
	int result = 1;

	if (!match_at(&m, pattern, path))
		return 0;
	if ((a = arena_new()) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	for (size_t i = 0; i < m.n_captures && result > 0; i++) {
		const struct capture *c = &m.captures[i];
		const char *name = arena_printf(a, "%.*s", (int)c->n_name,
		    c->name);
		const char *text = arena_printf(a, "%.*s", (int)c->n_text,
		    c->text);

		if (name == NULL || text == NULL)
			result = error_set(err, ERROR_NOMEM, "out of memory");
		else if (json_put_string(rec, name, text, err) != 0)
			result = -1;
	}
	arena_free(a);
	return result;
}
